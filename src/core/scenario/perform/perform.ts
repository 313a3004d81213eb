/** Does one step; rejects with `StepFailed` when what was expected did not happen. */
import type { Step } from '../flow';
import type { Scene } from '../scene';
import { closes, connects, drops, isClosed, isOpen, isRefused, pings, sends } from './clientSteps';
import { didNotRun, isInvoked, ran, restarts } from './functionSteps';
import { advance, faults, options, push, set } from './gatewaySteps';
import {
  receives,
  receivesExactly,
  receivesInAnyOrder,
  receivesNext,
  receivesNothing,
  type Skipped,
} from './receiveSteps';

type Performer = (scene: Scene, step: Step) => Promise<Skipped | void> | void;

/** `include` and `together` are runs of steps themselves. */
const performers: Record<Exclude<Step['kind'], 'include' | 'together'>, Performer> = {
  connects,
  isRefused,
  sends,
  pings,
  receives,
  receivesNext,
  receivesInAnyOrder,
  receivesExactly,
  receivesNothing,
  closes,
  drops,
  isClosed,
  isOpen,
  ran,
  didNotRun,
  restarts,
  isInvoked,
  push,
  advance,
  faults,
  options,
  set,
};

export async function perform(
  scene: Scene,
  step: Step & { kind: keyof typeof performers },
): Promise<Skipped> {
  return (await performers[step.kind](scene, step)) ?? [];
}
