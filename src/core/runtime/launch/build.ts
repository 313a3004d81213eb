/**
 * The project's own build in watch mode, for handlers that must be built before they run. Started once for each
 * function, kept running, and ended with the session: its stdin ends, then its tree is killed.
 */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { SourcePlace } from '../../../protocol/fact';
import type { FunctionSpec } from '../../../protocol/project';
import { UserError } from '../../errors';
import { buildEnvironment, splitHandler } from './environment';
import { forgetTree, killTree, spawnTree } from '../process/processTree';
import { RawLines } from '../process/output';

export interface Build {
  /** Folder that the built handler is loaded from. */
  folder: string;
  /** Resolves once the handler was built since the start; rejects with a `UserError`. */
  ready: Promise<void>;
  dispose(): void;
}

/** An error that a build reports at a place. */
export interface BuildProblem {
  message: string;
  place: SourcePlace;
}

/** What a build tells of itself. */
export interface BuildListener {
  onLine(text: string): void;
  onProblem(problem: BuildProblem): void;
  /** It went through again, whether or not that changed what it writes. */
  onMended(): void;
  /** It watches no more. */
  onEnd(code: number | null): void;
}

/** What esbuild and tsc print when they begin and end a build in watch mode. */
const begins = /\[watch\] build started|File change detected/;
const ends = /\[watch\] build finished|Found 0 errors/;

/** How long a first build may take. */
const firstBuildMs = 60_000;
const lookMs = 50;

export function startBuild(
  spec: FunctionSpec,
  projectFolder: string,
  node: string,
  bootstrapFolder: string,
  listener: BuildListener,
): Build {
  const { command = [], folder = spec.folder } = spec.build ?? {};
  const [program = 'node', ...args] = command;
  const output =
    spec.family === 'node'
      ? path.join(folder, `${splitHandler(spec.handler).file}.js`)
      : path.join(folder, spec.handler);
  const before = stampOf(output);
  const child = spawnTree(program === 'node' ? node : program, args, {
    cwd: projectFolder,
    env: buildEnvironment(spec, '', process.env, 'build'),
    stdio: ['pipe', 'pipe', 'pipe'],
    bootstrapFolder,
  });
  const printed: string[] = [];
  const findProblem = problemFinder(projectFolder);
  let problems = 0;
  for (const stream of [child.stdout, child.stderr]) {
    const lines = new RawLines((text) => {
      printed.push(text);
      if (printed.length > 50) {
        printed.shift();
      }
      listener.onLine(text);
      if (begins.test(text)) {
        problems = 0;
      }
      const problem = findProblem(text);
      if (problem !== undefined) {
        problems++;
        listener.onProblem(problem);
      }
      if (ends.test(text) && problems === 0) {
        listener.onMended();
      }
    });
    stream?.on('data', (chunk: Buffer) => lines.push(chunk));
    stream?.on('end', () => lines.flush());
  }
  child.stdin?.on('error', () => undefined);
  child.once('exit', (code) => listener.onEnd(code));
  return {
    folder,
    ready: firstOutput(child, spec, output, () => stampOf(output) !== before, printed),
    dispose() {
      child.stdin?.end();
      killTree(child);
    },
  };
}

function firstOutput(
  child: ChildProcess,
  spec: FunctionSpec,
  output: string,
  built: () => boolean,
  printed: string[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (how: string) => {
      const advice = printed.filter((line) => line.trim() !== '').join('\n');
      const message = l10n.t(
        '{0} was not built: {1} {2}.',
        spec.name,
        spec.build?.command.join(' ') ?? '',
        how,
      );
      finish(() =>
        reject(new UserError('buildFailed', message, advice === '' ? undefined : advice)),
      );
    };
    const finish = (settle: () => void) => {
      clearInterval(looking);
      clearTimeout(limit);
      settle();
    };
    const looking = setInterval(() => {
      // The output exists for a moment before it is whole; esbuild writes it in one go, after which it says so.
      if (built()) {
        finish(resolve);
      } else if (printed.some((line) => /\berror\b/i.test(line))) {
        failed(l10n.t('found errors'));
      } else if (printed.some((line) => ends.test(line)) && fs.existsSync(output)) {
        finish(resolve); // All was built before, and it says that it watches now.
      }
    }, lookMs);
    const limit = setTimeout(
      () => failed(l10n.t('wrote nothing in {0} seconds', firstBuildMs / 1000)),
      firstBuildMs,
    );
    child.once('error', (error) => failed(l10n.t('cannot be run: {0}', error.message)));
    child.once('exit', (code) => {
      forgetTree(child);
      if (built() || (code === 0 && fs.existsSync(output))) {
        finish(resolve); // A build that finds nothing to do has succeeded, too.
      } else {
        failed(l10n.t('ended with code {0}', code ?? 1));
      }
    });
  });
}

/** Differs whenever the file was written anew. */
function stampOf(file: string): string {
  try {
    const { mtimeMs, size } = fs.statSync(file);
    return size === 0 ? '' : `${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}

/**
 * Reads errors out of what a build prints: esbuild tells the message first and the place below it, tsc both in a
 * line: `index.ts(3,5): error TS1005: …`.
 */
export function problemFinder(projectFolder: string): (line: string) => BuildProblem | undefined {
  let message: string | undefined;
  const problem = (text: string, file: string, line: string, column: string): BuildProblem => ({
    message: text,
    place: {
      file: path.resolve(projectFolder, file),
      line: Number(line),
      column: Number(column) + (message === undefined ? 0 : 1), // esbuild counts columns from 0.
    },
  });
  return (text) => {
    const headline = /^\S+ \[ERROR\] (.+)$/.exec(text);
    if (headline !== null) {
      message = headline[1];
      return undefined;
    }
    const below = /^ {2,}(\S.*?):(\d+):(\d+):$/.exec(text);
    if (below !== null && message !== undefined) {
      const found = problem(message, below[1] ?? '', below[2] ?? '', below[3] ?? '');
      message = undefined;
      return found;
    }
    const whole = /^(\S.*?)\((\d+),(\d+)\): error (.+)$/.exec(text);
    return whole === null
      ? undefined
      : problem(whole[4] ?? '', whole[1] ?? '', whole[2] ?? '', whole[3] ?? '');
  };
}
