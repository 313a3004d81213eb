/**
 * The fault lab: disturbs frames, pushes and functions by a seeded plan. Chance is a hash of the seed, the rule,
 * the connection's number and how many frames it had in that direction, so the same conversation meets the same
 * faults again, however the connections interleave.
 */
import type { Direction, FaultPlan, FaultRule } from '../../protocol/fact';
import type { Clock } from '../clock';
import type { Disturbances, PassingFrame } from '../gateway/disturbances';
import { pushErrors } from '../gateway/pushRequest';
import type {
  FunctionRuntime,
  InvocationRequest,
  InvocationResult,
  RecordFact,
} from '../runtime/contract';

type RuleOf<F extends FaultRule['fault']> = Extract<FaultRule, { fault: F }>;

interface Lane {
  /** Number of the connection, in order of its first frame. */
  ordinal: number;
  counts: Record<Direction, number>;
  /** Nothing gets through any more, and nobody is told. */
  dead: boolean;
  /** Frames kept back to be overtaken. */
  late: Partial<Record<Direction, PassingFrame[]>>;
}

export class FaultLab implements Disturbances {
  private readonly record: RecordFact;
  private readonly clock: Clock;
  private readonly close: (connection: string, code: number) => void;
  private plan: FaultPlan | null = null;
  private readonly lanes = new Map<string, Lane>();
  private readonly draws = new Map<string, number>();

  constructor(record: RecordFact, clock: Clock, close: (connection: string, code: number) => void) {
    this.record = record;
    this.clock = clock;
    this.close = close;
  }

  /** Starts a plan from its first draw, or ends all faults. */
  set(plan: FaultPlan | null): void {
    this.plan = plan;
    this.lanes.clear();
    this.draws.clear();
    this.record({ kind: 'faults', faults: plan });
  }

  intercept(frame: PassingFrame): Promise<PassingFrame[]> | undefined {
    if (this.plan === null) {
      return undefined;
    }
    const lane = this.laneOf(frame.connection);
    const { direction } = frame;
    const n = lane.counts[direction]++;
    if (lane.dead) {
      return Promise.resolve([]);
    }
    let frames = [frame];
    let wait = 0;
    for (const [index, rule] of this.plan.rules.entries()) {
      if (rule.direction !== undefined && rule.direction !== direction) {
        continue;
      }
      const chance = (salt: number): number =>
        random(
          this.plan?.seed ?? 0,
          index,
          lane.ordinal,
          direction === 'toServer' ? 0 : 1,
          n,
          salt,
        );
      if (chance(0) >= rule.rate) {
        continue;
      }
      switch (rule.fault) {
        case 'latency':
          this.struck(rule.fault, frame);
          wait += rule.ms + chance(1) * (rule.jitterMs ?? 0);
          break;
        case 'drop':
          this.struck(rule.fault, frame);
          frames = [];
          break;
        case 'duplicate':
          this.struck(rule.fault, frame);
          frames = frames.flatMap((each) => [each, each]);
          break;
        case 'reorder':
          this.struck(rule.fault, frame);
          (lane.late[direction] ??= []).push(...frames);
          if (lane.late[direction].length <= rule.window) {
            return this.after(wait, []);
          }
          frames = lane.late[direction].reverse();
          delete lane.late[direction];
          break;
        case 'close':
          this.struck(rule.fault, frame);
          this.close(frame.connection, rule.code);
          return Promise.resolve([]);
        case 'halfOpen':
          this.struck(rule.fault, frame);
          lane.dead = true;
          return Promise.resolve([]);
        case 'pushFails':
        case 'pushHangs':
        case 'slowRegister':
        case 'functionError':
        case 'functionTimeout':
          break; // Asked elsewhere.
      }
    }
    const late = lane.late[direction];
    if (late !== undefined && frames.length > 0 && !late.includes(frame)) {
      frames = [...frames, ...late];
      delete lane.late[direction];
    }
    return wait === 0 && frames.length === 1 && frames[0] === frame
      ? undefined
      : this.after(wait, frames);
  }

  beforeRegister(): Promise<void> | undefined {
    const rule = this.drawn('slowRegister');
    if (rule === undefined) {
      return undefined;
    }
    this.record({ kind: 'faultStruck', fault: rule.fault, connection: null, cause: null });
    return this.after(rule.ms, undefined);
  }

  insteadOfInvocation(
    runtime: FunctionRuntime,
    request: InvocationRequest,
  ): Promise<InvocationResult> | undefined {
    const rule = this.drawn('functionError') ?? this.drawn('functionTimeout');
    if (rule === undefined) {
      return undefined;
    }
    this.record({
      kind: 'faultStruck',
      fault: rule.fault,
      connection: request.connection,
      cause: request.cause,
      function: runtime.id,
    });
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

  insteadOfPush(): Promise<{ errNo: number; errMsg: string } | undefined> | undefined {
    const fails = this.drawn('pushFails');
    const hangs = this.drawn('pushHangs');
    const rule = hangs ?? fails;
    if (rule === undefined) {
      return undefined;
    }
    this.record({ kind: 'faultStruck', fault: rule.fault, connection: null, cause: null });
    const refusal =
      fails === undefined
        ? undefined
        : { errNo: fails.errNo || pushErrors.socketDied, errMsg: 'refused by the fault lab' };
    return this.after(hangs?.ms ?? 0, refusal);
  }

  /** The rule of that fault, if there is one and chance says so now. */
  private drawn<F extends FaultRule['fault']>(fault: F): RuleOf<F> | undefined {
    if (this.plan === null) {
      return undefined;
    }
    const index = this.plan.rules.findIndex((rule) => rule.fault === fault);
    const rule = this.plan.rules[index];
    if (rule === undefined) {
      return undefined;
    }
    const n = this.draws.get(fault) ?? 0;
    this.draws.set(fault, n + 1);
    return random(this.plan.seed, index, -1, 2, n, 0) < rule.rate ? (rule as RuleOf<F>) : undefined;
  }

  private struck(fault: FaultRule['fault'], frame: PassingFrame): void {
    this.record({
      kind: 'faultStruck',
      fault,
      connection: frame.connection,
      cause: frame.seq,
    });
  }

  private after<T>(ms: number, value: T): Promise<T> {
    return ms <= 0
      ? Promise.resolve(value)
      : new Promise((resolve) => this.clock.setTimer(ms, () => resolve(value)));
  }

  private laneOf(connection: string): Lane {
    let lane = this.lanes.get(connection);
    if (lane === undefined) {
      lane = {
        ordinal: this.lanes.size,
        counts: { toServer: 0, toClient: 0 },
        dead: false,
        late: {},
      };
      this.lanes.set(connection, lane);
    }
    return lane;
  }
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
