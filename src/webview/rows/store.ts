/**
 * All rows that the page keeps, oldest given up first. A row has a number that never changes; the newest row's
 * number is `end - 1`. Facts become rows here, and later facts complete earlier rows.
 */
import type { Direction, Fact, FactOf } from '../../protocol/fact';
import { rowKinds, rowStatuses, type RowKind, type RowStatus } from '../../protocol/filter';
import type { Role } from '../../protocol/project';
import { Chunk, chunkBits, chunkMask, chunkRows, flag } from './chunk';
import { rebuildFact } from './rebuild';

const kindNumber = Object.fromEntries(rowKinds.map((kind, index) => [kind, index])) as Record<
  RowKind,
  number
>;
const statusNumber = Object.fromEntries(
  rowStatuses.map((status, index) => [status, index]),
) as Record<RowStatus, number>;
const directions: readonly (Direction | null)[] = [null, 'toServer', 'toClient'];
const noSize = 0xffffffff;
const factBytes = 400;

/** Log lines that the page keeps for one run; the session has them all. */
export const keptLogLines = 1000;

export interface InvocationRecord {
  row: number;
  session: number;
  started: FactOf<'invocationStarted'>;
  ended?: FactOf<'invocationEnded'>;
  logs: FactOf<'log'>[];
  moreLogs: number;
  /** Rows of its pushes. */
  pushes: number[];
  diagnostics: FactOf<'diagnostic'>[];
}

export interface StoreListener {
  /** Something of an older row changed. */
  touched(row: number): void;
}

export class RowStore {
  private chunks: Chunk[] = [];
  /** Number of the first chunk that is kept. */
  private firstChunk = 0;
  /** Number of the oldest row, and of the row after the newest. */
  first = 0;
  end = 0;
  /** Frames given up by the page; those that the session gave up are in its own facts. */
  droppedFrames = 0;
  session = 0;
  private sessionStart = 0;
  readonly invocations = new Map<string, InvocationRecord>();
  readonly connections: string[] = [''];
  private readonly connectionIndex = new Map<string, number>([['', 0]]);
  readonly functions: (string | null)[] = [null];
  private readonly functionIndex = new Map<string, number>();
  /** Effects beyond the first: duplicates, and what a fault made of one frame. */
  private readonly moreEffects = new Map<number, number[]>();
  private readonly handshakes = new Map<string, number>();
  private newest: Chunk | undefined;

  constructor(
    public maxRows: number,
    public maxBytes: number,
    private readonly listener: StoreListener,
  ) {}

  get count(): number {
    return this.end - this.first;
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
    this.sessionStart = this.end;
    this.droppedFrames = 0;
    this.invocations.clear();
    this.moreEffects.clear();
    this.handshakes.clear();
  }

  startSession(session: number): void {
    this.session = session;
    this.sessionStart = this.end;
    this.handshakes.clear();
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
  code(row: number): number {
    return this.chunk(row).code[row & chunkMask]!;
  }
  status(row: number): RowStatus {
    return rowStatuses[this.chunk(row).status[row & chunkMask]!]!;
  }
  flags(row: number): number {
    return this.chunk(row).flags[row & chunkMask]!;
  }
  text(row: number): string {
    return this.chunk(row).text[row & chunkMask]!;
  }
  duration(row: number): number | null {
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
    return effect >= this.first ? effect : undefined;
  }
  effects(row: number): number[] {
    const effect = this.effect(row);
    return effect === undefined ? [] : [effect, ...(this.moreEffects.get(row) ?? [])];
  }
  functionOf(row: number): string | null {
    return this.functions[this.chunk(row).fn[row & chunkMask]!]!;
  }
  roleOf(row: number): Role | null {
    return this.invocationOf(row)?.started.role ?? null;
  }
  /** The invocation that the row is, was made by, or caused. */
  invocationOf(row: number): InvocationRecord | undefined {
    let at: number | undefined = row;
    const kind = this.kind(row);
    if (kind === 'push') {
      at = this.cause(row);
    } else if (this.direction(row) === 'toClient') {
      const push = this.cause(row);
      at = push === undefined ? undefined : this.cause(push);
    } else if (kind !== 'invocation') {
      at = this.effect(row);
    }
    const fact = at === undefined ? undefined : this.chunk(at).fact[at & chunkMask];
    return fact?.kind === 'invocationStarted' ? this.invocations.get(fact.invocation) : undefined;
  }

  /** Row of a fact of the session, by its number. */
  rowOf(seq: number, session = this.session): number | undefined {
    let low = Math.max(this.first, session === this.session ? this.sessionStart : this.first);
    let high = session === this.session ? this.end : this.sessionStart;
    const stop = high;
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
    return low < stop && this.seq(low) === seq && this.sessionOf(low) === session ? low : undefined;
  }

  /** The fact that a row stands for, as it was told. */
  factOf(row: number): Fact {
    return this.chunk(row).fact[row & chunkMask] ?? rebuildFact(this, row);
  }

  // -- writing

  /** Takes in one fact of the running session. */
  add(fact: Fact): void {
    switch (fact.kind) {
      case 'frame':
        this.addFrame(fact);
        break;
      case 'push':
        this.addPush(fact);
        break;
      case 'connecting': {
        const row = this.append(fact, 'handshake', fact.connection, fact.target);
        this.put(row, { status: 'pending', direction: 'toServer' }, fact);
        this.handshakes.set(fact.connection, row);
        break;
      }
      case 'opened':
        this.endHandshake(fact.connection, 'ok', 101, fact.at);
        break;
      case 'refused': {
        if (fact.connection !== undefined) {
          this.endHandshake(fact.connection, 'error', fact.status, fact.at);
        }
        const row = this.append(fact, 'refusal', fact.connection ?? '', fact.reason);
        this.put(row, { status: 'error', code: fact.status, direction: 'toClient' }, fact);
        break;
      }
      case 'closed': {
        this.endHandshake(fact.connection, 'error', fact.code, fact.at);
        const row = this.append(fact, 'close', fact.connection, fact.reason);
        this.put(row, { code: fact.code, status: fact.code === 1006 ? 'error' : 'ok' }, fact);
        break;
      }
      case 'held':
        this.change(fact.frame.hold, 'held');
        break;
      case 'releasedFrame':
        this.change(fact.hold, fact.how === 'dropped' ? 'dropped' : 'ok');
        break;
      case 'invocationStarted':
        this.addInvocation(fact);
        break;
      case 'invocationEnded':
        this.endInvocation(fact);
        break;
      case 'log': {
        const record = fact.invocation === null ? undefined : this.invocations.get(fact.invocation);
        if (record && this.has(record.row)) {
          if (record.logs.length < keptLogLines) {
            record.logs.push(fact);
            this.chunk(record.row).bytes += factBytes + fact.text.length;
          } else {
            record.moreLogs += 1;
          }
        }
        break;
      }
      case 'diagnostic':
        if (fact.invocation !== undefined) {
          const record = this.invocations.get(fact.invocation);
          if (record && record.diagnostics.length < 20) {
            record.diagnostics.push(fact);
            this.setFlag(record.row, flag.warned);
          }
        }
        break;
      default:
        break; // No rows: state.ts folds them.
    }
  }

  private addFrame(fact: FactOf<'frame'>): void {
    const push = fact.push === undefined ? undefined : this.rowOf(fact.push);
    // A pushed text is the same as its push's: one string serves both.
    const text =
      push !== undefined && this.text(push) === fact.preview ? this.text(push) : fact.preview;
    const row = this.append(fact, fact.type, fact.connection, text);
    const chunk = this.chunk(row);
    chunk.frames += 1;
    this.put(
      row,
      {
        direction: fact.direction,
        size: fact.size,
        code: fact.code,
        flags: (fact.more ? flag.more : 0) | (fact.edited ? flag.edited : 0),
      },
      fact.edited ? fact : undefined,
    );
    if (push !== undefined) {
      this.link(push, row);
      chunk.fn[row & chunkMask] = this.chunk(push).fn[push & chunkMask]!;
    }
  }

  private addPush(fact: FactOf<'push'>): void {
    const row = this.append(fact, 'push', fact.connection, fact.preview);
    const plain =
      fact.errNo === 0 &&
      fact.status === 200 &&
      fact.action === 'data send' &&
      fact.errMsg === 'ok' &&
      !fact.warnings?.length &&
      fact.redirectedFrom === undefined;
    const known = fact.invocation === null ? undefined : this.invocations.get(fact.invocation);
    this.put(
      row,
      {
        direction: 'toClient',
        size: fact.size,
        code: fact.errNo,
        status: fact.errNo === 0 && fact.status < 400 ? 'ok' : 'error',
        fn: fact.function,
        flags:
          (fact.more ? flag.more : 0) |
          (fact.invocation === null ? flag.external : 0) |
          (fact.warnings?.length ? flag.warned : 0) |
          (fact.type === 'binary' ? flag.binary : 0),
      },
      plain && known ? undefined : fact,
    );
    if (known && this.has(known.row)) {
      known.pushes.push(row);
      this.chunk(row).cause[row & chunkMask] = known.row + 1;
      this.listener.touched(known.row);
    }
  }

  private addInvocation(fact: FactOf<'invocationStarted'>): void {
    const row = this.append(fact, 'invocation', fact.connection ?? '', '');
    this.put(
      row,
      {
        status: 'pending',
        fn: fact.function,
        size: fact.eventSize,
        flags: (fact.cold ? flag.cold : 0) | (fact.cause === null ? flag.external : 0),
      },
      fact,
    );
    this.invocations.set(fact.invocation, {
      row,
      session: this.session,
      started: fact,
      logs: [],
      moreLogs: 0,
      pushes: [],
      diagnostics: [],
    });
    const cause = fact.cause === null ? undefined : this.rowOf(fact.cause);
    if (cause !== undefined) {
      this.link(cause, row);
      const of = this.chunk(cause);
      of.fn[cause & chunkMask] = this.chunk(row).fn[row & chunkMask]!;
      this.listener.touched(cause);
    }
  }

  private endInvocation(fact: FactOf<'invocationEnded'>): void {
    const record = this.invocations.get(fact.invocation);
    if (!record || !this.has(record.row)) {
      return;
    }
    record.ended = fact;
    const chunk = this.chunk(record.row);
    const index = record.row & chunkMask;
    chunk.text[index] = fact.error?.errorMessage ?? fact.preview;
    chunk.duration[index] = fact.durationMs;
    chunk.status[index] = statusNumber[fact.outcome === 'ok' ? 'ok' : 'error'];
    chunk.code[index] = fact.error?.errorCode ?? 0;
    chunk.bytes += factBytes + (fact.error?.stackTrace?.length ?? 0);
    this.listener.touched(record.row);
    const cause = this.cause(record.row);
    if (cause !== undefined) {
      const of = this.chunk(cause);
      of.duration[cause & chunkMask] = fact.durationMs;
      if (fact.outcome !== 'ok') {
        of.status[cause & chunkMask] = statusNumber.error;
        of.code[cause & chunkMask] ||= fact.error?.errorCode ?? 0;
      }
      this.listener.touched(cause);
    }
  }

  private endHandshake(connection: string, status: RowStatus, code: number, at: number): void {
    const row = this.handshakes.get(connection);
    this.handshakes.delete(connection);
    if (row !== undefined && this.has(row)) {
      const chunk = this.chunk(row);
      chunk.status[row & chunkMask] = statusNumber[status];
      chunk.code[row & chunkMask] = code;
      chunk.duration[row & chunkMask] = at - chunk.at[row & chunkMask]!;
      this.listener.touched(row);
    }
  }

  private append(
    fact: { seq: number; at: number },
    kind: RowKind,
    connection: string,
    text: string,
  ): number {
    if ((this.end & chunkMask) === 0) {
      this.newest = new Chunk();
      this.chunks.push(this.newest);
      this.dropOldest();
    }
    const row = this.end++;
    const chunk = this.newest!;
    const index = row & chunkMask;
    chunk.seq[index] = fact.seq;
    chunk.at[index] = fact.at;
    chunk.kind[index] = kindNumber[kind];
    chunk.session[index] = this.session;
    chunk.connection[index] = intern(connection, this.connections, this.connectionIndex);
    chunk.size[index] = noSize;
    chunk.text.push(text);
    chunk.fact.push(undefined);
    chunk.bytes += text.length + 24;
    return row;
  }

  private put(
    row: number,
    values: {
      direction?: Direction;
      size?: number;
      code?: number;
      status?: RowStatus;
      flags?: number;
      fn?: string | null;
    },
    fact?: Fact,
  ): void {
    const chunk = this.chunk(row);
    const index = row & chunkMask;
    if (values.direction !== undefined) {
      chunk.direction[index] = values.direction === 'toServer' ? 1 : 2;
    }
    if (values.size !== undefined) {
      chunk.size[index] = Math.min(values.size, noSize - 1);
    }
    chunk.code[index] = values.code ?? 0;
    chunk.status[index] = statusNumber[values.status ?? 'ok'];
    chunk.flags[index] = values.flags ?? 0;
    if (values.fn) {
      chunk.fn[index] = intern(values.fn, this.functions as string[], this.functionIndex);
    }
    if (fact) {
      chunk.fact[index] = fact;
      chunk.bytes += factBytes;
    }
  }

  private setFlag(row: number, bit: number): void {
    if (this.has(row)) {
      this.chunk(row).flags[row & chunkMask]! |= bit;
      this.listener.touched(row);
    }
  }

  private change(seq: number, status: RowStatus): void {
    const row = this.rowOf(seq);
    if (row !== undefined) {
      this.chunk(row).status[row & chunkMask] = statusNumber[status];
      this.listener.touched(row);
    }
  }

  private link(cause: number, effect: number): void {
    this.chunk(effect).cause[effect & chunkMask] = cause + 1;
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
      for (const fact of chunk.fact) {
        if (fact?.kind === 'invocationStarted') {
          this.invocations.delete(fact.invocation);
        }
      }
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
