/**
 * A recording: what a session told, with the payloads that facts only preview. As a file it is JSON Lines:
 * a head, then one fact a line, its payload beside it where it has one.
 */
import type { Fact, ServiceInfo } from '../fact';
import { previewLength } from '../fact';
import { parseFilter, type Term } from '../filter';
import { matchPayload } from '../filterMatch';
import type { Answer, Ask } from '../intent';
import { createRedactor, type RedactionRule, type Redactor } from './redact';

export interface RecordedPayload {
  data: string;
  encoding: 'text' | 'base64';
}

export interface Recording {
  facts: Fact[];
  /** By number of the fact: whole payloads, events and results. */
  payloads: Map<number, RecordedPayload>;
}

export const recordingVersion = 1;

/** Facts whose payload a recording must fetch: the previews of the others are all there is. */
export function needsPayload(fact: Fact): boolean {
  switch (fact.kind) {
    case 'frame':
    case 'push':
    case 'invocationEnded':
      return fact.more === true;
    case 'invocationStarted':
      return true;
    default:
      return false;
  }
}

/** How many facts are there with their preview only, because their payload was given up or gone. */
export function countMissing({ facts, payloads }: Recording): number {
  return facts.filter((fact) => needsPayload(fact) && !payloads.has(fact.seq)).length;
}

/** Only the facts of `seqs`, and what explains them: the session, its connections, their runs and logs. */
export function choose(recording: Recording, seqs: ReadonlySet<number>): Recording {
  const connections = new Set<string>();
  const invocations = new Set<string>();
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
  const facts = recording.facts.filter((fact) => {
    if (seqs.has(fact.seq)) {
      return true;
    }
    switch (fact.kind) {
      case 'listening':
      case 'servicesChanged':
        return true;
      case 'connecting':
      case 'opened':
      case 'closed':
        return connections.has(fact.connection);
      case 'client':
        return fact.connection !== undefined && connections.has(fact.connection);
      case 'invocationStarted':
      case 'invocationEnded':
        return invocations.has(fact.invocation);
      case 'log':
      case 'push':
        return fact.invocation !== null && invocations.has(fact.invocation);
      default:
        return false;
    }
  });
  return { facts, payloads: recording.payloads };
}

// -- redaction

export function redactRecording(recording: Recording, rules: readonly RedactionRule[]): Recording {
  const redactor = createRedactor(rules);
  const payloads = new Map<number, RecordedPayload>();
  recording.payloads.forEach((payload, seq) => {
    payloads.set(
      seq,
      payload.encoding === 'text' ? { ...payload, data: redactor.text(payload.data) } : payload,
    );
  });
  return {
    facts: recording.facts.map((fact) => redactFact(fact, redactor, payloads)),
    payloads,
  };
}

function redactFact(
  fact: Fact,
  redactor: Redactor,
  payloads: ReadonlyMap<number, RecordedPayload>,
): Fact {
  const preview = (text: string) => {
    const payload = payloads.get(fact.seq);
    return payload?.encoding === 'text'
      ? payload.data.slice(0, previewLength)
      : redactor.text(text);
  };
  // Of a recording from somewhere else only what is needed to show it was checked.
  const checked =
    (redact: (value: string) => string) =>
    (value: string): string =>
      typeof (value as unknown) === 'string' ? redact(value) : value;
  const text = checked((value) => redactor.text(value));
  const protocols = checked((value) => redactor.value('sec-websocket-protocol', value));
  switch (fact.kind) {
    case 'listening':
      return {
        ...fact,
        pushUrl: withoutKey(fact.pushUrl),
        services: fact.services.map(withoutPushKey),
      };
    case 'servicesChanged':
      return { ...fact, services: fact.services.map(withoutPushKey) };
    case 'connecting':
      return {
        ...fact,
        ...(fact.protocols === undefined ? {} : { protocols: protocols(fact.protocols) }),
        target: redactor.target(fact.target),
        headers: Object.fromEntries(
          Object.entries(fact.headers).map(([name, value]) => [name, redactor.value(name, value)]),
        ),
      };
    case 'refused':
      return {
        ...fact,
        target: redactor.target(fact.target),
        body: redactor.text(fact.body),
        reason: redactor.text(fact.reason),
      };
    case 'frame':
      return fact.type === 'binary' ? fact : { ...fact, preview: preview(fact.preview) };
    case 'push':
      return {
        ...fact,
        // What is longer than an id is something else that stood in its place.
        connection: fact.connection.length > 24 ? text(fact.connection) : fact.connection,
        errMsg: text(fact.errMsg),
        preview: fact.type === 'binary' ? fact.preview : preview(fact.preview),
      };
    case 'opened':
      return fact.protocol === undefined ? fact : { ...fact, protocol: protocols(fact.protocol) };
    case 'closed':
      return { ...fact, reason: text(fact.reason) };
    case 'diagnostic':
      return { ...fact, message: text(fact.message) };
    case 'held':
      return {
        ...fact,
        frame: { ...fact.frame, preview: redactor.text(fact.frame.preview) },
      };
    case 'invocationEnded':
      return {
        ...fact,
        preview: preview(fact.preview),
        ...(fact.error === undefined
          ? {}
          : {
              error: {
                ...fact.error,
                errorMessage: redactor.text(fact.error.errorMessage),
                ...(fact.error.stackTrace === undefined
                  ? {}
                  : { stackTrace: redactor.text(fact.error.stackTrace) }),
              },
            }),
      };
    case 'log':
      return { ...fact, text: redactor.text(fact.text) };
    case 'client':
      return { ...fact, url: redactor.target(fact.url) };
    default:
      return fact;
  }
}

/** Whoever knows a project's push address may push to its clients, also after the next start. */
function withoutKey(pushUrl: string): string {
  return String(pushUrl).replace(/[^/]*$/, '…');
}

function withoutPushKey(service: ServiceInfo): ServiceInfo {
  return { ...service, pushUrl: withoutKey(service.pushUrl) };
}

// -- JSON Lines

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
  text.split('\n').forEach((source, index) => {
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
      const { payload, ...fact } = value;
      const problem = problemOfFact(fact, last);
      if (problem !== null) {
        problems.push({ line, message: problem, values: [] });
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

/** Members that readers of a fact rely on, by kind: name, and what `typeof` says of it. */
const members: Partial<
  Record<Fact['kind'], Record<string, 'string' | 'number' | 'object' | 'list'>>
> = {
  listening: { url: 'string', pushUrl: 'string', epoch: 'number', services: 'list' },
  servicesChanged: { services: 'list' },
  connecting: { connection: 'string', service: 'string', target: 'string', headers: 'object' },
  opened: { connection: 'string' },
  refused: { status: 'number', reason: 'string', target: 'string', body: 'string' },
  closed: { connection: 'string', code: 'number', reason: 'string' },
  frame: {
    connection: 'string',
    direction: 'string',
    type: 'string',
    size: 'number',
    preview: 'string',
  },
  held: { frame: 'object' },
  releasedFrame: { hold: 'number', how: 'string' },
  invocationStarted: {
    invocation: 'string',
    function: 'string',
    instance: 'number',
    queuedMs: 'number',
    initMs: 'number',
  },
  invocationEnded: {
    invocation: 'string',
    outcome: 'string',
    durationMs: 'number',
    preview: 'string',
  },
  log: { function: 'string', text: 'string', level: 'string', stream: 'string' },
  instance: { function: 'string', instance: 'number', state: 'string' },
  push: { connection: 'string', size: 'number', preview: 'string', errNo: 'number' },
  clock: { by: 'list' },
  client: { client: 'string', state: 'string', url: 'string' },
  frameBreakpoints: { breakpoints: 'list' },
};

function problemOfFact(fact: Record<string, unknown>, last: number): string | null {
  if (
    typeof fact['seq'] !== 'number' ||
    typeof fact['at'] !== 'number' ||
    typeof fact['kind'] !== 'string'
  ) {
    return 'A fact needs seq, at and kind';
  }
  if (fact['seq'] <= last) {
    return 'The numbers of facts must grow';
  }
  const epoch = fact['kind'] === 'listening' ? fact['epoch'] : 0;
  if (!isTime(fact['at']) || (typeof epoch === 'number' && !isTime(epoch + fact['at']))) {
    return 'The time of this fact is out of range';
  }
  const wanted = Object.hasOwn(members, fact['kind'])
    ? members[fact['kind'] as Fact['kind']]
    : undefined;
  const wrong = Object.entries(wanted ?? {}).some(([name, type]) =>
    type === 'list'
      ? !Array.isArray(fact[name])
      : typeof fact[name] !== type || fact[name] === null,
  );
  const services = 'services' in fact && Array.isArray(fact['services']) ? fact['services'] : [];
  const whole = !wrong && services.every(isService) && hasWholeParts(fact);
  return whole ? null : 'This fact lacks what its kind needs';
}

/** Parts of some kinds that are objects themselves. */
function hasWholeParts(fact: Record<string, unknown>): boolean {
  switch (fact['kind']) {
    case 'connecting':
      return Object.values(fact['headers'] as object).every((each) => typeof each === 'string');
    case 'held':
      return typeof (fact['frame'] as { preview?: unknown }).preview === 'string';
    case 'invocationEnded': {
      if (fact['error'] === undefined) {
        return true;
      }
      const error = fact['error'] as Record<string, unknown> | null;
      return (
        typeof error?.['errorMessage'] === 'string' &&
        ['undefined', 'string'].includes(typeof error['stackTrace'])
      );
    }
    default:
      return true;
  }
}

/** Milliseconds that a date can stand for. */
export function isTime(value: number): boolean {
  return Math.abs(value) <= 8.64e15;
}

function isService(value: unknown): boolean {
  const functions = (value as { functions?: unknown } | null)?.functions;
  return (
    Array.isArray(functions) &&
    functions.every((each) => typeof (each as { function?: unknown } | null)?.function === 'string')
  );
}

function isPayload(value: unknown): value is RecordedPayload {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof (value as RecordedPayload).data === 'string' &&
    ['text', 'base64'].includes((value as RecordedPayload).encoding)
  );
}

// -- a recording as a session that answers

export function recordedPayload(recording: Recording, seq: number): Answer<'payload'> {
  const payload = recording.payloads.get(seq);
  if (payload) {
    return payload;
  }
  const fact = recording.facts.find((each) => each.seq === seq);
  switch (fact?.kind) {
    case 'frame':
    case 'push':
      return fact.more
        ? null
        : { data: fact.preview, encoding: fact.type === 'binary' ? 'base64' : 'text' };
    case 'invocationEnded':
      return fact.more ? null : { data: fact.preview, encoding: 'text' };
    default:
      return null;
  }
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
