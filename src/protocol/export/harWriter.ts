/**
 * HAR 1.2 with `_webSocketMessages`, as browsers write it: one entry for each connection. A browser counts from the
 * client: `send` is a frame to the server. Which facts are written how is said in the table of facts.
 */
import { isTime, type FactOf, type FrameType } from '../fact';
import type { RecordedPayload } from '../payload';

export interface Pair {
  name: string;
  value: string;
}

export interface HarMessage {
  type: 'send' | 'receive';
  /** Seconds since the epoch. */
  time: number;
  opcode: number;
  data: string;
}

export interface HarEntry {
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

export const opcodes: Record<FrameType, number> = {
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
};

export class HarWriter {
  readonly entries: HarEntry[] = [];
  private readonly open = new Map<string, HarEntry>();
  private epoch = 0;
  private origin = 'ws://localhost';

  constructor(private readonly payloads: ReadonlyMap<number, RecordedPayload>) {}

  session(fact: FactOf<'listening'>): void {
    this.began(fact.epoch);
    this.origin = fact.url.replace(/^(wss?:\/\/[^/]+).*$/, '$1');
  }

  began(epoch: number): void {
    this.epoch = epoch;
  }

  request(fact: FactOf<'connecting'>): void {
    const entry = entryOf(fact.target, fact.headers, this.origin, this.epoch + fact.at);
    entry.connection = fact.connection;
    this.open.set(fact.connection, entry);
    this.entries.push(entry);
  }

  accepted(fact: FactOf<'opened'>): void {
    const entry = this.open.get(fact.connection);
    if (entry) {
      entry.response.status = 101;
      entry.response.statusText = 'Switching Protocols';
      if (fact.protocol !== undefined) {
        entry.response.headers.push({ name: 'Sec-WebSocket-Protocol', value: fact.protocol });
      }
      entry.timings.wait = this.since(entry, fact.at);
    }
  }

  refused(fact: FactOf<'refused'>): void {
    const known = fact.connection === undefined ? undefined : this.open.get(fact.connection);
    const entry = known ?? entryOf(fact.target, {}, this.origin, this.epoch + fact.at);
    if (!known) {
      this.entries.push(entry);
    }
    entry.response.status = fact.status;
    entry.response.content = {
      size: fact.body.length,
      mimeType: 'application/json',
      text: fact.body,
    };
    entry.comment = fact.reason;
  }

  message(fact: FactOf<'frame'>): void {
    this.open.get(fact.connection)?._webSocketMessages.push({
      type: fact.direction === 'toServer' ? 'send' : 'receive',
      time: (this.epoch + fact.at) / 1000,
      opcode: opcodes[fact.type],
      data: this.payloads.get(fact.seq)?.data ?? fact.preview,
    });
  }

  ended(fact: FactOf<'closed'>): void {
    const entry = this.open.get(fact.connection);
    if (entry) {
      entry.comment = `closed ${fact.code} ${fact.reason}`.trim();
      entry.time = this.since(entry, fact.at);
      this.open.delete(fact.connection);
    }
  }

  private since(entry: HarEntry, at: number): number {
    return this.epoch + at - Date.parse(entry.startedDateTime);
  }
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
