/** Seeded chance for fuzzing: the same seed, the same cases. `FUZZ_SEED` and `FUZZ_ROUNDS` try others. */

export const seed = Number(process.env['FUZZ_SEED'] ?? 20261124);
/** How many times as many cases are tried. */
export const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 1);

export class Random {
  private state: number;

  constructor(of: number) {
    this.state = (seed + of * 0x9e3779b9) >>> 0;
  }

  /** 0 ≤ x < 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  chance(of: number): boolean {
    return this.next() < of;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** A copy with some bytes changed, doubled, cut out or put in. */
  mutate(bytes: Buffer): Buffer {
    let result = Buffer.from(bytes);
    for (let n = 1 + this.below(4); n > 0; n--) {
      const at = this.below(result.length + 1);
      switch (this.below(5)) {
        case 0:
          if (at < result.length) {
            result[at] = this.below(256);
          }
          break;
        case 1:
          result = Buffer.concat([
            result.subarray(0, at),
            this.bytes(this.below(8)),
            result.subarray(at),
          ]);
          break;
        case 2:
          result = Buffer.concat([result.subarray(0, at), result.subarray(at + this.below(16))]);
          break;
        case 3:
          result = Buffer.concat([
            result.subarray(0, at),
            result.subarray(Math.max(0, at - this.below(64))),
          ]);
          break;
        default:
          result = result.subarray(0, at);
      }
    }
    return result;
  }

  /** JSON of any shape, a few levels deep. */
  value(depth = 3): unknown {
    switch (this.below(depth > 0 ? 9 : 6)) {
      case 0:
        return null;
      case 1:
        return this.chance(0.5);
      case 2:
        return this.one([0, -1, 1.5, 1e308, 2 ** 53, -0, this.below(1000)]);
      case 3:
        return this.one([
          '',
          'data send',
          'closing',
          'text',
          'binary',
          '../..',
          '/etc',
          '__proto__',
        ]);
      case 4:
        return String.fromCharCode(
          ...Array.from({ length: this.below(20) }, () => this.below(0xffff)),
        );
      case 5:
        return 'x'.repeat(this.below(5000));
      case 6:
        return Array.from({ length: this.below(5) }, () => this.value(depth - 1));
      default:
        return Object.fromEntries(
          Array.from({ length: this.below(6) }, () => [this.key(), this.value(depth - 1)]),
        );
    }
  }

  private key(): string {
    return this.one([
      'websocket',
      'action',
      'secConnectionID',
      'dataType',
      'data',
      'functions',
      'transfer',
      'register',
      'folder',
      'handler',
      '__proto__',
      'constructor',
      'toString',
      '',
    ]);
  }
}
