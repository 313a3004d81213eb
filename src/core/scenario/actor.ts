/** A client of a scenario: a real WebSocket client with an inbox in the order of arrival and a cursor in it. */
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { InboxLine } from '../../protocol/testEvent';
import type { Timer } from '../clock';
import { hex, type Subject } from './match';

export interface Message {
  /** Counts from 1 in this connection. */
  number: number;
  /** When it came, of `performance.now()`. */
  at: number;
  subject: Exclude<Subject, { is: 'value' }>;
  state: InboxLine['state'];
}

export type ConnectResult =
  | { open: true; protocol: string }
  | { open: false; status: number; body: string }
  | { open: false; error: string };

export interface ConnectRequest {
  url: string;
  protocols: string[];
  headers: Record<string, string>;
  /** Tells whose connection comes from a local port. */
  introduce(port: number, name: string): Timer;
}

/** Bytes; more than any gateway sends. */
const largestMessage = 64 * 1024 * 1024;

export class Actor {
  readonly name: string;
  private socket: WebSocket | undefined;
  /** Until the handshake has ended. */
  private connecting: WebSocket | undefined;
  /** How often it tried to connect. */
  attempts = 0;
  /** It went away before it was let in. */
  hasLeft = false;
  inbox: Message[] = [];
  /** Index of the first message that no step has looked at. */
  cursor = 0;
  /** Data frames and pings that it sent on this connection. */
  sent = 0;
  /** Messages that came on this connection, whether read or not. */
  received = 0;
  pongs: Buffer[] = [];
  closed: { code: number; reason: string } | undefined;
  private readonly happened: () => void;
  private introduction: Timer | undefined;

  constructor(name: string, happened: () => void) {
    this.name = name;
    this.happened = happened;
  }

  /** Whether it ever was connected. */
  get wasOpen(): boolean {
    return this.socket !== undefined;
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Its connection has ended for both sides, or there never was one. */
  get isGone(): boolean {
    return this.socket === undefined || this.socket.readyState === WebSocket.CLOSED;
  }

  get isConnecting(): boolean {
    return this.connecting !== undefined;
  }

  async connect(request: ConnectRequest): Promise<ConnectResult> {
    this.attempts++;
    this.hasLeft = false;
    try {
      return await this.tryToConnect(request);
    } finally {
      this.connecting = undefined;
      this.happened();
    }
  }

  private tryToConnect(request: ConnectRequest): Promise<ConnectResult> {
    this.inbox = [];
    this.cursor = 0;
    this.sent = 0;
    this.received = 0;
    this.pongs = [];
    this.closed = undefined;
    return new Promise((resolve) => {
      let socket: WebSocket;
      try {
        socket = new WebSocket(request.url, request.protocols, {
          headers: request.headers,
          perMessageDeflate: false,
          maxPayload: largestMessage,
          finishRequest: (sent) => this.introduceBeforeSending(sent, request.introduce),
        });
      } catch (error) {
        resolve({ open: false, error: (error as Error).message });
        return;
      }
      this.connecting = socket;
      socket.on('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        const end = (): void => {
          const body = Buffer.concat(chunks).toString('utf8');
          resolve({ open: false, status: response.statusCode ?? 0, body });
          socket.terminate();
        };
        response.on('end', end);
        response.on('error', end);
      });
      socket.on('open', () => {
        this.socket = socket;
        this.connecting = undefined;
        resolve({ open: true, protocol: socket.protocol });
        this.happened();
      });
      socket.on('message', (data: Buffer, isBinary) => {
        this.received++;
        this.inbox.push({
          number: this.received,
          at: performance.now(),
          subject: isBinary
            ? { is: 'binary', bytes: Buffer.from(data) }
            : { is: 'text', text: data.toString('utf8') },
          state: 'unread',
        });
        this.happened();
      });
      socket.on('pong', (data) => {
        this.pongs.push(data);
        this.happened();
      });
      socket.on('error', (error) => resolve({ open: false, error: error.message }));
      socket.on('close', (code, reason) => {
        if (this.socket === socket) {
          this.closed = { code, reason: reason.toString('utf8') };
        }
        resolve({ open: false, error: `the connection ended with ${code}` });
        this.happened();
      });
    });
  }

  send(data: string | Buffer): void {
    this.sent++;
    this.socket?.send(data);
  }

  /** One message in several frames. */
  sendFragments(parts: (string | Buffer)[]): void {
    this.sent++;
    const binary = typeof parts[0] !== 'string';
    parts.forEach((part, index) => {
      this.socket?.send(part, { fin: index === parts.length - 1, binary });
    });
  }

  ping(data: string): void {
    this.sent++;
    this.socket?.ping(data);
  }

  /** Goes away in the middle of the handshake. */
  leave(): void {
    this.hasLeft = true;
    this.connecting?.terminate();
  }

  /** Without a code the Close frame is empty. */
  close(code?: number, reason?: string): void {
    this.socket?.close(code, reason);
  }

  /** Gives up a handshake that is under way. */
  abandon(): void {
    this.connecting?.terminate();
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.socket?.terminate();
  }

  /** Marks what lies before the index as looked at. */
  moveTo(index: number, read: ReadonlySet<number>): Message[] {
    const passed: Message[] = [];
    for (; this.cursor < index; this.cursor++) {
      const message = this.inbox[this.cursor] as Message;
      message.state = read.has(this.cursor) ? 'read' : 'skipped';
      if (message.state === 'skipped') {
        passed.push(message);
      }
    }
    return passed;
  }

  get unread(): Message[] {
    return this.inbox.slice(this.cursor);
  }

  dispose(): void {
    this.introduction?.dispose();
    this.connecting?.terminate();
    this.socket?.terminate();
  }

  private introduceBeforeSending(
    request: ClientRequest,
    introduce: ConnectRequest['introduce'],
  ): void {
    request.once('socket', (socket: Socket) => {
      socket.once('connect', () => {
        if (socket.localPort !== undefined) {
          this.introduction?.dispose();
          this.introduction = introduce(socket.localPort, this.name);
        }
      });
    });
    request.end();
  }
}

/** Characters of a message in a failure. */
const longestLine = 400;

export function inboxLine({ number, subject, state }: Message): InboxLine {
  const text = subject.is === 'binary' ? hex(subject.bytes) : subject.text;
  return {
    number,
    type: subject.is,
    text: text.length > longestLine ? `${text.slice(0, longestLine)}…` : text,
    state,
  };
}
