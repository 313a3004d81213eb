/**
 * HAR 1.2 with `_webSocketMessages`, as browsers write and read it: one entry for each connection. A browser
 * counts from the client: `send` is a frame to the server.
 */
import type { Fact, FactOf, FrameType } from '../fact';
import { previewLength } from '../fact';
import { isTime, type RecordedPayload, type Recording, type RecordingProblem } from './recording';

interface Pair {
  name: string;
  value: string;
}

interface HarMessage {
  type: 'send' | 'receive';
  /** Seconds since the epoch. */
  time: number;
  opcode: number;
  data: string;
}

interface HarEntry {
  startedDateTime: string;
  time: number;
  request: {
    method: string;
    url: string;
    httpVersion: string;
    cookies: [];
    headers: Pair[];
    queryString: Pair[];
    headersSize: number;
    bodySize: number;
  };
  response: {
    status: number;
    statusText: string;
    httpVersion: string;
    cookies: [];
    headers: Pair[];
    content: { size: number; mimeType: string; text?: string };
    redirectURL: string;
    headersSize: number;
    bodySize: number;
  };
  cache: Record<string, never>;
  timings: { send: number; wait: number; receive: number };
  connection?: string;
  comment?: string;
  _resourceType: 'websocket';
  _webSocketMessages: HarMessage[];
}

const opcodes: Record<FrameType, number> = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

export function renderHar(recording: Recording, version: string, missing = 0): string {
  const entries: HarEntry[] = [];
  const open = new Map<string, HarEntry>();
  let epoch = 0;
  let origin = 'ws://localhost';
  for (const fact of recording.facts) {
    switch (fact.kind) {
      case 'listening':
        epoch = fact.epoch;
        origin = fact.url.replace(/^(wss?:\/\/[^/]+).*$/, '$1');
        break;
      case 'connecting': {
        const entry = entryOf(fact.target, fact.headers, origin, epoch + fact.at);
        entry.connection = fact.connection;
        open.set(fact.connection, entry);
        entries.push(entry);
        break;
      }
      case 'opened': {
        const entry = open.get(fact.connection);
        if (entry) {
          entry.response.status = 101;
          entry.response.statusText = 'Switching Protocols';
          if (fact.protocol !== undefined) {
            entry.response.headers.push({ name: 'Sec-WebSocket-Protocol', value: fact.protocol });
          }
          entry.timings.wait = epoch + fact.at - Date.parse(entry.startedDateTime);
        }
        break;
      }
      case 'refused': {
        const known = fact.connection === undefined ? undefined : open.get(fact.connection);
        const entry = known ?? entryOf(fact.target, {}, origin, epoch + fact.at);
        if (!known) {
          entries.push(entry);
        }
        entry.response.status = fact.status;
        entry.response.content = {
          size: fact.body.length,
          mimeType: 'application/json',
          text: fact.body,
        };
        entry.comment = fact.reason;
        break;
      }
      case 'frame':
        open.get(fact.connection)?._webSocketMessages.push({
          type: fact.direction === 'toServer' ? 'send' : 'receive',
          time: (epoch + fact.at) / 1000,
          opcode: opcodes[fact.type],
          data: recording.payloads.get(fact.seq)?.data ?? fact.preview,
        });
        break;
      case 'closed': {
        const entry = open.get(fact.connection);
        if (entry) {
          entry.comment = `closed ${fact.code} ${fact.reason}`.trim();
          entry.time = epoch + fact.at - Date.parse(entry.startedDateTime);
          open.delete(fact.connection);
        }
        break;
      }
      default:
        break; // HAR has no place for runs and pushes.
    }
  }
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

function entryOf(
  target: string,
  headers: Readonly<Record<string, string>>,
  origin: string,
  at: number,
): HarEntry {
  const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : '';
  return {
    startedDateTime: new Date(isTime(at) ? at : 0).toISOString(),
    time: 0,
    request: {
      method: 'GET',
      url: origin + target,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
      queryString: query
        .split('&')
        .filter((part) => part !== '')
        .map((part) => {
          const equals = part.indexOf('=');
          return equals < 0
            ? { name: decode(part), value: '' }
            : { name: decode(part.slice(0, equals)), value: decode(part.slice(equals + 1)) };
        }),
      headersSize: -1,
      bodySize: 0,
    },
    response: {
      status: 0,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: [],
      content: { size: 0, mimeType: 'x-unknown' },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: 0, receive: 0 },
    _resourceType: 'websocket',
    _webSocketMessages: [],
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}

/** Connections and frames of a HAR file, as facts. Entries without messages are left out. */
export function parseHar(text: string): { value?: Recording; problems: RecordingProblem[] } {
  const problem = (message: string) => ({ problems: [{ line: 1, message, values: [] }] });
  let entries: unknown;
  try {
    entries = (JSON.parse(text) as { log?: { entries?: unknown } } | null)?.log?.entries;
  } catch {
    return problem('This file is no JSON');
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
  sockets.forEach((entry, index) => {
    const start = starts[index]! - epoch;
    const connection = textOf(entry.connection) || `har-${index + 1}`;
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
        target: url.replace(/^wss?:\/\/[^/]+/, ''),
        remote: '',
        headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      },
    });
    if (entry.response?.status === 101) {
      const wait = Number(textOf(entry.timings?.wait));
      told.push({ at: start + (wait > 0 ? wait : 0), body: { kind: 'opened', connection } });
    }
    for (const message of entry._webSocketMessages!) {
      if (message !== null && typeof message === 'object') {
        told.push(frameOf(message, connection, epoch));
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
  return { value: recording, problems: [] };
}

/** A file of somebody else's may hold anything anywhere. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function frameOf(
  message: HarMessage,
  connection: string,
  epoch: number,
): { at: number; body: Record<string, unknown>; payload?: RecordedPayload } {
  const type =
    (Object.keys(opcodes) as FrameType[]).find((each) => opcodes[each] === message.opcode) ??
    'text';
  const data = textOf(message.data);
  const long = data.length > previewLength;
  return {
    at: Number(textOf(message.time)) * 1000 - epoch || 0,
    body: {
      kind: 'frame',
      connection,
      direction: message.type === 'send' ? 'toServer' : 'toClient',
      type,
      size: type === 'binary' ? Math.floor((data.length * 3) / 4) : utf8Length(data),
      preview: data.slice(0, previewLength),
      ...(long ? { more: true } : {}),
    },
    ...(long ? { payload: { data, encoding: type === 'binary' ? 'base64' : 'text' } } : {}),
  };
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}
