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

/** After so many lines that are no facts the rest is not looked at. */
const mostProblems = 100;

export interface RecordedFact {
  fact: Fact;
  payload?: RecordedPayload;
}

/** Reads line after line. What is no fact is told in `problems` and left out. */
export class LineReader {
  readonly problems: RecordingProblem[] = [];
  head: RecordingHead | undefined;

  /** `last`: number of the fact before the first line that it is given. */
  constructor(private last = 0) {}

  /** `line` counts from 1. */
  read(source: string, line: number): RecordedFact | undefined {
    if (source.trim() === '' || this.problems.length > mostProblems) {
      return undefined;
    }
    const value = parseLine(source);
    if (value === undefined) {
      this.problems.push({ line, message: 'This line is no JSON object', values: [] });
      return undefined;
    }
    if (this.head === undefined && 'recording' in value) {
      this.readHead(value as unknown as RecordingHead, line);
      return undefined;
    }
    const { payload, ...fact } = ofNow(value);
    const problem = problemOfFact(fact, this.last);
    if (problem !== null) {
      this.problems.push({ line, ...problem });
      return undefined;
    }
    this.last = fact['seq'] as number;
    return { fact: fact as unknown as Fact, ...(isPayload(payload) ? { payload } : {}) };
  }

  private readHead(head: RecordingHead, line: number): void {
    this.head = head;
    if (!this.isReadable) {
      this.problems.push({
        line,
        message: 'This recording has version {0}; only version {1} can be read',
        values: [JSON.stringify(head.recording).slice(0, 100), String(recordingVersion)],
      });
    }
  }

  get isReadable(): boolean {
    return this.head === undefined || this.head.recording === recordingVersion;
  }
}

export const noFact: RecordingProblem = {
  line: 1,
  message: 'There is no fact in this file',
  values: [],
};

/** There is a recording unless it is no recording at all. */
export function parseJsonLines(text: string): {
  value?: Recording;
  head?: RecordingHead;
  problems: RecordingProblem[];
} {
  const reader = new LineReader();
  const recording: Recording = { facts: [], payloads: new Map() };
  text
    .replace(/^\ufeff/, '')
    .split('\n')
    .forEach((source, index) => {
      const read = reader.read(source, index + 1);
      if (read === undefined) {
        return;
      }
      recording.facts.push(read.fact);
      if (read.payload !== undefined) {
        recording.payloads.set(read.fact.seq, read.payload);
      }
    });
  const { head, problems } = reader;
  const isEmpty = recording.facts.length === 0;
  if (isEmpty && problems.length === 0) {
    problems.push(noFact);
  }
  const unusable = isEmpty || !reader.isReadable;
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
