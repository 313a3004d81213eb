/**
 * What every reader of facts needs to know of a kind, in one place: whoever adds a kind to `fact.ts` fills in an
 * entry here, or nothing compiles. Redaction, recordings, HAR, the report, the list, the filter and the narration of a
 * terminal read this table; none of them tells kinds apart by itself.
 */
import type { Fact, FactKind, FactOf } from '../fact';
import { connectionFacts } from './connectionFacts';
import type { FactEntry } from './entry';
import { frameFacts } from './frameFacts';
import { runFacts } from './runFacts';
import { sessionFacts } from './sessionFacts';
import { fitsMembers, mapMembers, type Change, type Node } from './shape';

export const facts: { readonly [K in FactKind]: FactEntry<K> } = {
  ...sessionFacts,
  ...connectionFacts,
  ...frameFacts,
  ...runFacts,
};

export const factKinds = Object.keys(facts) as FactKind[];

/** The entry of a fact's kind, for a fact of any kind. */
export function entryOf<K extends FactKind>(fact: FactOf<K>): FactEntry<K> {
  return facts[fact.kind];
}

export function isFactKind(kind: string): kind is FactKind {
  return Object.hasOwn(facts, kind);
}

/** Whether an object that somebody else wrote has everything that its kind needs, `seq` and `at` aside. */
export function isWhole(kind: FactKind, fact: Record<string, unknown>): boolean {
  return fitsMembers(facts[kind].members, fact);
}

const stamp = ['seq', 'at', 'kind'];

/** The fact with every text from outside changed; members that its kind does not have are left out. */
export function mapFact<F extends Fact>(fact: F, change: Change): F {
  return mapMembers(facts[fact.kind].members as Record<string, Node>, fact, change, stamp);
}
