/** How a handler process is started: program, arguments, and what kind of conversation follows. Pure. */
import type { ChildProcess, StdioOptions } from 'node:child_process';
import path from 'node:path';
import type { FunctionSpec } from '../../../protocol/project';
import type { ChannelListener, Conversation } from '../channel/channel';
import type { Interpreter } from './interpreters';

export interface LaunchPlan {
  command: string;
  args: string[];
}

/** A process that can be spawned now. */
export interface Launch extends LaunchPlan {
  env: Record<string, string>;
  cwd: string;
  stdio: StdioOptions;
  /** It opens a debug port and waits for a debugger before it loads the handler. */
  debug: boolean;
  /** What runs it, and why, for the log. */
  interpreter: string;
  /** The interpreter of a script. */
  found?: Interpreter;
  converse(child: ChildProcess, listener: ChannelListener): Conversation;
  /** It has something to write at its end, so it is not killed while no event runs. */
  endsByItself?: true;
  /** To be called instead of spawning it. */
  discard?(): void;
}

export function planLaunch(
  spec: FunctionSpec,
  interpreter: Interpreter,
  bootstrapFolder: string,
  debug: boolean,
): LaunchPlan {
  const version = interpreter.version.split('.').map(Number) as [number, number, number];
  return spec.family === 'python'
    ? planPython(interpreter.program, version, bootstrapFolder, debug)
    : planNode(interpreter.program, version, spec.memory, bootstrapFolder);
}

/** How code is looked at that is not run: by the same interpreter, with what it needs to read it. */
export function planLook(
  { family }: FunctionSpec,
  { program, version }: Interpreter,
): { command: string; flags: string[] } {
  return {
    command: program,
    flags: family === 'node' ? typeFlags(version.split('.').map(Number)) : [],
  };
}

function planPython(
  command: string,
  version: number[],
  bootstrapFolder: string,
  debug: boolean,
): LaunchPlan {
  const args: string[] = [];
  if (debug && atLeast(version, 3, 11)) {
    args.push('-Xfrozen_modules=off'); // A debugger sees nothing of frozen modules.
  }
  args.push(path.join(bootstrapFolder, 'python', 'bootstrap.py'));
  return { command, args };
}

function planNode(
  command: string,
  version: number[],
  memory: number,
  bootstrapFolder: string,
): LaunchPlan {
  // V8 sizes its heap by the machine; a function has what its memory setting says.
  const args = [`--max-old-space-size=${memory}`];
  if (memory <= 256) {
    args.push('--max-semi-space-size=4');
  }
  if (atLeast(version, 12, 12)) {
    args.push('--enable-source-maps');
  }
  args.push(...typeFlags(version));
  args.push(path.join(bootstrapFolder, 'node', 'bootstrap.cjs'));
  return { command, args };
}

function typeFlags(version: number[]): string[] {
  if (!atLeast(version, 22, 6)) {
    return [];
  }
  const quiet = '--disable-warning=ExperimentalWarning';
  return stripsTypes(version) ? [quiet] : ['--experimental-strip-types', quiet];
}

/** Whether this Node.js runs TypeScript without a flag. */
export function stripsTypes(version: number[]): boolean {
  return version[0] === 22 ? atLeast(version, 22, 18) : atLeast(version, 23, 6);
}

/** Whether this Node.js can run TypeScript at all, with our flags. */
export function runsTypeScript(version: string): boolean {
  return atLeast(version.split('.').map(Number), 22, 6);
}

export function atLeast(version: number[], major: number, minor: number): boolean {
  const [haveMajor = 0, haveMinor = 0] = version;
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}
