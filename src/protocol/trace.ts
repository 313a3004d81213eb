/**
 * Why something happened, and what came of it, from facts alone:
 * connecting / frame / closed → invocation → pushes → delivered frames; and the same way back.
 * An instance runs one event at a time, so these links are exact, not guesses.
 */
import { type BackgroundKind, type ConnectionKind, type Fact, type FactOf, leftOut } from './fact';

export interface InvocationFacts {
  started: FactOf<'invocationStarted'>;
  ended?: FactOf<'invocationEnded'>;
  logs: FactOf<'log'>[];
  /** Numbers of the push facts that it made, also after it ended. */
  pushes: number[];
}

/** Where a trace finds facts; the page and `FactIndex` each have one. */
export interface FactLookup {
  fact(seq: number): Fact | undefined;
  invocation(id: string): InvocationFacts | undefined;
  /** Invocations that the fact caused. */
  causedBy(seq: number): readonly string[];
  /** Frames that a push became: none, or one for each delivery. */
  deliveredBy(push: number): readonly number[];
}

export type TraceNode =
  | { node: 'frame'; fact: FactOf<'frame'>; children: TraceNode[] }
  | { node: 'handshake'; fact: FactOf<'connecting'>; children: TraceNode[] }
  | { node: 'refusal'; fact: FactOf<'refused'>; children: TraceNode[] }
  | { node: 'closed'; fact: FactOf<'closed'>; children: TraceNode[] }
  | { node: 'push'; fact: FactOf<'push'>; children: TraceNode[] }
  | { node: 'invocation'; facts: InvocationFacts; children: TraceNode[] };

export interface Trace {
  root: TraceNode;
  /** The node that was asked for; somewhere below `root`. */
  focus: TraceNode;
  /** True when an earlier cause is not known any more. */
  cut: boolean;
}

/** The whole chain that a fact belongs to. Undefined for facts without a cause or effect, like `listening`. */
export function traceOf(lookup: FactLookup, seq: number): Trace | undefined {
  const first = lookup.fact(seq);
  if (!first) {
    return undefined;
  }
  const { seq: rootSeq, cut } = originOf(lookup, first);
  const origin = lookup.fact(rootSeq);
  const root = origin && nodeOf(lookup, origin, new Set());
  if (!root) {
    return undefined;
  }
  return { root, focus: find(root, seq) ?? root, cut };
}

/** Follows causes back to the first one that is known. */
function originOf(lookup: FactLookup, fact: Fact): { seq: number; cut: boolean } {
  let at = fact;
  const seen = new Set<number>();
  while (!seen.has(at.seq)) {
    seen.add(at.seq);
    const before = causeOf(lookup, at);
    if (before === null) {
      return { seq: at.seq, cut: false };
    }
    const cause = lookup.fact(before);
    if (!cause) {
      return { seq: at.seq, cut: true };
    }
    at = cause;
  }
  return { seq: at.seq, cut: false };
}

/** Number of the fact before this one in the chain; null at its beginning; NaN when it is not known any more. */
function causeOf(lookup: FactLookup, fact: Fact): number | null {
  switch (fact.kind) {
    case 'frame':
      return fact.push ?? null;
    case 'push':
    case 'log':
      return fact.invocation === null
        ? null
        : (lookup.invocation(fact.invocation)?.started.seq ?? NaN);
    case 'invocationEnded':
      return lookup.invocation(fact.invocation)?.started.seq ?? NaN;
    case 'invocationStarted':
      return fact.cause;
    default:
      leftOut<BackgroundKind | ConnectionKind>(fact);
      return null;
  }
}

function nodeOf(lookup: FactLookup, fact: Fact, above: Set<number>): TraceNode | undefined {
  if (above.has(fact.seq)) {
    return undefined; // Facts never form a circle; a forged recording could.
  }
  const path = new Set(above).add(fact.seq);
  const nodes = (seqs: readonly number[]) =>
    seqs.flatMap((seq) => {
      const child = lookup.fact(seq);
      const node = child && nodeOf(lookup, child, path);
      return node ? [node] : [];
    });
  const invocations = () =>
    nodes(lookup.causedBy(fact.seq).flatMap((id) => lookup.invocation(id)?.started.seq ?? []));
  switch (fact.kind) {
    case 'frame':
      return { node: 'frame', fact, children: invocations() };
    case 'connecting':
      return { node: 'handshake', fact, children: invocations() };
    case 'closed':
      return { node: 'closed', fact, children: invocations() };
    case 'refused':
      return { node: 'refusal', fact, children: [] };
    case 'push':
      return { node: 'push', fact, children: nodes(lookup.deliveredBy(fact.seq)) };
    case 'invocationStarted': {
      const facts = lookup.invocation(fact.invocation);
      return facts && { node: 'invocation', facts, children: nodes(facts.pushes) };
    }
    case 'invocationEnded':
    case 'log': {
      const facts = fact.invocation === null ? undefined : lookup.invocation(fact.invocation);
      return facts && { node: 'invocation', facts, children: nodes(facts.pushes) };
    }
    default:
      leftOut<BackgroundKind | 'opened' | 'client'>(fact);
      return undefined;
  }
}

export function seqOf(node: TraceNode): number {
  return node.node === 'invocation' ? node.facts.started.seq : node.fact.seq;
}

function find(node: TraceNode, seq: number): TraceNode | undefined {
  if (seqOf(node) === seq || (node.node === 'invocation' && node.facts.ended?.seq === seq)) {
    return node;
  }
  for (const child of node.children) {
    const found = find(child, seq);
    if (found) {
      return found;
    }
  }
  return undefined;
}

/** Every node with its depth, parents first. */
export function flatten(root: TraceNode): { node: TraceNode; depth: number }[] {
  const result: { node: TraceNode; depth: number }[] = [];
  const visit = (node: TraceNode, depth: number) => {
    result.push({ node, depth });
    node.children.forEach((child) => visit(child, depth + 1));
  };
  visit(root, 0);
  return result;
}

/** An index of facts in memory, for reports, tests and the command line. */
export class FactIndex implements FactLookup {
  private readonly facts = new Map<number, Fact>();
  private readonly invocations = new Map<string, InvocationFacts>();
  private readonly caused = new Map<number, string[]>();
  private readonly delivered = new Map<number, number[]>();

  constructor(facts: Iterable<Fact> = []) {
    for (const fact of facts) {
      this.add(fact);
    }
  }

  add(fact: Fact): void {
    this.facts.set(fact.seq, fact);
    switch (fact.kind) {
      case 'invocationStarted':
        this.invocations.set(fact.invocation, { started: fact, logs: [], pushes: [] });
        if (fact.cause !== null) {
          append(this.caused, fact.cause, fact.invocation);
        }
        break;
      case 'invocationEnded': {
        const known = this.invocations.get(fact.invocation);
        if (known) {
          known.ended = fact;
        }
        break;
      }
      case 'log':
        if (fact.invocation !== null) {
          this.invocations.get(fact.invocation)?.logs.push(fact);
        }
        break;
      case 'push':
        if (fact.invocation !== null) {
          this.invocations.get(fact.invocation)?.pushes.push(fact.seq);
        }
        break;
      case 'frame':
        if (fact.push !== undefined) {
          append(this.delivered, fact.push, fact.seq);
        }
        break;
      default:
        leftOut<BackgroundKind | ConnectionKind>(fact);
    }
  }

  fact(seq: number): Fact | undefined {
    return this.facts.get(seq);
  }
  invocation(id: string): InvocationFacts | undefined {
    return this.invocations.get(id);
  }
  causedBy(seq: number): readonly string[] {
    return this.caused.get(seq) ?? [];
  }
  deliveredBy(push: number): readonly number[] {
    return this.delivered.get(push) ?? [];
  }
  /** Every fact, oldest first. */
  all(): Iterable<Fact> {
    return this.facts.values();
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known) {
    known.push(value);
  } else {
    map.set(key, [value]);
  }
}
