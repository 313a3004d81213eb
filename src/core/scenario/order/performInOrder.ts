/** A step where the order of events is decided: it begins in its turn, and ends when nothing moves but what is held. */
import type { Step } from '../flow';
import { perform } from '../perform/perform';
import type { Skipped } from '../perform/receiveSteps';
import type { Scene } from '../scene';
import type { Conductor } from './conductor';
import type { StepVerb } from './eventName';

const verbs: Partial<Record<Step['kind'], StepVerb>> = {
  connects: 'connects',
  isRefused: 'connects',
  sends: 'sends',
  closes: 'closes',
  drops: 'drops',
};

/** `next`: undefined when nothing may begin before this one has ended. */
export async function performInOrder(
  scene: Scene,
  conductor: Conductor,
  step: Parameters<typeof perform>[1],
  next: Step | undefined,
): Promise<Skipped> {
  const verb = verbs[step.kind];
  if (verb !== undefined) {
    await conductor.step(scene.subjectOf(step), verb);
  } else if (step.kind === 'push') {
    await conductor.pushFromOutside();
  } else if (step.kind === 'advance' || step.kind === 'restarts' || step.kind === 'options') {
    await conductor.settled(); // What they do is to nothing that is under way.
  }
  let state: 'running' | 'ended' = 'running';
  const running = perform(scene, step).finally(() => (state = 'ended'));
  const hasEnded = (): boolean => state === 'ended';
  running.catch(() => undefined); // It is awaited below, or told by the next step.
  while (!hasEnded()) {
    await Promise.race([running.catch(() => undefined), conductor.idle()]);
    await new Promise(setImmediate);
    if (hasEnded()) {
      break;
    }
    if (step.kind === 'connects' && conductor.holdsBack && mayOverlap(step, next)) {
      scene.pending.push(running);
      return [];
    }
    if (!conductor.giveUp()) {
      await running;
    }
  }
  const skipped = await running;
  if (step.waits === 'always') {
    await conductor.settled();
  } else {
    await conductor.idle();
  }
  return skipped;
}

/** A client may leave while its own Register runs; others come between where `wait: false` says so. */
function mayOverlap(step: Step, next: Step | undefined): boolean {
  const leaves = next?.kind === 'closes' || next?.kind === 'drops';
  return next !== undefined && (!step.wait || (leaves && next.subject === step.subject));
}
