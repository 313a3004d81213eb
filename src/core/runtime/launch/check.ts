/**
 * What would fail with the first event, seen before it: a short process of the function's own interpreter looks at the
 * handler and runs nothing of it.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { FunctionSpec } from '../../../protocol/project';
import type { CodeFailure } from '../channel/channel';
import { buildEnvironment, splitHandler } from './environment';
import { pythonNames } from '../advice/pythonVersions';
import { isNewer, type Interpreter } from './interpreters';
import { planLaunch } from './launch';

export interface CodeCheck {
  /** In the order in which loading would meet them; none: nothing is known to be wrong. */
  failures: CodeFailure[];
  /** What the version lacks that the function is for, where a newer one looked. */
  newer: NewerCode[];
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

/** Milliseconds; an interpreter that takes longer tells nothing. */
const longest = 15_000;

/**
 * Never rejects: what cannot be checked has no failures. `builds`: the handler is made by the project's build, so that
 * the script of the build is what must be able to run.
 */
export function checkCode(
  spec: FunctionSpec,
  {
    projectFolder,
    interpreter,
    bootstrapFolder,
    builds,
    surroundings,
    signal,
  }: {
    projectFolder: string;
    interpreter: Interpreter;
    bootstrapFolder: string;
    builds: boolean;
    surroundings: 'cloud' | 'shell';
    signal: AbortSignal;
  },
): Promise<CodeCheck> {
  const script = builds ? buildScript(spec, projectFolder) : undefined;
  if (builds && script === undefined) {
    return Promise.resolve({ failures: [], newer: [], files: [] }); // Some other tool: it says itself what it lacks.
  }
  const { command, args } = planLaunch(spec, interpreter, bootstrapFolder, false);
  const program =
    spec.family === 'python' ? path.join('python', 'check.py') : path.join('node', 'check.cjs');
  const order = {
    ...splitHandler(spec.handler),
    ...{ folder: spec.folder, project: projectFolder },
    ...(script === undefined ? {} : { script }),
    ...(isNewer(interpreter) ? { asked: interpreter.wished, since: pythonNames } : {}),
  };
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args.slice(0, -1), path.join(bootstrapFolder, program)],
      {
        cwd: fs.existsSync(spec.folder) ? spec.folder : projectFolder,
        env: buildEnvironment(spec, '', process.env, surroundings),
        timeout: longest,
        windowsHide: true,
        signal,
      },
      (_error, stdout) =>
        resolve({ ...parse(stdout), ...(script === undefined ? {} : { script }) }),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(order));
  });
}

/** The JavaScript file that `node build.mjs …` runs. */
function buildScript({ build }: FunctionSpec, projectFolder: string): string | undefined {
  const [program, script = ''] = build?.command ?? [];
  const file = path.resolve(projectFolder, script);
  return program === 'node' && /\.[cm]?js$/.test(script) && fs.existsSync(file) ? file : undefined;
}

function parse(text: string): CodeCheck {
  try {
    const { failures, newer, files } = JSON.parse(text) as CodeCheck;
    return { failures, newer, files };
  } catch {
    return { failures: [], newer: [], files: [] };
  }
}
