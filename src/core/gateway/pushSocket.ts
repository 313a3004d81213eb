/**
 * The short way of a push. `node:http` costs as much as everything else that a message needs, so each connection to
 * the port is read here first: plain pushes are answered, one after the other, and whatever else a connection says,
 * the whole of it is handed to `node:http` from there on.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { reportBug } from '../errors';
import { type Access, isHostAllowed } from './access';
import type { Gateway } from './gateway';
import type { PushAnswer } from './pushes';
import { type PushHead, readPushHead } from './pushHead';

/** How long a connection may say nothing at all, and how long a body may take, milliseconds. */
const firstByteTimeout = 20_000;
const bodyTimeout = 60_000;
/** Told to clients; the connection stays a little longer, so that no request meets its end. */
const keepAliveSeconds = 60;
const idleTimeout = (keepAliveSeconds + 5) * 1000;

export class PushSocket {
  private readonly socket: Socket;
  private readonly gateway: Gateway;
  private readonly access: Access;
  private readonly handOver: (socket: Socket) => void;
  /** The push whose body is not here as a whole. */
  private head: PushHead | undefined;
  private parts: Buffer[] = [];
  private size = 0;
  private deadline = 0;
  private answering = false;
  private watched = false;
  private ended = false;
  /** While the body is on its way. */
  private arrived: (() => void) | undefined;

  /** `handOver` gets the socket with everything unread still to be read. */
  constructor(
    socket: Socket,
    gateway: Gateway,
    access: Access,
    handOver: (socket: Socket) => void,
  ) {
    this.socket = socket;
    this.gateway = gateway;
    this.access = access;
    this.handOver = handOver;
    socket.setNoDelay(true);
    socket.setTimeout(firstByteTimeout);
    socket.on('data', this.read);
    socket.on('end', this.end);
    socket.on('timeout', this.giveUp);
    socket.on('error', this.destroy);
  }

  /** No further push is taken; a running one gets its answer. */
  dispose(): void {
    this.ended = true;
    if (!this.answering) {
      this.socket.destroy();
    }
  }

  private readonly destroy = (): void => {
    this.socket.destroy();
  };

  /** After a sleep of the machine the timers come first, and what was on its way behind them. */
  private readonly giveUp = (): void => {
    const { socket } = this;
    const before = socket.bytesRead;
    setImmediate(() => {
      if (socket.bytesRead === before && !this.answering) {
        socket.destroy();
      }
    });
  };

  private readonly end = (): void => {
    this.ended = true;
    if (!this.answering) {
      this.socket.end();
    }
  };

  private readonly read = (chunk: Buffer): void => {
    if (this.answering) {
      this.keep(chunk); // A client that does not wait for the answer.
      this.socket.pause();
      return;
    }
    if (this.head === undefined) {
      this.begin(chunk);
      return;
    }
    if (this.gateway.clock.now() > this.deadline) {
      this.socket.destroy();
      return;
    }
    this.keep(chunk);
    if (this.size >= this.head.bodyStart + this.head.bodyLength) {
      const { head } = this;
      const bytes = this.take();
      this.answer(head, bytes);
      this.arrive();
    }
  };

  private begin(chunk: Buffer): void {
    const head = readPushHead(chunk);
    if (
      head === undefined ||
      !isHostAllowed(head.host, this.access) ||
      this.access.pushFrom !== undefined || // Both need all headers.
      this.access.pushSigned !== undefined ||
      !this.gateway.pushes.isAddress(head.key)
    ) {
      this.leave(chunk);
    } else if (chunk.length >= head.bodyStart + head.bodyLength) {
      this.answer(head, chunk);
    } else {
      this.head = head;
      this.arrived = this.gateway.pushes.begin();
      if (!this.watched) {
        this.watched = true;
        this.socket.once('close', () => this.leftEarly());
      }
      this.deadline = this.gateway.clock.now() + bodyTimeout;
      this.socket.setTimeout(bodyTimeout);
      this.keep(chunk);
    }
  }

  private leftEarly(): void {
    if (this.head !== undefined) {
      const { key, bodyLength, bodyStart } = this.head;
      const errMsg = `the connection ended after ${Math.max(0, this.size - bodyStart)} of the ${bodyLength} bytes of the body`;
      this.gateway.pushes.recordRefused(key, { status: 400, errMsg });
    }
    this.arrive();
  }

  private arrive(): void {
    this.arrived?.();
    this.arrived = undefined;
  }

  private keep(chunk: Buffer): void {
    this.parts.push(chunk);
    this.size += chunk.length;
  }

  private take(): Buffer {
    const [only] = this.parts;
    const bytes = this.parts.length === 1 && only !== undefined ? only : Buffer.concat(this.parts);
    this.head = undefined;
    this.parts = [];
    this.size = 0;
    return bytes;
  }

  /** `bytes`: the whole request, and perhaps the start of the next. */
  private answer(head: PushHead, bytes: Buffer): void {
    const { key, bodyStart, bodyLength, invocation, redirectedFrom, line } = head;
    const bodyEnd = bodyStart + bodyLength;
    if (bytes.length > bodyEnd) {
      this.keep(bytes.subarray(bodyEnd));
    }
    this.answering = true;
    this.gateway.pushes
      .answer(key, bytes.subarray(bodyStart, bodyEnd), { invocation, redirectedFrom, line })
      .then(
        (answer) => this.write(answer, head.close),
        (error: unknown) => {
          reportBug(error);
          const body = '{"message":"The gateway failed at this push; its log says more."}';
          this.write({ status: 500, body }, true);
        },
      );
  }

  private write({ status, body }: PushAnswer, close: boolean): void {
    const { socket } = this;
    const last = close || this.ended;
    this.answering = false;
    const text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nDate: ${httpDate()}\r\n${last ? 'Connection: close' : keepAlive}\r\n\r\n${body}`;
    if (last) {
      socket.end(text);
      return;
    }
    socket.write(text);
    socket.setTimeout(idleTimeout);
    if (this.size > 0) {
      this.leave(this.take());
    }
  }

  /** What comes next is not for here. */
  private leave(unread: Buffer): void {
    const { socket } = this;
    socket.off('data', this.read);
    socket.off('end', this.end);
    socket.off('timeout', this.giveUp);
    socket.off('error', this.destroy);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(unread);
    this.handOver(socket);
    socket.resume();
  }
}

const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}`;

let dateOf = 0;
let date = '';

function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateOf) {
    dateOf = second;
    date = new Date(second * 1000).toUTCString();
  }
  return date;
}
