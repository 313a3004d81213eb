/** Runs steps one after the other: tells each, waits for quiet after each, and stops at the first that fails. */
import * as l10n from '@vscode/l10n';
import type { Failure, TestEvent } from '../../protocol/testEvent';
import type { Step } from './flow';
import { explain } from './explain';
import { perform } from './perform/perform';
import { performInOrder } from './order/performInOrder';
import { OnlyEmulator, type FailureDraft, type Scene, StepFailed } from './scene';
import type { Place } from './place';
import { isEmulatorOnly } from './stepTable';

export interface StepRun {
  scene: Scene;
  scenario: string;
  tell(event: TestEvent): void;
  /** Aborted: the run ends as soon as it can. */
  signal: AbortSignal;
  /** Milliseconds that a step may take. */
  limit: number;
  /** Steps begun so far. */
  count: number;
}

export class Cancelled extends Error {}

/** Resolves with the failure, or undefined when all steps passed. Rejects with `Cancelled`. */
export async function runSteps(run: StepRun, steps: readonly Step[]): Promise<Failure | undefined> {
  for (const [index, step] of steps.entries()) {
    const failure = await runStep(run, step, steps[index + 1]);
    if (failure !== undefined) {
      return failure;
    }
  }
  return undefined;
}

/** `next`: undefined when nothing may begin before this one has ended. */
async function runStep(run: StepRun, step: Step, next?: Step): Promise<Failure | undefined> {
  const { scene, scenario, tell } = run;
  const number = ++run.count;
  const { place } = step;
  const began = performance.now();
  const about = { scenario, step: number, place };
  const ms = (): number => Math.round((performance.now() - began) * 10) / 10;
  tell({ test: 'stepStarted', ...about, text: step.text });
  const fail = (failure: Failure): Failure => {
    tell({ test: 'stepFailed', ...about, ms: ms(), failure });
    return failure;
  };
  if (scene.place.emulator === undefined && isEmulatorOnly(step.kind)) {
    return leaveOut(run, number, step);
  }
  try {
    if (step.kind === 'include' || step.kind === 'together') {
      const failure = await runGroup(run, step);
      if (failure !== undefined) {
        return failure.place === place ? fail(failure) : failure;
      }
      tell({ test: 'stepPassed', ...about, ms: ms() });
      return undefined;
    }
    const simple = step as Parameters<typeof perform>[1];
    const skipped = await withinLimit(run, async () => {
      if (scene.place.conductor !== undefined) {
        return performInOrder(scene, scene.place.conductor, simple, next);
      }
      const passed = await perform(scene, simple);
      if (step.wait) {
        await scene.settled();
      }
      return passed;
    });
    tell({ test: 'stepPassed', ...about, ms: ms(), ...(skipped.length === 0 ? {} : { skipped }) });
    return undefined;
  } catch (error) {
    if (error instanceof OnlyEmulator) {
      return leaveOut(run, number, step);
    }
    if (error instanceof StepFailed) {
      return fail({ ...explained(scene, error.failure), place });
    }
    if (error instanceof Cancelled) {
      throw error;
    }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return fail({ message, place });
  }
}

async function runGroup(run: StepRun, step: Step): Promise<Failure | undefined> {
  const { scene } = run;
  const steps = step.steps ?? [];
  if (step.kind === 'together') {
    const failures = await Promise.all(
      steps.map((each) => runStep(run, { ...each, wait: each.kind === 'include' })),
    );
    await withinLimit(run, () => scene.settled());
    return failures.find((failure) => failure !== undefined);
  }
  const before = new Map<string, unknown>();
  for (const [name, value] of Object.entries(step.with ?? {})) {
    before.set(name, scene.variables.get(name));
    scene.variables.set(name, scene.fill(value));
  }
  const failure = await runSteps(run, steps);
  for (const [name, value] of before) {
    if (value === undefined) {
      scene.variables.delete(name);
    } else {
      scene.variables.set(name, value);
    }
  }
  return failure;
}

function leaveOut({ scene, scenario, tell }: StepRun, number: number, step: Step): undefined {
  const reason = l10n.t('Only the emulator can tell.');
  tell({ test: 'stepSkipped', scenario, step: number, place: step.place, reason });
  scene.notes.add(
    l10n.t('Steps were left out, because only the emulator can do or tell them: {0}', step.kind),
  );
}

export function explained(scene: Scene, failure: FailureDraft): Omit<Failure, 'place'> {
  const { seq, ...told } = failure;
  const { emulator } = scene.place;
  return emulator === undefined || seq === undefined
    ? told
    : { ...told, ...explain(emulator.witness, seq) };
}

/** Rejects with `StepFailed` when work goes on for too long; a clock that stands still does not count. */
export async function withinLimit<T>(
  run: Pick<StepRun, 'signal' | 'limit'> & { scene: { place: Place } },
  work: () => Promise<T>,
): Promise<T> {
  const { scene, signal, limit } = run;
  if (signal.aborted) {
    throw new Cancelled();
  }
  let stop = (): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    const cancel = (): void => reject(new Cancelled());
    signal.addEventListener('abort', cancel, { once: true });
    const timer = startLimit(scene.place, limit, () =>
      reject(new StepFailed(tooLong(scene.place, limit))),
    );
    stop = () => {
      timer();
      signal.removeEventListener('abort', cancel);
    };
  });
  try {
    return await Promise.race([work(), ended]);
  } finally {
    stop();
  }
}

function startLimit(place: Place, limit: number, onLimit: () => void): () => void {
  // Where an order is decided the clock stands still anyway.
  const clock = place.conductor === undefined ? place.emulator?.session.clock : undefined;
  const now = (): number =>
    clock === undefined ? performance.now() : clock.real() - clock.frozenMs();
  const due = now() + limit;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    timer = setTimeout(() => (now() >= due ? onLimit() : arm()), Math.max(10, due - now()));
  };
  arm();
  return () => clearTimeout(timer);
}

function tooLong(place: Place, limit: number): StepFailed['failure'] {
  const seconds = limit / 1000;
  const { emulator } = place;
  if (emulator === undefined) {
    return { message: l10n.t('This step did not end within {0} s.', seconds) };
  }
  const { handshakes, frames, pushes, functions, functionsWork } =
    emulator.session.quiet.underWay();
  const names = functions.map((id) => emulator.witness.functionOfId(id)?.name ?? id);
  const parts = [
    ...(names.length > 0 ? [l10n.t('{0} has work left', names.join(', '))] : []),
    ...(names.length === 0 && functionsWork ? [l10n.t('events wait')] : []),
    ...(handshakes > 0 ? [l10n.t('{0} handshakes are open', handshakes)] : []),
    ...(pushes > 0 ? [l10n.t('{0} pushes are unanswered', pushes)] : []),
    ...(frames > 0 ? [l10n.t('{0} frames are held', frames)] : []),
  ];
  if (parts.length === 0) {
    parts.push(l10n.t('frames are on their way'));
  }
  return {
    message: l10n.t(
      'After {0} s this step has not come to its end: {1}.',
      seconds,
      parts.join(', '),
    ),
    nextStep: l10n.t(
      'Look at what that function waits for. Where it may take longer, set "timeout" in the flow; with "wait: false" the next step does not wait for it.',
    ),
    ...(emulator.witness.lastCause === undefined ? {} : { seq: emulator.witness.lastCause }),
  };
}
