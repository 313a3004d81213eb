/**
 * The fault lab: disturbs frames, pushes and functions by a seeded plan. Chance is a hash of the seed, the rule, the
 * connection's number (in the order of handshakes) and a count within that connection, so the same conversation
 * meets the same faults again, however connections interleave and however long anything takes.
 */
import type { Direction, FaultPlan, FaultRule } from '../../protocol/fact';
import type { Clock, Timer } from '../clock';
import type { Disturbances, PassingFrame } from '../gateway/disturbances';
import type {
  FunctionRuntime,
  InvocationRequest,
  InvocationResult,
  RecordFact,
} from '../runtime/contract';

type Fault = FaultRule['fault'];
type RuleOf<F extends Fault> = Extract<FaultRule, { fault: F }>;

interface Late {
  frames: PassingFrame[];
  timer: Timer;
}

interface Lane {
  /** Number of the connection; 0 for what belongs to none. */
  ordinal: number;
  /** Draws so far: by direction for frames, by fault for the rest. */
  counts: Map<Direction | Fault, number>;
  /** Nothing gets through any more, and nobody is told. */
  dead: boolean;
  /** Frames kept back to be overtaken. */
  late: Partial<Record<Direction, Late>>;
}

/** What the lab does to connections. */
export interface FaultTools {
  close(connection: string, code: number): void;
  /** Lets a frame go on that was kept back. */
  passOn(frame: PassingFrame): void;
}

/** Milliseconds after which a frame goes on that nothing overtook. */
const longestLateness = 1000;

/** Connections that are told apart; more than could be open at once. */
const mostLanes = 20_000;

export class FaultLab implements Disturbances {
  private readonly record: RecordFact;
  private readonly clock: Clock;
  private readonly tools: FaultTools;
  private plan: FaultPlan | null = null;
  private readonly lanes = new Map<string, Lane>();
  private ordinals = 0;
  /** Ends the wait of whatever was delayed. */
  private readonly delayed = new Set<() => void>();

  constructor(record: RecordFact, clock: Clock, tools: FaultTools) {
    this.record = record;
    this.clock = clock;
    this.tools = tools;
  }

  /** Starts a plan from its first draw, or ends all faults. */
  set(plan: FaultPlan | null): void {
    const before = [...this.lanes.values()];
    this.plan = plan;
    this.lanes.clear();
    this.ordinals = 0;
    for (const lane of before) {
      this.release(lane, 'toServer');
      this.release(lane, 'toClient');
    }
    for (const goOn of [...this.delayed]) {
      goOn();
    }
    this.record({ kind: 'faults', faults: plan });
  }

  /** Lets go of everything that is kept back. */
  dispose(): void {
    if (this.plan !== null) {
      this.set(null);
    }
  }

  intercept(frame: PassingFrame): Promise<PassingFrame[]> | undefined {
    const { plan } = this;
    if (plan === null) {
      return undefined;
    }
    const lane = this.laneOf(frame.connection);
    const { direction } = frame;
    const n = count(lane, direction);
    if (lane.dead) {
      return Promise.resolve([]);
    }
    let copies = 1;
    let wait = 0;
    let late: number | undefined;
    for (const [index, rule] of plan.rules.entries()) {
      const chance = (salt: number): number =>
        random(plan.seed, index, lane.ordinal, direction === 'toServer' ? 0 : 1, n, salt);
      if (
        !isOfFrames(rule) ||
        (rule.direction ?? direction) !== direction ||
        chance(0) >= rule.rate
      ) {
        continue;
      }
      this.struck(rule.fault, frame.connection, frame.seq);
      switch (rule.fault) {
        case 'latency':
          wait += rule.ms + chance(1) * (rule.jitterMs ?? 0);
          break;
        case 'drop':
          return Promise.resolve([]);
        case 'duplicate':
          copies *= 2;
          break;
        case 'reorder':
          late = rule.window;
          break;
        case 'close':
          this.tools.close(frame.connection, rule.code);
          return Promise.resolve([]);
        case 'halfOpen':
          lane.dead = true;
          return Promise.resolve([]);
      }
    }
    const frames = Array.from({ length: copies }, () => frame);
    if (late !== undefined && this.keepBack(lane, direction, frames, late)) {
      return Promise.resolve([]);
    }
    frames.push(...this.overtaken(lane, direction));
    return wait === 0 && frames.length === 1 ? undefined : this.after(wait, frames);
  }

  beforeRegister(connection: string): Promise<void> | undefined {
    if (this.plan === null) {
      return undefined;
    }
    // Numbers the connection, whether or not a rule is about Register.
    const lane = this.laneOf(connection);
    const rule = this.drawn('slowRegister', lane);
    if (rule === undefined) {
      return undefined;
    }
    this.struck(rule.fault, connection, null);
    return this.after(rule.ms, undefined);
  }

  get holds(): boolean {
    const late = ({ late: { toServer, toClient } }: Lane): boolean =>
      toServer !== undefined || toClient !== undefined;
    return this.delayed.size > 0 || [...this.lanes.values()].some(late);
  }

  get disturbsFunctions(): boolean {
    return this.plan !== null;
  }

  insteadOfInvocation(
    runtime: FunctionRuntime,
    request: InvocationRequest,
  ): Promise<InvocationResult> | undefined {
    if (this.plan === null) {
      return undefined;
    }
    const lane = this.laneOf(request.connection ?? '');
    const rule = this.drawn('functionError', lane) ?? this.drawn('functionTimeout', lane);
    if (rule === undefined) {
      return undefined;
    }
    this.struck(rule.fault, request.connection, request.cause, runtime.id);
    const seconds = runtime.spec.timeout;
    const error =
      rule.fault === 'functionError'
        ? { statusCode: 430, errorMessage: 'user code exception caught' }
        : { statusCode: 433, errorMessage: `Invoking task timed out after ${seconds} seconds` };
    const whole = { errorCode: -1, requestId: request.invocation, ...error };
    const durationMs = rule.fault === 'functionError' ? 0 : seconds * 1000;
    return this.after(durationMs, {
      outcome: 'userError',
      resultJson: JSON.stringify(whole),
      error: whole,
      durationMs,
    });
  }

  insteadOfPush(
    connection: string,
  ): Promise<{ errNo: number; errMsg: string } | undefined> | undefined {
    if (this.plan === null) {
      return undefined;
    }
    const lane = this.laneOf(connection);
    const fails = this.drawn('pushFails', lane);
    const hangs = this.drawn('pushHangs', lane);
    for (const rule of [fails, hangs]) {
      if (rule !== undefined) {
        this.struck(rule.fault, connection, null);
      }
    }
    if (fails === undefined && hangs === undefined) {
      return undefined;
    }
    const refusal = fails && { errNo: fails.errNo, errMsg: 'refused by the fault lab' };
    return this.after(hangs?.ms ?? 0, refusal);
  }

  /** The first rule of that fault for which chance says so now. */
  private drawn<F extends Fault>(fault: F, lane: Lane): RuleOf<F> | undefined {
    const n = count(lane, fault);
    const { seed, rules } = this.plan ?? { seed: 0, rules: [] };
    return rules.find(
      (rule, index): rule is RuleOf<F> =>
        rule.fault === fault && random(seed, index, lane.ordinal, 2, n, 0) < rule.rate,
    );
  }

  /** False when as many wait already as may: then all of them go on. */
  private keepBack(
    lane: Lane,
    direction: Direction,
    frames: PassingFrame[],
    window: number,
  ): boolean {
    const late = lane.late[direction];
    if (late !== undefined && late.frames.length >= window) {
      return false;
    }
    late?.timer.dispose();
    lane.late[direction] = {
      frames: [...(late?.frames ?? []), ...frames],
      timer: this.clock.setTimer(longestLateness, () => this.release(lane, direction)),
    };
    return true;
  }

  /** Takes what waits to be overtaken, the latest first. */
  private overtaken(lane: Lane, direction: Direction): PassingFrame[] {
    const late = lane.late[direction];
    delete lane.late[direction];
    late?.timer.dispose();
    return late?.frames.reverse() ?? [];
  }

  private release(lane: Lane, direction: Direction): void {
    this.overtaken(lane, direction).forEach((frame) => this.tools.passOn(frame));
  }

  private struck(
    fault: Fault,
    connection: string | null,
    cause: number | null,
    functionId?: string,
  ): void {
    this.record({
      kind: 'faultStruck',
      fault,
      connection: connection === '' ? null : connection,
      cause,
      ...(functionId === undefined ? {} : { function: functionId }),
    });
  }

  private after<T>(ms: number, value: T): Promise<T> {
    return ms <= 0
      ? Promise.resolve(value)
      : new Promise((resolve) => {
          const goOn = (): void => {
            timer.dispose();
            this.delayed.delete(goOn);
            resolve(value);
          };
          const timer = this.clock.setTimer(ms, goOn);
          this.delayed.add(goOn);
        });
  }

  private laneOf(connection: string): Lane {
    let lane = this.lanes.get(connection);
    if (lane === undefined) {
      const ordinal = connection === '' ? 0 : ++this.ordinals;
      lane = { ordinal, counts: new Map(), dead: false, late: {} };
      this.lanes.set(connection, lane);
      if (this.lanes.size > mostLanes) {
        const [oldest] = this.lanes.keys();
        this.lanes.delete(oldest as string);
      }
    }
    return lane;
  }
}

function count(lane: Lane, of: Direction | Fault): number {
  const n = lane.counts.get(of) ?? 0;
  lane.counts.set(of, n + 1);
  return n;
}

function isOfFrames(
  rule: FaultRule,
): rule is RuleOf<'latency' | 'drop' | 'duplicate' | 'reorder' | 'close' | 'halfOpen'> {
  return ['latency', 'drop', 'duplicate', 'reorder', 'close', 'halfOpen'].includes(rule.fault);
}

/** 0 ≤ x < 1 from whole numbers: a mixing hash (constants of MurmurHash3's finaliser). */
function random(...numbers: number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 0x1_0000_0000;
}
