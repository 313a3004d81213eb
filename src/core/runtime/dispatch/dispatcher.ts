/**
 * Who runs next. The one place that decides which event runs, in which process, and when; read it from top to bottom.
 *
 * - A *lane* for each connection keeps the order of its events, whichever functions they are for. An event at the head
 *   of its lane, with nothing before it that still runs, is *opened*: its text is made, its function looked up.
 * - A *pool* for each function has the opened events that wait (`ready`, in the order in which their turns came) and
 *   a *slot* for each of its processes. Connections take turns: each has one event in `ready` at most.
 * - A free slot is given the next one of `ready`. A busy one may be handed one *ahead*, where that makes no difference
 *   but in time: its transport queues, it is the only process, its events are quick.
 * - Nothing is given while the code on disk or the settings are changing (`standstill`): what waits runs on the new.
 *
 * It knows no socket, no process and no clock; what happens to those is told to it, and it answers through the three
 * interfaces `Job`, `PoolPort` and `Worker`. Whatever is told while it decides is decided right after, in a loop and not
 * in a recursion (`settle`).
 */
import { reportBug } from '../../errors';

// -- what it is told, and whom it tells

/** An event for a function; `R` is what a worker is given of it. */
export interface Job<R> {
  /** null: it belongs to none, and waits for no other. */
  readonly connection: string | null;
  /** `inTurn`: not before all earlier events of its connection have ended; `anyTime`: beside its like. */
  readonly order: 'inTurn' | 'anyTime';
  /** Characters or bytes of its payload. */
  readonly size: number;
  /** The pool it will go to, where that is certain before its turn; null: it is not. */
  foresee(): Pool<R> | null;
  /** Its turn has come. null: no process runs it, and `over` is called when it is done with. */
  open(over: () => void): { pool: Pool<R>; run: R } | null;
}

/** Chooses among the events whose turn has come; another one than `plainOrder` explores other orders. */
export interface Policy<R> {
  /**
   * Index of the event that is delivered next; `waiting` is in the order in which their turns came, and is never
   * empty. undefined: none for now; `Dispatcher.lookAgain` asks again.
   */
  next(waiting: readonly Waiting<R>[]): number | undefined;
  /** Whether a busy process may have its next event before its time, which ends the choice early. */
  readonly ahead: 'allowed' | 'never';
}

export interface Waiting<R> {
  readonly job: Job<R>;
  readonly run: R;
}

/** The event whose turn came first. */
export const plainOrder: Policy<unknown> = { next: () => 0, ahead: 'allowed' };

/** Why a pool gives nothing although it could. */
export type Standstill = 'predecessorRuns' | 'codeTouched' | 'freshLoads';

export type Refusal = 'full' | 'stopped' | 'removed';

/** A function, as its pool needs it. */
export interface PoolPort<R> {
  /** Looked at each time: options change while it runs. */
  rules(): PoolRules;
  /** Begins to make a process for the slot; it ends in `Slot.ready` or `Slot.gone`. */
  start(slot: Slot<R>): void;
  /** No process will run it. */
  refuse(run: R, why: Refusal): void;
  /** The words for why a process is thrown away. */
  why(reason: 'codeChanged' | 'oneEach'): string;
}

export interface PoolRules {
  /** Processes at most. */
  most: number;
  /** `once`: each process takes one event. */
  use: 'again' | 'once';
  /** `never`: a person watches, who expects that a process has one event. */
  ahead: 'allowed' | 'never';
  /** Events that may wait at most; default: `longestQueue`. */
  queue?: number;
}

/** A process, as its slot needs it. */
export interface Worker<R> {
  /** It keeps an event that comes while another one runs, and takes it up after that. A property of its transport. */
  readonly queues: boolean;
  take(run: R): void;
  /** Ends the process, with whatever it holds. */
  end(): void;
}

/** Opened events that wait in one pool at most: one for each client that is served. */
export const longestQueue = 20_000;
/** Events that take longer than this on average are not handed ahead: the way does not matter then. ms */
const quickMs = 20;
/** Pace of a process that is not known yet, ms. */
const unknownPace = 200;
/** Larger payloads would wait in memory that is measured as the function's. */
export const largestAhead = 64 * 1024;

// -- lanes

interface Entry<R> extends Waiting<R> {
  readonly lane: Lane<R> | undefined;
  run: R;
  stage: 'waiting' | 'opened' | 'over';
}

class Lane<R> {
  readonly line: Entry<R>[] = [];
  /** Opened and not over; and how many of those are `inTurn`. */
  opened = 0;
  openedInTurn = 0;

  constructor(readonly connection: string) {}

  /** The head, if its turn has come. */
  get due(): Entry<R> | undefined {
    const [head] = this.line;
    const before = head?.job.order === 'inTurn' ? this.opened : this.openedInTurn;
    return before === 0 ? head : undefined;
  }

  count(entry: Entry<R>, by: 1 | -1): void {
    this.opened += by;
    if (entry.job.order === 'inTurn') {
      this.openedInTurn += by;
    }
  }
}

export class Dispatcher<R> {
  private readonly lanes = new Map<string, Lane<R>>();
  private readonly pools = new Set<Pool<R>>();
  private readonly quietListeners = new Set<() => void>();
  /** Submitted and not over. */
  private afoot = 0;
  private readonly changed: (Lane<R> | Pool<R>)[] = [];
  private activity: 'resting' | 'settling' = 'resting';

  constructor(private chosen: Policy<R> = plainOrder) {}

  get policy(): Policy<R> {
    return this.chosen;
  }

  set policy(policy: Policy<R>) {
    this.chosen = policy;
    this.lookAgain();
  }

  submit(job: Job<R>): void {
    this.afoot++;
    const { connection } = job;
    if (connection === null) {
      this.open({ job, lane: undefined, run: undefined as R, stage: 'waiting' });
      this.settle();
      return;
    }
    let lane = this.lanes.get(connection);
    if (lane === undefined) {
      lane = new Lane(connection);
      this.lanes.set(connection, lane);
    }
    lane.line.push({ job, lane, run: undefined as R, stage: 'waiting' });
    this.settle(lane);
  }

  /** Asks the policy again. */
  lookAgain(): void {
    this.changed.push(...this.pools);
    this.settle();
  }

  /** No event waits or runs, no process has un-awaited work or loads code. */
  get quiet(): boolean {
    return this.afoot === 0 && [...this.pools].every((pool) => pool.quiet);
  }

  /** What processes have: the events that run, or whose un-awaited work goes on. */
  get held(): R[] {
    return [...this.pools].flatMap((pool) =>
      pool.slots.flatMap(({ holds }) => holds.map(({ run }) => run)),
    );
  }

  /** Nothing runs or is about to but these; what waits, waits for them. */
  restsBut(these: ReadonlySet<R>): boolean {
    return !this.starting && this.held.every((run) => these.has(run));
  }

  /** A process is being started, or code is being looked at for which events wait. */
  get starting(): boolean {
    return [...this.pools].some(
      (pool) =>
        (pool.waiting > 0 && pool.standstill !== undefined) ||
        pool.slots.some(({ state }) => state === 'starting'),
    );
  }

  /** Calls back each time it has become quiet; something may have come since. */
  onQuiet(listener: () => void): { dispose(): void } {
    this.quietListeners.add(listener);
    return { dispose: () => this.quietListeners.delete(listener) };
  }

  // -- for pools and slots

  pool(port: PoolPort<R>, begins: 'open' | 'behindPredecessor' = 'open'): Pool<R> {
    const pool = new Pool(this, port, begins);
    this.pools.add(pool);
    return pool;
  }

  forget(pool: Pool<R>): void {
    this.pools.delete(pool);
    this.settle();
  }

  /** Decides all that follows from a change, and from what that changes in turn. */
  settle(...changed: (Lane<R> | Pool<R>)[]): void {
    this.changed.push(...changed);
    if (this.activity === 'settling') {
      return;
    }
    this.activity = 'settling';
    for (let at = 0; at < this.changed.length; at++) {
      const next = this.changed[at];
      if (next instanceof Lane) {
        this.advance(next);
      } else {
        next?.serve();
      }
    }
    this.changed.length = 0;
    this.activity = 'resting';
    if (this.quietListeners.size > 0 && this.quiet) {
      [...this.quietListeners].forEach((listener) => listener());
    }
  }

  private advance(lane: Lane<R>): void {
    for (let { due } = lane; due !== undefined; { due } = lane) {
      this.openHead(lane);
    }
    const [head] = lane.line;
    if (head === undefined) {
      if (lane.opened === 0) {
        this.lanes.delete(lane.connection);
      }
    } else {
      // Its turn has not come, but a process may have it ahead.
      const pool = head.job.foresee();
      if (pool !== null) {
        this.changed.push(pool);
      }
    }
  }

  openHead(lane: Lane<R>): void {
    const entry = lane.line.shift();
    if (entry !== undefined) {
      lane.count(entry, 1);
      this.open(entry);
    }
  }

  private open(entry: Entry<R>): void {
    entry.stage = 'opened';
    try {
      const opened = entry.job.open(() => this.over(entry));
      if (opened !== null) {
        entry.run = opened.run;
        opened.pool.place(entry);
      }
    } catch (error) {
      reportBug(error); // It costs this event.
      this.over(entry);
    }
  }

  /** The event has ended: the next of its connection may come. */
  over(entry: Entry<R>, ...changed: Pool<R>[]): void {
    if (entry.stage === 'opened') {
      entry.stage = 'over';
      this.afoot--;
      if (entry.lane !== undefined) {
        entry.lane.count(entry, -1);
        this.changed.push(entry.lane);
      }
    }
    this.settle(...changed);
  }
}

// -- pools

type PoolLife<R> =
  /** The pool of the settings before runs its last events. */
  | { is: 'behindPredecessor' }
  | { is: 'open' }
  /** What its processes hold may end; what waits goes to the successor, without one it is refused. */
  | { is: 'leaving'; successor: Pool<R> | undefined }
  | { is: 'stopped' };

export class Pool<R> {
  /** Neither gone nor merely remembered; the oldest first. */
  readonly slots: Slot<R>[] = [];
  private readonly ready: Entry<R>[] = [];
  private life: PoolLife<R>;
  /** `touched`: a loaded file was written; whether that changed it is being looked at. */
  private code: 'known' | 'touched' = 'known';
  /** It loads changed code while the others rest, and takes over once it is ready. */
  private fresh: Slot<R> | undefined;

  constructor(
    readonly dispatcher: Dispatcher<R>,
    readonly port: PoolPort<R>,
    begins: 'open' | 'behindPredecessor',
  ) {
    this.life = { is: begins };
  }

  // -- events come in

  place(entry: Entry<R>): void {
    const { life } = this;
    if (life.is === 'leaving' && life.successor !== undefined) {
      life.successor.place(entry);
    } else if (life.is === 'leaving') {
      this.refuse(entry, 'removed');
    } else if (life.is === 'stopped') {
      this.refuse(entry, 'stopped');
    } else if (this.ready.length >= (this.port.rules().queue ?? longestQueue)) {
      this.refuse(entry, 'full');
    } else {
      this.ready.push(entry);
      this.dispatcher.settle(this);
    }
  }

  /** Handed ahead to a process that ended before it took it up: it waits again, before all others. */
  private returned(entry: Entry<R>): void {
    if (this.life.is === 'open' || this.life.is === 'behindPredecessor') {
      this.ready.unshift(entry);
    } else {
      this.place(entry);
    }
  }

  private refuse(entry: Entry<R>, why: Refusal): void {
    this.port.refuse(entry.run, why);
    this.dispatcher.over(entry);
  }

  /** Takes out all that wait, for a caller that tells each why it does not run. */
  refuseAll(refuse: (run: R) => void): void {
    for (const entry of this.ready.splice(0)) {
      refuse(entry.run);
      this.dispatcher.over(entry);
    }
  }

  get waiting(): number {
    return this.ready.length;
  }

  // -- events go out: the decision

  /** Why nothing is given although there may be free processes; undefined: something may be. */
  get standstill(): Standstill | undefined {
    if (this.life.is === 'behindPredecessor') {
      return 'predecessorRuns';
    }
    if (this.code === 'touched') {
      return 'codeTouched';
    }
    return this.fresh === undefined ? undefined : 'freshLoads';
  }

  /** Gives each process what it may have now, and starts processes for what is left. */
  serve(): void {
    if (this.life.is === 'stopped' || this.life.is === 'leaving' || this.standstill !== undefined) {
      return;
    }
    for (const slot of [...this.slots]) {
      while (this.giveNext(slot));
    }
    if (this.ready.length === 0) {
      return;
    }
    const { most } = this.port.rules();
    // Those that rest although events wait: the policy keeps those back.
    let free = this.slots.filter(
      ({ state, holds }) => state === 'starting' || (state === 'serving' && holds.length === 0),
    ).length;
    let size = this.members.length;
    for (; this.ready.length > free && size < most; size++, free++) {
      this.start();
    }
  }

  /** Returns whether there was an event that the process could take. */
  private giveNext(slot: Slot<R>): boolean {
    if (slot.state !== 'serving') {
      return false;
    }
    const [running] = slot.holds;
    if (running !== undefined && !this.mayHaveAhead(slot)) {
      return false;
    }
    if (this.ready.length === 0) {
      return running !== undefined && this.giveFollower(slot, running);
    }
    const at = this.dispatcher.policy.next(this.ready);
    const next = at === undefined ? undefined : this.ready[at];
    if (next === undefined || (running !== undefined && next.job.size > largestAhead)) {
      return false;
    }
    this.ready.splice(at as number, 1);
    slot.give(next);
    return true;
  }

  private mayHaveAhead(slot: Slot<R>): boolean {
    const { most, use, ahead } = this.port.rules();
    return (
      slot.queues &&
      slot.holds.length === 1 &&
      slot.pace < quickMs &&
      most === 1 &&
      use === 'again' &&
      ahead === 'allowed' &&
      this.dispatcher.policy.ahead === 'allowed'
    );
  }

  /**
   * Nobody else waits: the event that follows the running one in its lane is opened before its turn, since this process
   * keeps the order of the two. Returns whether there was one.
   */
  private giveFollower(slot: Slot<R>, { lane, stage }: Entry<R>): boolean {
    const head = lane?.line[0];
    if (
      lane === undefined ||
      head === undefined ||
      lane.opened !== 1 ||
      stage !== 'opened' ||
      head.job.size > largestAhead ||
      head.job.foresee() !== this
    ) {
      return false;
    }
    this.dispatcher.openHead(lane);
    const [follower] = this.ready.splice(0, 1);
    if (follower !== undefined) {
      slot.give(follower);
    }
    return follower !== undefined;
  }

  // -- processes come and go

  /** Those that take events, now or later. */
  get members(): Slot<R>[] {
    return this.slots.filter(
      (slot) => (slot.state === 'starting' || slot.state === 'serving') && slot !== this.fresh,
    );
  }

  get quiet(): boolean {
    return this.slots.every(({ state, holds }) => state !== 'starting' && holds.length === 0);
  }

  start(): Slot<R> {
    const slot = new Slot(this);
    this.slots.push(slot);
    this.port.start(slot);
    return slot;
  }

  slotReady(slot: Slot<R>): void {
    if (slot === this.fresh) {
      this.fresh = undefined;
      const others = this.members.filter((old) => old !== slot);
      this.dismiss(others, this.port.why('codeChanged'));
    }
    this.dispatcher.settle(this);
  }

  /** @param how `now`: what they hold ends with them */
  dismiss(slots: Slot<R>[], reason: string, how: 'afterLast' | 'now' = 'afterLast'): void {
    slots.forEach((slot) => slot.leave(reason)); // All of them first: none may be given what another one loses.
    slots.forEach((slot) => slot.end(how));
  }

  dropped(slot: Slot<R>): void {
    const at = this.slots.indexOf(slot);
    if (at >= 0) {
      this.slots.splice(at, 1);
    }
    if (this.fresh === slot) {
      this.fresh = undefined;
    }
  }

  slotGone(slot: Slot<R>): void {
    this.dropped(slot);
    for (const entry of slot.holds.splice(0).reverse()) {
      if (entry.stage === 'opened') {
        this.returned(entry);
      }
    }
    this.dispatcher.settle(this);
  }

  /**
   * No process came of it. `ignored`: the code has changed since, and the fresh one will tell. `others`: the code before
   * goes on serving. `none`: what waits cannot run.
   */
  startFailed(slot: Slot<R> | undefined): 'ignored' | 'others' | 'none' {
    if (this.fresh !== undefined && slot !== this.fresh) {
      return 'ignored';
    }
    this.fresh = undefined;
    return this.members.some(({ state }) => state === 'serving') ? 'others' : 'none';
  }

  /** The one that loads changed code. */
  get loading(): Slot<R> | undefined {
    return this.fresh;
  }

  /** Rules may have changed. */
  look(): void {
    this.dispatcher.settle(this);
  }

  // -- the code or the settings change

  touched(): void {
    this.code = 'touched';
  }

  /** What was touched has been looked at; `renew` came before this, if it has changed. */
  known(): void {
    this.code = 'known';
    this.dispatcher.settle(this);
  }

  /** The code has changed: events wait for a process that has loaded it. */
  renew(): void {
    const before = this.fresh;
    this.fresh = this.start();
    if (before !== undefined) {
      this.dismiss([before], this.port.why('codeChanged'));
    }
  }

  /** The code has changed, and nobody needs a process. */
  dropFresh(): void {
    const { fresh } = this;
    this.fresh = undefined;
    if (fresh !== undefined) {
      this.dismiss([fresh], this.port.why('codeChanged'));
    }
  }

  /** @param how `now`: what they hold ends with them */
  restart(reason: string, how: 'afterLast' | 'now'): void {
    this.fresh = undefined;
    this.dismiss([...this.slots], reason, how);
    this.dispatcher.settle(this);
  }

  /** The predecessor's last event has ended. */
  takeOver(): void {
    if (this.life.is === 'behindPredecessor') {
      this.life = { is: 'open' };
      this.dispatcher.settle(this);
    }
  }

  retire(reason: string, successor: Pool<R> | undefined): void {
    this.life = { is: 'leaving', successor };
    this.dismiss([...this.slots], reason);
    this.ready.splice(0).forEach((entry) => this.place(entry));
  }

  /** Gives nothing any more; `forget` follows when the processes are gone. */
  stop(): void {
    if (this.life.is !== 'leaving') {
      this.life = { is: 'stopped' };
    }
    this.fresh = undefined;
  }

  /** The processes are gone. */
  forget(): void {
    this.ready.splice(0).forEach((entry) => this.refuse(entry, 'stopped'));
    this.dispatcher.forget(this);
  }
}

// -- slots

export class Slot<R> {
  /** `leaving`: gets nothing more, and goes with the last of what it holds. */
  state: 'starting' | 'serving' | 'leaving' | 'gone' = 'starting';
  /** Why it leaves, in words; what was said first counts. */
  reason: string | undefined;
  /** The event that runs or whose un-awaited work goes on, then the one that was handed ahead. */
  readonly holds: Entry<R>[] = [];
  /** What its events took lately, ms. */
  pace = unknownPace;
  private worker: Worker<R> | undefined;

  constructor(private readonly pool: Pool<R>) {}

  /** The process was spawned. */
  employ(worker: Worker<R>): void {
    this.worker = worker;
  }

  get queues(): boolean {
    return this.worker?.queues === true;
  }

  give(entry: Entry<R>): void {
    this.holds.push(entry);
    this.worker?.take(entry.run);
  }

  // -- what its process says

  /** Its code is loaded: ready for its first event. */
  ready(): void {
    if (this.state === 'starting') {
      this.state = 'serving';
      this.pool.slotReady(this);
    }
  }

  /** Its event was answered after that time, but work of it goes on: the next of that connection may run elsewhere. */
  answered(ms: number): void {
    const [first] = this.holds;
    if (first !== undefined) {
      this.pace += (ms - this.pace) * 0.2;
      this.pool.dispatcher.over(first);
    }
  }

  /** Nothing of its event goes on: it is at the one that was handed ahead, or ready for one more. */
  free(ms?: number): void {
    const first = this.holds.shift();
    if (ms !== undefined) {
      this.pace += (ms - this.pace) * 0.2;
    }
    if (this.state === 'serving' && this.pool.port.rules().use === 'once') {
      this.leave(this.pool.port.why('oneEach'));
    }
    this.end('afterLast');
    if (first !== undefined) {
      this.pool.dispatcher.over(first, this.pool);
    }
  }

  /** It is being ended: gets nothing more. */
  closes(): void {
    if (this.state !== 'gone') {
      this.state = 'leaving';
    }
  }

  /** The process is gone, or none came of it. What it holds was not taken up, or has ended. */
  gone(): void {
    if (this.state !== 'gone') {
      this.state = 'gone';
      this.pool.slotGone(this);
    }
  }

  // -- what its pool says

  leave(reason: string): void {
    if (this.state !== 'gone') {
      this.reason ??= reason;
      this.state = 'leaving';
    }
  }

  /** Ends its process, once nothing keeps it or at once. */
  end(how: 'afterLast' | 'now'): void {
    if (this.state === 'leaving' && this.worker === undefined) {
      this.state = 'gone'; // It is still being prepared, for nothing.
      this.pool.dropped(this);
    } else if (this.state === 'leaving' && (this.holds.length === 0 || how === 'now')) {
      this.worker?.end();
    }
  }
}
