/** Everything that must be known or running before an instance can be spawned: interpreter, build, environment. */
import fs from 'node:fs';
import * as l10n from '@vscode/l10n';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { LogLevel } from '../../../protocol/fact';
import type { FunctionId, FunctionSpec } from '../../../protocol/project';
import { startBuild, type Build, type BuildProblem } from './build';
import { Channel, type CodeFailure } from '../channel/channel';
import type { RuntimeDependencies } from '../contract';
import { checkCode, nothingFound, type CodeCheck } from './check';
import { buildEnvironment, launchOrder, splitHandler } from './environment';
import {
  findInterpreter,
  isNewer,
  planInterpreters,
  thisMachine,
  type Interpreter,
} from './interpreters';
import { planLaunch, runsTypeScript, type Launch } from './launch';
import { checkProgram, prepareProgram } from './program';

export interface Preparation {
  /** Builds the function where it must be built first; resolves once it is. Rejects with a `UserError`. */
  build(): Promise<void>;
  /** Looks for the interpreter, to have it at hand. Rejects with a `UserError` when there is none, or no program. */
  warmUp(): Promise<void>;
  /** What is wrong with code that nothing of is run for it; the interpreter that looked. Rejects as `warmUp` does. */
  check(): Promise<CodeCheck & { interpreter?: Interpreter }>;
  /** Whether a later version runs the function than the one that it is for. */
  isRunByNewer(): Promise<boolean>;
  /** Rejects with a `UserError` when the function cannot be started at all. */
  launch(instance: number, isDebugging: () => boolean): Promise<Launch>;
  dispose(): void;
}

export function startPreparation(
  id: FunctionId,
  spec: FunctionSpec,
  dependencies: RuntimeDependencies,
  onBuild: {
    onProblem(problem: BuildProblem, interpreter: Interpreter | undefined): void;
    onMended(): void;
    /** For the first time since it was started. */
    onBuilt(): void;
  },
): Preparation {
  let build: Build | undefined;
  /** The build that has written something. */
  let built: Build | undefined;
  let disposed = false;
  const looking = new AbortController();

  const look = (interpreter: Interpreter, builds: boolean, folder?: string): Promise<CodeCheck> => {
    const { service, bootstrapFolder } = dependencies;
    return checkCode(spec, {
      ...{ interpreter, bootstrapFolder, builds, built: folder },
      projectFolder: service.folder,
      surroundings: service.emulator.inheritEnvironment ? 'shell' : 'cloud',
      signal: looking.signal,
    });
  };

  /** Whether the interpreter runs the handler as it was written, so that its build is not needed. */
  const runsSource = async (interpreter: Interpreter | undefined): Promise<boolean> => {
    if (interpreter === undefined) {
      return false; // A program of its own is built again whenever its build says so.
    }
    const base = path.join(spec.folder, splitHandler(spec.handler).file);
    const isThere = (extension: string): boolean => fs.existsSync(base + extension);
    const isBuilt = ['.js', '.cjs', '.mjs'].some(isThere);
    if (!['.ts', '.cts', '.mts'].some(isThere)) {
      return isBuilt && (spec.build?.folder ?? spec.folder) === spec.folder;
    }
    if (isBuilt || spec.family !== 'node' || !runsTypeScript(interpreter.version)) {
      return false; // What lies beside its source is of an earlier build.
    }
    const { failures } = await look(interpreter, false);
    return !failures.some(wantsBuild);
  };

  /** Folder that the handler is loaded from: where it was built, or the code directory. */
  const codeFolder = async (interpreter: Interpreter | undefined): Promise<string> => {
    const isBuilding = build !== undefined; // Then it stays so: what is broken now is served as it was.
    if (spec.build === undefined || disposed || (!isBuilding && (await runsSource(interpreter)))) {
      return spec.folder;
    }
    if (spec.build.done === true) {
      return spec.build.folder ?? spec.folder;
    }
    const { service, bootstrapFolder, record } = dependencies;
    const log = (level: LogLevel, text: string): void => {
      const about = { function: id, instance: 0, invocation: null, stream: 'platform' as const };
      record({ kind: 'log', ...about, level, text });
    };
    build ??= startBuild(spec, service.folder, interpreter?.program ?? 'node', bootstrapFolder, {
      onProblem: (problem) => onBuild.onProblem(problem, interpreter),
      onMended: () => onBuild.onMended(),
      onLine: (text) => log('info', text),
      onEnd: (code) => {
        if (build === started && !disposed) {
          build = undefined; // The next start builds again.
          log(
            code === 0 ? 'info' : 'warn',
            l10n.t('The build ended with code {0}; the next start builds again.', code ?? 1),
          );
        }
      },
    });
    const started = build;
    try {
      await started.ready;
      if (!isBuilding && built !== started) {
        built = started;
        onBuild.onBuilt();
      }
    } catch (error) {
      started.dispose();
      build = undefined; // Tried again with the next start.
      throw error;
    }
    return started.folder;
  };

  const interpreterOf = (): Promise<Interpreter> => {
    const family = spec.family === 'node' ? 'node' : 'python';
    const setting = dependencies.interpreters[family];
    const machine = thisMachine(family);
    const { editorPython } = dependencies.interpreters;
    return findInterpreter(
      planInterpreters(spec, dependencies.service.folder, setting, machine, editorPython),
    );
  };

  return {
    async build() {
      const isInterpreted = spec.family === 'python' || spec.family === 'node';
      await codeFolder(isInterpreted ? await interpreterOf() : undefined);
    },
    async warmUp() {
      if ((spec.family === 'python' || spec.family === 'node') && !disposed) {
        await interpreterOf();
      } else if (spec.build === undefined && !disposed) {
        checkProgram(path.join(spec.folder, spec.handler), spec);
      }
    },
    async check() {
      if (spec.family !== 'python' && spec.family !== 'node') {
        await this.warmUp();
        return nothingFound;
      }
      const interpreter = await interpreterOf();
      const builds = spec.build !== undefined && !(await runsSource(interpreter));
      const isMade = spec.build?.done === true || (build !== undefined && built === build);
      const folder = isMade ? (spec.build?.folder ?? spec.folder) : undefined;
      const check = await look(interpreter, builds, folder);
      return { ...check, interpreter };
    },
    async isRunByNewer() {
      const isScript = spec.family === 'python' || spec.family === 'node';
      return isScript && interpreterOf().then(isNewer, () => false);
    },
    async launch(instance, isDebugging) {
      const { service, bootstrapFolder, clockFile, coverage } = dependencies;
      const surroundings = service.emulator.inheritEnvironment ? 'shell' : 'cloud';
      if (spec.family === 'custom' || spec.family === 'go') {
        const folder = await codeFolder(undefined);
        return prepareProgram(
          { ...spec, folder },
          dependencies.pushUrl(id, instance),
          surroundings,
        );
      }
      const interpreter = await interpreterOf();
      const folder = await codeFolder(interpreter);
      const debug = isDebugging();
      const pushUrl = dependencies.pushUrl(id, instance);
      const order = launchOrder({ ...spec, folder }, service, pushUrl, debug, clockFile, coverage);
      return {
        ...planLaunch(spec, interpreter, bootstrapFolder, debug),
        env: {
          ...buildEnvironment({ ...spec, folder }, pushUrl, process.env, surroundings),
          ...(coverage !== undefined && spec.family === 'node'
            ? { NODE_V8_COVERAGE: coverage }
            : {}),
        },
        ...(coverage === undefined ? {} : { endsByItself: true as const }),
        cwd: spec.folder,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
        debug,
        interpreter: interpreter.why,
        found: interpreter,
        converse(child, listener) {
          const [, , , input, output] = child.stdio;
          return new Channel(input as Writable, output as Readable, listener, order);
        },
      };
    },
    dispose() {
      disposed = true;
      looking.abort();
      build?.dispose();
    },
  };
}

/** What Node.js does not do where it only takes types away, and a build does: enums, modules, names of files. */
function wantsBuild({ kind, message, stack = '' }: CodeFailure): boolean {
  return (
    kind === 'missingModule' ||
    /strip-only|UNSUPPORTED_TYPESCRIPT|outside a module|token 'export'/.test(message + stack)
  );
}
