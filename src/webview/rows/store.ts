/** Rows of facts, as the table of facts says: facts become rows here, and later facts complete earlier rows. */
import type { Fact, FactKind, FactOf } from '../../protocol/fact';
import { rowFlag, type NewRow, type RowChange } from '../../protocol/facts/row';
import { entryOf } from '../../protocol/facts/table';
import type { Role } from '../../protocol/project';
import { factBytes, RowColumns } from './columns';
import { rebuildFact } from './rebuild';

/** Log lines that the page keeps for one run; the session has them all. */
export const keptLogLines = 1000;
/** Findings that the page keeps for one run. */
const keptDiagnostics = 20;
/** Places where facts are missing that are remembered; of older ones the count in the footer tells. */
const keptGaps = 1000;

/** What the end of a connection tells beside its own fact. */
export interface Ending {
  /** Row of the end itself, once it has come. */
  row?: number;
  /** Rows of its Close frames, in the order in which they came. */
  frames: number[];
  /** What was found about the connection, and not about a run: its handshake, its frames. */
  diagnostics: FactOf<'diagnostic'>[];
}

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

export class RowStore extends RowColumns {
  readonly invocations = new Map<string, InvocationRecord>();
  /** Rows of handshakes that have not ended, by connection. */
  private readonly handshakes = new Map<string, number>();
  private readonly endings = new Map<string, Ending>();
  /** Where facts are missing, since they were told faster than read; in their order. */
  private gaps: { session: number; seq: number; missed: number }[] = [];

  constructor(
    maxRows: number,
    maxBytes: number,
    private readonly listener: StoreListener,
  ) {
    super(maxRows, maxBytes);
  }

  override clear(): void {
    super.clear();
    this.invocations.clear();
    this.handshakes.clear();
    this.endings.clear();
    this.gaps = [];
  }

  override startSession(session: number): void {
    super.startSession(session);
    this.handshakes.clear();
  }

  /** How many facts are missing right before this row, and after the one that is shown before it. */
  missedBetween(before: number | undefined, row: number): number {
    const [session, upTo] = [this.sessionOf(row), this.seq(row)];
    const sameSession = before !== undefined && this.sessionOf(before) === session;
    const after = sameSession ? this.seq(before) : 0;
    let sum = 0;
    for (const gap of this.gaps) {
      sum += gap.session === session && gap.seq >= after && gap.seq < upTo ? gap.missed : 0;
    }
    return sum;
  }

  roleOf(row: number): Role | null {
    return this.invocationOf(row)?.started.role ?? null;
  }
  isFailedPush(row: number): boolean {
    return this.kind(row) === 'push' && this.status(row) === 'error';
  }
  endingOf(connection: string): Ending | undefined {
    return this.endings.get(connection);
  }
  /** The row that tells what this one would. */
  tellerOf(row: number): number {
    return this.isFolded(row) ? (this.endingOf(this.connection(row))?.row ?? row) : row;
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
    const fact = at === undefined ? undefined : this.keptFact(at);
    return fact?.kind === 'invocationStarted' ? this.recordOf(fact.invocation) : undefined;
  }
  /** What is known of a run, as far as it had come by `until`. */
  recordOf(id: string): InvocationRecord | undefined {
    const record = this.invocations.get(id);
    const { until } = this;
    return record === undefined || until === Infinity || record.session !== this.session
      ? record
      : {
          ...record,
          ended: record.ended !== undefined && record.ended.seq <= until ? record.ended : undefined,
          logs: record.logs.filter(({ seq }) => seq <= until),
          pushes: record.pushes.filter((push) => this.has(push) && this.seq(push) <= until),
          diagnostics: record.diagnostics.filter(({ seq }) => seq <= until),
        };
  }
  /** Frames and pushes of the running session after the fact with that number, up to the other. */
  *framesBetween(after: number, upTo: number): Iterable<Fact> {
    for (let row = this.rowFrom(after + 1); row < this.end && this.seq(row) <= upTo; row++) {
      const kind = this.kind(row);
      if (kind !== 'invocation' && kind !== 'handshake' && kind !== 'refusal') {
        const fact = this.factOf(row);
        if (fact.kind === 'frame' || fact.kind === 'push') {
          yield fact;
        }
      }
    }
  }

  /** The fact that a row stands for, as it was told. */
  factOf(row: number): Fact {
    return this.keptFact(row) ?? rebuildFact(this, row);
  }

  /** Takes in one fact of the running session. */
  add<K extends FactKind>(fact: FactOf<K>): void {
    if ('missed' in fact && fact.missed !== undefined) {
      this.gaps.push({ session: this.session, seq: fact.seq, missed: fact.missed });
      this.gaps.splice(0, this.gaps.length - keptGaps);
    }
    const { row, change } = entryOf(fact);
    const changes = change?.(fact);
    if (changes !== undefined) {
      this.change(changes, fact.seq);
    }
    const added = row?.(fact);
    this.addToRun(fact, added === undefined ? undefined : this.addRow(fact, added));
  }

  private addRow(fact: Fact, row: NewRow): number {
    const cause = row.cause === undefined || row.cause === null ? undefined : this.rowOf(row.cause);
    const run =
      row.madeBy === undefined || row.madeBy === null
        ? undefined
        : this.invocations.get(row.madeBy);
    // A pushed text is the same as its push's: one string serves both.
    const shared = cause === undefined ? '' : this.text(cause);
    const text = shared === row.text ? shared : row.text;
    const tellsAll = row.plain === true && (row.madeBy === undefined || run !== undefined);
    const number = this.append(fact, row, text, tellsAll ? undefined : fact);
    if (cause !== undefined) {
      this.link(cause, number);
      if (row.function) {
        this.copyFunction(number, cause);
        this.listener.touched(cause);
      } else {
        this.copyFunction(cause, number);
      }
    }
    if (run !== undefined && this.has(run.row)) {
      this.setCause(number, run.row);
    }
    if (row.kind === 'handshake') {
      this.handshakes.set(row.connection, number);
    }
    if (row.kind === 'close') {
      this.addToEnding(row, number);
    }
    return number;
  }

  /** Two Close frames and the end of the connection are one thing that happened: one row tells it. */
  private addToEnding(row: NewRow, number: number): void {
    const ending = this.ending(row.connection);
    if (row.direction === undefined) {
      ending.row = number;
    } else {
      ending.frames.push(number);
    }
    if (ending.row !== undefined) {
      for (const frame of ending.frames.filter((each) => this.has(each) && !this.isFolded(each))) {
        this.fold(frame);
        this.listener.touched(frame);
      }
      this.listener.touched(ending.row);
    }
  }

  private ending(connection: string): Ending {
    let ending = this.endings.get(connection);
    if (ending === undefined) {
      ending = { frames: [], diagnostics: [] };
      this.endings.set(connection, ending);
    }
    return ending;
  }

  private addToConnection(fact: FactOf<'diagnostic'>, connection: string): void {
    const { diagnostics } = this.ending(connection);
    if (diagnostics.length < keptDiagnostics) {
      diagnostics.push(fact);
    }
    const handshake = this.handshakes.get(connection);
    if (handshake !== undefined && this.has(handshake)) {
      this.addFlags(handshake, rowFlag.warned);
      this.listener.touched(handshake);
    }
  }

  /** What the page keeps of a run beside its row. */
  private addToRun(fact: Fact, row: number | undefined): void {
    if (fact.kind === 'invocationStarted') {
      this.invocations.set(fact.invocation, {
        row: row!,
        session: this.session,
        started: fact,
        logs: [],
        moreLogs: 0,
        pushes: [],
        diagnostics: [],
      });
      return;
    }
    if (fact.kind === 'diagnostic' && fact.invocation === undefined && fact.connection) {
      this.addToConnection(fact, fact.connection);
      return;
    }
    const id = 'invocation' in fact ? fact.invocation : undefined;
    const record = id === undefined || id === null ? undefined : this.invocations.get(id);
    if (record === undefined || !this.has(record.row)) {
      return;
    }
    if (fact.kind === 'invocationEnded') {
      record.ended = fact;
      this.addBytes(record.row, factBytes + (fact.error?.stackTrace?.length ?? 0));
    }
    if (fact.kind === 'push') {
      record.pushes.push(row!);
      this.listener.touched(record.row);
    }
    if (fact.kind === 'diagnostic' && record.diagnostics.length < keptDiagnostics) {
      record.diagnostics.push(fact);
    }
    if (fact.kind === 'log') {
      if (record.logs.length < keptLogLines) {
        record.logs.push(fact);
        this.addBytes(record.row, factBytes + fact.text.length);
      } else {
        record.moreLogs += 1;
      }
    }
  }

  private change(change: RowChange, seq: number): void {
    const row = this.changedRow(change.of);
    if (row === undefined || !this.has(row)) {
      return;
    }
    this.setChanged(row, seq);
    const durationMs =
      change.durationMs ?? (change.until === undefined ? undefined : change.until - this.at(row));
    if (change.status !== undefined) {
      this.setStatus(row, change.status);
    }
    if (change.code !== undefined) {
      this.setCode(row, change.code);
    }
    if (change.text !== undefined) {
      this.setText(row, change.text);
    }
    if (durationMs !== undefined) {
      this.setDuration(row, durationMs);
    }
    this.addFlags(row, change.flags ?? 0);
    this.listener.touched(row);
    const cause = change.reachesCause === undefined ? undefined : this.cause(row);
    if (cause !== undefined) {
      this.setChanged(cause, seq);
      if (durationMs !== undefined) {
        this.setDuration(cause, durationMs);
      }
      if (change.status === 'error') {
        this.setStatus(cause, 'error');
        this.setCode(cause, this.code(cause) || (change.code ?? 0));
      }
      this.listener.touched(cause);
    }
  }

  private changedRow(of: RowChange['of']): number | undefined {
    if ('fact' in of) {
      return this.rowOf(of.fact);
    }
    if ('invocation' in of) {
      return this.invocations.get(of.invocation)?.row;
    }
    const row = this.handshakes.get(of.handshake);
    this.handshakes.delete(of.handshake);
    return row;
  }

  protected override dropped(facts: readonly (Fact | undefined)[]): void {
    for (const fact of facts) {
      if (fact?.kind === 'invocationStarted') {
        this.invocations.delete(fact.invocation);
      }
      if (fact?.kind === 'closed' || fact?.kind === 'refused') {
        this.endings.delete(fact.connection ?? '');
      }
    }
  }
}
