/** `scfws test --stdio` as a child process: test events come out of it; the end of its stdin ends the run. */
import { spawn } from 'node:child_process';
import type { Fact } from '../../protocol/fact';
import type { TestEvent } from '../../protocol/testEvent';
import type { EmulatorOptions } from '../../protocol/project';
import { isFact } from '../../protocol/wire';
import { childEnvironment, readLines } from '../sessionProcess';

export interface TestRunOptions {
  /** dist/cli.js. */
  program: string;
  /** Folder that ids of scenarios are relative to. */
  base: string;
  /** Undefined: all that are found in the folder. */
  ids?: readonly string[];
  /** Folder that recordings are written to. */
  recordings: string;
  locale?: string;
  python?: string;
  node?: string;
  emulator: Partial<EmulatorOptions>;
  /** Counts which lines of the handlers run. */
  coverage?: true;
  /** Handlers wait for a debugger; facts tell where, and the run can be asked things. */
  debug?: true;
}

/** Asks the session of the scenario that runs; one that has ended has no answer, and nobody waits for one. */
export type Asking = (kind: string, ask: Record<string, unknown>) => void;

export interface TestRunListener {
  onEvent(event: TestEvent): void;
  /** With `debug`: what the scenario's session records. */
  onFact?(fact: Fact): void;
  /** A line that is no event: what the run says of itself. */
  onLine(line: string): void;
}

/** What a run that was cancelled may take until it has ended its handlers, in milliseconds. */
const patience = 5000;

export function testArguments(options: TestRunOptions): string[] {
  const args = [options.program, 'test', options.base, '--stdio', '--reporter', 'json'];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') {
      args.push(`${name}=${value}`);
    }
  };
  add('--record', options.recordings);
  add('--locale', options.locale);
  add('--python', options.python);
  add('--node', options.node);
  add('--coverage', options.coverage ? 'events' : undefined);
  add('--debug', options.debug ? '*' : undefined);
  options.ids?.forEach((id) => add('--id', id));
  if (Object.keys(options.emulator).length > 0) {
    add('--emulator', JSON.stringify(options.emulator));
  }
  return args;
}

/** Resolves with the exit code when the process and its handlers are gone; null: it was killed or never began. */
export function runTestProcess(
  options: TestRunOptions,
  listener: TestRunListener,
): { ended: Promise<number | null>; cancel(): void; ask: Asking } {
  const child = spawn(process.execPath, testArguments(options), {
    env: childEnvironment(process.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let limit: NodeJS.Timeout | undefined;
  readLines(child.stdout, (lines) => lines.forEach((line) => receive(line, listener)));
  readLines(child.stderr, (lines) =>
    lines.filter((line) => line.trim() !== '').forEach((line) => listener.onLine(line)),
  );
  // A write to a run that has just ended fails; that it ended is told by 'close'.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      listener.onLine(error.message);
      resolve(null);
    });
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve(code);
    });
  });
  let asked = 0;
  return {
    ended,
    ask(kind, ask) {
      if (child.stdin.writable) {
        child.stdin.write(`${JSON.stringify({ id: ++asked, kind, ...ask })}\n`);
      }
    },
    cancel() {
      child.stdin.end();
      limit ??= setTimeout(() => child.kill('SIGKILL'), patience);
    },
  };
}

function receive(line: string, listener: TestRunListener): void {
  const value = parse(line);
  if (typeof value?.['test'] === 'string') {
    listener.onEvent(value as never);
  } else if (isFact(value)) {
    listener.onFact?.(value);
  } else if (value?.['reply'] === undefined && line.trim() !== '') {
    listener.onLine(line);
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as never) : undefined;
  } catch {
    return undefined;
  }
}
