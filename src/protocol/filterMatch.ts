/** Decides whether a row, or a frame on its way, fulfils a filter. */
import { escapePattern } from './escapePattern';
import type { Direction, FrameType } from './fact';
import type { FilterSubject, RowFlag, Term, WordKey } from './filter';
import { readJson, type JsonNode } from './json';
import { matchJson, mayMatch } from './jsonPath';

/**
 * Answers for a payload of which only the beginning is at hand: whether the rest is known to match `term`,
 * a positive text, regex or JSON term.
 */
export type Deep = (term: Term, seq: number) => boolean;

export type Match = (subject: FilterSubject) => boolean;

export function compileFilter(terms: readonly Term[], deep: Deep = () => false): Match {
  const tests = terms.map((term) => {
    const test = compileTerm(term, deep);
    return term.negated ? (subject: FilterSubject) => !test(subject) : test;
  });
  // Cheap tests first: most rows are decided before a payload is looked at.
  const order = terms
    .map((term, index) => ({ test: tests[index]!, cost: cost(term) }))
    .sort((a, b) => a.cost - b.cost)
    .map((each) => each.test);
  return (subject) => {
    for (const test of order) {
      if (!test(subject)) {
        return false;
      }
    }
    return true;
  };
}

function cost(term: Term): number {
  return { number: 0, word: 1, text: 2, regex: 3, json: 4 }[term.test];
}

/** Terms that look into payloads, so that payloads beyond the preview must be asked of the session. */
export function looksInside(term: Term): boolean {
  return cost(term) >= 2;
}

function compileTerm(term: Term, deep: Deep): Match {
  switch (term.test) {
    case 'text': {
      const pattern = new RegExp(escapePattern(term.text), 'iu');
      return (subject) => pattern.test(subject.text) || (!subject.whole && deep(term, subject.seq));
    }
    case 'regex': {
      const pattern = new RegExp(term.source, term.flags);
      return (subject) => pattern.test(subject.text) || (!subject.whole && deep(term, subject.seq));
    }
    case 'json':
      return (subject) =>
        subject.whole
          ? mayMatch(term, subject.text) && matchJson(term, subject.json)
          : deep(term, subject.seq);
    case 'number': {
      const { from, to, open, key } = term;
      return (subject) => {
        const value =
          key === 'size' ? subject.size : key === 'dur' ? subject.durationMs : subject.seq;
        return (
          value !== null &&
          (open === 'from' ? value > from : value >= from) &&
          (open === 'to' ? value < to : value <= to)
        );
      };
    }
    case 'word':
      return compileWord(term.key, term.values);
  }
}

function compileWord(key: WordKey, values: string[]): Match {
  switch (key) {
    case 'conn': {
      const patterns = values.map(wildcard);
      return (subject) => {
        const id = subject.connection.toLowerCase();
        const alias = subject.alias.toLowerCase();
        return (
          id !== '' &&
          (patterns.some((pattern) => pattern(id) || pattern(alias)) ||
            values.some((value) => value.length >= 4 && id.startsWith(value)))
        );
      };
    }
    case 'dir':
      return (subject) =>
        (subject.direction === 'toServer' && values.includes('in')) ||
        (subject.direction === 'toClient' && values.includes('out'));
    case 'kind': {
      const kinds = new Set(values);
      if (kinds.has('frame')) {
        ['text', 'binary', 'ping', 'pong', 'close'].forEach((kind) => kinds.add(kind));
      }
      if (kinds.has('control')) {
        ['ping', 'pong', 'close'].forEach((kind) => kinds.add(kind));
      }
      return (subject) => kinds.has(subject.kind);
    }
    case 'fn': {
      const patterns = values.map(wildcard);
      return (subject) => {
        const name = subject.functionName?.toLowerCase();
        return name !== undefined && patterns.some((pattern) => pattern(name));
      };
    }
    case 'role':
      return (subject) => subject.functionName !== null && values.includes(subject.role ?? 'none');
    case 'status':
      return (subject) =>
        values.includes(subject.status) ||
        subject.codes.some((code) => values.includes(String(code)));
    case 'is':
      return (subject) => values.some((flag) => subject.has(flag as RowFlag));
    case 'inv':
      return (subject) => {
        const id = subject.invocation?.toLowerCase();
        return id !== undefined && values.some((value) => id.startsWith(value));
      };
  }
}

function wildcard(value: string): (text: string) => boolean {
  if (!value.includes('*')) {
    return (text) => text === value;
  }
  const pattern = new RegExp(
    `^${value.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*')}$`,
  );
  return (text) => pattern.test(text);
}

/** A frame with its whole payload, as a breakpoint's condition sees it before it goes on. */
export function frameSubject(frame: {
  connection: string;
  alias?: string;
  direction: Direction;
  type: FrameType;
  size: number;
  text: string;
}): FilterSubject {
  let json: { value: JsonNode | undefined } | undefined;
  return {
    seq: 0,
    connection: frame.connection,
    alias: frame.alias ?? '',
    direction: frame.direction,
    kind: frame.type,
    functionName: null,
    role: null,
    status: 'ok',
    size: frame.size,
    durationMs: null,
    codes: [],
    invocation: null,
    text: frame.text,
    whole: true,
    get json() {
      return (json ??= { value: readJson(frame.text) }).value;
    },
    has: () => false,
  };
}

/** Whether a whole payload fulfils terms that look inside. */
export function matchPayload(terms: readonly Term[]): (text: string) => boolean {
  const match = compileFilter(terms);
  const place = { connection: '', direction: 'toServer', type: 'text', size: 0 } as const;
  return (text) => match(frameSubject({ ...place, text }));
}
