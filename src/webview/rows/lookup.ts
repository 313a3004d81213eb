/** The page's rows as the pure parts see them: one row for a filter, all rows for a trace. */
import type { Direction, Fact } from '../../protocol/fact';
import type { FilterSubject, RowFlag, RowKind, RowStatus } from '../../protocol/filter';
import { readJson, type JsonNode } from '../../protocol/json';
import type { FactLookup, InvocationFacts } from '../../protocol/trace';
import type { Role } from '../../protocol/project';
import { rowFlag as flag } from '../../protocol/facts/row';
import type { ConnectionNames } from './names';
import type { RowStore } from './store';

/** One object that a scan moves over all rows, so that it leaves no garbage. */
export class RowCursor implements FilterSubject {
  row = 0;
  private jsonRow = -1;
  private jsonValue: JsonNode | undefined;

  constructor(
    private readonly store: RowStore,
    private readonly names: ConnectionNames,
  ) {}

  get seq(): number {
    return this.store.seq(this.row);
  }
  get connection(): string {
    return this.store.connection(this.row);
  }
  get alias(): string {
    return this.names.nameOf(this.store.connection(this.row));
  }
  get direction(): Direction | null {
    return this.store.direction(this.row);
  }
  get kind(): RowKind {
    return this.store.kind(this.row);
  }
  get functionName(): string | null {
    const id = this.store.functionOf(this.row);
    return id === null ? null : id.slice(id.indexOf('/') + 1);
  }
  get role(): Role | null {
    return this.store.roleOf(this.row);
  }
  get status(): RowStatus {
    return this.store.status(this.row);
  }
  get size(): number | null {
    return this.store.size(this.row);
  }
  get durationMs(): number | null {
    return this.store.duration(this.row);
  }
  get codes(): readonly number[] {
    const code = this.store.code(this.row);
    return code === 0 ? [] : [code];
  }
  get invocation(): string | null {
    return this.store.invocationOf(this.row)?.started.invocation ?? null;
  }
  get text(): string {
    return this.store.text(this.row);
  }
  get whole(): boolean {
    return (this.store.flags(this.row) & flag.more) === 0;
  }
  get json(): JsonNode | undefined {
    if (this.jsonRow !== this.row) {
      this.jsonRow = this.row;
      this.jsonValue = readJson(this.text);
    }
    return this.jsonValue;
  }
  has(name: RowFlag): boolean {
    const flags = this.store.flags(this.row);
    switch (name) {
      case 'cold':
        return (flags & flag.cold) !== 0;
      case 'edited':
        return (flags & flag.edited) !== 0;
      case 'external':
        return (flags & flag.external) !== 0;
      case 'warned':
        return (flags & flag.warned) !== 0;
      case 'long':
        return (flags & flag.more) !== 0;
    }
  }
}

/** Facts of one session, for its traces. */
export class StoreLookup implements FactLookup {
  constructor(
    private readonly store: RowStore,
    private readonly session: number,
  ) {}

  fact(seq: number): Fact | undefined {
    const row = this.store.rowOf(seq, this.session);
    return row === undefined ? undefined : this.store.factOf(row);
  }
  invocation(id: string): InvocationFacts | undefined {
    const record = this.store.recordOf(id);
    return record && { ...record, pushes: record.pushes.map((row) => this.store.seq(row)) };
  }
  causedBy(seq: number): readonly string[] {
    return this.effects(seq).flatMap((row) => {
      const fact = this.store.factOf(row);
      return fact.kind === 'invocationStarted' ? [fact.invocation] : [];
    });
  }
  deliveredBy(push: number): readonly number[] {
    return this.effects(push).map((row) => this.store.seq(row));
  }
  private effects(seq: number): number[] {
    const row = this.store.rowOf(seq, this.session);
    return row === undefined ? [] : this.store.effects(row);
  }
}
