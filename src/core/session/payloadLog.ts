/** Payloads one behind the other in large buffers; the oldest go first when they exceed their limit. */

interface Segment {
  /** Position of its first byte; positions count all bytes that were ever written. */
  start: number;
  bytes: Buffer;
  length: number;
  payloads: number;
}

const largestSegment = 1024 * 1024;

export class PayloadLog {
  private readonly limit: number;
  private readonly segmentBytes: number;
  private segments: Segment[] = [];
  private held = 0;
  private end = 0;
  private spare: Buffer | undefined;
  /** Payloads that were given up so far. */
  dropped = 0;

  /** `limit` in bytes; the latest payload is kept in any case. */
  constructor(limit: number) {
    this.limit = limit;
    this.segmentBytes = Math.max(1, Math.min(largestSegment, Math.floor(limit / 16)));
  }

  append(payload: Buffer | string): { position: number; length: number } {
    const most = typeof payload === 'string' ? payload.length * 3 : payload.length;
    const segment = this.segmentFor(most, payload);
    const at = segment.length;
    const length =
      typeof payload === 'string'
        ? segment.bytes.write(payload, at)
        : payload.copy(segment.bytes, at);
    segment.length += length;
    segment.payloads++;
    this.end = segment.start + segment.length;
    return { position: segment.start + at, length };
  }

  /** The bytes at a place, not to be kept or changed; undefined when they were given up. */
  read(position: number, length: number): Buffer | undefined {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.segments[middle] as Segment).start <= position) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const segment = this.segments[low];
    if (segment === undefined || position < segment.start) {
      return undefined;
    }
    const from = position - segment.start;
    return segment.bytes.subarray(from, from + length);
  }

  clear(): void {
    this.segments = [];
    this.held = 0;
    this.spare = undefined;
  }

  private segmentFor(most: number, payload: Buffer | string): Segment {
    const newest = this.segments.at(-1);
    if (newest !== undefined && newest.length + most <= newest.bytes.length) {
      return newest;
    }
    const bytes =
      most <= this.segmentBytes
        ? this.takeSpare()
        : Buffer.allocUnsafeSlow(Buffer.byteLength(payload));
    const fresh = { start: this.end, bytes, length: 0, payloads: 0 };
    this.segments.push(fresh);
    this.held += bytes.length;
    while (this.held > this.limit && this.segments.length > 1) {
      this.drop(this.segments.shift() as Segment);
    }
    return fresh;
  }

  private takeSpare(): Buffer {
    const bytes = this.spare ?? Buffer.allocUnsafeSlow(this.segmentBytes);
    this.spare = undefined;
    return bytes;
  }

  private drop(segment: Segment): void {
    this.held -= segment.bytes.length;
    this.dropped += segment.payloads;
    if (segment.bytes.length === this.segmentBytes) {
      this.spare = segment.bytes;
    }
  }
}
