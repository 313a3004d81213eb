/**
 * The gateway's only port: WebSocket clients come in by `Upgrade`, pushes by POST. This file, requests.ts,
 * pushSocket.ts and webSocketClient.ts are all that knows `ws` and HTTP.
 */
import * as l10n from '@vscode/l10n';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { reportBug, UserError } from '../errors';
import { type Access, isOriginAllowed } from './access';
import type { Gateway } from './gateway';
import type { HandshakeRequest } from './handshakes';
import { PushSocket } from './pushSocket';
import { answerRequest, refusedEarly, type RequestOptions, tellRefusal } from './requests';
import {
  isHandshake,
  offersWebSocket,
  readTarget,
  refuseForm,
  type Refusal,
  type RequestTarget,
} from './requestForm';
import { BoundWebSocket, endSoon } from './webSocketClient';

/** Clients that may stand in the kernel's queue while the gateway is busy; Node's default of 511 refuses crowds. */
const backlog = 4096;

/** Largest message that is received at all, bytes; above, the client is closed with 1009. */
const largestMessage = 8 * 1024 * 1024;

/** Fragments of one message, and pieces of an unfinished frame, that are kept; above, the client is closed with 1008. */
const mostFragments = 16_384;
const mostPieces = 262_144;

/** Bytes that a client may send before its handshake is answered. */
const earlyBytes = 64 * 1024;

/** How long a stopping gateway waits for clients to answer its Close frames, milliseconds. */
const closingGrace = 500;

/** Ports above the wished one that are tried before any free one is taken. */
const portsToTry = 20;

export interface ServerOptions extends RequestOptions {
  port: number;
  /** Where it listens; default: loopback, at the wished port or one near it. With a host: there, or not at all. */
  host?: string;
  /** PEM texts. */
  tls?: { cert: string; key: string };
  /** Name of the test client with this local port, if it is one of ours. */
  clientNameOf?(port: number): string | undefined;
  /** Id that the connection from this local port is to have. */
  connectionOf?(port: number): string | undefined;
  /** Address and port of a client, where a proxy in front says it. */
  remoteOf?(request: http.IncomingMessage, socket: Socket): string;
  /** Path and query that a client means; default: what it sent. */
  targetOf?(sent: string): string;
  /** Why nobody, or not this one, may come in now. */
  refuseHandshake?(asked: HandshakeRequest): Refusal | undefined;
}

export interface GatewayServer {
  port: number;
  dispose(): Promise<void>;
}

export async function startServer(
  gateway: Gateway,
  options: ServerOptions,
): Promise<GatewayServer> {
  const settings: http.ServerOptions = {
    // The header limits of the gateway; a client that sends its headers byte by byte is cut off.
    maxHeaderSize: 16 * 1024,
    headersTimeout: 20_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 60_000,
    requireHostHeader: false, // `refuseForm` refuses in words, and so that it is seen.
    noDelay: true,
  };
  const server =
    options.tls === undefined
      ? http.createServer(settings)
      : https.createServer({ ...settings, ...options.tls });
  const wss = new WebSocketServer<typeof BoundWebSocket>({
    WebSocket: BoundWebSocket,
    noServer: true,
    perMessageDeflate: false,
    maxPayload: largestMessage,
    maxFragments: mostFragments,
    maxBufferedChunks: mostPieces,
    clientTracking: false,
    autoPong: false, // It would end clients that ping fast, and nobody would know why.
    skipUTF8Validation: false,
  });
  const sockets = new Set<Socket>();
  let protocolLine: string | undefined;
  wss.on('headers', (headers) => {
    if (protocolLine !== undefined) {
      headers.push(protocolLine);
    }
  });

  // A connection comes to `node:http` only once it says what a push does not.
  const arrival = options.tls === undefined ? 'connection' : 'secureConnection';
  const byHttp = server.listeners(arrival) as ((socket: Socket) => void)[];
  server.removeAllListeners(arrival);
  const pushSockets = new Map<Socket, PushSocket>();
  const handOver = (socket: Socket): void => {
    pushSockets.delete(socket);
    byHttp.forEach((listener) => listener.call(server, socket));
  };
  // One for all: nothing of its own is kept for a connection, so that idle ones stay small.
  const forget = function (this: Socket): void {
    sockets.delete(this);
    pushSockets.delete(this);
  };
  server.on(arrival, (socket: Socket) => {
    sockets.add(socket);
    pushSockets.set(socket, new PushSocket(socket, gateway, options.access, handOver));
    socket.once('close', forget);
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
    const message = `This is not HTTP that the gateway understands: ${error.message}`;
    const { rawPacket } = error as { rawPacket?: Buffer };
    if (rawPacket?.[0] === 0x16 && rawPacket[1] === 3) {
      gateway.tlsBegun();
    }
    const line = /^([A-Z]+) ([^\s?#]+)/.exec(rawPacket?.toString('latin1', 0, 500) ?? '');
    if (line !== null && !refusedEarly.has(socket)) {
      const { target } = readTarget(line[2] ?? '');
      tellRefusal(gateway, line[1], target, status, message);
    }
    endSoon(socket as Socket, rawAnswer(status, JSON.stringify({ message })));
  });
  server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.method === 'POST' || !isHandshake(request.headers)) {
      // An offer to go on in another protocol (Java's client makes one): it is not taken, the request counts without it.
      socket.unshift(Buffer.concat([headWithoutOffer(request), head]));
      handOver(socket as Socket);
      return;
    }
    upgrade(request, socket as Socket, head).catch((error: unknown) => {
      reportBug(error);
      socket.destroy();
    });
  });

  server.on('connect', (_request: http.IncomingMessage, socket: Duplex) => {
    const message =
      'This is a gateway for WebSockets, not a proxy: take it out of the proxy settings of the client.';
    endSoon(socket as Socket, rawAnswer(405, JSON.stringify({ message })));
  });

  async function upgrade(
    request: http.IncomingMessage,
    socket: Socket,
    head: Buffer,
  ): Promise<void> {
    const target = readTarget(request.url ?? '/');
    const asked: HandshakeRequest = {
      target: options.targetOf?.(target.target) ?? target.target,
      headers: flatHeaders(request),
      remote:
        options.remoteOf?.(request, socket) ??
        `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`,
    };
    const name = options.clientNameOf?.(socket.remotePort ?? 0);
    if (name !== undefined) {
      asked.client = name;
    }
    const id = options.connectionOf?.(socket.remotePort ?? 0);
    if (id !== undefined) {
      asked.connection = id;
    }
    socket.on('error', destroy);
    const early = new EarlyBytes(socket, head);
    const refusal =
      refuseUpgrade(request, target, options.access) ?? options.refuseHandshake?.(asked);
    const decision =
      refusal === undefined
        ? await gateway.handshakes.decide(asked, early.gone)
        : gateway.handshakes.refuse(asked, refusal.status, { message: refusal.message });
    const bytes = early.take();
    if (!decision.accept) {
      if (socket.writable) {
        endSoon(socket, rawAnswer(decision.status, decision.body));
      }
      return;
    }
    // `ws` would parse the list and choose; Register's choice goes out verbatim instead (see the contract).
    delete request.headers['sec-websocket-protocol'];
    request.headers.upgrade = 'websocket'; // Of several that were offered, `ws` knows no list.
    protocolLine =
      decision.protocol === undefined ? undefined : `Sec-WebSocket-Protocol: ${decision.protocol}`;
    const { connection, protocol } = decision;
    wss.handleUpgrade(request, socket, bytes, (client) => {
      client.bind(gateway, connection, socket, protocol);
    });
    protocolLine = undefined;
    socket.resume(); // It stands still when more came too soon than is kept.
    if (connection.state === 'connecting') {
      gateway.socketNeverOpened(connection);
    }
  }

  const port = await listen(server, options.port, options.host);
  return {
    port,
    async dispose() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      pushSockets.forEach((each) => each.dispose());
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
async function listen(
  server: http.Server,
  wished: number,
  host: string | undefined,
): Promise<number> {
  const candidates =
    wished === 0 || host !== undefined
      ? [wished]
      : [...[...Array(portsToTry).keys()].map((n) => wished + n), 0];
  for (const port of candidates) {
    if (port > 65_535) {
      continue;
    }
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen({ port, host: host ?? '127.0.0.1', backlog }, () => {
        server.removeListener('error', resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) {
      return (server.address() as AddressInfo).port;
    }
    if (host !== undefined) {
      throw new UserError(
        'cannotListen',
        l10n.t('The gateway cannot listen on {0}:{1}: {2}.', host, port, error.message),
        l10n.t('Choose another "host" or "port" in gateway.json ("listen"), or end what holds it.'),
      );
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

function headWithoutOffer({ method, url, httpVersion, rawHeaders }: http.IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let n = 0; n < rawHeaders.length; n += 2) {
    if (!/^(upgrade|http2-settings|connection)$/i.test(rawHeaders[n] as string)) {
      lines.push(`${rawHeaders[n]}: ${rawHeaders[n + 1]}`);
    }
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function destroy(this: Socket): void {
  this.destroy();
}

/** Why a handshake goes no further, before its path is looked at. */
function refuseUpgrade(
  request: http.IncomingMessage,
  target: RequestTarget,
  access: Access,
): Refusal | undefined {
  const { headers } = request;
  const malformed = refuseForm(request, target, access);
  if (malformed !== undefined) {
    return malformed;
  }
  if (request.httpVersion !== '1.1') {
    return {
      status: 400,
      message: l10n.t(
        'A handshake is HTTP/1.1, not HTTP/{0}. A proxy on the way may have to be told (nginx: proxy_http_version 1.1).',
        request.httpVersion,
      ),
    };
  }
  if (headers['transfer-encoding'] !== undefined || !/^0*$/.test(headers['content-length'] ?? '')) {
    return {
      status: 400,
      message: l10n.t(
        'A handshake has no body; send neither Content-Length nor Transfer-Encoding.',
      ),
    };
  }
  if (!isOriginAllowed(headers.origin, access)) {
    return {
      status: 403,
      message:
        headers.origin === 'null'
          ? l10n.t(
              'A page without an origin (opened from disk, or in a sandboxed frame) may not connect. Serve it from this machine, for example with "python3 -m http.server", and open it on http://localhost. Or add null to scfWebSocket.allowedOrigins (in a terminal: --allow-origin null), which lets in sandboxed frames of any site, too.',
            )
          : l10n.t(
              'Pages of {0} may not connect. Add the origin to scfWebSocket.allowedOrigins (in a terminal: --allow-origin) to let them in.',
              headers.origin ?? '',
            ),
    };
  }
  if (request.method !== 'GET') {
    return {
      status: 426,
      message: l10n.t('A handshake is a GET request, not {0}.', request.method ?? ''),
    };
  }
  if (!offersWebSocket(headers)) {
    return {
      status: 426,
      message: l10n.t('This address speaks WebSocket: send Upgrade: websocket.'),
    };
  }
  const key = headers['sec-websocket-key'];
  if (key === undefined || !/^[+/0-9A-Za-z]{22}==$/.test(key)) {
    return { status: 403, message: l10n.t('Header Sec-WebSocket-Key is missing or malformed.') };
  }
  const version = headers['sec-websocket-version'];
  if (version !== '13' && version !== '8') {
    return { status: 426, message: l10n.t('Header Sec-WebSocket-Version must be 13.') };
  }
  return undefined;
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
    ...(status === 405 ? ['Allow: GET, POST'] : []),
    ...(status === 426 ? ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'] : []),
    '',
    body,
  ].join('\r\n');
}
