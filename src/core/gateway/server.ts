/**
 * The gateway's only port: WebSocket clients come in by `Upgrade`, pushes by POST. The one file that knows
 * `ws` and `node:http`.
 */
import * as l10n from '@vscode/l10n';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { UserError } from '../errors';
import { type Access, isHostAllowed, isOriginAllowed, isPushAllowed } from './access';
import type { ClientSocket, Connection } from './connection';
import type { Gateway } from './gateway';
import type { HandshakeRequest } from './handshakes';
import { largestPush, pushErrors } from './pushRequest';

/** Clients that may stand in the kernel's queue while the gateway is busy; Node's default of 511 refuses crowds. */
const backlog = 4096;

/** Largest message that is received at all, bytes; above, the client is closed with 1009. */
const largestMessage = 8 * 1024 * 1024;

/** Bytes that a client may send before its handshake is answered. */
const earlyBytes = 64 * 1024;

/** How long a stopping gateway waits for clients to answer its Close frames, milliseconds. */
const closingGrace = 500;

/** Ports above the wished one that are tried before any free one is taken. */
const portsToTry = 20;

export interface ServerOptions {
  port: number;
  access: Access;
  /** Name of the test client with this local port, if it is one of ours. */
  clientNameOf(port: number): string | undefined;
  /** A page for trying the projects from a browser, shown at `/`. */
  readPage?(): Promise<Buffer | undefined>;
}

export interface GatewayServer {
  port: number;
  dispose(): Promise<void>;
}

export async function startServer(
  gateway: Gateway,
  options: ServerOptions,
): Promise<GatewayServer> {
  const server = http.createServer({
    // The header limits of the gateway; a client that sends its headers byte by byte is cut off.
    maxHeaderSize: 16 * 1024,
    headersTimeout: 20_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 60_000,
    noDelay: true,
  });
  const wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: largestMessage,
    clientTracking: false,
    skipUTF8Validation: false,
  });
  const sockets = new Set<Socket>();
  let protocolLine: string | undefined;
  wss.on('headers', (headers) => {
    if (protocolLine !== undefined) {
      headers.push(protocolLine);
    }
  });

  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    answerRequest(gateway, options, request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
    socket.end(
      rawAnswer(
        status,
        JSON.stringify({
          message: `This is not HTTP that the gateway understands: ${error.message}`,
        }),
      ),
    );
  });
  server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrade(request, socket as Socket, head).catch((error: unknown) => {
      reportBug(error);
      socket.destroy();
    });
  });

  async function upgrade(
    request: http.IncomingMessage,
    socket: Socket,
    head: Buffer,
  ): Promise<void> {
    const asked: HandshakeRequest = {
      target: request.url ?? '/',
      headers: flatHeaders(request),
      remote: `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`,
    };
    const name = options.clientNameOf(socket.remotePort ?? 0);
    if (name !== undefined) {
      asked.client = name;
    }
    socket.on('error', () => socket.destroy());
    const early = new EarlyBytes(socket, head);
    const refusal = refuseUpgrade(request, options.access);
    const decision =
      refusal === undefined
        ? await gateway.handshakes.decide(asked, early.gone)
        : gateway.handshakes.refuse(asked, refusal.status, { message: refusal.message });
    const bytes = early.take();
    if (!decision.accept) {
      if (socket.writable) {
        socket.end(rawAnswer(decision.status, decision.body));
      }
      return;
    }
    // `ws` would parse the list and choose; Register's choice goes out verbatim instead (see the contract).
    delete request.headers['sec-websocket-protocol'];
    protocolLine =
      decision.protocol === undefined ? undefined : `Sec-WebSocket-Protocol: ${decision.protocol}`;
    const { connection, protocol } = decision;
    wss.handleUpgrade(request, socket, bytes, (client) => {
      attach(gateway, connection, client, socket, protocol);
    });
    protocolLine = undefined;
    socket.resume(); // It stands still when more came too soon than is kept.
    if (connection.state === 'connecting') {
      gateway.socketNeverOpened(connection);
    }
  }

  const port = await listen(server, options.port);
  return {
    port,
    async dispose() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const impatience = setTimeout(() => {
        for (const socket of sockets) {
          socket.destroy();
        }
      }, closingGrace);
      await closed;
      clearTimeout(impatience);
    },
  };
}

/** Listens on the wished port, else on one of those above it, else on any that is free. */
async function listen(server: http.Server, wished: number): Promise<number> {
  const candidates = wished === 0 ? [0] : [...Array(portsToTry).keys()].map((n) => wished + n);
  candidates.push(0);
  for (const port of candidates) {
    if (port > 65_535) {
      continue;
    }
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen({ port, host: '127.0.0.1', backlog }, () => {
        server.removeListener('error', resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) {
      return (server.address() as AddressInfo).port;
    }
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') {
      throw new UserError(
        'cannotListen',
        l10n.t('The gateway cannot listen on 127.0.0.1:{0}: {1}.', port, error.message),
        l10n.t('Choose another port in scfws.json ("port") or in the setting scfWebSocket.port.'),
      );
    }
  }
  throw new UserError('portTaken', l10n.t('No port is free on 127.0.0.1.'));
}

function refuseUpgrade(
  request: http.IncomingMessage,
  access: Access,
): { status: number; message: string } | undefined {
  const { headers } = request;
  if (!isHostAllowed(headers.host, access)) {
    return {
      status: 403,
      message: `Host ${headers.host ?? '(none)'} is not this machine. Add its origin to scfWebSocket.allowedOrigins to let it in.`,
    };
  }
  if (!isOriginAllowed(headers.origin, access)) {
    return {
      status: 403,
      message: `Pages of ${headers.origin ?? ''} may not connect. Add the origin to scfWebSocket.allowedOrigins to let them in.`,
    };
  }
  if (request.method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') {
    return { status: 426, message: 'This address speaks WebSocket: send Upgrade: websocket.' };
  }
  const key = headers['sec-websocket-key'];
  if (key === undefined || !/^[+/0-9A-Za-z]{22}==$/.test(key)) {
    return { status: 403, message: 'Header Sec-WebSocket-Key is missing or malformed.' };
  }
  const version = headers['sec-websocket-version'];
  if (version !== '13' && version !== '8') {
    return { status: 426, message: 'Header Sec-WebSocket-Version must be 13.' };
  }
  return undefined;
}

function answerRequest(
  gateway: Gateway,
  options: ServerOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const { access } = options;
  const [path = '/'] = (request.url ?? '/').split('?');
  const answer = (
    status: number,
    body: string | Buffer,
    headers: http.OutgoingHttpHeaders = {},
  ): void => {
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      ...headers,
    });
    response.end(body);
    if (!request.complete) {
      request.resume();
    }
  };
  const say = (status: number, message: string, headers?: http.OutgoingHttpHeaders): void =>
    answer(status, JSON.stringify({ message }), headers);

  if (!isHostAllowed(request.headers.host, access)) {
    say(403, `Host ${request.headers.host ?? '(none)'} is not this machine.`);
    return;
  }
  const key = path.slice(1).replace(/\/$/, '');
  if (!gateway.pushes.isAddress(key)) {
    if (/^\/(release|prepub|test)\//.test(path)) {
      say(426, 'This address speaks WebSocket: connect with ws://, not http://.', {
        upgrade: 'websocket',
      });
      return;
    }
    const nothing = `There is nothing at ${path.slice(0, 200)}. WebSocket clients connect to /<stage>/<path>, pushes go to the push address that the gateway printed.`;
    if (path !== '/' || request.method !== 'GET' || options.readPage === undefined) {
      say(404, nothing);
      return;
    }
    void options.readPage().then((page) => {
      if (page === undefined) {
        say(404, nothing);
        return;
      }
      answer(200, page, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    });
    return;
  }
  if (!isPushAllowed(request.headers, access)) {
    say(
      403,
      'This request was sent by a web page. Pushes come from functions: a page may not make them unless scfWebSocket.allowedOrigins names its origin.',
    );
    return;
  }
  if (request.method !== 'POST') {
    say(405, `The push address takes POST only, not ${request.method ?? ''}.`, { allow: 'POST' });
    return;
  }
  readBody(request, (body) => {
    if (body === undefined) {
      const errMsg = `the body is larger than ${largestPush} bytes`;
      answer(200, JSON.stringify({ errNo: pushErrors.tooLarge, errMsg }), { connection: 'close' });
      gateway.pushes.recordTooLarge(key, errMsg);
      return;
    }
    void gateway.pushes
      .answer(key, body, {
        ...header(request, 'x-scfws-invocation', 'invocation'),
        ...header(request, 'x-scfws-redirected-from', 'redirectedFrom'),
      })
      .then(({ status, body: text }) => answer(status, text))
      .catch((error: unknown) => {
        reportBug(error);
        say(500, 'The gateway failed at this push; its log says more.');
      });
  });
}

/** A bug costs the request that met it, never the session and everybody else's connections. */
function reportBug(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}

/** Hands over the whole body as text, or undefined when it is larger than a push may be. */
function readBody(request: http.IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > largestPush && !over) {
      over = true;
      chunks.length = 0;
      done(undefined);
    } else if (!over) {
      chunks.push(chunk);
    }
  });
  request.on('end', () => {
    if (!over) {
      const [only] = chunks;
      const all = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      done(all.toString('utf8'));
    }
  });
}

function header<K extends string>(
  request: http.IncomingMessage,
  name: string,
  key: K,
): Partial<Record<K, string>> {
  const value = request.headers[name];
  return typeof value === 'string' && value !== ''
    ? ({ [key]: value.slice(0, 200) } as Record<K, string>)
    : {};
}

/** Binds a WebSocket to its connection. Nothing here keeps the request: idle connections must stay small. */
function attach(
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

/** Reads a socket while its handshake is decided, to see it leave and to keep what it sends too soon. */
class EarlyBytes {
  private readonly chunks: Buffer[];
  private size = 0;
  private readonly controller = new AbortController();
  private readonly socket: Socket;

  constructor(socket: Socket, head: Buffer) {
    this.socket = socket;
    this.chunks = head.length > 0 ? [head] : [];
    socket.on('data', this.keep);
    socket.on('end', this.leave);
    socket.on('close', this.leave);
  }

  /** Aborted when the client left. */
  get gone(): AbortSignal {
    return this.controller.signal;
  }

  /** Hands over what came. The socket goes on reading: its next reader must be there in the same turn. */
  take(): Buffer {
    this.socket.off('data', this.keep);
    this.socket.off('end', this.leave);
    this.socket.off('close', this.leave);
    return Buffer.concat(this.chunks);
  }

  private readonly keep = (chunk: Buffer): void => {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size > earlyBytes) {
      this.socket.pause();
    }
  };

  private readonly leave = (): void => {
    this.controller.abort();
    this.socket.destroy();
  };
}

function flatHeaders(request: http.IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) {
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
  }
  return headers;
}

function rawAnswer(status: number, body: string): string {
  return [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'Refused'}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...(status === 426 ? ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'] : []),
    '',
    body,
  ].join('\r\n');
}
