/** A recording as a file of JSON Lines: a head, then one fact a line, its payload beside it where it has one. */
import { isTime, type Fact } from '../fact';
import { isFactKind, isWhole } from '../facts/table';
import type { RecordedPayload } from '../payload';
import type { Recording } from './recording';

export const recordingVersion = 1;

export interface RecordingHead {
  recording: typeof recordingVersion;
  generator: 'scf-websocket';
  filter?: string;
  /** Ids of the redaction rules that were applied. */
  redacted?: string[];
  /** Facts whose payload was given up or gone when this was written: they have only their preview. */
  missingPayloads?: number;
}

export function renderJsonLines(
  recording: Recording,
  head: Omit<RecordingHead, 'recording' | 'generator'> = {},
): string {
  const first: RecordingHead = {
    recording: recordingVersion,
    generator: 'scf-websocket',
    ...head,
  };
  const lines = [JSON.stringify(first)];
  for (const fact of recording.facts) {
    const payload = recording.payloads.get(fact.seq);
    lines.push(JSON.stringify(payload === undefined ? fact : { ...fact, payload }));
  }
  return `${lines.join('\n')}\n`;
}

export interface RecordingProblem {
  /** Counts from 1. */
  line: number;
  /** English, with `{0}` for `values`. */
  message: string;
  values: string[];
}

/** Lines that are no facts are told and left out; there is a recording unless it is no recording at all. */
export function parseJsonLines(text: string): {
  value?: Recording;
  head?: RecordingHead;
  problems: RecordingProblem[];
} {
  const problems: RecordingProblem[] = [];
  const recording: Recording = { facts: [], payloads: new Map() };
  let head: RecordingHead | undefined;
  let last = 0;
  text
    .replace(/^\ufeff/, '')
    .split('\n')
    .forEach((source, index) => {
      if (source.trim() === '' || problems.length > 100) {
        return;
      }
      const line = index + 1;
      const value = parseLine(source);
      if (value === undefined) {
        problems.push({ line, message: 'This line is no JSON object', values: [] });
      } else if (head === undefined && 'recording' in value) {
        head = value as unknown as RecordingHead;
        if (head.recording !== recordingVersion) {
          problems.push({
            line,
            message: 'This recording has version {0}; only version {1} can be read',
            values: [JSON.stringify(head.recording).slice(0, 100), String(recordingVersion)],
          });
        }
      } else {
        const { payload, ...fact } = ofNow(value);
        const problem = problemOfFact(fact, last);
        if (problem !== null) {
          problems.push({ line, ...problem });
          return;
        }
        last = fact['seq'] as number;
        recording.facts.push(fact as unknown as Fact);
        if (isPayload(payload)) {
          recording.payloads.set(last, payload);
        }
      }
    });
  if (recording.facts.length === 0 && problems.length === 0) {
    problems.push({ line: 1, message: 'There is no fact in this file', values: [] });
  }
  const unusable = recording.facts.length === 0 || (head && head.recording !== recordingVersion);
  return unusable ? { problems } : { value: recording, ...(head ? { head } : {}), problems };
}

/** A line as this version writes it: instances used to be `busy`, too, which was never taken back. */
function ofNow(value: Record<string, unknown>): Record<string, unknown> {
  return value['kind'] === 'instance' && value['state'] === 'busy'
    ? { ...value, state: 'ready' }
    : value;
}

function parseLine(source: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(source);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function problemOfFact(
  fact: Record<string, unknown>,
  last: number,
): Omit<RecordingProblem, 'line'> | null {
  const { seq, at, kind } = fact;
  const problem = (message: string, ...values: string[]) => ({ message, values });
  if (typeof seq !== 'number' || typeof at !== 'number' || typeof kind !== 'string') {
    return problem('A fact needs seq, at and kind');
  }
  if (!(seq > last)) {
    return problem('The numbers of facts must grow');
  }
  const { epoch = 0 } = fact;
  if (!isTime(at) || (typeof epoch === 'number' && !isTime(epoch + at))) {
    return problem('The time of this fact is out of range');
  }
  if (!isFactKind(kind)) {
    return problem('This version knows no facts of the kind {0}', kind.slice(0, 100));
  }
  return isWhole(kind, fact) ? null : problem('This fact lacks what its kind needs');
}

function isPayload(value: unknown): value is RecordedPayload {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof (value as RecordedPayload).data === 'string' &&
    ['text', 'base64'].includes((value as RecordedPayload).encoding)
  );
}
