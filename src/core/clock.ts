/**
 * The session's clock. Every timer of the gateway runs on it, so that all of them stop together while a handler
 * stands at a breakpoint and go on with what was left. Time in which this process could not run at all (the machine
 * slept, the process was stopped) is none of its time: nobody was idle, and what came meanwhile is still to be read.
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
/** Milliseconds: sums of fractions do not meet exactly. */
const slack = 1e-6;

/** While a timer is set the clock looks at itself so often, milliseconds. */
const beatMs = 250;
/** A look that is late by more than this was a standstill. Less than the shortest limit of the contract, a second. */
const standstillMs = 500;

/** Told for how long the process stood still, milliseconds; 0: it did not. */
export type ClockListener = (stoodStillMs: number) => void;

export class Clock {
  private readonly origin: number;
  private readonly reasons = new Set<string>();
  private readonly pending = new Set<Pending>();
  private frozenSince = 0;
  private frozenTotal = 0;
  private skipped = 0;
  private beat: NodeJS.Timeout | undefined;
  private lastBeat = 0;
  /** The process has just gone on: what waits to be read comes before what is due. */
  private waking = false;
  private readonly listeners = new Set<ClockListener>();

  /** `source` tells monotonic milliseconds from any origin. */
  constructor(private readonly source: () => number = () => performance.now()) {
    this.origin = source();
  }

  /** Milliseconds of real time since the clock was made, monotonic: the stamp of facts. */
  real(): number {
    return this.source() - this.origin;
  }

  /**
   * Milliseconds since the clock was made, without the time in which it was frozen or the process stood still, and with
   * what was skipped.
   */
  now(): number {
    const real = this.real();
    this.noticeStandstill(real);
    return real - this.frozenAt(real) + this.skipped;
  }

  get frozen(): boolean {
    return this.reasons.size > 0;
  }

  /** Why the clock stands still, e.g. the names of debug sessions; empty when it runs. */
  frozenBy(): string[] {
    return [...this.reasons];
  }

  /** Milliseconds that the clock has been frozen, or the process stood still, so far. */
  frozenMs(): number {
    return this.frozenAt(this.real());
  }

  private frozenAt(real: number): number {
    return this.frozenTotal + (this.frozen ? real - this.frozenSince : 0);
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
      this.stopBeat();
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

  /** Milliseconds until the next timer is due, at least 0; undefined: there is none. */
  nextIn(): number | undefined {
    let due = Infinity;
    for (const timer of this.pending) {
      due = Math.min(due, timer.due);
    }
    return due === Infinity ? undefined : Math.max(0, due - this.now());
  }

  /** Moves the clock ahead, also while it is frozen, and runs what is due then. */
  skip(ms: number): void {
    this.skipped += ms;
    const now = this.now();
    const due = [...this.pending].filter((timer) => timer.due <= now + slack);
    for (const timer of this.pending) {
      clearTimeout(timer.handle);
      if (!this.frozen) {
        this.arm(timer);
      }
    }
    for (const timer of due.sort((one, other) => one.due - other.due)) {
      if (this.pending.delete(timer)) {
        clearTimeout(timer.handle);
        timer.run();
      }
    }
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

  /** Calls back when it stops, goes on, or went on after a standstill. */
  onChange(listener: ClockListener): Timer {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  dispose(): void {
    for (const timer of this.pending) {
      clearTimeout(timer.handle);
    }
    this.pending.clear();
    this.stopBeat();
    this.listeners.clear();
  }

  private arm(timer: Pending): void {
    this.startBeat();
    const left = timer.due - this.now();
    timer.handle = setTimeout(
      () => {
        if (timer.due - this.now() > 1 || this.waking) {
          this.arm(timer); // The delay was cut, the machine's timer fired early, or the process stood still.
          return;
        }
        this.pending.delete(timer);
        timer.run();
      },
      Math.max(0, Math.min(left, longestDelay)),
    );
  }

  private startBeat(): void {
    if (this.beat === undefined) {
      this.lastBeat = this.real();
      this.beat = setInterval(() => {
        this.noticeStandstill(this.real());
        if (this.pending.size === 0) {
          this.stopBeat();
        }
      }, beatMs);
      this.beat.unref();
    }
  }

  private stopBeat(): void {
    clearInterval(this.beat);
    this.beat = undefined;
  }

  /** Of a late look only what it is late by is left out: time passes also for a process that is always late. */
  private noticeStandstill(real: number): void {
    const late = this.beat === undefined ? 0 : real - this.lastBeat - beatMs;
    this.lastBeat = real;
    if (late <= standstillMs) {
      return;
    }
    this.frozenTotal += late;
    this.waking = true;
    setImmediate(() => {
      this.waking = false;
      this.announce(late);
    });
  }

  private announce(stoodStillMs = 0): void {
    for (const listener of this.listeners) {
      listener(stoodStillMs);
    }
  }
}

/**
 * Moves clocks ahead together, from timer to timer in the order in which they are due. `between` is awaited after each
 * of those moments: what a timer causes has come to its end before the next one runs.
 */
export async function advance(
  clocks: readonly Clock[],
  ms: number,
  between: () => Promise<void>,
): Promise<void> {
  for (let left = ms; ;) {
    const step = Math.min(left, ...clocks.map((clock) => clock.nextIn() ?? Infinity));
    clocks.forEach((clock) => clock.skip(step));
    await between();
    left -= step;
    if (left <= 0) {
      return;
    }
  }
}
