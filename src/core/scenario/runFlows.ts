/** Runs scenarios, several at a time, and tells what happens; resolves with the last event. */
import os from 'node:os';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Problem, ServiceSpec } from '../../protocol/project';
import type { TestEvent } from '../../protocol/testEvent';
import { sentenceOf, UserError } from '../errors';
import { findFlows, loadFlow, type Plan } from './loadFlows';
import { prepareProject, type PreparedProject, type ProjectOptions } from './prepareProject';
import { checkFunctions } from './checkFunctions';
import { type Ground, prepareGround, runScenario, type ScenarioOptions } from './runScenario';

export interface RunOptions extends Omit<ScenarioOptions, 'session'>, ProjectOptions {
  /** Folders that are searched for flows, or flows. */
  from: string[];
  /** Part of an id, or a `/regular expression/`. */
  filter?: string;
  /** Exactly these. */
  ids?: string[];
  /** Each scenario so many times. */
  repeat?: number;
  /** This machine's part of all scenarios; counts from 1. */
  shard?: { index: number; of: number };
  /** Ends at the first failure. */
  bail?: true;
  /** Scenarios at a time; default: as many as there are cores, 4 at most. */
  workers?: number;
  /** Functions that wait for a debugger. */
  debug?: string[];
}

type RunEnded = Extract<TestEvent, { test: 'runEnded' }>;

/** Scenarios that share warm processes, or a single one. */
interface Unit {
  plans: Plan[];
  attempt: number;
  warm: boolean;
}

/** Rejects with a `UserError` when the folders or the filter make no sense. */
export async function runFlows(options: RunOptions): Promise<RunEnded> {
  const began = performance.now();
  const { tell, signal } = options;
  const { plans, problems, projects } = await planRun(options);
  problems.forEach((problem) => tell({ test: 'problem', problem }));
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const workers = options.debug?.length
    ? 1
    : Math.max(1, options.workers ?? Math.min(os.availableParallelism(), 4));
  tell({ test: 'runStarted', scenarios: plans.map(({ info }) => info), workers });

  const counts = { passed: 0, failed: 0, skipped: 0, notRun: 0 };
  const bailing = new AbortController();
  const units = unitsOf(plans, options.repeat ?? 1);
  const inner: ScenarioOptions = {
    ...options,
    session: {
      bootstrapFolder: options.bootstrapFolder,
      interpreters: options.interpreters,
      ...(options.debug === undefined ? {} : { debug: options.debug }),
    },
    signal: AbortSignal.any([signal, bailing.signal]),
  };
  const work = async (): Promise<void> => {
    for (let unit = units.shift(); unit !== undefined; unit = units.shift()) {
      await runUnit(unit, projects, inner, (outcome) => {
        counts[outcome]++;
        if (outcome === 'failed' && options.bail) {
          bailing.abort();
        }
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(workers, units.length) }, work));
  } finally {
    projects.forEach((project) => project.dispose());
  }
  const ended: RunEnded = {
    test: 'runEnded',
    ...counts,
    problems: errors,
    ms: Math.round(performance.now() - began),
    ...(signal.aborted ? { cancelled: true } : {}),
  };
  return ended;
}

/** What would run, and what is wrong; nothing is started. */
export async function planRun(
  options: Pick<
    RunOptions,
    | 'from'
    | 'filter'
    | 'ids'
    | 'shard'
    | 'elsewhere'
    | 'interpreters'
    | 'bootstrapFolder'
    | 'emulator'
  >,
): Promise<{
  plans: Plan[];
  problems: Problem[];
  projects: Map<string, PreparedProject>;
}> {
  const problems: Problem[] = [];
  const all: Plan[] = [];
  const files = new Set<string>();
  for (const from of options.from) {
    const [base, found] = [baseOf(from), await findFlows(from)];
    for (const file of found.filter((each) => !files.has(each))) {
      files.add(file);
      const loaded = await loadFlow(file, base);
      problems.push(...loaded.problems);
      all.push(...loaded.plans);
    }
  }
  const projects = new Map<string, PreparedProject>();
  if (options.elsewhere === undefined) {
    for (const folder of new Set(all.map(({ project }) => project))) {
      const prepared = await prepareProject(folder, options);
      projects.set(folder, prepared);
      problems.push(...prepared.problems);
      const { service } = prepared;
      if (service !== undefined) {
        problems.push(
          ...all
            .filter(({ project }) => project === folder)
            .flatMap((plan) => checkFunctions(plan, service)),
        );
      }
    }
  }
  const wrong = new Set(
    problems.filter(({ severity }) => severity === 'error').map(({ file }) => file),
  );
  const sound = all.filter(({ info }) => !wrong.has(info.file));
  return { plans: choose(sound, options), problems: distinct(problems), projects };
}

/** Ids tell paths relative to it: to the folder that was asked for, or to that of the file. */
function baseOf(from: string): string {
  const full = path.resolve(from);
  return /\.wsflow\.ya?ml$/.test(full) ? path.dirname(full) : full;
}

function choose(
  plans: Plan[],
  { filter, ids, shard }: Pick<RunOptions, 'filter' | 'ids' | 'shard'>,
): Plan[] {
  let chosen = plans;
  if (ids !== undefined) {
    chosen = chosen.filter(({ info }) => ids.includes(info.id));
  }
  if (filter !== undefined) {
    const matches = matcherOf(filter);
    chosen = chosen.filter(({ info }) => matches(info.id));
  }
  if (shard !== undefined) {
    chosen = chosen.filter((_, index) => index % shard.of === shard.index - 1);
  }
  return chosen;
}

/** `/…/` is a regular expression. */
function matcherOf(filter: string): (id: string) => boolean {
  const pattern = /^\/(.+)\/$/.exec(filter)?.[1];
  if (pattern === undefined) {
    return (id) => id.toLowerCase().includes(filter.toLowerCase());
  }
  try {
    const expression = new RegExp(pattern, 'iu');
    return (id) => expression.test(id);
  } catch {
    throw new UserError(
      'usage',
      l10n.t('{0} is no regular expression.', filter),
      l10n.t(
        'Without the slashes it is a part of the name; in them, put a backslash before brackets.',
      ),
    );
  }
}

function distinct(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify(problem);
    return !seen.has(key) && seen.add(key);
  });
}

function unitsOf(plans: Plan[], repeat: number): Unit[] {
  const units: Unit[] = [];
  for (let attempt = 1; attempt <= repeat; attempt++) {
    const warm = new Map<string, Unit>();
    for (const plan of plans) {
      if (plan.flow.functions === 'fresh') {
        units.push({ plans: [plan], attempt, warm: false });
        continue;
      }
      const known = warm.get(plan.flow.file);
      if (known === undefined) {
        const unit: Unit = { plans: [plan], attempt, warm: true };
        warm.set(plan.flow.file, unit);
        units.push(unit);
      } else {
        known.plans.push(plan);
      }
    }
  }
  return units;
}

async function runUnit(
  { plans, attempt, warm }: Unit,
  projects: ReadonlyMap<string, PreparedProject>,
  options: ScenarioOptions,
  onOutcome: (outcome: 'passed' | 'failed' | 'skipped' | 'notRun') => void,
): Promise<void> {
  const [first] = plans;
  const project = first && projects.get(first.project);
  let service: ServiceSpec | undefined;
  let ground: Ground | undefined;
  try {
    if (!options.signal.aborted) {
      await project?.build();
      service = project?.service;
      if (warm && first !== undefined) {
        const ids = plans.map(({ info }) => info.id);
        ground = await prepareGround(first, service, options, ids);
      }
    }
  } catch (error) {
    plans.forEach((plan) => {
      const outcome = tellNoGround(plan, attempt, error, options);
      onOutcome(outcome);
    });
    return;
  }
  for (const plan of plans) {
    const { outcome } = await runScenario(plan, attempt, service, options, ground);
    onOutcome(outcome);
  }
  await ground?.dispose();
}

/** A build or a set-up failed: none of these can run. */
function tellNoGround(
  { info }: Plan,
  attempt: number,
  error: unknown,
  { tell, signal }: ScenarioOptions,
): 'failed' | 'notRun' {
  const outcome = signal.aborted ? 'notRun' : 'failed';
  const failure = {
    message: sentenceOf(error) || l10n.t('The functions could not be started.'),
    place: { file: info.file, range: info.range },
  };
  tell({ test: 'scenarioStarted', scenario: info.id, attempt });
  tell({ test: 'scenarioEnded', scenario: info.id, attempt, outcome, ms: 0, notes: [], failure });
  return outcome;
}
