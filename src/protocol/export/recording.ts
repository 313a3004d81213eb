/** A recording: what a session told, with the payloads that facts only preview. */
import type { Fact, FactKind, FactOf } from '../fact';
import type { Explains } from '../facts/entry';
import { entryOf } from '../facts/table';
import { parseFilter, type Term } from '../filter';
import { matchPayload } from '../filterMatch';
import type { Answer, Ask } from '../intent';
import type { RecordedPayload } from '../payload';

export interface Recording {
  facts: Fact[];
  /** By number of the fact: whole payloads, events and results. */
  payloads: Map<number, RecordedPayload>;
}

/** Facts whose payload a recording must fetch: the previews of the others are all there is. */
export function needsPayload(fact: Fact): boolean {
  switch (entryOf(fact).payload) {
    case 'none':
      return false;
    case 'event':
      return true;
    case 'preview':
      return 'more' in fact && fact.more === true;
  }
}

/** How many facts are there with their preview only, because their payload was given up or gone. */
export function countMissing({ facts, payloads }: Recording): number {
  return facts.filter((fact) => needsPayload(fact) && !payloads.has(fact.seq)).length;
}

/** Only the facts of `seqs`, and what explains them: the session, its connections, their runs and logs. */
export function choose(recording: Recording, seqs: ReadonlySet<number>): Recording {
  const connections = new Set<unknown>();
  const invocations = new Set<unknown>();
  for (const fact of recording.facts) {
    if (seqs.has(fact.seq)) {
      if ('connection' in fact && typeof fact.connection === 'string') {
        connections.add(fact.connection);
      }
      if ('invocation' in fact && typeof fact.invocation === 'string') {
        invocations.add(fact.invocation);
      }
    }
    if (fact.kind === 'invocationStarted' && fact.cause !== null && seqs.has(fact.cause)) {
      invocations.add(fact.invocation);
    }
  }
  const isWanted = (explains: Explains): boolean =>
    typeof explains === 'string'
      ? explains === 'all'
      : 'connection' in explains
        ? connections.has(explains.connection)
        : 'invocation' in explains
          ? invocations.has(explains.invocation)
          : explains.fact !== null && seqs.has(explains.fact);
  const facts = recording.facts.filter((fact) => seqs.has(fact.seq) || isWanted(explainedBy(fact)));
  return { facts, payloads: recording.payloads };
}

function explainedBy<K extends FactKind>(fact: FactOf<K>): Explains {
  return entryOf(fact).explains(fact);
}

// -- a recording as a session that answers

export function recordedPayload(recording: Recording, seq: number): Answer<'payload'> {
  const payload = recording.payloads.get(seq);
  if (payload) {
    return payload;
  }
  const fact = recording.facts.find((each) => each.seq === seq);
  if (fact === undefined || entryOf(fact).payload !== 'preview' || needsPayload(fact)) {
    return null;
  }
  const { preview = '', type } = fact as { preview?: string; type?: string };
  return { data: preview, encoding: type === 'binary' ? 'base64' : 'text' };
}

export function searchRecording(recording: Recording, ask: Ask<'search'>): Answer<'search'> {
  const matches = matchPayload(
    ask.condition === undefined ? [searchTerm(ask)] : parseFilter(ask.condition).terms,
  );
  const seqs = [...recording.payloads].flatMap(([seq, payload]) =>
    seq >= (ask.from ?? 0) && payload.encoding === 'text' && matches(payload.data) ? [seq] : [],
  );
  return { seqs };
}

function searchTerm(ask: Ask<'search'>): Term {
  const place = { start: 0, end: 0, negated: false };
  return ask.regex
    ? { ...place, test: 'regex', source: ask.text, flags: ask.caseSensitive ? '' : 'i' }
    : { ...place, test: 'text', text: ask.text };
}
