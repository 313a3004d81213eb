/** A scenario while it runs: who takes part, what is known, and how a step fails. */
import * as l10n from '@vscode/l10n';
import type { Failure } from '../../protocol/testEvent';
import { UserError } from '../errors';
import { Actor } from './actor';
import type { Flow, Step } from './flow';
import type { Place } from './place';
import { fillIn } from './variables';

/** `seq`: number of the fact that explains it; what came before and after is told with it. */
export type FailureDraft = Omit<Failure, 'place'> & { seq?: number };

/** A step failed: what the scenario expected did not happen. */
export class StepFailed extends Error {
  readonly failure: FailureDraft;

  constructor(failure: FailureDraft) {
    super(failure.message);
    this.name = 'StepFailed';
    this.failure = failure;
  }
}

/** A step that only the emulator could do: at another gateway it is left out. */
export class OnlyEmulator extends Error {}

export class Scene {
  readonly actors = new Map<string, Actor>();
  readonly variables = new Map<string, unknown>();
  /** By function: index of the first run that no step has looked at. */
  readonly runCursors = new Map<string, number>();
  /** Connects that went on while later steps began. */
  readonly pending: Promise<unknown>[] = [];
  /** What a reader should know of the result. */
  readonly notes = new Set<string>();

  constructor(
    readonly place: Place,
    readonly flow: Flow,
    /** Folder of the project. */
    readonly folder: string,
  ) {}

  actor(name: string): Actor {
    let actor = this.actors.get(name);
    if (actor === undefined) {
      actor = new Actor(name, () => this.place.happened());
      this.actors.set(name, actor);
    }
    return actor;
  }

  /** One that was connected; fails otherwise. */
  connected(name: string): Actor {
    const actor = this.actors.get(name);
    if (actor === undefined || !actor.wasOpen) {
      throw new StepFailed({
        message: l10n.t('{0} is not connected.', name),
        nextStep: l10n.t('Write "- {0} connects" before this step.', name),
      });
    }
    return actor;
  }

  /** The value of a step with its variables filled in. */
  valueOf(step: Step): unknown {
    return this.fill(step.value);
  }

  fill(value: unknown): unknown {
    const variables = new Map(this.variables);
    for (const name of this.actors.keys()) {
      const id = this.place.emulator?.witness.connectionOf(name)?.id;
      if (!variables.has(name) && id !== undefined) {
        variables.set(name, { id });
      }
    }
    try {
      return fillIn(value, variables);
    } catch (error) {
      if (error instanceof UserError) {
        throw new StepFailed({
          message: error.message,
          ...(error.nextStep === undefined ? {} : { nextStep: error.nextStep }),
        });
      }
      throw error;
    }
  }

  subjectOf(step: Step): string {
    return String(this.fill(step.subject ?? ''));
  }

  settled(): Promise<void> {
    return this.place.settled(this.actors.values());
  }

  /** Resolves when something came to a client, or was seen. */
  next(): Promise<void> {
    return this.place.next();
  }

  /** Resolves when the condition holds, or when nothing more can come, or is waited for. */
  async until(holds: () => boolean): Promise<void> {
    const { conductor } = this.place;
    if (conductor !== undefined) {
      await conductor.until(holds);
      return;
    }
    const stop = new AbortController();
    let over = false;
    const end = (this.place.givenUp?.(stop.signal) ?? this.settled()).then(() => (over = true));
    try {
      while (!holds() && !over) {
        await Promise.race([end, this.next()]);
      }
    } finally {
      stop.abort();
    }
  }

  keep(captures: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(captures)) {
      this.variables.set(name, value);
    }
  }

  dispose(): void {
    for (const actor of this.actors.values()) {
      actor.dispose();
    }
  }
}

/** The emulator, for a step that needs it. */
export function emulatorOf(scene: Scene): NonNullable<Place['emulator']> {
  const { emulator } = scene.place;
  if (emulator === undefined) {
    throw new OnlyEmulator();
  }
  return emulator;
}
