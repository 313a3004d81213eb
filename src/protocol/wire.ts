/**
 * What a session writes to its host: facts and replies, one JSON a line. Both ends may be of different versions, and the
 * program behind the pipe may be another one: what comes in is checked here before anything believes its type.
 */
import type { Fact } from './fact';
import { isFactKind, isWhole } from './facts/table';
import { isObject } from './facts/shape';
import type { Answer, IntentKind, Reply } from './intent';

/** A fact or a reply; undefined for anything else, which then is a line of the log. */
export function parseLine(line: string): Fact | Reply | undefined {
  if (!line.startsWith('{')) {
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isFact(value) || isReply(value) ? value : undefined;
}

export function isFact(value: unknown): value is Fact {
  return (
    isObject(value) &&
    typeof value['seq'] === 'number' &&
    typeof value['at'] === 'number' &&
    typeof value['kind'] === 'string' &&
    isFactKind(value['kind']) &&
    isWhole(value['kind'], value)
  );
}

function isReply(value: unknown): value is Reply {
  if (!isObject(value) || typeof value['reply'] !== 'number') {
    return false;
  }
  const { error } = value;
  return (
    error === undefined ||
    (isObject(error) && typeof error['code'] === 'string' && typeof error['message'] === 'string')
  );
}

/** The value of a reply, as the answer to what was asked: facts in it are checked as those that are told. */
export function readAnswer<K extends IntentKind>(kind: K, value: unknown): Answer<K> {
  if (kind === 'facts' && isObject(value) && Array.isArray(value['facts'])) {
    return { ...value, facts: value['facts'].filter(isFact) } as unknown as Answer<K>;
  }
  return value as Answer<K>;
}
