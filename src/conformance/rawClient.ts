/**
 * A WebSocket client that shows and sends exactly what is on the wire: broken frames, half a handshake, a bare FIN.
 * A library would hide just what a conformance check wants to see.
 */
import { randomBytes } from 'node:crypto';
import net from 'node:net';

export interface RawFrame {
  opcode: number;
  /** Text and Close reasons as UTF-8, everything else as bytes. */
  text: string;
  bytes: Buffer;
  /** Of a Close frame that has one. */
  code?: number;
}

export type Ending = 'fin' | 'reset';

export interface HandshakeAnswer {
  status: number;
  headers: Record<string, string>;
  /** Body of a refusal. */
  body: string;
}

/** How long a check waits for anything, milliseconds. */
export const patience = 20_000;

export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

export interface HandshakeWish {
  url: URL;
  /** Header lines; a value of undefined leaves a default one out. */
  headers?: Record<string, string | undefined>;
  /** Bytes that go out right behind the request. */
  early?: Buffer;
}

export class RawClient {
  /** Complete, in order of arrival. */
  readonly received: RawFrame[] = [];
  ending: Ending | undefined;
  private readonly socket: net.Socket;
  private bytes: Buffer = Buffer.alloc(0);
  private head: HandshakeAnswer | undefined;
  private taken = 0;
  private readonly waiting = new Set<() => void>();

  constructor({ url, headers = {}, early }: HandshakeWish) {
    this.socket = net.connect({ host: url.hostname, port: Number(url.port || 80) });
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.read();
      this.wake();
    });
    this.socket.on('error', () => this.end('reset'));
    this.socket.on('end', () => this.end('fin'));
    this.socket.on('close', () => this.end('reset'));
    const lines = Object.entries({
      Host: url.host,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Version': '13',
      ...headers,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
    this.socket.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`,
      'latin1',
    );
    if (early !== undefined) {
      this.socket.write(early);
    }
  }

  /** The answer to the handshake; of a refusal with its whole body. */
  answer(): Promise<HandshakeAnswer> {
    return this.until('an answer to the handshake', () =>
      this.head !== undefined && (this.head.status === 101 || this.ending !== undefined)
        ? this.head
        : undefined,
    );
  }

  /** The next frame that was not taken yet. */
  next(what = 'a frame'): Promise<RawFrame> {
    return this.until(what, () => {
      const frame = this.received[this.taken];
      if (frame !== undefined) {
        this.taken++;
      }
      return frame;
    });
  }

  /** How the TCP connection ended, once it has. */
  ended(): Promise<Ending> {
    return this.until('the end of the TCP connection', () => this.ending);
  }

  send(payload: string | Buffer): void {
    this.sendFrame(typeof payload === 'string' ? opcodes.text : opcodes.binary, payload);
  }

  sendFrame(
    opcode: number,
    payload: string | Buffer,
    { fin = true, mask = true, reserved = 0 } = {},
  ): void {
    this.write(encodeFrame(opcode, payload, { fin, mask, reserved }));
  }

  sendClose(code?: number, reason = ''): void {
    const payload = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined) {
      payload.writeUInt16BE(code);
    }
    this.sendFrame(opcodes.close, Buffer.concat([payload, Buffer.from(reason)]));
  }

  write(bytes: Buffer): void {
    if (!this.socket.destroyed) {
      this.socket.write(bytes);
    }
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Stops reading, so that what is sent to this client piles up. */
  pause(): void {
    this.socket.pause();
  }

  dispose(): void {
    this.socket.destroy();
  }

  private until<T>(what: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined && this.ending === undefined) {
          return;
        }
        clearTimeout(timer);
        this.waiting.delete(look);
        if (found !== undefined) {
          resolve(found);
        } else {
          reject(new Error(`the connection ended (${this.ending}) instead of ${what}`));
        }
      };
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`no sign of ${what} within ${patience / 1000} s`));
      }, patience);
      this.waiting.add(look);
      look();
    });
  }

  private end(ending: Ending): void {
    this.ending ??= ending;
    this.socket.end();
    this.wake();
  }

  private wake(): void {
    for (const look of [...this.waiting]) {
      look();
    }
  }

  private read(): void {
    if (this.head === undefined) {
      const end = this.bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        return;
      }
      this.head = parseHead(this.bytes.toString('latin1', 0, end));
      this.bytes = this.bytes.subarray(end + 4);
    }
    if (this.head.status !== 101) {
      this.head.body = this.bytes.toString('utf8');
      return;
    }
    for (;;) {
      const frame = decodeFrame(this.bytes);
      if (frame === undefined) {
        return;
      }
      this.bytes = this.bytes.subarray(frame.length);
      this.received.push(frame);
    }
  }
}

function parseHead(text: string): HandshakeAnswer {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(statusLine.split(' ')[1]), headers, body: '' };
}

export function encodeFrame(
  opcode: number,
  payload: string | Buffer,
  { fin = true, mask = true, reserved = 0 } = {},
): Buffer {
  const data = Buffer.from(payload as string);
  const size = data.length;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  if (size < 126) {
    head[1] = size;
  } else if (size < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(size, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(size), 2);
  }
  if (!mask) {
    return Buffer.concat([head, data]);
  }
  head[1] = (head[1] ?? 0) | 0x80;
  const key = randomBytes(4);
  for (let index = 0; index < size; index++) {
    data[index] = (data[index] ?? 0) ^ (key[index % 4] ?? 0);
  }
  return Buffer.concat([head, key, data]);
}

/** The first frame of `bytes`, unmasked as servers send them, and how many bytes it takes. */
function decodeFrame(bytes: Buffer): (RawFrame & { length: number }) | undefined {
  if (bytes.length < 2) {
    return undefined;
  }
  const opcode = (bytes[0] ?? 0) & 0x0f;
  let size = (bytes[1] ?? 0) & 0x7f;
  let at = 2;
  if (size === 126) {
    if (bytes.length < 4) {
      return undefined;
    }
    size = bytes.readUInt16BE(2);
    at = 4;
  } else if (size === 127) {
    if (bytes.length < 10) {
      return undefined;
    }
    size = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  if (bytes.length < at + size) {
    return undefined;
  }
  const data = Buffer.from(bytes.subarray(at, at + size));
  const coded = opcode === opcodes.close && size >= 2;
  return {
    opcode,
    bytes: data,
    text: data.toString('utf8', coded ? 2 : 0),
    length: at + size,
    ...(coded ? { code: data.readUInt16BE(0) } : {}),
  };
}
