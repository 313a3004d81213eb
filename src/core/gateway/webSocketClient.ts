/** A client's WebSocket, bound to its connection. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { ClientSocket, Connection } from './connection';
import type { Gateway } from './gateway';

/** Stands for a Close frame without a code (RFC 6455, section 7.1.5). */
const noCode = 1005;

/** What the server makes of a handshake. Its listeners are shared by all clients: idle ones must stay small. */
export class BoundWebSocket extends WebSocket {
  gateway!: Gateway;
  connection!: Connection;

  /** Binds it to its connection, once. */
  bind(
    gateway: Gateway,
    connection: Connection,
    socket: Socket,
    protocol: string | undefined,
  ): void {
    this.gateway = gateway;
    this.connection = connection;
    this.on('message', received);
    this.on('ping', pinged);
    this.on('pong', ponged);
    this.on('error', failed);
    this.on('close', ended);
    gateway.open(connection, new WebSocketClient(this, socket), protocol);
  }

  /**
   * The library calls it, too: with what the client's Close frame says (nothing, or a code and the bytes of a reason),
   * and with a code alone when a frame was broken. Its own event comes when the TCP connection ends, which a client may
   * put off for as long as it likes.
   */
  override close(code?: number, reason?: string | Buffer): void {
    const came = code === undefined || Buffer.isBuffer(reason);
    const held =
      came && this.connection.state === 'open'
        ? this.gateway.holdClose?.(this.connection.id)
        : undefined;
    if (held === undefined) {
      super.close(code, reason);
    } else {
      void held.then(() => super.close(code, reason));
    }
    if (came) {
      this.gateway.closeArrived(this.connection, code ?? noCode, reason?.toString() ?? '');
    }
  }
}

// Listeners get their WebSocket as `this`; which class it is, the library's types cannot say.

function received(this: WebSocket, data: Buffer, binary: boolean): void {
  const { gateway, connection } = this as BoundWebSocket;
  gateway.receiveMessage(connection, data, binary);
}

function pinged(this: WebSocket, data: Buffer): void {
  const { gateway, connection } = this as BoundWebSocket;
  gateway.receiveControl(connection, 'ping', data);
}

function ponged(this: WebSocket, data: Buffer): void {
  const { gateway, connection } = this as BoundWebSocket;
  gateway.receiveControl(connection, 'pong', data);
}

function failed(this: WebSocket, error: Error & { code?: string }): void {
  const { gateway, connection } = this as BoundWebSocket;
  const code = closeCodeOf(error);
  if (code !== undefined) {
    gateway.socketFailed(connection, code, error.message);
  }
}

function ended(this: WebSocket): void {
  const { gateway, connection } = this as BoundWebSocket;
  gateway.socketEnded(connection);
}

/** The close code that `ws` sends for an error of the client's, by the error's stable code. */
function closeCodeOf(error: { code?: string }): number | undefined {
  if (error.code === 'WS_ERR_INVALID_UTF8') {
    return 1007;
  }
  if (error.code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS') {
    return 1008;
  }
  if (
    error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ||
    error.code === 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'
  ) {
    return 1009;
  }
  return error.code?.startsWith('WS_ERR_') ? 1002 : undefined;
}

/** How long a client may take to end its side, milliseconds. */
const endGrace = 2000;

/** Ends a socket, also when the other side goes on. */
export function endSoon(socket: Socket, last = ''): void {
  socket.end(last);
  const limit = setTimeout(() => socket.destroy(), endGrace);
  limit.unref();
  socket.once('close', () => clearTimeout(limit));
}

/** Bytes of payload up to which a copy costs less than a second write. */
const largestInOnePiece = 65_535;

/** An unmasked, final frame without extensions (RFC 6455, section 5.2). */
function wholeFrame(payload: string | Buffer, size: number, binary: boolean): Buffer {
  const head = size < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(head + size);
  frame[0] = binary ? 0x82 : 0x81;
  if (size < 126) {
    frame[1] = size;
  } else {
    frame[1] = 126;
    frame.writeUInt16BE(size, 2);
  }
  if (typeof payload === 'string') {
    frame.write(payload, head);
  } else {
    payload.copy(frame, head);
  }
  return frame;
}

class WebSocketClient implements ClientSocket {
  private readonly client: WebSocket;
  private readonly socket: Socket;

  constructor(client: WebSocket, socket: Socket) {
    this.client = client;
    this.socket = socket;
  }

  /** In one piece and one write; the library would write head and payload apart, which costs twice as much. */
  send(payload: string | Buffer, binary: boolean): void {
    const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    if (size > largestInOnePiece) {
      this.client.send(payload, { binary });
    } else if (this.client.readyState === WebSocket.OPEN) {
      this.socket.write(wholeFrame(payload, size, binary));
    }
  }

  ping(sent: () => void): void {
    this.client.ping(undefined, undefined, sent);
  }

  pong(data: Buffer): void {
    this.client.pong(data);
  }

  close(code: number, reason: string): void {
    this.client.close(code, reason);
  }

  fin(): void {
    endSoon(this.socket);
  }

  /** Under TLS, Node.js can only end it; what waits is thrown away all the same. */
  reset(): void {
    if (this.socket instanceof TLSSocket) {
      this.socket.destroy();
    } else {
      this.socket.resetAndDestroy();
    }
  }

  pause(): void {
    this.client.pause();
  }

  resume(): void {
    this.client.resume();
  }

  get waitingBytes(): number {
    return this.client.bufferedAmount;
  }

  get alive(): boolean {
    return this.client.readyState === WebSocket.OPEN && !this.socket.destroyed;
  }
}
