/**
 * The language of the filter box, of frame breakpoints and of exports: terms that must all hold.
 *
 *   hello "two words" /reg(ex)?/i     text of the payload
 *   conn:alice kind:text,binary       key and one of several values; `*` stands for anything
 *   size:>1k dur:10..50ms             numbers, with units
 *   $.type == 'join' $.user.name      members of a JSON payload
 *   -anything                         not that
 *
 * Parsing never throws: what is wrong is told with its place, and the rest still works.
 */
import type { Direction } from './fact';
import type { Role } from './project';
import type { JsonNode } from './json';
import { parseJsonTerm, type JsonTerm } from './jsonPath';

export const rowKinds = [
  'text',
  'binary',
  'ping',
  'pong',
  'close',
  'handshake',
  'refusal',
  'push',
  'invocation',
] as const;
export type RowKind = (typeof rowKinds)[number];

export const rowStatuses = ['ok', 'error', 'pending', 'held', 'dropped'] as const;
export type RowStatus = (typeof rowStatuses)[number];

export const rowFlags = ['cold', 'edited', 'external', 'warned', 'long'] as const;
export type RowFlag = (typeof rowFlags)[number];

/** What a filter looks at. Nothing here is computed before a term asks for it. */
export interface FilterSubject {
  readonly seq: number;
  readonly connection: string;
  /** Name of its test client or the short name that the page gave it. */
  readonly alias: string;
  readonly direction: Direction | null;
  readonly kind: RowKind;
  readonly functionName: string | null;
  readonly role: Role | null;
  readonly status: RowStatus;
  readonly size: number | null;
  readonly durationMs: number | null;
  /** HTTP status, close code, errNo and error code: whichever the row has. */
  readonly codes: readonly number[];
  readonly invocation: string | null;
  /** Text of the payload, or its beginning. */
  readonly text: string;
  /** Whether `text` is all of it. */
  readonly whole: boolean;
  /** The payload as JSON; undefined when it is none. */
  readonly json: JsonNode | undefined;
  has(flag: RowFlag): boolean;
}

export const filterKeys = [
  'conn',
  'dir',
  'kind',
  'fn',
  'role',
  'status',
  'is',
  'inv',
  'size',
  'dur',
  'seq',
] as const;
export type FilterKey = (typeof filterKeys)[number];
const numberKeys = ['size', 'dur', 'seq'] as const;
type NumberKey = (typeof numberKeys)[number];
export type WordKey = Exclude<FilterKey, NumberKey>;

export type TermTest =
  | { test: 'text'; text: string }
  | { test: 'regex'; source: string; flags: string }
  | { test: 'word'; key: WordKey; values: string[] }
  | { test: 'number'; key: NumberKey; from: number; to: number; open: 'none' | 'from' | 'to' }
  | JsonTerm;

/** `start` and `end` are offsets in the source, `end` exclusive. */
export type Term = { start: number; end: number; negated: boolean } & TermTest;

export interface FilterProblem {
  start: number;
  end: number;
  /** An English sentence with `{0}` places for `values`: the key of its translation. */
  message: string;
  values: string[];
}

export interface ParsedFilter {
  terms: Term[];
  problems: FilterProblem[];
}

/** For each key with a closed set of values, what may stand after the colon. */
export const filterValues: Partial<Record<FilterKey, readonly string[]>> = {
  dir: ['in', 'out'],
  kind: [...rowKinds, 'control', 'frame'],
  role: ['register', 'transfer', 'cleanup', 'none'],
  status: rowStatuses,
  is: rowFlags,
};

export function parseFilter(source: string): ParsedFilter {
  const terms: Term[] = [];
  const problems: FilterProblem[] = [];
  let at = 0;
  while (at < source.length) {
    if (/\s/.test(source[at]!)) {
      at += 1;
      continue;
    }
    const start = at;
    const negated = source[at] === '-' && at + 1 < source.length && !/\s/.test(source[at + 1]!);
    if (negated) {
      at += 1;
    }
    const read = readTerm(source, at);
    at = Math.max(read.end, at + 1);
    if (read.test) {
      terms.push({ start, end: at, negated, ...read.test });
    } else {
      problems.push({
        start: read.from ?? start,
        end: at,
        message: read.message,
        values: read.values ?? [],
      });
    }
  }
  return { terms, problems };
}

type Read =
  | { end: number; test: TermTest }
  | { end: number; test?: undefined; message: string; values?: string[]; from?: number };

function readTerm(source: string, at: number): Read {
  if (source[at] === '/') {
    const regex = /\/((?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+)\/([a-z]*)(?=\s|$)/y;
    regex.lastIndex = at;
    const match = regex.exec(source);
    if (match) {
      return { end: regex.lastIndex, ...checkRegex(match[1]!, match[2]!) };
    }
    // `/path/like/this` is text, `/half` is an expression that is still being typed.
    const end = wordEnd(source, at);
    return source.indexOf('/', at + 1) < 0
      ? { end: source.length, message: 'This expression has no closing /' }
      : { end, test: { test: 'text', text: source.slice(at, end) } };
  }
  if (source[at] === '$') {
    const json = parseJsonTerm(source, at);
    if (json) {
      return json;
    }
  }
  if (source[at] === '"' || source[at] === "'") {
    const quoted = readQuoted(source, at);
    if (quoted && (quoted.end === source.length || /\s/.test(source[quoted.end]!))) {
      return { end: quoted.end, test: { test: 'text', text: quoted.text } };
    }
    if (!quoted && source[at] === '"') {
      return { end: source.length, message: 'This text has no closing quote' };
    }
  }
  const key = /([a-z]+):(?!\/\/)/iy;
  key.lastIndex = at;
  const match = key.exec(source);
  if (match) {
    return readKey(source, at, match[1]!.toLowerCase(), key.lastIndex);
  }
  const end = wordEnd(source, at);
  return { end, test: { test: 'text', text: source.slice(at, end) } };
}

function readKey(source: string, at: number, key: string, valueAt: number): Read {
  const values: string[] = [];
  let end = valueAt;
  for (;;) {
    const quoted = source[end] === '"' || source[end] === "'" ? readQuoted(source, end) : null;
    const stop = quoted ? quoted.end : valueEnd(source, end);
    values.push(quoted ? quoted.text : source.slice(end, stop));
    end = stop;
    if (source[end] !== ',') {
      break;
    }
    end += 1;
  }
  if (!isKey(key)) {
    return {
      end,
      message: 'There is no key {0}: use one of {1}, or quotes to look for this text',
      values: [key, filterKeys.join(', ')],
    };
  }
  if (values.every((value) => value === '')) {
    return { end, from: at, message: 'A value is missing after {0}', values: [`${key}:`] };
  }
  if (isNumberKey(key)) {
    const range = parseRange(values[0]!, key);
    return range
      ? { end, test: { test: 'number', key, ...range } }
      : {
          end,
          from: valueAt,
          message: '{0} is no number: write for instance {1}',
          values: [
            values[0]!,
            key === 'size' ? 'size:>1k' : key === 'dur' ? 'dur:>50ms' : 'seq:10..20',
          ],
        };
  }
  const allowed = filterValues[key];
  const words = values.map((value) => value.toLowerCase()).filter((value) => value !== '');
  const wrong = allowed
    ? words.find(
        (word) =>
          !allowed.includes(canonical(key, word)) && !(key === 'status' && /^\d+$/.test(word)),
      )
    : undefined;
  if (wrong !== undefined) {
    return {
      end,
      from: valueAt,
      message: '{0} cannot be {1}: use one of {2}',
      values: [key, wrong, allowed!.join(', ')],
    };
  }
  return { end, test: { test: 'word', key, values: words.map((word) => canonical(key, word)) } };
}

/** Other words that people use for the same thing. */
function canonical(key: FilterKey, word: string): string {
  if (key === 'dir') {
    return /^(in|up|toserver|recv|received)$/.test(word)
      ? 'in'
      : /^(out|down|toclient|send|sent)$/.test(word)
        ? 'out'
        : word;
  }
  if (key === 'role') {
    return word === 'transmission' ? 'transfer' : word === 'delete' ? 'cleanup' : word;
  }
  return word;
}

function isKey(key: string): key is FilterKey {
  return (filterKeys as readonly string[]).includes(key);
}

function isNumberKey(key: FilterKey): key is NumberKey {
  return (numberKeys as readonly string[]).includes(key);
}

function wordEnd(source: string, at: number): number {
  let end = at;
  while (end < source.length && !/\s/.test(source[end]!)) {
    end += 1;
  }
  return end;
}

function valueEnd(source: string, at: number): number {
  let end = at;
  while (end < source.length && !/[\s,]/.test(source[end]!)) {
    end += 1;
  }
  return end;
}

function readQuoted(source: string, at: number): { text: string; end: number } | null {
  const quote = source[at];
  let text = '';
  for (let index = at + 1; index < source.length; index++) {
    const character = source[index]!;
    if (character === '\\' && index + 1 < source.length) {
      index += 1;
      text += source[index]!;
    } else if (character === quote) {
      return { text, end: index + 1 };
    } else {
      text += character;
    }
  }
  return null;
}

function checkRegex(
  source: string,
  flags: string,
): { test: TermTest } | { test?: undefined; message: string; values: string[] } {
  try {
    new RegExp(source, flags.replace(/[gy]/g, ''));
  } catch (error) {
    const detail = (error as Error).message.replace(/^Invalid regular expression: /, '');
    return { message: 'This expression is not valid: {0}', values: [detail] };
  }
  // A repeat of a repeat takes exponential time on a payload that was made for it.
  if (/\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]/.test(source)) {
    return { message: 'A repeat inside a repeat can take forever: {0}', values: [source] };
  }
  return { test: { test: 'regex', source, flags: flags.replace(/[gy]/g, '') } };
}

const units: Record<NumberKey, Record<string, number>> = {
  size: { '': 1, b: 1, k: 1024, kb: 1024, m: 1024 ** 2, mb: 1024 ** 2 },
  dur: { '': 1, ms: 1, s: 1000 },
  seq: { '': 1 },
};

function parseRange(
  text: string,
  key: NumberKey,
): { from: number; to: number; open: 'none' | 'from' | 'to' } | null {
  const number = (part: string): number | null => {
    const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(part);
    const unit = match ? units[key][match[2]!.toLowerCase()] : undefined;
    return match && unit !== undefined ? Number(match[1]) * unit : null;
  };
  const range = /^(.+?)\.\.(.+)$/.exec(text);
  if (range) {
    const from = number(range[1]!);
    const to = number(range[2]!);
    return from === null || to === null ? null : { from, to, open: 'none' };
  }
  const match = /^(>=|<=|>|<|=)?(.+)$/.exec(text);
  const value = match ? number(match[2]!) : null;
  if (!match || value === null) {
    return null;
  }
  switch (match[1]) {
    case '>':
      return { from: value, to: Infinity, open: 'from' };
    case '>=':
      return { from: value, to: Infinity, open: 'none' };
    case '<':
      return { from: -Infinity, to: value, open: 'to' };
    case '<=':
      return { from: -Infinity, to: value, open: 'none' };
    default:
      return { from: value, to: value, open: 'none' };
  }
}

// -- editing

/** Quotes a value where it needs that. */
export function quoteValue(value: string): string {
  return /[\s,"']/.test(value) || value === '' ? JSON.stringify(value) : value;
}

/** Why a text is no condition of a frame breakpoint; undefined: it is one. */
export function problemOfCondition(condition: string): FilterProblem | undefined {
  return condition.trim() === ''
    ? { start: 0, end: 0, message: 'A condition, e.g. kind:text for every text frame.', values: [] }
    : parseFilter(condition).problems[0];
}

/** The source with the terms of `key` replaced by `value`, or taken away when it is null. */
export function withKey(source: string, key: FilterKey, value: string | null): string {
  const kept: string[] = [];
  let at = 0;
  for (const term of parseFilter(source).terms) {
    const isKeyTerm = (term.test === 'word' || term.test === 'number') && term.key === key;
    if (isKeyTerm && !term.negated) {
      kept.push(source.slice(at, term.start));
      at = term.end;
    }
  }
  kept.push(source.slice(at));
  const rest = kept.join('').replace(/\s+/g, ' ').trim();
  return value === null ? rest : `${rest} ${key}:${value}`.trim();
}
