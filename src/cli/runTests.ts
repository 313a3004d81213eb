/** `scfws test`: runs scenarios against the project's handlers, or against any gateway. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { TestEvent } from '../protocol/testEvent';
import { sentenceOf, UserError } from '../core/errors';
import { planRun, runFlows, type RunOptions } from '../core/scenario/runFlows';
import { LcovFile } from './lcovFile';
import { githubReporter } from './reporters/github';
import { jsonReporter } from './reporters/json';
import { junitReporter } from './reporters/junit';
import { type Output, type Reporter, type ReporterName, reporterNames } from './reporters/reporter';
import { specReporter } from './reporters/spec';
import { tapReporter } from './reporters/tap';
import { onSignals } from './signals';
import { startTestHost } from './testHost';
import { watchForChanges } from './testWatch';

export interface TestOptions extends Omit<RunOptions, 'tell' | 'signal' | 'onSession'> {
  /** `name` or `name=file`. */
  reporters: string[];
  watch?: true;
  /** File that the coverage is written to. */
  lcov?: string;
  /** Only tells what would run. */
  list?: true;
  /** A host speaks on stdin and reads stdout; the end of stdin ends the run. */
  stdio?: true;
}

const makers: Record<ReporterName, (output: Output) => Reporter> = {
  spec: specReporter,
  junit: junitReporter,
  tap: tapReporter,
  github: githubReporter,
  json: jsonReporter,
};

/** Exit code: 0 passed, 1 failed or nothing run, 2 wrong use or a wrong file. */
export async function runTests(options: TestOptions): Promise<number> {
  try {
    return await (options.list ? list(options) : options.watch ? watch(options) : once(options));
  } catch (error) {
    if (error instanceof UserError) {
      process.stderr.write(`scfws: ${sentenceOf(error)}\n`);
      return 2;
    }
    throw error;
  }
}

async function once(options: TestOptions): Promise<number> {
  const reporting = startReporters(options.reporters);
  const controller = new AbortController();
  const host = options.stdio ? startTestHost(() => controller.abort()) : undefined;
  const stop = onSignals(() => controller.abort());
  try {
    const ended = await runOnce(options, reporting, controller.signal, host);
    return exitCode(ended);
  } finally {
    reporting.end();
    stop();
    host?.dispose();
  }
}

type Ended = Extract<TestEvent, { test: 'runEnded' }>;

/** Rejects with a `UserError` where a report cannot be written; then nothing runs any more. */
async function runOnce(
  options: TestOptions,
  reporting: Reporting,
  signal: AbortSignal,
  host?: ReturnType<typeof startTestHost>,
): Promise<Ended> {
  const lcov = options.lcov === undefined ? undefined : new LcovFile(options.lcov);
  const ended = await runFlows({
    ...options,
    tell: lcov?.listen(reporting.tell) ?? reporting.tell,
    signal: AbortSignal.any([signal, reporting.broken]),
    ...(host === undefined
      ? {}
      : { onSession: (session) => host.serve(session, options.debug !== undefined) }),
  });
  lcov?.write(reporting.tell);
  reporting.tell(ended);
  reporting.check();
  return ended;
}

function exitCode({ problems, failed, passed, cancelled }: Ended): number {
  if (problems > 0) {
    return 2;
  }
  if (failed > 0 || cancelled) {
    return 1;
  }
  if (passed === 0) {
    process.stderr.write(
      `scfws: ${l10n.t('Nothing was run: no scenario was found or chosen. Look at the folder, --filter and --shard.')}\n`,
    );
    return 1;
  }
  return 0;
}

/** Runs again whenever a flow or the code changes, until Ctrl-C. */
async function watch(options: TestOptions): Promise<number> {
  const ending = new AbortController();
  const stop = onSignals(() => ending.abort());
  let code = 0;
  while (!ending.signal.aborted) {
    const { folders } = await watched(options);
    const changes = watchForChanges(folders);
    const running = new AbortController();
    const signal = AbortSignal.any([ending.signal, running.signal]);
    void changes.changed.then(() => running.abort()); // What runs now tests what was there before.
    let reporting: Reporting | undefined;
    try {
      reporting = startReporters(options.reporters);
      code = exitCode(await runOnce(options, reporting, signal));
    } catch (error) {
      process.stderr.write(`scfws: ${sentenceOf(error)}\n`);
      code = 2;
    }
    reporting?.end();
    if (!running.signal.aborted) {
      process.stdout.write(`${l10n.t('Waiting for a change. Press Ctrl+C to stop.')}\n`);
    }
    await Promise.race([changes.changed, aborted(ending.signal)]);
    changes.dispose();
  }
  stop();
  return code;
}

/** Folders that the run depends on. */
async function watched(options: TestOptions): Promise<{ folders: string[] }> {
  const folders = options.from.map((each) =>
    fs.statSync(each, { throwIfNoEntry: false })?.isFile() ? path.dirname(each) : each,
  );
  const { plans, projects } = await planRun(options);
  projects.forEach((project) => project.dispose());
  return { folders: [...new Set([...folders, ...plans.map(({ project }) => project)])] };
}

async function list(options: TestOptions): Promise<number> {
  const { plans, problems, projects } = await planRun(options);
  projects.forEach((project) => project.dispose());
  const { tell, end } = startReporters(options.reporters);
  problems.forEach((problem) => tell({ test: 'problem', problem }));
  if (options.reporters.some((each) => each.startsWith('json'))) {
    tell({ test: 'runStarted', scenarios: plans.map(({ info }) => info), workers: 0 });
  } else {
    process.stdout.write(plans.map(({ info }) => `${info.id}\n`).join(''));
  }
  end();
  return problems.some(({ severity }) => severity === 'error') ? 2 : 0;
}

interface Reporting {
  tell(event: TestEvent): void;
  /** Aborted when a report could not be written: the disk is full, the file has gone. */
  broken: AbortSignal;
  /** Throws the `UserError` of that. */
  check(): void;
  end(): void;
}

/** Throws a `UserError` where a report cannot be written. */
function startReporters(wanted: string[]): Reporting {
  const files: number[] = [];
  const end = (): void => files.splice(0).forEach((each) => fs.closeSync(each));
  try {
    const reporters = wanted.map((each) => makeReporter(each, files));
    const broken = new AbortController();
    return {
      tell(event) {
        try {
          reporters.forEach((each) => each.onEvent(event));
        } catch (error) {
          broken.abort(error);
        }
      },
      broken: broken.signal,
      check() {
        broken.signal.throwIfAborted();
      },
      end,
    };
  } catch (error) {
    end();
    throw error;
  }
}

function makeReporter(wanted: string, files: number[]): Reporter {
  const [name = '', ...rest] = wanted.split('=');
  const file = rest.join('='); // Names of files may have it, too.
  const make = makers[name as ReporterName] as ((output: Output) => Reporter) | undefined;
  if (make === undefined) {
    throw new UserError(
      'usage',
      l10n.t('There is no reporter "{0}". There are: {1}.', name, reporterNames.join(', ')),
    );
  }
  return make(file === '' ? terminal() : toFile(file, files));
}

function terminal(): Output {
  const colours =
    process.stdout.isTTY === true &&
    (process.env['NO_COLOR'] ?? '') === '' &&
    process.env['TERM'] !== 'dumb';
  return { colours, write: (text) => process.stdout.write(text) };
}

function toFile(file: string, open: number[]): Output {
  const told = (error: unknown): UserError =>
    new UserError(
      'cannotWrite',
      l10n.t('The report cannot be written to {0}: {1}', file, (error as Error).message),
      l10n.t('Name another file, or make room.'),
    );
  try {
    fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    const handle = fs.openSync(file, 'w');
    open.push(handle);
    return {
      colours: false,
      write(text) {
        try {
          fs.writeSync(handle, text);
        } catch (error) {
          throw told(error);
        }
      },
    };
  } catch (error) {
    throw told(error);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
