/**
 * The columns of all rows that the page keeps, oldest given up first. A row has a number that never changes; the newest
 * row's number is `end - 1`.
 */
import type { Direction, Fact } from '../../protocol/fact';
import { rowFlag, type NewRow } from '../../protocol/facts/row';
import { rowKinds, rowStatuses, type RowKind, type RowStatus } from '../../protocol/filter';
import { Chunk, chunkBits, chunkMask, chunkRows } from './chunk';

const kindNumber = Object.fromEntries(rowKinds.map((kind, index) => [kind, index])) as Record<
  RowKind,
  number
>;
const statusNumber = Object.fromEntries(
  rowStatuses.map((status, index) => [status, index]),
) as Record<RowStatus, number>;
const directions: readonly (Direction | null)[] = [null, 'toServer', 'toClient'];
const noSize = 0xffffffff;
/** Estimated bytes of a fact that is kept as an object. */
export const factBytes = 400;

export class RowColumns {
  private chunks: Chunk[] = [];
  /** Number of the first chunk that is kept. */
  private firstChunk = 0;
  /** Number of the oldest row, and of the row after the newest. */
  first = 0;
  end = 0;
  /** Where rows began when everything before was forgotten; `first` also grows when the oldest go. */
  start = 0;
  /** Frames given up by the page; those that the session gave up are in its own facts. */
  droppedFrames = 0;
  /** Rows that are never shown, since another one tells them. */
  private foldedRows = 0;
  session = 0;
  /** Rows are told as they were when this fact of the session had happened: what completed them later has not yet. */
  until = Infinity;
  private sessionStart = 0;
  readonly connections: string[] = [''];
  private readonly connectionIndex = new Map<string, number>([['', 0]]);
  readonly functions: (string | null)[] = [null];
  private readonly functionIndex = new Map<string, number>();
  /** Effects beyond the first: duplicates, and what a fault made of one frame. */
  private readonly moreEffects = new Map<number, number[]>();
  private newest: Chunk | undefined;

  constructor(
    public maxRows: number,
    public maxBytes: number,
  ) {}

  get count(): number {
    return this.end - this.first;
  }

  /** Rows that a list without any filter has. */
  get shownCount(): number {
    return this.count - this.foldedRows;
  }

  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  }

  clear(): void {
    this.chunks = [];
    this.newest = undefined;
    // Row numbers go on, so that a selection or a scan of before cannot mean a row of after.
    this.firstChunk = (this.end + chunkRows - 1) >> chunkBits;
    this.first = this.firstChunk << chunkBits;
    this.end = this.first;
    this.start = this.end;
    this.sessionStart = this.end;
    this.droppedFrames = 0;
    this.foldedRows = 0;
    this.moreEffects.clear();
  }

  startSession(session: number): void {
    this.session = session;
    this.sessionStart = this.end;
  }

  /** Oldest row of the session that is kept. */
  get firstOfSession(): number {
    return Math.max(this.first, this.sessionStart);
  }

  // -- reading

  private chunk(row: number): Chunk {
    return this.chunks[(row >> chunkBits) - this.firstChunk]!;
  }
  has(row: number): boolean {
    return row >= this.first && row < this.end;
  }
  seq(row: number): number {
    return this.chunk(row).seq[row & chunkMask]!;
  }
  sessionOf(row: number): number {
    return this.chunk(row).session[row & chunkMask]!;
  }
  at(row: number): number {
    return this.chunk(row).at[row & chunkMask]!;
  }
  kind(row: number): RowKind {
    return rowKinds[this.chunk(row).kind[row & chunkMask]!]!;
  }
  kindIndex(row: number): number {
    return this.chunk(row).kind[row & chunkMask]!;
  }
  direction(row: number): Direction | null {
    return directions[this.chunk(row).direction[row & chunkMask]!]!;
  }
  isFolded(row: number): boolean {
    return (this.flags(row) & rowFlag.folded) !== 0;
  }
  directionIndex(row: number): number {
    return this.chunk(row).direction[row & chunkMask]!;
  }
  connectionOf(row: number): number {
    return this.chunk(row).connection[row & chunkMask]!;
  }
  connection(row: number): string {
    return this.connections[this.connectionOf(row)]!;
  }
  size(row: number): number | null {
    const size = this.chunk(row).size[row & chunkMask]!;
    return size === noSize ? null : size;
  }
  /** Whether it was completed only after `until`. */
  isOpenThen(row: number): boolean {
    return (
      this.until !== Infinity &&
      this.chunk(row).changed[row & chunkMask]! > this.until &&
      this.sessionOf(row) === this.session
    );
  }
  code(row: number): number {
    return this.isOpenThen(row) ? 0 : this.chunk(row).code[row & chunkMask]!;
  }
  status(row: number): RowStatus {
    return this.isOpenThen(row)
      ? 'pending'
      : rowStatuses[this.chunk(row).status[row & chunkMask]!]!;
  }
  flags(row: number): number {
    return this.chunk(row).flags[row & chunkMask]!;
  }
  text(row: number): string {
    // Of a run it is the value, of all others what came.
    return this.isOpenThen(row) && this.kind(row) === 'invocation'
      ? ''
      : this.chunk(row).text[row & chunkMask]!;
  }
  duration(row: number): number | null {
    if (this.isOpenThen(row)) {
      return null;
    }
    const duration = this.chunk(row).duration[row & chunkMask]!;
    return Number.isNaN(duration) ? null : duration;
  }
  /** Row that caused this one; undefined when there is none or it was given up. */
  cause(row: number): number | undefined {
    const cause = this.chunk(row).cause[row & chunkMask]! - 1;
    return cause >= this.first ? cause : undefined;
  }
  effect(row: number): number | undefined {
    const effect = this.chunk(row).effect[row & chunkMask]! - 1;
    return effect >= this.first && !this.isLater(effect) ? effect : undefined;
  }
  effects(row: number): number[] {
    const effect = this.effect(row);
    return effect === undefined
      ? []
      : [effect, ...(this.moreEffects.get(row) ?? [])].filter((each) => !this.isLater(each));
  }
  /** Whether it came only after `until`. */
  private isLater(row: number): boolean {
    return (
      this.until !== Infinity && this.seq(row) > this.until && this.sessionOf(row) === this.session
    );
  }
  functionOf(row: number): string | null {
    return this.functions[this.chunk(row).fn[row & chunkMask]!]!;
  }
  /** The fact that is kept beside the columns, if they do not tell all of it. */
  keptFact(row: number): Fact | undefined {
    return this.chunk(row).fact[row & chunkMask];
  }

  /** Row of a fact of the session, by its number. */
  rowOf(seq: number, session = this.session): number | undefined {
    const row = this.rowFrom(seq, session);
    const stop = session === this.session ? this.end : this.sessionStart;
    return row < stop && this.seq(row) === seq && this.sessionOf(row) === session ? row : undefined;
  }

  /** The first row of that session whose fact has that number, or a later one. */
  rowFrom(seq: number, session = this.session): number {
    let low = Math.max(this.first, session === this.session ? this.sessionStart : this.first);
    let high = session === this.session ? this.end : this.sessionStart;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const before =
        this.sessionOf(middle) < session ||
        (this.sessionOf(middle) === session && this.seq(middle) < seq);
      if (before) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  // -- writing

  protected append(fact: Fact, row: NewRow, text: string, kept: Fact | undefined): number {
    if ((this.end & chunkMask) === 0) {
      this.newest = new Chunk();
      this.chunks.push(this.newest);
      this.dropOldest();
    }
    const number = this.end++;
    const chunk = this.newest!;
    const index = number & chunkMask;
    chunk.seq[index] = fact.seq;
    chunk.at[index] = fact.at;
    chunk.kind[index] = kindNumber[row.kind];
    chunk.session[index] = this.session;
    chunk.connection[index] = intern(row.connection, this.connections, this.connectionIndex);
    chunk.direction[index] = row.direction === undefined ? 0 : row.direction === 'toServer' ? 1 : 2;
    chunk.size[index] = row.size === undefined ? noSize : Math.min(row.size, noSize - 1);
    chunk.code[index] = row.code ?? 0;
    chunk.status[index] = row.status === undefined ? 0 : statusNumber[row.status];
    chunk.flags[index] = row.flags ?? 0;
    if (row.function) {
      chunk.fn[index] = intern(row.function, this.functions as string[], this.functionIndex);
    }
    chunk.text.push(text);
    chunk.fact.push(kept);
    chunk.bytes += text.length + 24 + (kept === undefined ? 0 : factBytes);
    chunk.frames += fact.kind === 'frame' ? 1 : 0;
    return number;
  }

  protected setChanged(row: number, seq: number): void {
    this.chunk(row).changed[row & chunkMask] = seq;
  }
  protected setStatus(row: number, status: RowStatus): void {
    this.chunk(row).status[row & chunkMask] = statusNumber[status];
  }
  protected setCode(row: number, code: number): void {
    this.chunk(row).code[row & chunkMask] = code;
  }
  protected setText(row: number, text: string): void {
    this.chunk(row).text[row & chunkMask] = text;
  }
  protected setDuration(row: number, milliseconds: number): void {
    this.chunk(row).duration[row & chunkMask] = milliseconds;
  }
  protected addFlags(row: number, bits: number): void {
    this.chunk(row).flags[row & chunkMask]! |= bits;
  }
  protected fold(row: number): void {
    if (this.has(row) && !this.isFolded(row)) {
      this.addFlags(row, rowFlag.folded);
      this.chunk(row).folded += 1;
      this.foldedRows += 1;
    }
  }
  protected copyFunction(from: number, to: number): void {
    this.chunk(to).fn[to & chunkMask] = this.chunk(from).fn[from & chunkMask]!;
  }
  protected setCause(row: number, cause: number): void {
    this.chunk(row).cause[row & chunkMask] = cause + 1;
  }
  /** Bytes beside the columns that live as long as a row. */
  protected addBytes(row: number, bytes: number): void {
    this.chunk(row).bytes += bytes;
  }

  /** Facts of rows that were given up. */
  protected dropped(_facts: readonly (Fact | undefined)[]): void {
    return;
  }

  protected link(cause: number, effect: number): void {
    this.setCause(effect, cause);
    const chunk = this.chunk(cause);
    const index = cause & chunkMask;
    if (chunk.effect[index] === 0) {
      chunk.effect[index] = effect + 1;
    } else {
      const more = this.moreEffects.get(cause);
      if (more) {
        more.push(effect);
      } else {
        this.moreEffects.set(cause, [effect]);
      }
    }
  }

  /** Gives whole chunks up, so that it costs nothing while frames pour in. */
  private dropOldest(): void {
    while (
      this.chunks.length > 2 &&
      (this.count - chunkRows >= this.maxRows || this.bytes > this.maxBytes)
    ) {
      const chunk = this.chunks.shift()!;
      this.firstChunk += 1;
      this.first = this.firstChunk << chunkBits;
      this.droppedFrames += chunk.frames;
      this.foldedRows -= chunk.folded;
      this.dropped(chunk.fact);
      for (const row of this.moreEffects.keys()) {
        if (row < this.first) {
          this.moreEffects.delete(row);
        }
      }
    }
  }
}

function intern(text: string, list: string[], index: Map<string, number>): number {
  let known = index.get(text);
  if (known === undefined) {
    known = list.length;
    list.push(text);
    index.set(text, known);
  }
  return known;
}
