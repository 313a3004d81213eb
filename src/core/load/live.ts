/** A load second by second, and the latest percentiles while it runs. Looks at each sample once. */
import { type Row, rowsOf } from './rows';
import type { Samples } from './samples';

/** What happened in one second. */
export interface Second {
  /** Awaited frames that came, and their latencies, milliseconds; null: none came. */
  frames: number;
  p50: number | null;
  p99: number | null;
  sent: number;
  errors: number;
  /** Of all so far: received ÷ expected, 0 … 1; null: nothing was expected yet. */
  reach: number | null;
}

export interface Counted {
  sent: number;
  expected: number;
  received: number;
  errors: number;
}

/** Seconds whose percentiles are told while the load runs. */
export const recentSeconds = 10;

export class Live {
  readonly seconds: Second[] = [];
  /** Samples that were there when each second began. */
  private readonly starts: number[] = [0];
  private last: Counted = { sent: 0, expected: 0, received: 0, errors: 0 };

  constructor(private readonly samples: Samples) {}

  /** To be called at the end of each second. */
  tick(now: Counted): void {
    const from = this.starts.at(-1) ?? 0;
    const { count } = this.samples;
    const latencies = Float64Array.from({ length: count - from }, (_, index) =>
      this.samples.latency(from + index),
    ).sort();
    const at = (share: number): number | null =>
      latencies[Math.max(0, Math.ceil(latencies.length * share) - 1)] ?? null;
    this.seconds.push({
      frames: latencies.length,
      p50: at(0.5),
      p99: at(0.99),
      sent: now.sent - this.last.sent,
      errors: now.errors - this.last.errors,
      reach: now.expected === 0 ? null : now.received / now.expected,
    });
    this.starts.push(count);
    this.last = now;
  }

  /** Percentiles of the last seconds. */
  rows(): Row[] {
    const from = this.starts[Math.max(0, this.starts.length - 1 - recentSeconds)] ?? 0;
    return rowsOf(this.samples, this.samples.ranked(from));
  }
}
