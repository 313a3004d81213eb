/** Rows in columns: 200,000 of them as objects take 200 MB, like this a tenth. */
import type { Fact } from '../../protocol/fact';

export const chunkBits = 13;
export const chunkRows = 1 << chunkBits;
export const chunkMask = chunkRows - 1;

/** Bytes of a chunk's columns, without texts and facts. */
export const chunkBytes =
  chunkRows * (4 + 8 + 4 + 4 + 4 + 4 + 4 + 4 + 4 + 4 + 2 + 1 + 1 + 1 + 1 + 16);

export class Chunk {
  readonly seq = new Uint32Array(chunkRows);
  readonly at = new Float64Array(chunkRows);
  readonly connection = new Uint32Array(chunkRows);
  readonly size = new Uint32Array(chunkRows);
  readonly code = new Int32Array(chunkRows);
  /** Row that caused this one, plus 1; 0: none known. */
  readonly cause = new Uint32Array(chunkRows);
  /** First row that this one caused, plus 1. */
  readonly effect = new Uint32Array(chunkRows);
  /** Number of the latest fact that completed it; 0: none did. */
  readonly changed = new Uint32Array(chunkRows);
  readonly duration = new Float32Array(chunkRows).fill(NaN);
  readonly fn = new Uint16Array(chunkRows);
  readonly kind = new Uint8Array(chunkRows);
  readonly direction = new Uint8Array(chunkRows);
  readonly status = new Uint8Array(chunkRows);
  readonly flags = new Uint8Array(chunkRows);
  /** Sessions of one window are counted without an end. */
  readonly session = new Uint32Array(chunkRows);
  readonly text: string[] = [];
  /** Only where the columns do not tell everything. */
  readonly fact: (Fact | undefined)[] = [];
  /** Estimated bytes of texts and facts. */
  bytes = chunkBytes;
  /** Frames among the rows, for the count of those that were given up. */
  frames = 0;
  /** Rows that another one tells. */
  folded = 0;
}

/** A growing list of row numbers, ascending, that can lose its beginning. */
export class RowList {
  private items = new Uint32Array(1024);
  private start = 0;
  private end = 0;

  get length(): number {
    return this.end - this.start;
  }
  get bytes(): number {
    return this.items.byteLength;
  }
  at(index: number): number {
    return this.items[this.start + index]!;
  }
  push(row: number): void {
    if (this.end === this.items.length) {
      this.grow();
    }
    this.items[this.end++] = row;
  }
  private grow(): void {
    const wanted = Math.max(1024, this.length * 2);
    const next = new Uint32Array(wanted);
    next.set(this.items.subarray(this.start, this.end));
    this.items = next;
    this.end = this.length;
    this.start = 0;
  }
  /** Index of the first item that is not smaller than `row`. */
  indexOf(row: number): number {
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.items[middle]! < row) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - this.start;
  }
  has(row: number): boolean {
    const index = this.indexOf(row);
    return index < this.length && this.at(index) === row;
  }
  insert(row: number): void {
    const index = this.indexOf(row);
    if (index < this.length && this.at(index) === row) {
      return;
    }
    this.push(row);
    const from = this.start + index;
    this.items.copyWithin(from + 1, from, this.end - 1);
    this.items[from] = row;
  }
  remove(row: number): void {
    const index = this.indexOf(row);
    if (index < this.length && this.at(index) === row) {
      const from = this.start + index;
      this.items.copyWithin(from, from + 1, this.end);
      this.end -= 1;
    }
  }
  dropBefore(row: number): void {
    this.start += this.indexOf(row);
  }
  clear(): void {
    this.start = 0;
    this.end = 0;
  }
}
