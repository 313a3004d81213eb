/**
 * What of a text is another one in every run although the code is the same: request ids, times of day, ids that a
 * handler made up. Such places become marks, so that two runs can be compared. Pure.
 */
import { epochOf } from '../../protocol/fact';
import { redactedMark } from '../../protocol/export/redactNamed';
import type { Recording } from '../../protocol/export/recording';
import { wholePayload } from './moves';

export interface Run {
  /** Milliseconds since the epoch when it began and ended. */
  from: number;
  to: number;
  requestIds: ReadonlySet<string>;
  /** Ids and times that clients sent: where they come back they are no chance. */
  sent: ReadonlySet<string>;
  /** Ids of connections are unknown, as in what a browser recorded. */
  foreignIds: boolean;
}

const uuid = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const moment =
  '\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(?::\\d\\d(?:[.,]\\d+)?)?(?:Z|[+-]\\d\\d:?\\d\\d)?';
const date = '\\d{4}[-/]\\d\\d[-/]\\d\\d';
const timeOfDay = '\\d{1,2}:\\d\\d(?::\\d\\d(?:[.,]\\d+)?)?';
/** Seconds, milliseconds, microseconds or nanoseconds since the epoch. */
const stamp = '\\d{10}(?:\\d{3}|\\d{6}|\\d{9})?(?:\\.\\d+)?';
const connectionId = '[A-Za-z0-9+/]{22}==';
const varying = new RegExp(
  `(?<![\\w.-])(?:(?<uuid>${uuid})|(?<moment>${moment})|(?<date>${date})|(?<!:)(?<time>${timeOfDay})|(?<stamp>${stamp}))(?![\\w:])` +
    `|(?<![A-Za-z0-9+/])(?<id>${connectionId})`,
  'gu',
);
/** Milliseconds by which a clock may differ from the session's. */
const slack = 5000;
const day = 86_400_000;

export function runOf(recording: Recording, foreignIds: boolean): Run {
  const { facts } = recording;
  const from = epochOf(facts) ?? 0;
  const requestIds = new Set<string>();
  const sent = new Set<string>();
  for (const fact of facts) {
    if (fact.kind === 'invocationStarted') {
      requestIds.add(fact.invocation);
    }
    if (fact.kind === 'frame' && fact.direction === 'toServer') {
      const text = wholePayload(recording, fact)?.data ?? fact.preview;
      for (const [found] of text.matchAll(varying)) {
        sent.add(found);
      }
    }
  }
  return { from, to: from + (facts.at(-1)?.at ?? 0), requestIds, sent, foreignIds };
}

export function canonical(text: string, run: Run): string {
  return text.replace(varying, (found: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    const isOwn = groups['uuid'] !== undefined && run.requestIds.has(found);
    if (run.sent.has(found) && !isOwn) {
      return found;
    }
    if (groups['uuid'] !== undefined) {
      return '⟨uuid⟩';
    }
    if (groups['id'] !== undefined) {
      return run.foreignIds ? '⟨connection⟩' : found;
    }
    if (groups['date'] !== undefined) {
      return isDuring(Date.parse(`${found.replaceAll('/', '-')}T00:00:00Z`), run, day)
        ? '⟨date⟩'
        : found;
    }
    if (groups['time'] !== undefined) {
      return isTimeDuring(found, run) ? '⟨time⟩' : found;
    }
    const time = groups['stamp'] === undefined ? momentOf(found) : stampOf(found);
    return time.some((each) => isDuring(each, run, 0)) ? '⟨time⟩' : found;
  });
}

/** `length`: milliseconds that the value stands for. Places of the world differ by up to half a day. */
function isDuring(value: number, { from, to }: Run, length: number): boolean {
  const margin = slack + (length === 0 ? 0 : day / 2);
  return value + length >= from - margin && value <= to + margin;
}

function stampOf(text: string): number[] {
  const [whole = ''] = text.split('.');
  return [Number(text) / 10 ** (whole.length - 13)];
}

/** Without a zone it may be that of the machine or none. */
function momentOf(text: string): number[] {
  const iso = text.replace(' ', 'T').replace(',', '.');
  // Without seconds it stands for a whole minute: its end is as good as its beginning.
  return [iso, `${iso}Z`].flatMap((each) => {
    const value = Date.parse(each);
    return [value, value + (/T\d\d:\d\d(?!:)/.test(iso) ? 60_000 : 0)];
  });
}

function isTimeDuring(text: string, { from, to }: Run): boolean {
  const [hours = NaN, minutes = NaN, seconds] = text.replace(',', '.').split(':').map(Number);
  if (!(hours < 24) || !(minutes < 60)) {
    return false;
  }
  const wanted = hours * 3_600_000 + minutes * 60_000 + (seconds ?? 0) * 1000;
  const length = seconds === undefined ? 60_000 : 0;
  const zone = -new Date(from).getTimezoneOffset() * 60_000;
  return [0, zone].some((offset) => {
    // The first such time of day that is not over when the run begins.
    const earliest = from + offset - slack - length;
    const next = earliest + ((((wanted - earliest) % day) + day) % day);
    return next <= to + offset + slack;
  });
}

/** Whether the texts are the same; what was redacted in one may be anything in the other. */
export function isSame(recorded: string, replayed: string): boolean {
  if (recorded === replayed || !recorded.includes(redactedMark)) {
    return recorded === replayed;
  }
  const parts = recorded.split(redactedMark);
  const last = parts.pop() ?? '';
  let from = 0;
  for (const [index, part] of parts.entries()) {
    const at = index === 0 ? (replayed.startsWith(part) ? 0 : -1) : replayed.indexOf(part, from);
    if (at < 0) {
      return false;
    }
    from = at + part.length;
  }
  return replayed.length - last.length >= from && replayed.endsWith(last);
}
