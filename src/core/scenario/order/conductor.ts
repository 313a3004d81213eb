/**
 * Decides every order: one event at a time goes on, and the next one when nothing moves any more. Without deviations
 * that is the plain order (what has begun goes on to its end, then whatever came first); a deviation holds an event back
 * until another one has happened, and lets it go on right after that.
 *
 * Handlers run for real, but one at a time, so that the same deviations give the same order again. What cannot come
 * about (the scenario itself waits for what is held back) is noticed: the event goes on, and the deviation is `unmet`.
 */
import * as l10n from '@vscode/l10n';
import type { Fact } from '../../../protocol/fact';
import { reportBug } from '../../errors';
import type { Disturbances, OrderGates, PushMaker } from '../../gateway/disturbances';
import type { Gateway } from '../../gateway/gateway';
import { pushErrors } from '../../gateway/pushRequest';
import type { Run } from '../../runtime/contract';
import type { Dispatcher, Policy } from '../../runtime/dispatch/dispatcher';
import type { OrderKeeper } from '../../session/session';
import type { Recorder } from '../../session/recorder';
import type { Actor } from '../actor';
import type { Witness } from '../witness';
import { type Deviation, type EventName, eventText, type StepVerb } from './eventName';
import { type Gate, Naming, type Passage } from './gates';
import { isStalled } from './stalled';

/** An event that has happened. */
export interface Happened {
  name: string;
  event: EventName;
  invocation: string | null;
  connection: string | null;
  /** How many had happened when it could have: before those it could not be. */
  since: number;
  /** Number of the last fact before the next event. */
  seq: number;
  /** How many barriers of the scenario came before it: no event is held back across one. */
  stretch: number;
}

/** Turns of the event loop in which nothing must move. */
const turns = 3;
/** Handlers that compute for longer than this meet their own time limit, ms. */
const patienceMs = 5000;

type Parts = { gateway: Gateway; dispatcher: Dispatcher<Run>; recorder: Recorder };

export class Conductor implements OrderKeeper, OrderGates {
  readonly trace: Happened[] = [];
  /** Deviations that did not come about. */
  readonly unmet = new Set<Deviation>();
  /** Pushes that no run of the scenario made: they were let through as they came. */
  unordered = 0;
  /** Handlers computed for so long that their time limit counts. */
  onImpatience: () => void = () => undefined;
  private parts: Parts | undefined;
  private witness: Witness | undefined;
  private actors: () => Iterable<Actor> = () => [];
  private readonly gates: Gate[] = [];
  private readonly naming = new Naming(() => this.witness as Witness);
  private readonly left = new Set<string>();
  private readonly happened = new Set<string>();
  private readonly met = new Set<Deviation>();
  private readonly allowed = new Set<string>();
  private readonly pids = new Map<number, number>();
  private readonly instances = new Map<string, number>();
  /** Events that a deviation has just let go: they come first. */
  private readonly freed: string[] = [];
  /** Pushes from outside that steps make. */
  private outside = 0;
  private current: string | null = null;
  private stretch = 0;
  private state: 'pumping' | 'idle' | 'ended' = 'idle';
  private waiters: (() => void)[] = [];

  constructor(private readonly deviations: readonly Deviation[]) {}

  // -- what the session asks

  readonly policy: Policy<Run> = {
    ahead: 'never',
    next: (waiting) => {
      for (const { run } of waiting) {
        this.addStart(run);
      }
      const at = waiting.findIndex(({ run }) => this.allowed.has(run.request.invocation));
      return at < 0 ? undefined : at;
    },
  };

  attach(parts: Parts): void {
    this.parts = parts;
  }

  before(next: Disturbances): Disturbances {
    const insteadOfPush: Disturbances['insteadOfPush'] = async (connection, of) => {
      const how = await this.gatePush(of);
      if (how !== 'goOn') {
        const errMsg = how === 'fail' ? 'this push fails in this order' : 'its process has died';
        return { errNo: pushErrors.socketDied, errMsg };
      }
      return next.insteadOfPush(connection, of);
    };
    return {
      get holds() {
        return next.holds;
      },
      get disturbsFunctions() {
        return next.disturbsFunctions;
      },
      intercept: (frame) => next.intercept(frame),
      beforeRegister: (connection) => next.beforeRegister(connection),
      insteadOfInvocation: (runtime, request) => next.insteadOfInvocation(runtime, request),
      insteadOfPush,
      gates: this,
    };
  }

  async beforePushAnswer({ invocation, id }: PushMaker): Promise<void> {
    const run = this.naming.runOf(invocation);
    const pushed = this.pushes.get(`${invocation} ${id}`)?.shift();
    if (run !== undefined && pushed !== undefined) {
      await this.stand('pushed', { ...pushed, is: 'hasPushed' }, invocation, id);
    }
  }

  async afterRegister(connection: string): Promise<void> {
    this.settleFacts();
    const last = this.trace.findLast(
      ({ event, connection: of }) => event.is === 'starts' && of === connection,
    );
    if (last?.event.is === 'starts') {
      const event: EventName = { is: 'ends', run: last.event.run };
      await this.stand('registered', event, null, connection);
    }
  }

  leftHandshake(connection: string): void {
    this.left.add(connection);
    this.poke();
  }

  // -- what the scenario asks

  begin(witness: Witness, actors: () => Iterable<Actor>): void {
    this.witness = witness;
    this.actors = actors;
  }

  /** Every fact, in order. */
  see(fact: Fact): void {
    if (fact.kind === 'instance' && fact.pid !== undefined) {
      this.pids.set(fact.instance, fact.pid);
    }
    if (fact.kind === 'invocationStarted') {
      this.instances.set(fact.invocation, fact.instance);
    }
    if (fact.kind === 'invocationEnded') {
      const run = this.naming.runOf(fact.invocation);
      if (run !== undefined && run.role !== 'register') {
        const started = this.trace.find(({ invocation }) => invocation === fact.invocation);
        this.tell({
          event: { is: 'ends', run },
          invocation: fact.invocation,
          connection: started?.connection ?? null,
          since: this.trace.length,
        });
      }
    }
    this.poke();
  }

  /** Resolves when the step may begin. */
  async step(client: string, verb: StepVerb): Promise<void> {
    const number = this.naming.count(`${client} ${verb}`);
    await this.begun(this.stand('step', { is: 'step', client, verb, number }, null, null));
  }

  async pushFromOutside(): Promise<void> {
    const number = this.naming.count('push');
    this.outside++;
    await this.begun(this.stand('step', { is: 'outside', number }, null, null));
  }

  /** A step that is held back until something that is held back until this step would stand for ever. */
  private async begun(passed: Promise<Passage>): Promise<void> {
    let state: 'stands' | 'passed' = 'stands';
    const done = passed.then(() => (state = 'passed'));
    const stands = (): boolean => state === 'stands';
    while (stands()) {
      await Promise.race([done, this.idle()]);
      if (stands()) {
        this.giveUp();
      }
    }
  }

  /** Resolves when nothing moves but what is held back. */
  async idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.waiters.push(resolve);
      this.poke();
    });
  }

  get holdsBack(): boolean {
    return this.gates.length > 0;
  }

  /** Lets go what has been held back for the longest time; false: nothing is. */
  giveUp(): boolean {
    if (this.state === 'pumping') {
      return true; // Another one who waits has let something go: this is to be seen first.
    }
    for (const gate of this.gates) {
      const holding = this.holdingOf(gate.name);
      if (holding.length > 0) {
        holding.forEach((deviation) => this.unmet.add(deviation));
        this.poke();
        return true;
      }
    }
    return false;
  }

  /** Resolves when nothing is left: what is still held back goes on first, and nothing is held across this. */
  async settled(): Promise<void> {
    for (;;) {
      await this.idle();
      if (!this.giveUp()) {
        this.stretch++;
        return;
      }
    }
  }

  /** Resolves when the condition holds, or when nothing is left. */
  async until(holds: () => boolean): Promise<void> {
    for (;;) {
      await this.idle();
      if (holds() || !this.giveUp()) {
        return;
      }
    }
  }

  /** Everything goes on as it comes, so that the session can end. */
  dispose(): void {
    this.state = 'ended';
    this.gates.splice(0).forEach((gate) => gate.pass('goOn'));
    this.waiters.splice(0).forEach((wake) => wake());
  }

  // -- gates

  private readonly pushes = new Map<string, (EventName & { is: 'pushes' })[]>();

  private addStart(run: Run): void {
    const { invocation, role, connection } = run.request;
    if (this.allowed.has(invocation)) {
      return;
    }
    if (role === null || this.state === 'ended') {
      this.allowed.add(invocation); // By hand: nobody orders it.
      return;
    }
    if (this.gates.some((gate) => gate.invocation === invocation && gate.at === 'start')) {
      return;
    }
    this.settleFacts();
    const event: EventName = { is: 'starts', run: this.naming.begin(invocation, role, connection) };
    void this.stand('start', event, invocation, connection).then(() => {
      this.allowed.add(invocation);
      this.parts?.dispatcher.lookAgain();
    });
  }

  private gatePush({ invocation, id }: PushMaker): Promise<Passage> {
    const run = this.naming.runOf(invocation);
    if (run === undefined || this.state === 'ended') {
      this.unordered += this.outside > 0 ? 0 : 1;
      this.outside = Math.max(0, this.outside - 1);
      return Promise.resolve('goOn');
    }
    this.settleFacts();
    const event = this.naming.push(run, id);
    const key = `${invocation} ${id}`;
    this.pushes.set(key, [...(this.pushes.get(key) ?? []), event]);
    return this.stand('push', event, invocation, id);
  }

  private stand(
    at: Gate['at'],
    event: EventName,
    invocation: string | null,
    connection: string | null,
  ): Promise<Passage> {
    if (this.state === 'ended') {
      return Promise.resolve('goOn');
    }
    return new Promise((pass) => {
      const role = 'run' in event ? event.run.role : null;
      const since = this.trace.length;
      const name = eventText(event);
      this.gates.push({ name, event, at, invocation, connection, role, since, pass });
      this.poke();
    });
  }

  // -- one after the other

  private poke(): void {
    if (this.state === 'idle') {
      this.state = 'pumping';
      this.pump().catch(reportBug);
    }
  }

  private async pump(): Promise<void> {
    for (;;) {
      await this.untilStalled();
      if (this.state === 'ended') {
        return;
      }
      const gate = this.choose();
      if (gate === undefined) {
        break;
      }
      await this.release(gate);
    }
    this.state = 'idle';
    this.waiters.splice(0).forEach((wake) => wake());
  }

  private async untilStalled(): Promise<void> {
    const since = performance.now();
    let last = -1;
    for (let turn = 0; turn < turns && this.state !== 'ended'; turn++) {
      await new Promise(setImmediate);
      this.settleFacts();
      this.dropDead();
      if (!this.isStalled()) {
        if (performance.now() - since > patienceMs) {
          this.onImpatience();
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
        turn = -1;
      } else if (this.witness !== undefined && this.witness.lastSeq !== last) {
        last = this.witness.lastSeq;
        turn = 0;
      }
    }
  }

  private isStalled(): boolean {
    const { parts, witness, actors, gates, left } = this;
    return (
      parts !== undefined &&
      witness !== undefined &&
      isStalled({ ...parts, witness, actors, gates, left })
    );
  }

  /** Pushes of a process that is gone wait for nothing any more. */
  private dropDead(): void {
    const held = new Set(this.parts?.dispatcher.held.map(({ request }) => request.invocation));
    for (const gate of [...this.gates]) {
      if ((gate.at === 'push' || gate.at === 'pushed') && !held.has(gate.invocation ?? '')) {
        const pid = this.pids.get(this.instances.get(gate.invocation ?? '') ?? 0);
        if (pid === undefined || !isAlive(pid)) {
          this.gates.splice(this.gates.indexOf(gate), 1);
          gate.pass('dead');
        }
      }
    }
  }

  /** What has begun goes on, steps that were to begin at once begin, then whatever came first. */
  private choose(): Gate | undefined {
    const open = this.gates.filter(({ name }) => this.holdingOf(name).length === 0);
    return (
      open.find(({ name }) => this.freed.includes(name)) ??
      open.find(({ at }) => at === 'step') ??
      open.find(({ invocation }) => invocation !== null && invocation === this.current) ??
      open.find(({ at }) => at === 'registered') ??
      open.find(({ at }) => at !== 'start') ??
      open[0]
    );
  }

  private holdingOf(name: string): Deviation[] {
    return this.deviations.filter(
      (deviation) =>
        'hold' in deviation &&
        deviation.hold === name &&
        !this.happened.has(deviation.until) &&
        !this.unmet.has(deviation),
    );
  }

  private async release(gate: Gate): Promise<void> {
    this.gates.splice(this.gates.indexOf(gate), 1);
    const freed = this.freed.indexOf(gate.name);
    if (freed >= 0) {
      this.freed.splice(freed, 1);
    }
    this.current = gate.invocation ?? this.current;
    this.tell(gate);
    const how = await this.disturb(gate);
    gate.pass(how);
  }

  /** What a fault of this order does at this event. */
  private async disturb(gate: Gate): Promise<Passage> {
    const { name, invocation, at } = gate;
    for (const deviation of this.deviations) {
      if ('fails' in deviation && deviation.fails === name) {
        this.met.add(deviation);
        return 'fail';
      }
      if ('dies' in deviation && deviation.dies === name && invocation !== null) {
        const pid = this.pids.get(this.instances.get(invocation) ?? 0);
        if (pid !== undefined) {
          this.met.add(deviation);
          kill(pid);
          while (isAlive(pid)) {
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          return 'dead';
        }
      }
      if ('fresh' in deviation && deviation.fresh === name && at === 'start') {
        this.met.add(deviation);
        const runtime = this.parts?.gateway.services[0]?.runtimeOf(gate.role ?? 'transfer');
        runtime?.restart(l10n.t('in this order another process takes the event'));
      }
    }
    return 'goOn';
  }

  private tell({
    event,
    invocation,
    connection,
    since,
  }: Pick<Gate, 'event' | 'invocation' | 'connection' | 'since'>): void {
    const name = eventText(event);
    const seq = this.witness?.lastSeq ?? 0;
    const { stretch } = this;
    this.trace.push({ name, event, invocation, connection, since, seq, stretch });
    this.happened.add(name);
    for (const deviation of this.deviations) {
      if ('hold' in deviation && deviation.until === name && !this.unmet.has(deviation)) {
        this.met.add(deviation);
        this.freed.push(deviation.hold);
      }
    }
  }

  /** Deviations that took no part: their events did not come. */
  get notMet(): Deviation[] {
    return this.deviations.filter((each) => !this.met.has(each) || this.unmet.has(each));
  }

  private settleFacts(): void {
    this.parts?.recorder.settle();
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
