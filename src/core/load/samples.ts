/** Latencies of messages with what they are made of, in typed arrays: percentiles are exact, and a sample stays findable. Pure. */

/** Milliseconds each. `wait`: late at the client itself; `wire`: sockets both ways, with what waits in them. */
export const parts = ['wait', 'wire', 'queue', 'handler', 'push'] as const;
export type SplitPart = (typeof parts)[number];
export type Split = Record<SplitPart, number>;

const columns = parts.length + 2;

export class Samples {
  /** For each sample: when it came, its latency, its parts (NaN: unknown). */
  private rows = new Float64Array(columns * 1024);
  count = 0;

  /** Returns the number of the sample; its parts may follow. */
  add(at: number, latency: number): number {
    const start = this.count * columns;
    if (start === this.rows.length) {
      const larger = new Float64Array(this.rows.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    this.rows.fill(NaN, start, start + columns);
    this.rows[start] = at;
    this.rows[start + 1] = latency;
    return this.count++;
  }

  explain(sample: number, split: Split): void {
    parts.forEach((part, index) => (this.rows[sample * columns + 2 + index] = split[part]));
  }

  at(sample: number): number {
    return this.rows[sample * columns] ?? NaN;
  }

  latency(sample: number): number {
    return this.rows[sample * columns + 1] ?? NaN;
  }

  /** undefined: nobody knows, e.g. at another gateway. */
  split(sample: number): Split | undefined {
    const start = sample * columns + 2;
    const values = parts.map((part, index) => [part, this.rows[start + index] ?? NaN] as const);
    return values.some(([, value]) => Number.isNaN(value))
      ? undefined
      : (Object.fromEntries(values) as Split);
  }

  /** Numbers of the samples from that one on, the quickest first. */
  ranked(from = 0): Uint32Array {
    const order = Uint32Array.from({ length: this.count - from }, (_, index) => from + index);
    return order.sort((one, other) => this.latency(one) - this.latency(other));
  }
}

/** The sample of that rank: of 100 samples, 99 are not slower than p99. `share`: 0 … 1. */
export function sampleAt(ranked: Uint32Array, share: number): number | undefined {
  const rank = Math.ceil(share * ranked.length - 1e-9); // 0.999 is a little more in binary.
  return ranked[Math.max(0, rank - 1)];
}
