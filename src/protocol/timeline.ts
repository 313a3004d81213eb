/**
 * What was true at any moment of a session. Copies of the state are kept every so often; from the last one before a
 * moment its facts are folded again. Frames and pushes, which are most of all, are not kept here: whoever asks has them.
 */
import type { Fact, FactKind } from './fact';
import { applyFact, emptyState, type InvocationState, type SessionState } from './state';

/** Facts from one copy to the next, at least. */
const gap = 2000;
/** So many facts for each thing in the copy before, so that copies stay small beside what they copy. */
const factsPerThing = 3;

export class Timeline {
  /** Ascending by `lastSeq`. */
  private copies: SessionState[] = [];
  /** What the fold looks at beside frames and pushes, in order. */
  private marks: Fact[] = [];
  private since = 0;
  private things = 0;

  clear(): void {
    this.copies = [];
    this.marks = [];
    this.since = 0;
    this.things = 0;
  }

  /** To be called for each fact, when `state` has taken it in. `oldest`: nobody asks for a moment before it. */
  note(state: SessionState, fact: Fact, oldest: number): void {
    if (isMark(fact)) {
      this.marks.push(fact);
    }
    this.since += 1;
    if (this.since >= Math.max(gap, factsPerThing * this.things)) {
      const copy = copyOf(state);
      this.since = 0;
      this.things = thingsIn(copy);
      this.copies.push(copy);
      this.forgetBefore(oldest);
    }
  }

  /** The state when the fact with that number had happened. `between`: frames and pushes after the first number, up to the second. */
  at(seq: number, between: (after: number, upTo: number) => Iterable<Fact>): SessionState {
    const copy = this.copies[upTo(this.copies, seq, ({ lastSeq }) => lastSeq) - 1];
    const state = copy === undefined ? emptyState() : copyOf(copy);
    let next = upTo(this.marks, state.lastSeq, (mark) => mark.seq);
    const end = upTo(this.marks, seq, (mark) => mark.seq);
    for (const fact of between(state.lastSeq, seq)) {
      for (; next < end && (this.marks[next] as Fact).seq < fact.seq; next++) {
        applyFact(state, this.marks[next] as Fact);
      }
      applyFact(state, fact);
    }
    for (; next < end; next++) {
      applyFact(state, this.marks[next] as Fact);
    }
    state.lastSeq = Math.max(state.lastSeq, seq); // What changes nothing has happened, too.
    return state;
  }

  private forgetBefore(oldest: number): void {
    const first = upTo(this.copies, oldest, ({ lastSeq }) => lastSeq) - 1;
    if (first > 0) {
      this.copies.splice(0, first);
      const from = this.copies[0]?.lastSeq ?? 0;
      this.marks.splice(
        0,
        upTo(this.marks, from, (mark) => mark.seq),
      );
    }
  }
}

/** The fold looks at none of these, or at the first two where they are asked for; whatever else comes is kept. */
const unmarked: ReadonlySet<FactKind> = new Set([
  'frame',
  'push',
  'log',
  'diagnostic',
  'diagnosticsCleared',
  'faultStruck',
]);

function isMark({ kind }: Fact): boolean {
  return !unmarked.has(kind);
}

/** How many of the items, which ascend, are not above the limit. */
function upTo<T>(items: readonly T[], limit: number, of: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (of(items[middle] as T) <= limit) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function thingsIn({ connections, invocations, functions, clients }: SessionState): number {
  return connections.size + invocations.size + functions.size + clients.size;
}

/** Of connections that have ended and runs that are over nothing is copied: no later fact changes what they were. */
function copyOf(state: SessionState): SessionState {
  const invocations = new Map<string, InvocationState>();
  for (const [id, invocation] of state.invocations) {
    if (invocation.ended === undefined) {
      invocations.set(id, { ...invocation });
    }
  }
  const connections = new Map(
    [...state.connections]
      .filter(([, { status }]) => status === 'connecting' || status === 'open')
      .map(([id, each]) => [
        id,
        { ...each, toServer: { ...each.toServer }, toClient: { ...each.toClient } },
      ]),
  );
  const functions = new Map(
    [...state.functions].map(([id, each]) => [
      id,
      {
        ...each,
        instances: new Map([...each.instances].map(([number, info]) => [number, { ...info }])),
        ...(each.last === undefined
          ? {}
          : { last: invocations.get(each.last.invocation) ?? each.last }),
      },
    ]),
  );
  return {
    ...state,
    connections,
    invocations,
    functions,
    clients: new Map(state.clients),
    held: new Map(state.held),
  };
}
