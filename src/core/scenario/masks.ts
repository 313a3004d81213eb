/** What of a recorded message is another value at the next run, and how a flow writes that. Pure. */
import { readExact, writeJson } from '../../protocol/json';
import { redactedMark as taken } from '../../protocol/export/redactNamed';
import { escapePattern } from '../../protocol/escapePattern';
import { isRecord } from './schema';
import { escapeReferences } from './variables';

export interface MaskSource {
  /** Names of the clients, by the ids of their connections. */
  connections: ReadonlyMap<string, string>;
  requestIds: ReadonlySet<string>;
  /** What clients sent, by the numbers of the facts. */
  sent: readonly { seq: number; text: string }[];
  /** Milliseconds since the epoch when the session began. */
  from: number | undefined;
}

export interface Masks {
  /** Value of `sends`. */
  send(text: string, seq: number): unknown;
  /** Value of `receives`. */
  expect(text: string, seq: number): unknown;
}

const uuid = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const time =
  '\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(?::\\d\\d(?:[.,]\\d+)?)?(?:Z|[+-]\\d\\d:?\\d\\d)?';
const day = 86_400_000;

export function masksOf(source: MaskSource): Masks {
  /** Variables that hold what was received and is sent later, by its value. */
  const captured = new Map<string, string>();
  const ids = [...source.connections.keys()].sort((one, other) => other.length - one.length);
  const wasSent = (value: string, before: number): boolean =>
    source.sent.some(({ seq, text }) => seq <= before && text.includes(value));
  const isSentLater = (value: string, after: number): boolean =>
    source.sent.some(({ seq, text }) => seq > after && text.includes(value));

  /** Ids and captured values as references, the rest as it is. */
  const withReferences = (text: string): string => {
    const known = [
      ...ids.map((id): [string, string] => [id, `\${${source.connections.get(id) ?? ''}.id}`]),
      ...[...captured].map(([value, name]): [string, string] => [value, `\${${name}}`]),
    ];
    const first = known
      .map(([value, reference]) => ({ value, reference, at: text.indexOf(value) }))
      .filter(({ at }) => at >= 0)
      .sort((one, other) => one.at - other.at || other.value.length - one.value.length)[0];
    return first === undefined
      ? escapeReferences(text)
      : escapeReferences(text.slice(0, first.at)) +
          first.reference +
          withReferences(text.slice(first.at + first.value.length));
  };

  /** As a pattern where a part of it varies; undefined: nothing does. */
  const patternOf = (text: string, seq: number): string | undefined => {
    const parts = [...source.requestIds, taken].map(escapePattern);
    const varying = new RegExp(`${[...parts, uuid, time].join('|')}`, 'gu');
    let pattern = '';
    let end = 0;
    for (const found of text.matchAll(varying)) {
      const [value] = found;
      if (ids.some((id) => id.includes(value)) || (value !== taken && wasSent(value, seq))) {
        continue;
      }
      pattern += escapePattern(text.slice(end, found.index));
      pattern += value === taken ? '.*' : new RegExp(`^${time}$`, 'u').test(value) ? time : uuid;
      end = found.index + value.length;
    }
    if (end === 0) {
      return undefined;
    }
    pattern += escapePattern(text.slice(end));
    // An id of a connection may hold characters that mean something in a pattern.
    return ids.reduce((all, id) => all.replaceAll(escapePattern(id), '\\S+'), `^${pattern}$`);
  };

  const expectText = (text: string, seq: number): unknown => {
    const pattern = patternOf(text, seq);
    if (pattern === undefined) {
      return withReferences(text);
    }
    const whole = new RegExp(`^(?:${uuid}|${time})$`, 'u').test(text);
    if (whole && isSentLater(text, seq)) {
      const name = captured.get(text) ?? `value${captured.size + 1}`;
      captured.set(text, name);
      return { $regex: escapeReferences(pattern), $capture: name };
    }
    return { $regex: escapeReferences(pattern) };
  };

  const expectValue = (value: unknown, seq: number): unknown => {
    if (typeof value === 'string') {
      return expectText(value, seq);
    }
    if (typeof value === 'number') {
      const isTime = [value, value * 1000].some(
        (each) => source.from !== undefined && Math.abs(each - source.from) < day,
      );
      return isTime && !wasSent(String(value), seq) ? { $type: 'number' } : value;
    }
    if (Array.isArray(value)) {
      return value.map((each) => expectValue(each, seq));
    }
    return isRecord(value) ? mapRecord(value, (each) => expectValue(each, seq)) : value;
  };

  const sendValue = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return withReferences(value);
    }
    if (Array.isArray(value)) {
      return value.map(sendValue);
    }
    return isRecord(value) ? mapRecord(value, sendValue) : value;
  };

  return {
    send: (text) => {
      const json = structure(text);
      // Other white space than ours is kept: the handler may look at the text.
      return json !== undefined && writeJson(json) === text
        ? sendValue(json)
        : withReferences(text);
    },
    expect: (text, seq) => {
      const json = structure(text);
      return json === undefined ? expectText(text, seq) : expectValue(json, seq);
    },
  };
}

/** A mapping or list that a flow can write as such: `$` begins matchers. */
function structure(text: string): object | undefined {
  const value = readExact(text)?.value;
  return typeof value === 'object' && value !== null && !hasDollar(value) ? value : undefined;
}

function hasDollar(value: unknown): boolean {
  return Array.isArray(value)
    ? value.some(hasDollar)
    : isRecord(value) &&
        Object.entries(value).some(
          ([key, each]) => key.startsWith('$') || key === '__proto__' || hasDollar(each),
        );
}

function mapRecord(
  value: Record<string, unknown>,
  change: (each: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [escapeReferences(key), change(each)]),
  );
}
