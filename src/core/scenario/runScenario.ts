/** One scenario from an empty store to its end: gateway, handler processes and clients of its own, or shared warm ones. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { renderJsonLines } from '../../protocol/export/jsonLines';
import { functionId, type FunctionId, type ServiceSpec } from '../../protocol/project';
import type { Failure, ScenarioOutcome, TestEvent } from '../../protocol/testEvent';
import type { Timer } from '../clock';
import { makeCoverageFolder } from '../coverage/collect';
import { sentenceOf, UserError } from '../errors';
import { withEnvironment } from '../project/withEnvironment';
import { recordingOf } from '../session/recordingOf';
import type { Always } from './flow';
import { Conductor } from './order/conductor';
import { type Deviation, isFault } from './order/eventName';
import { brokenAlways, brokenInvariant } from './order/invariants';
import { orderReason, startSession, type Session, type SessionOptions } from '../session/session';
import { elsewhere } from './elsewhere';
import type { Plan } from './loadFlows';
import { emulatorPlace, type Place } from './place';
import { Cancelled, explained, runSteps, type StepRun, withinLimit } from './runSteps';
import { type FailureDraft, Scene, StepFailed } from './scene';
import { makeStore, runSetUp, storeVariable } from './setUp';
import { fillIn } from './variables';
import { Witness } from './witness';

export interface ScenarioOptions {
  /** Of the emulator. */
  session: Pick<SessionOptions, 'bootstrapFolder' | 'interpreters' | 'debug'>;
  /** Counts which lines of the handlers run; told with `covered`. */
  coverage?: true;
  /** Another gateway instead of the emulator. */
  elsewhere?: { url: string; pushUrl?: string; silence: number };
  /** Folder that recordings are written to. */
  recordings?: string;
  /** Instead of what the scenario says: deviations from the plain order of events. */
  order?: readonly Deviation[];
  /** What came of the order, before its session ends. */
  onOrder?(seen: OrderSeen): void;
  signal: AbortSignal;
  tell(event: TestEvent): void;
  /** A session has begun or ended: a host may ask it things meanwhile. */
  onSession?(session: Session | undefined): void;
}

export interface OrderSeen {
  conductor: Conductor;
  witness: Witness;
  failure?: Failure;
}

/** Gateway, processes and store that scenarios of one flow may share. */
export interface Ground {
  /** For one scenario. */
  makePlace(): Place & Timer;
  session?: Session;
  conductor?: Conductor;
  /** Environment of the functions and of commands. */
  env: Record<string, string>;
  dispose(): Promise<void>;
}

export interface ScenarioResult {
  outcome: ScenarioOutcome;
  failure?: Failure;
}

/** Processes of a function at most where an order is decided: in the cloud there are as many as events. */
const instancesInOrder = 4;

/** Rejects with a `UserError` when there is nothing to stand on. */
export async function prepareGround(
  plan: Plan,
  service: ServiceSpec | undefined,
  options: ScenarioOptions,
  /** All that stand on it. */
  scenarios = [plan.info.id],
): Promise<Ground> {
  const { flow } = plan;
  const order = options.order ?? plan.scenario.order;
  if (options.elsewhere !== undefined) {
    const { url, pushUrl, silence } = options.elsewhere;
    return {
      makePlace: () => ({ ...elsewhere(url, pushUrl, silence), dispose: () => undefined }),
      env: {},
      dispose: () => Promise.resolve(),
    };
  }
  if (service === undefined) {
    throw new UserError(
      'noProject',
      l10n.t('There is no project for {0}.', flow.file),
      l10n.t('Write "project:" with the folder of its scfws.json.'),
    );
  }
  const store = await makeStore();
  const coverage = options.coverage ? await makeCoverageFolder() : undefined;
  try {
    const values = new Map(Object.entries(variablesOf(plan)));
    const env = {
      ...(fillIn(flow.env, values) as Record<string, string>),
      [storeVariable]: store.folder,
    };
    if (flow.setup !== undefined) {
      await runSetUp({
        command: flow.setup,
        cwd: plan.project,
        env,
        bootstrapFolder: options.session.bootstrapFolder,
        signal: options.signal,
        limit: flow.limit,
      });
    }
    const conductor = order === undefined ? undefined : new Conductor(order);
    const session = await startSession({
      ...options.session,
      ...(options.session.debug?.includes('*') === true ? { debug: debuggable(service) } : {}),
      ...(coverage === undefined ? {} : { coverage: coverage.folder }),
      folders: [plan.project],
      services: [inOrder(withEnvironment(service, env), conductor)],
      isPrivate: true,
      idleByHand: true,
      ...(conductor === undefined ? {} : { order: conductor }),
    });
    if (conductor !== undefined) {
      session.clock.freeze(orderReason);
      conductor.onImpatience = () => session.clock.unfreeze(orderReason);
    }
    const [info] = session.services;
    return {
      makePlace: () => emulatorPlace(session, new Witness(info?.functions ?? []), conductor),
      session,
      ...(conductor === undefined ? {} : { conductor }),
      env,
      async dispose() {
        conductor?.dispose();
        await session.dispose('done');
        if (coverage !== undefined) {
          const covered = await coverage.collect(service);
          options.tell({ test: 'covered', scenarios, ...covered });
        }
        await store.dispose();
      },
    };
  } catch (error) {
    await coverage?.dispose();
    await store.dispose();
    throw error;
  }
}

/** What a person has to know is told; never rejects. */
export async function runScenario(
  plan: Plan,
  attempt: number,
  service: ServiceSpec | undefined,
  options: ScenarioOptions,
  /** Shared with others; undefined: one of its own. */
  shared?: Ground,
): Promise<ScenarioResult> {
  const { info, flow, scenario } = plan;
  const { tell, signal } = options;
  const began = performance.now();
  const end = (
    outcome: ScenarioOutcome,
    more: { notes?: string[]; failure?: Failure; recording?: string } = {},
  ): ScenarioResult => {
    const { notes = [], failure, recording } = more;
    tell({
      test: 'scenarioEnded',
      scenario: info.id,
      attempt,
      outcome,
      ms: Math.round(performance.now() - began),
      notes,
      ...(recording === undefined ? {} : { recording }),
      ...(failure === undefined ? {} : { failure }),
    });
    return { outcome, ...(failure === undefined ? {} : { failure }) };
  };
  if (signal.aborted) {
    return end('notRun');
  }
  tell({ test: 'scenarioStarted', scenario: info.id, attempt });
  if (scenario.skip !== undefined) {
    return end('skipped', { notes: scenario.skip === 'true' ? [] : [scenario.skip] });
  }
  const isOrdered = (options.order ?? scenario.order) !== undefined;
  let ground: Ground | undefined;
  let place: (Place & Timer) | undefined;
  let scene: Scene | undefined;
  let result: ScenarioResult;
  try {
    // An order is decided from the first event on.
    ground = (isOrdered ? undefined : shared) ?? (await prepareGround(plan, service, options));
    const { session } = ground;
    place = ground.makePlace();
    const standing = new Scene(place, flow, plan.project);
    scene = standing;
    const { emulator, conductor } = place;
    if (emulator !== undefined) {
      conductor?.begin(emulator.witness, () => standing.actors.values());
    }
    for (const [name, value] of Object.entries(variablesOf(plan))) {
      scene.keep({ [name]: scene.fill(value) });
    }
    options.onSession?.(session);
    if (session !== undefined) {
      const { url = '', pushUrl = '' } = session.services[0] ?? {};
      tell({ test: 'sessionStarted', scenario: info.id, url, pushUrl });
    }
    const run = { scene, scenario: info.id, tell, signal, limit: flow.limit, count: 0 };
    const stepFailure = await runSteps(run, scenario.steps);
    const failure = await conclude(plan, run, ground, service, stepFailure, options);
    if (conductor !== undefined && emulator !== undefined) {
      const { witness } = emulator;
      options.onOrder?.({ conductor, witness, ...(failure === undefined ? {} : { failure }) });
    }
    noteFailures(scene);
    const recording =
      session === undefined ? undefined : await record(session, info.id, attempt, options);
    const more = {
      notes: [...scene.notes],
      ...(failure === undefined ? {} : { failure }),
      ...(recording === undefined ? {} : { recording }),
    };
    result = end(failure === undefined ? 'passed' : 'failed', more);
  } catch (error) {
    if (error instanceof Cancelled || signal.aborted) {
      result = end('notRun');
    } else {
      const message = error instanceof UserError ? error.message : bugOf(error);
      const nextStep = error instanceof UserError ? error.nextStep : undefined;
      const place = { file: flow.file, range: scenario.range };
      const failure = { message, ...(nextStep === undefined ? {} : { nextStep }), place };
      result = end('failed', { failure });
    }
  }
  options.onSession?.(undefined);
  if (shared === undefined || isOrdered) {
    await ground?.dispose(); // Before the clients leave: nobody is to run a last Cleanup for them.
    scene?.dispose();
  } else {
    scene?.dispose();
    if (scene !== undefined && !signal.aborted) {
      await scene.settled(); // The next one begins with nobody connected.
    }
  }
  place?.dispose();
  return result;
}

/** What holds whatever the scenario expects; with a fault on purpose, that alone counts. */
async function conclude(
  plan: Plan,
  run: StepRun,
  { conductor, env }: Ground,
  service: ServiceSpec | undefined,
  stepFailure: Failure | undefined,
  { signal, session, order = plan.scenario.order ?? [] }: ScenarioOptions,
): Promise<Failure | undefined> {
  const { scene } = run;
  const { witness } = scene.place.emulator ?? {};
  const { flow, scenario } = plan;
  const notMet = conductor?.notMet ?? [];
  const hasFault = order.some((each) => isFault(each) && !notMet.includes(each));
  const failure = hasFault ? undefined : stepFailure;
  if (failure !== undefined || witness === undefined || service === undefined) {
    return failure;
  }
  if (conductor === undefined && flow.always.length === 0) {
    return undefined;
  }
  const draft = await draftOf(async () => {
    await withinLimit(run, async () => {
      await scene.settled();
      await Promise.all(scene.pending);
    });
    return (
      (conductor === undefined ? undefined : brokenInvariant(witness, service)) ??
      (await brokenAlways(scene, signal, { env, bootstrapFolder: session.bootstrapFolder }))
    );
  });
  if (draft === undefined) {
    return undefined;
  }
  const { always, ...told } = draft;
  const range = always?.range ?? scenario.range;
  return { ...explained(scene, told), place: { file: flow.file, range } };
}

async function draftOf(
  look: () => Promise<(FailureDraft & { always?: Always }) | undefined>,
): Promise<(FailureDraft & { always?: Always }) | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof StepFailed) {
      return error.failure;
    }
    throw error;
  }
}

function bugOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : sentenceOf(error);
}

/** For whoever does not know the functions of each flow: all that a debugger can attach to. */
function debuggable({ name, functions }: ServiceSpec): FunctionId[] {
  return functions
    .filter(({ family }) => family === 'python' || family === 'node')
    .map((each) => functionId(name, each.name));
}

function variablesOf({ flow, scenario, info }: Plan): Record<string, unknown> {
  return { ...flow.vars, ...scenario.vars, ...info.parameters };
}

function inOrder(service: ServiceSpec, conductor: Conductor | undefined): ServiceSpec {
  return conductor === undefined
    ? service
    : {
        ...service,
        functions: service.functions.map((each) => ({
          ...each,
          maxInstances: Math.max(each.maxInstances, instancesInOrder),
        })),
      };
}

/** A scenario may pass although a function failed meanwhile: whoever reads the result is told. */
function noteFailures({ place, notes }: Scene): void {
  const { witness } = place.emulator ?? {};
  for (const { started, ended } of witness?.runs ?? []) {
    if (ended !== undefined && ended.outcome !== 'ok') {
      const name = witness?.functionOfId(started.function)?.name ?? started.function;
      const where = ended.place === undefined ? '' : ` (${ended.place.file}:${ended.place.line})`;
      notes.add(
        l10n.t(
          '{0} failed: {1}',
          name,
          `${ended.error?.statusCode ?? ''} ${ended.error?.errorMessage ?? ''}${where}`,
        ),
      );
    }
  }
}

/** Writes what the session saw, to be opened in Traffic. */
async function record(
  { recorder }: Session,
  id: string,
  attempt: number,
  { recordings }: ScenarioOptions,
): Promise<string | undefined> {
  if (recordings === undefined) {
    return undefined;
  }
  const name = `${id.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 120)}-${attempt}.scfws.jsonl`;
  const file = path.join(recordings, name);
  try {
    await fs.mkdir(recordings, { recursive: true });
    await fs.writeFile(file, renderJsonLines(recordingOf(recorder)));
  } catch (error) {
    throw new UserError(
      'noRecording',
      l10n.t('The recording cannot be written to {0}: {1}', recordings, sentenceOf(error)),
      l10n.t('Name another folder, or make room.'),
    );
  }
  return file;
}
