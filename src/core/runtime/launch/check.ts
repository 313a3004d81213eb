/**
 * What would fail with the first event, seen before it: a short process of the function's own interpreter looks at the
 * handler and runs nothing of it. Functions of one interpreter that are asked about at once share it.
 */
import { type ChildProcess, execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { FunctionSpec } from '../../../protocol/project';
import type { CodeFailure } from '../channel/channel';
import { buildEnvironment, splitHandler } from './environment';
import { memberNames } from '../../../protocol/contractTypes';
import { pythonNames } from '../advice/pythonVersions';
import { isNewer, type Interpreter } from './interpreters';
import { planLook } from './launch';

export interface CodeCheck {
  /** In the order in which loading would meet them; none: nothing is known to be wrong. */
  failures: CodeFailure[];
  /** What the version lacks that the function is for, where a newer one looked. */
  newer: NewerCode[];
  /** Packages that go to the cloud with the code, and say themselves that they are for a later version than that one. */
  packages: NewerPackage[];
  /** Members of the event or of the context that are not called so here, and are read nevertheless. */
  misnamed: MisnamedMember[];
  /** Absolute paths of the project's files that were looked at. */
  files: string[];
  /** The script of the build that was looked at, instead of the handler. */
  script?: string;
}

/** Something in the code that came with a newer version than the one that was asked for. */
export interface NewerCode {
  /** As it is written: `?.`, `fetch`, `asyncio.run`. */
  what: string;
  /** The version that it came with. */
  since: string;
  /** The error that it is in the version that was asked for. */
  type: string;
  file: string;
  line: number;
}

export interface NewerPackage {
  name: string;
  version: string;
  /** As it says: `>=18`. */
  needs: string;
  /** Where it is imported. */
  file: string;
  line: number;
}

export interface MisnamedMember {
  of: 'event' | 'context';
  /** As it is written: `event.websocket.connectionId`. */
  what: string;
  /** What is there: `event.websocket.secConnectionID`. */
  here: string;
  file: string;
  line: number;
}

/** Milliseconds; an interpreter that takes longer tells nothing. */
const longest = 15_000;

/**
 * Never rejects: what cannot be checked has no failures. `builds`: the handler is made by the project's build, so that
 * the script of the build is what must be able to run; `built`: the folder with what it has made by now.
 */
export function checkCode(
  spec: FunctionSpec,
  {
    projectFolder,
    interpreter,
    bootstrapFolder,
    builds,
    built,
    surroundings,
    signal,
  }: {
    projectFolder: string;
    interpreter: Interpreter;
    bootstrapFolder: string;
    builds: boolean;
    built?: string;
    surroundings: 'cloud' | 'shell';
    signal: AbortSignal;
  },
): Promise<CodeCheck> {
  const script = builds ? buildScript(spec, projectFolder) : undefined;
  if (builds && script === undefined && built === undefined && spec.family !== 'node') {
    return Promise.resolve(nothingFound); // Some other tool: it says itself what it lacks.
  }
  const program =
    spec.family === 'python' ? path.join('python', 'check.py') : path.join('node', 'check.cjs');
  const { command, flags } = planLook(spec, interpreter);
  const env = buildEnvironment(spec, '', process.env, surroundings);
  const { NODE_PATH: modulePath, ...shared } = env;
  const order = {
    ...splitHandler(spec.handler),
    ...{ folder: spec.folder, project: projectFolder, modulePath, names: memberNames },
    ...(script === undefined ? {} : { script }),
    ...(builds ? { builds, ...(built === undefined ? {} : { built }) } : {}),
    ...(isNewer(interpreter) ? { asked: interpreter.wished, since: pythonNames } : {}),
  };
  const args = [...flags, path.join(bootstrapFolder, program)];
  const ways = ['PYTHONPATH', 'NODE_OPTIONS'].map((name) => shared[name]);
  const key = JSON.stringify([command, args, projectFolder, surroundings, ways]);
  return new Promise((resolve) => {
    let look = waiting.get(key);
    if (look === undefined) {
      look = { command, args, cwd: projectFolder, env: shared, asked: [] };
      waiting.set(key, look);
      setImmediate(begin, key, look);
    }
    const tell = (check: CodeCheck | undefined): void =>
      resolve({ ...(check ?? nothingFound), ...(script === undefined ? {} : { script }) });
    look.asked.push({ order, signal, tell });
  });
}

/** Of one interpreter, in one environment. */
interface Look {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  asked: { order: object; signal: AbortSignal; tell: (check: CodeCheck | undefined) => void }[];
}

/** Those that begin when this turn of the event loop is done. */
const waiting = new Map<string, Look>();

export const nothingFound: CodeCheck = {
  failures: [],
  newer: [],
  packages: [],
  misnamed: [],
  files: [],
};

function begin(key: string, { command, args, cwd, env, asked }: Look): void {
  waiting.delete(key);
  const options = {
    ...{ cwd: fs.existsSync(cwd) ? cwd : undefined, env, timeout: longest, windowsHide: true },
    maxBuffer: Infinity,
  };
  let child: ChildProcess;
  try {
    child = execFile(command, args, options, (_error, stdout) => {
      const checks = parse(stdout);
      asked.forEach(({ tell }, index) => tell(checks[index]));
    });
  } catch {
    asked.forEach(({ tell }) => tell(undefined)); // What no process can be given; the start of the function says what.
    return;
  }
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(asked.map(({ order }) => order)));
  const endUnwanted = (): void => {
    if (asked.every(({ signal }) => signal.aborted)) {
      child.kill();
    }
  };
  asked.forEach(({ signal }) => signal.addEventListener('abort', endUnwanted, { once: true }));
  endUnwanted();
}

/** The JavaScript file that `node build.mjs …` runs. */
function buildScript({ build }: FunctionSpec, projectFolder: string): string | undefined {
  const [program, script = ''] = build?.command ?? [];
  const file = path.resolve(projectFolder, script);
  return program === 'node' && /\.[cm]?js$/.test(script) && fs.existsSync(file) ? file : undefined;
}

function parse(text: string): (CodeCheck | undefined)[] {
  try {
    return JSON.parse(text) as CodeCheck[];
  } catch {
    return [];
  }
}
