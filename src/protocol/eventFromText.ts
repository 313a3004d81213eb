/**
 * Events in what people have of the cloud: a line of a log with the event as JSON or as Python writes it, or an entry
 * of a HAR file. Pure.
 */
import { registerEvent, transferEventJson } from './event';
import { sampleConnection } from './samples';

export interface FoundEvent {
  role: 'register' | 'transfer' | 'cleanup';
  /** The event as JSON, indented; numbers as they were written. */
  json: string;
}

const longestText = 7_000_000;

/** A number of any size, as the text writes it. */
class WrittenNumber {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

function written(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (value instanceof WrittenNumber) {
    return value.text;
  }
  const lines = Array.isArray(value)
    ? value.map((each) => written(each, inner))
    : isRecord(value)
      ? Object.entries(value).map(
          ([key, each]) => `${JSON.stringify(key)}: ${written(each, inner)}`,
        )
      : undefined;
  if (lines === undefined) {
    return JSON.stringify(value);
  }
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return lines.length === 0
    ? `${open}${close}`
    : `${open}\n${inner}${lines.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** How often a log may have put an event into a string. */
const deepest = 3;

/** The first event in the text, also where a log keeps it as a string in JSON; undefined when there is none. */
export function eventFromText(text: string, depth = 0): FoundEvent | undefined {
  for (const value of valuesIn(text.slice(0, longestText))) {
    const found = eventOf(value) ?? eventOfHar(value);
    if (found !== undefined) {
      return found;
    }
  }
  return depth < deepest && /\\"websocket\\+"/.test(text)
    ? eventFromText(unescaped(text), depth + 1)
    : undefined;
}

/** What the strings of a JSON text say, without their quotes' escapes. */
function unescaped(text: string): string {
  return text.replace(/\\(["\\/nrt])/g, (_, escaped: string) =>
    /[nrt]/.test(escaped) ? ' ' : escaped,
  );
}

/** Whether an event begins in the text: then one that is not found is not whole. */
export function beginsEvent(text: string): boolean {
  return /["']websocket\\*["']\s*:/.test(text);
}

function eventOf(value: unknown): FoundEvent | undefined {
  const websocket =
    isRecord(value) && isRecord(value['websocket']) ? value['websocket'] : undefined;
  if (!isRecord(value) || websocket === undefined) {
    return undefined;
  }
  switch (websocket['action']) {
    case 'connecting':
      return { role: 'register', json: written(value) };
    case 'data send':
    case 'data recv':
      return { role: 'transfer', json: written(value) };
    case 'closing':
      return { role: 'cleanup', json: written(value) };
    default:
      return undefined;
  }
}

/** A message of a WebSocket entry (`type`, `opcode`, `data`), or the entry itself: the client that connected. */
function eventOfHar(value: unknown): FoundEvent | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  if (
    (value['type'] === 'send' || value['type'] === 'receive') &&
    typeof value['data'] === 'string'
  ) {
    const binary = String(value['opcode']) === '2';
    const json = transferEventJson(
      sampleConnection,
      binary ? 'binary' : 'text',
      value['data'],
      false,
    );
    return { role: 'transfer', json: written(JSON.parse(json)) };
  }
  const request = isRecord(value['request']) ? value['request'] : undefined;
  const url = /^wss?:\/\/[^/?#]*([^?#]*)\??([^#]*)/.exec(String(request?.['url'] ?? ''));
  if (request === undefined || url === null) {
    return undefined;
  }
  const headers = Object.fromEntries(
    (Array.isArray(request['headers']) ? request['headers'] : []).flatMap((each: unknown) =>
      isRecord(each) ? [[String(each['name']).toLowerCase(), String(each['value'])]] : [],
    ),
  ) as Record<string, string>;
  const [, path = '', query = ''] = url;
  const stage = (['release', 'prepub', 'test'] as const).find((each) =>
    path.startsWith(`/${each}`),
  );
  const event = registerEvent(
    {
      connection: sampleConnection,
      requestId: '5f0c0d9e-7a31-4c52-9d1b-2f6a8e4b0c13',
      serviceName: 'chat',
      serviceId: 'service-0a1b2c3d',
      pathTemplate: (stage === undefined ? path : path.slice(stage.length + 1)) || '/',
      pathParameters: {},
      stage: stage ?? 'release',
      sourceIp: '127.0.0.1',
      query,
      headers,
      ...optional('protocol', headers['sec-websocket-protocol']),
      ...optional('extensions', headers['sec-websocket-extensions']),
    },
    'query',
  );
  return { role: 'register', json: written(event) };
}

function optional(key: 'protocol' | 'extensions', value: string | undefined): object {
  return value === undefined ? {} : { [key]: value };
}

/** Every mapping that begins somewhere in the text, as JSON or as Python; an outer one before those in it. */
function* valuesIn(text: string): Generator {
  let tries = 0;
  for (
    let at = text.indexOf('{');
    at >= 0 && tries < 200;
    at = text.indexOf('{', at + 1), tries++
  ) {
    const reader = new Reader(text, at);
    const value = reader.value(0);
    if (value !== undefined) {
      yield value;
    }
  }
}

/** JSON and Python's repr have the same shape; they differ in quotes, prefixes and three words. */
class Reader {
  constructor(
    private readonly text: string,
    private at: number,
  ) {}

  /** Undefined where nothing can be read. */
  value(depth: number): unknown {
    this.space();
    const here = this.text[this.at] ?? '';
    if (depth > 64) {
      return undefined;
    }
    if (here === '{') {
      return this.mapping(depth);
    }
    if (here === '[' || here === '(') {
      return this.list(here === '[' ? ']' : ')', depth);
    }
    const quoted = /^[ubUB]?(['"])/.exec(this.text.slice(this.at, this.at + 2));
    if (quoted !== null) {
      this.at += quoted[0].length - 1;
      return this.string();
    }
    const word = /^(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|True|False|None)\b/.exec(
      this.text.slice(this.at, this.at + 40),
    )?.[0];
    if (word === undefined) {
      return undefined;
    }
    this.at += word.length;
    const words: Record<string, unknown> = { true: true, True: true, false: false, False: false };
    return /^[-\d]/.test(word) ? new WrittenNumber(word) : (words[word] ?? null);
  }

  private mapping(depth: number): Record<string, unknown> | undefined {
    const result: Record<string, unknown> = {};
    this.at++;
    while (!this.ends('}')) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' || !this.takes(':')) {
        return undefined;
      }
      const value = this.value(depth + 1);
      if (value === undefined) {
        return undefined;
      }
      Object.defineProperty(result, key, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
      if (!this.takes(',') && !this.peeks('}')) {
        return undefined;
      }
    }
    return result;
  }

  private list(end: string, depth: number): unknown[] | undefined {
    const result: unknown[] = [];
    this.at++;
    while (!this.ends(end)) {
      const value = this.value(depth + 1);
      if (value === undefined) {
        return undefined;
      }
      result.push(value);
      if (!this.takes(',') && !this.peeks(end)) {
        return undefined;
      }
    }
    return result;
  }

  private string(): string | undefined {
    const quote = this.text[this.at];
    let text = '';
    for (this.at++; this.at < this.text.length; this.at++) {
      const here = this.text[this.at] as string;
      if (here === quote) {
        this.at++;
        return text;
      }
      if (here !== '\\') {
        text += here;
        continue;
      }
      const escape = /^\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|x([\da-fA-F]{2})|(.))/s.exec(
        this.text.slice(this.at, this.at + 10),
      );
      if (escape === null) {
        return undefined;
      }
      const code = escape[1] ?? escape[2] ?? escape[3];
      const plain: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };
      text +=
        code === undefined
          ? (plain[escape[4] ?? ''] ?? escape[4] ?? '')
          : Number.parseInt(code, 16) > 0x10ffff
            ? ''
            : escape[1] === undefined
              ? String.fromCodePoint(Number.parseInt(code, 16))
              : String.fromCharCode(Number.parseInt(code, 16));
      this.at += escape[0].length - 1;
    }
    return undefined;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) {
      this.at++;
    }
  }

  private peeks(character: string): boolean {
    this.space();
    return this.text[this.at] === character;
  }

  private takes(character: string): boolean {
    const there = this.peeks(character);
    this.at += there ? 1 : 0;
    return there;
  }

  private ends(character: string): boolean {
    return this.takes(character) || this.at >= this.text.length;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof WrittenNumber)
  );
}
