/** HAR files, written from a recording and read into one: those of browsers too. */
import {
  isTime,
  previewLength,
  type Fact,
  type FactKind,
  type FactOf,
  type FrameType,
} from '../fact';
import { entryOf } from '../facts/table';
import { HarWriter, opcodes, type HarEntry, type HarMessage } from './harWriter';
import type { RecordingProblem } from './jsonLines';
import type { RecordedPayload } from '../payload';
import type { Recording } from './recording';

export function renderHar(recording: Recording, version: string, missing = 0): string {
  const writer = new HarWriter(recording.payloads);
  for (const fact of recording.facts) {
    write(fact, writer);
  }
  const { entries } = writer;
  for (const entry of entries) {
    const wait = Math.max(0, entry.timings.wait);
    entry.timings = { send: 0, wait, receive: Math.max(0, entry.time - wait) };
    entry.time = entry.timings.wait + entry.timings.receive;
  }
  const har = {
    log: {
      version: '1.2',
      creator: { name: 'scf-websocket', version },
      pages: [],
      entries,
      ...(missing === 0
        ? {}
        : { comment: `${missing} payloads were gone; only their beginning is here.` }),
    },
  };
  return `${JSON.stringify(har, null, 2)}\n`;
}

function write<K extends FactKind>(fact: FactOf<K>, writer: HarWriter): void {
  entryOf(fact).har?.(fact, writer);
}

/** Connections and frames of a HAR file, as facts. Entries without messages are left out. */
export function parseHar(text: string): { value?: Recording; problems: RecordingProblem[] } {
  const problem = (message: string) => ({ problems: [{ line: 1, message, values: [] }] });
  let entries: unknown;
  try {
    entries = (JSON.parse(text.replace(/^\ufeff/, '')) as { log?: { entries?: unknown } } | null)
      ?.log?.entries;
  } catch (error) {
    const { message } = error as Error;
    const position = Number(/at position (\d+)/.exec(message)?.[1]);
    const isCut = /end of JSON|unterminated/i.test(message) || position >= text.trimEnd().length;
    return problem(isCut ? 'This file ends within its JSON' : 'This file is no JSON');
  }
  if (!Array.isArray(entries)) {
    return problem('There are no log.entries: this is no HAR file');
  }
  const sockets = (entries as Partial<HarEntry>[]).filter(
    (entry) =>
      entry !== null && typeof entry === 'object' && Array.isArray(entry._webSocketMessages),
  );
  if (sockets.length === 0) {
    return problem('No entry of this HAR file has WebSocket messages');
  }
  const recording: Recording = { facts: [], payloads: new Map() };
  const starts = sockets.map((entry) => Date.parse(textOf(entry.startedDateTime)) || 0);
  const epoch = starts.reduce((least, each) => Math.min(least, each));
  const told: { at: number; body: Record<string, unknown>; payload?: RecordedPayload }[] = [];
  const problems: RecordingProblem[] = [];
  let unreadable = 0;
  const ids = new Set<string>();
  /** Ours are ids of connections; those of browsers are ports, which one connection after the other has. */
  const idOf = ({ connection }: Partial<HarEntry>, index: number): string => {
    const id = textOf(connection);
    const isOwn = !/^\d*$/.test(id) && !ids.has(id);
    ids.add(id);
    return isOwn ? id : `har-${index + 1}`;
  };
  sockets.forEach((entry, index) => {
    const start = starts[index]! - epoch;
    const connection = idOf(entry, index);
    const url = textOf(entry.request?.url);
    const sent: unknown = entry.request?.headers;
    const headers = (Array.isArray(sent) ? (sent as HarEntry['request']['headers']) : []).filter(
      (pair) => typeof pair?.name === 'string' && typeof pair.value === 'string',
    );
    told.push({
      at: start,
      body: {
        kind: 'connecting',
        connection,
        service: '',
        stage: '',
        target: targetOf(url),
        remote: '',
        headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      },
    });
    const wait = Number(textOf(entry.timings?.wait));
    const opened = start + (wait > 0 ? wait : 0);
    if (entry.response?.status === 101) {
      told.push({ at: opened, body: { kind: 'opened', connection } });
    }
    for (const message of entry._webSocketMessages!) {
      if (message !== null && typeof message === 'object') {
        if (isBinary(message) && !base64.test(textOf(message.data).trimEnd())) {
          if (++unreadable <= mostProblems) {
            problems.push(notBase64(text, textOf(message.data), entries.indexOf(entry) + 1));
          }
          continue;
        }
        // Nothing comes before its connection is open, whatever the clocks of other tools say.
        const at = Math.max(opened, timeOf(message.time) - epoch || 0);
        told.push({ ...frameOf(message, connection), at });
      }
    }
  });
  told.sort((a, b) => a.at - b.at);
  const listening: Omit<FactOf<'listening'>, 'seq' | 'at'> = {
    kind: 'listening',
    url: textOf(sockets[0]!.request?.url),
    pushUrl: '',
    port: 0,
    pid: 0,
    epoch,
    services: [],
  };
  [{ at: 0, body: listening as Record<string, unknown> }, ...told].forEach((each, index) => {
    const seq = index + 1;
    const at = isTime(each.at) ? Math.max(0, each.at) : 0;
    recording.facts.push({ seq, at, ...each.body } as Fact);
    if ('payload' in each && each.payload) {
      recording.payloads.set(seq, each.payload);
    }
  });
  if (unreadable > mostProblems) {
    const values = [String(unreadable - mostProblems)];
    problems.push({ line: 1, message: '{0} more binary messages are not in base64', values });
  }
  return { value: recording, problems };
}

/** Each place is looked for in the whole text. */
const mostProblems = 20;

const base64 = /^[\w+/\s-]*={0,2}$/;

function isBinary({ opcode }: HarMessage): boolean {
  return Number(textOf(opcode)) === opcodes.binary;
}

/** A binary message in some other encoding: which bytes were meant cannot be known. */
function notBase64(text: string, data: string, entry: number): RecordingProblem {
  const before = text.slice(0, Math.max(0, text.indexOf(JSON.stringify(data))));
  return {
    line: before.split('\n').length,
    message: 'A binary message of entry {0} is not in base64: {1}',
    values: [String(entry), data.slice(0, 20)],
  };
}

/** Path and query; other tools write the addresses of WebSockets with https://. */
function targetOf(url: string): string {
  const target = url.replace(/^(?:wss?|https?):\/\/[^/?#]*/i, '');
  return target.startsWith('/') ? target : `/${target}`;
}

/** A file of somebody else's may hold anything anywhere. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Epoch milliseconds; browsers write seconds, others milliseconds or a date. NaN: not said. */
function timeOf(time: unknown): number {
  const text = textOf(time);
  const number = text.trim() === '' ? NaN : Number(text);
  return Number.isNaN(number) ? Date.parse(text) : number > mostSeconds ? number : number * 1000;
}

/** Epoch seconds of the year 5138; as milliseconds it is 1973. */
const mostSeconds = 1e11;

function frameOf(
  message: HarMessage,
  connection: string,
): { body: Record<string, unknown>; payload?: RecordedPayload } {
  const opcode = Number(textOf(message.opcode));
  const type =
    (Object.keys(opcodes) as FrameType[]).find((each) => opcodes[each] === opcode) ?? 'text';
  const data = textOf(message.data);
  const long = data.length > previewLength;
  return {
    body: {
      kind: 'frame',
      connection,
      direction: /^(send|sent|request|out|client)/i.test(textOf(message.type))
        ? 'toServer'
        : 'toClient',
      type,
      size: type === 'binary' ? base64Length(data) : utf8Length(data),
      preview: data.slice(0, previewLength),
      ...(long ? { more: true } : {}),
    },
    ...(long ? { payload: { data, encoding: type === 'binary' ? 'base64' : 'text' } } : {}),
  };
}

function base64Length(text: string): number {
  const digits = text.replace(/[^A-Za-z0-9+/_-]/g, '').length;
  return Math.floor((digits * 3) / 4);
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}
