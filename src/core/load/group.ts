/** The clients of one scenario, who go through it again and again at their own times, whatever the answers do. */
import * as l10n from '@vscode/l10n';
import type { Timer } from '../clock';
import type { Flow, Step, StepKind } from '../scenario/flow';
import type { Plan } from '../scenario/loadFlows';
import { perform } from '../scenario/perform/perform';
import { addressOf, type Place, signal } from '../scenario/place';
import { Scene, StepFailed } from '../scenario/scene';
import type { Ledger } from './ledger';
import type { Samples } from './samples';

export interface Tally {
  samples: Pick<Samples, 'add'>;
  ledger: Pick<Ledger, 'begin' | 'came'>;
  sent: number;
  /** Messages that clients waited for, and those that came. */
  expected: number;
  received: number;
  /** By their sentence. */
  errors: Map<string, number>;
  /** Kinds of steps that a load leaves out. */
  leftOut: Set<StepKind>;
}

export interface GroupOptions {
  plan: Plan;
  /** Counts from 1. */
  number: number;
  url: string;
  /** Milliseconds between two messages of the group. */
  every: number;
  /** Milliseconds that an answer may take. */
  limit: number;
  /** Of `performance.now()`. */
  begins: number;
  ends: number;
  tally: Tally;
}

const performed = new Set<StepKind>(['connects', 'sends', 'pings', 'closes', 'drops', 'set']);
const awaited = new Set<StepKind>([
  'receives',
  'receivesNext',
  'receivesExactly',
  'receivesInAnyOrder',
]);

/** A place where nobody knows when nothing more can come: a step waits until its limit. */
class LoadPlace implements Place {
  readonly pushUrl = undefined;
  readonly happened: () => void;
  readonly next: () => Promise<void>;
  private late: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Local ports by the names of the clients. */
  readonly ports = new Map<string, number>();

  constructor(private readonly options: GroupOptions) {
    ({ happened: this.happened, next: this.next } = signal());
  }

  url(options: Parameters<Place['url']>[0]): string {
    return addressOf(this.options.url, options);
  }

  introduce(port: number, name: string): Timer {
    this.ports.set(name, port);
    this.options.tally.ledger.begin(port);
    return { dispose: () => undefined };
  }

  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.late = resolve;
      this.timer = setTimeout(resolve, this.options.limit);
    });
  }

  /** The step has ended. */
  forget(): void {
    clearTimeout(this.timer);
    this.late?.();
    this.late = undefined;
  }
}

export class Group {
  private readonly scene: Scene;
  private readonly place: LoadPlace;
  private readonly steps: Step[];
  /** When the next message is due, of `performance.now()`. */
  private due: number;
  private stopped = false;
  private wake = (): void => undefined;
  private last: { port: number; message: number; due: number; sentAt: number } | undefined;

  constructor(private readonly options: GroupOptions) {
    const { plan, tally } = options;
    this.place = new LoadPlace(options);
    this.scene = new Scene(this.place, plan.flow, plan.project);
    this.steps = flatten(plan.scenario.steps, tally.leftOut);
    this.due = options.begins;
  }

  /** Resolves when its time is over. */
  async run(): Promise<void> {
    const { ends } = this.options;
    await this.until(this.options.begins);
    const goesOn = (): boolean => !this.stopped && performance.now() < ends;
    for (let iteration = 1; iteration === 1 || goesOn(); iteration++) {
      const sentBefore = this.options.tally.sent;
      if (!(await this.once(iteration))) {
        return;
      }
      if (this.options.tally.sent === sentBefore) {
        this.due += this.options.every; // One without a message, or refused, is paced as well.
        await this.until(this.due);
      }
    }
  }

  /** One message is sent in any case: else a short load would measure nothing but cold starts. */
  private get isOver(): boolean {
    return this.last !== undefined && this.due >= this.options.ends;
  }

  /** Its scenario from the first step to the last, or to one that fails. False: it was stopped, or its time is over. */
  async once(iteration = 1): Promise<boolean> {
    this.setOut(iteration);
    try {
      for (const step of this.steps) {
        if (this.stopped || (step.kind === 'sends' && this.isOver)) {
          return false;
        }
        await this.step(step);
      }
    } catch (error) {
      if (!(error instanceof StepFailed)) {
        throw error;
      }
      if (this.stopped) {
        return false;
      }
      const { message } = error.failure;
      const { errors } = this.options.tally;
      errors.set(message, (errors.get(message) ?? 0) + 1);
    }
    return true;
  }

  /** Whatever it waits for; its clients drop their lines. */
  stop(): void {
    this.stopped = true;
    this.wake();
    this.place.forget();
    this.scene.dispose();
    this.place.happened();
  }

  private setOut(iteration: number): void {
    const { plan, number } = this.options;
    const { flow, scenario, info } = plan;
    this.scene.keep({ ...flow.vars, ...scenario.vars, ...info.parameters });
    this.scene.keep({ group: number, iteration });
    for (const actor of this.scene.actors.values()) {
      actor.inbox = [];
      actor.cursor = 0;
    }
  }

  private async step(step: Step): Promise<void> {
    const { tally } = this.options;
    try {
      if (step.kind === 'sends') {
        await this.send(step);
      } else if (awaited.has(step.kind)) {
        for (const each of oneByOne(step)) {
          await this.receive(each);
        }
      } else if (
        step.kind === 'connects' &&
        this.scene.actors.get(this.scene.subjectOf(step))?.isOpen
      ) {
        return; // A connection outlives an iteration.
      } else {
        await perform(this.scene, step as Parameters<typeof perform>[1]);
        if (step.kind === 'connects') {
          this.due = Math.max(this.due, performance.now()); // No message waited for the handshake.
        }
      }
    } finally {
      this.place.forget();
    }
    tally.sent += step.kind === 'sends' ? 1 : 0;
  }

  private async send(step: Step): Promise<void> {
    const { due } = this;
    this.due += this.options.every;
    await this.until(due);
    const name = this.scene.subjectOf(step);
    const sentAt = performance.now();
    await perform(this.scene, step as Parameters<typeof perform>[1]);
    const message = this.scene.actors.get(name)?.sent ?? 0;
    this.last = { port: this.place.ports.get(name) ?? 0, message, due, sentAt };
  }

  private async receive(step: Step): Promise<void> {
    const { tally } = this.options;
    const actor = this.scene.connected(this.scene.subjectOf(step));
    const from = actor.cursor;
    tally.expected +=
      Array.isArray(step.value) && step.kind === 'receivesInAnyOrder' ? step.value.length : 1;
    await perform(this.scene, step as Parameters<typeof perform>[1]);
    for (const message of actor.inbox.slice(from, actor.cursor)) {
      if (message.state !== 'read') {
        continue;
      }
      tally.received++;
      if (this.last !== undefined) {
        const { port, message: number, due, sentAt } = this.last;
        const sample = tally.samples.add(message.at, message.at - due);
        tally.ledger.came(this.place.ports.get(actor.name) ?? 0, message.number, {
          sample,
          port,
          message: number,
          wait: sentAt - due,
          travelled: message.at - sentAt,
        });
      }
    }
  }

  private until(time: number): Promise<void> {
    const left = time - performance.now();
    if (left <= 0 || this.stopped) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(left)); // Else it wakes too early.
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** In any order of time a message of another group may stand between: each is looked for. */
function oneByOne(step: Step): Step[] {
  if (step.kind === 'receivesExactly' && Array.isArray(step.value)) {
    return step.value.map((value: unknown) => ({ ...step, kind: 'receives', value }));
  }
  return [{ ...step, kind: step.kind === 'receivesNext' ? 'receives' : step.kind }];
}

function flatten(steps: readonly Step[], leftOut: Set<StepKind>): Step[] {
  return steps.flatMap((step) => {
    if (step.kind === 'include' || step.kind === 'together') {
      const given: Step[] =
        step.with === undefined ? [] : [{ ...step, kind: 'set', value: step.with }];
      return [...given, ...flatten(step.steps ?? [], leftOut)];
    }
    if (performed.has(step.kind) || awaited.has(step.kind)) {
      return step;
    }
    leftOut.add(step.kind);
    return [];
  });
}

/** Clients of a scenario: those that connect. */
export function clientsOf({
  scenario,
}: {
  scenario: { steps: readonly Step[] };
  flow: Flow;
}): number {
  const names = new Set<string>();
  const look = (steps: readonly Step[]): void =>
    steps.forEach((step) => {
      look(step.steps ?? []);
      if (step.kind === 'connects') {
        names.add(step.subject ?? '');
      }
    });
  look(scenario.steps);
  return names.size;
}

export function noClients(file: string): string {
  return l10n.t('No client connects in {0}.', file);
}
