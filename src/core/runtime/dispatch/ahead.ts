/**
 * The event that a busy process is handed before its time: it takes it up by itself when the running one has ended,
 * so that nobody waits for the way to the gateway and back. Only where that makes no difference but in time: what was
 * handed over can neither run elsewhere nor on newer code.
 */
import type { Waiting } from './instanceParts';

/** Only events that take less than this on average, ms: for longer ones the way does not matter. */
const quickMs = 20;
/** Pace of a handler that is not known yet, ms. */
const unknownPace = 200;
/** Characters: larger events would wait in the memory that is measured. */
export const largestAhead = 64 * 1024;

export class Ahead {
  private waiting: Waiting | undefined;
  private taken = false;
  private settlers: (() => void)[] = [];
  /** What its events took lately, ms. */
  private pace = unknownPace;

  /** Whether the event may be handed over now. */
  fits({ request }: Waiting): boolean {
    return (
      this.waiting === undefined && this.pace < quickMs && request.eventJson.length <= largestAhead
    );
  }

  get empty(): boolean {
    return this.waiting === undefined;
  }

  has(connection: string): boolean {
    return this.waiting?.request.connection === connection;
  }

  put(waiting: Waiting): void {
    this.waiting = waiting;
    this.taken = false;
  }

  ranFor(durationMs: number): void {
    this.pace += (durationMs - this.pace) * 0.2;
  }

  /** The running event has ended, also if nobody waits for its answer any more: the process goes on to this one. */
  take(): void {
    this.taken = true;
  }

  /** Gives what was handed over to `begin` if the process is at it, else to `back`. Returns whether there was any. */
  settle(begin: (waiting: Waiting) => void, back: (waiting: Waiting) => void): boolean {
    const { waiting } = this;
    if (waiting === undefined) {
      return false;
    }
    this.waiting = undefined;
    (this.taken ? begin : back)(waiting);
    this.settlers.splice(0).forEach((settle) => settle());
    return true;
  }

  /** See `FunctionRuntime.untilRecorded`. */
  untilRecorded(invocation: string | undefined): Promise<void> | undefined {
    const { waiting } = this;
    if (waiting === undefined) {
      return undefined;
    }
    if (invocation === undefined) {
      // What the process wrote to its channel before this push is read in the next round of the event loop.
      return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    return invocation === waiting.request.invocation
      ? new Promise((resolve) => this.settlers.push(resolve))
      : undefined;
  }
}
