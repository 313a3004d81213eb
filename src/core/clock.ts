/**
 * The session's clock. Every timer of the gateway runs on it, so that all of them stop together while a handler
 * stands at a breakpoint and go on with what was left.
 */
export interface Timer {
  dispose(): void;
}

interface Pending {
  due: number;
  run: () => void;
  handle: NodeJS.Timeout | undefined;
}

/** Longest delay that setTimeout takes; a longer one is set again. */
const longestDelay = 0x7fffffff;

export class Clock {
  private readonly origin = performance.now();
  private readonly reasons = new Set<string>();
  private readonly pending = new Set<Pending>();
  private frozenSince = 0;
  private frozenTotal = 0;
  private readonly listeners = new Set<() => void>();

  /** Milliseconds of real time since the clock was made, monotonic: the stamp of facts. */
  real(): number {
    return performance.now() - this.origin;
  }

  /** Milliseconds since the clock was made, without the time in which it was frozen. */
  now(): number {
    return this.real() - this.frozenMs();
  }

  get frozen(): boolean {
    return this.reasons.size > 0;
  }

  /** Why the clock stands still, e.g. the names of debug sessions; empty when it runs. */
  frozenBy(): string[] {
    return [...this.reasons];
  }

  /** Milliseconds that the clock has been frozen so far. */
  frozenMs(): number {
    return this.frozenTotal + (this.frozen ? this.real() - this.frozenSince : 0);
  }

  /** Stops the clock for a reason; it runs again when every reason was lifted. */
  freeze(reason: string): void {
    if (this.reasons.has(reason)) {
      return;
    }
    if (!this.frozen) {
      this.frozenSince = this.real();
      for (const timer of this.pending) {
        clearTimeout(timer.handle);
      }
    }
    this.reasons.add(reason);
    this.announce();
  }

  unfreeze(reason: string): void {
    if (!this.reasons.delete(reason)) {
      return;
    }
    if (!this.frozen) {
      this.frozenTotal += this.real() - this.frozenSince;
      for (const timer of this.pending) {
        this.arm(timer);
      }
    }
    this.announce();
  }

  /** Calls `run` once, after `ms` of unfrozen time. */
  setTimer(ms: number, run: () => void): Timer {
    const timer: Pending = { due: this.now() + ms, run, handle: undefined };
    this.pending.add(timer);
    if (!this.frozen) {
      this.arm(timer);
    }
    return {
      dispose: () => {
        clearTimeout(timer.handle);
        this.pending.delete(timer);
      },
    };
  }

  onChange(listener: () => void): Timer {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  dispose(): void {
    for (const timer of this.pending) {
      clearTimeout(timer.handle);
    }
    this.pending.clear();
    this.listeners.clear();
  }

  private arm(timer: Pending): void {
    const left = timer.due - this.now();
    timer.handle = setTimeout(
      () => {
        if (timer.due - this.now() > 1) {
          this.arm(timer); // The delay was cut, or the machine's timer fired early.
          return;
        }
        this.pending.delete(timer);
        timer.run();
      },
      Math.max(0, Math.min(left, longestDelay)),
    );
  }

  private announce(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}
