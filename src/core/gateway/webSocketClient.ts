/** A client's WebSocket, bound to its connection. */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { ClientSocket, Connection } from './connection';
import type { Gateway } from './gateway';

/** Binds a WebSocket to its connection. Nothing here keeps the request: idle connections must stay small. */
export function attach(
  gateway: Gateway,
  connection: Connection,
  client: WebSocket,
  socket: Socket,
  protocol: string | undefined,
): void {
  client.on('message', (data: Buffer, binary: boolean) => {
    gateway.receiveMessage(connection, data, binary);
  });
  client.on('ping', (data: Buffer) => gateway.receiveControl(connection, 'ping', data));
  client.on('pong', (data: Buffer) => gateway.receiveControl(connection, 'pong', data));
  client.on('error', (error: Error & { code?: string }) => {
    const code = closeCodeOf(error);
    if (code !== undefined) {
      gateway.socketFailed(connection, code, error.message);
    }
  });
  client.on('close', (code: number, reason: Buffer) => {
    gateway.socketEnded(connection, code, reason.toString('utf8'));
  });
  gateway.open(connection, new WebSocketClient(client, socket), protocol);
}

/** The close code that `ws` sends for an error of the client's, by the error's stable code. */
function closeCodeOf(error: { code?: string }): number | undefined {
  if (error.code === 'WS_ERR_INVALID_UTF8') {
    return 1007;
  }
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return 1009;
  }
  return error.code?.startsWith('WS_ERR_') ? 1002 : undefined;
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

  close(code: number, reason: string): void {
    this.client.close(code, reason);
  }

  fin(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
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
