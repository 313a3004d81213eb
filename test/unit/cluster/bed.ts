/** A node for tests, with functions of this process behind the backend `http`, and clients of it. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { type ClientOptions, WebSocket } from 'ws';
import { type GatewayConfig, parseConfig } from '../../../src/cluster/config';
import { type GatewayNode, type NodeOptions, startNode } from '../../../src/cluster/node';

export interface Event {
  websocket: { action: string; secConnectionID: string; data?: string };
}
export type Handler = (event: Event, headers: http.IncomingHttpHeaders) => unknown;

/** What comes and is waited for, in its order. */
export class Inbox<T> {
  private readonly items: T[] = [];
  private readonly waiting: ((item: T) => void)[] = [];

  put(item: T): void {
    const [first] = this.waiting.splice(0, 1);
    if (first === undefined) {
      this.items.push(item);
    } else {
      first(item);
    }
  }

  next(): Promise<T> {
    const [item] = this.items.splice(0, 1);
    return item === undefined
      ? new Promise((resolve) => this.waiting.push(resolve))
      : Promise.resolve(item);
  }

  get size(): number {
    return this.items.length;
  }
}

export interface Functions {
  url: string;
  /** Ids whose Cleanup has run, with the request id of the call. */
  cleanups: Inbox<{ id: string; key: string }>;
  /** Answers of transfer events; a rejection is HTTP 500. */
  transfer: Handler;
  register: Handler;
  cleanup: Handler;
  dispose(): void;
}

/** Refuses to run: HTTP 503, as what stands in front of a function answers. */
export class Away extends Error {}

export async function startFunctions(): Promise<Functions> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const event = JSON.parse(Buffer.concat(chunks).toString()) as Event;
      const role = String(request.headers['x-scfws-role']) as 'register' | 'transfer' | 'cleanup';
      void (async () => functions[role](event, request.headers))().then(
        (value) => {
          if (role === 'cleanup') {
            const key = String(request.headers['idempotency-key']);
            functions.cleanups.put({ id: event.websocket.secConnectionID, key });
          }
          response.end(JSON.stringify(value ?? null));
        },
        (error: unknown) => {
          response.writeHead(error instanceof Away ? 503 : 500).end(String(error));
        },
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const functions: Functions = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    cleanups: new Inbox(),
    register: () => ({ errNo: 0, errMsg: 'ok' }),
    transfer: () => null,
    cleanup: () => null,
    dispose() {
      server.close();
      server.closeAllConnections();
    },
  };
  return functions;
}

/** A gateway.json whose three roles are at `url`. */
export function configOf(url: string, changes: object = {}, service: object = {}): object {
  const backend = { backend: 'http', url, timeout: 5 };
  return {
    listen: { port: 0 },
    operations: { port: 0 },
    drainSeconds: 0,
    services: [
      {
        name: 'chat',
        backendTimeout: 60,
        functions: { register: backend, transfer: backend, cleanup: backend },
        ...service,
      },
    ],
    ...changes,
  };
}

/** @param finer what no file can say, such as parts of a second */
export async function nodeOf(
  config: object,
  options: Partial<NodeOptions> = {},
  env: Record<string, string> = {},
  finer: Partial<GatewayConfig> = {},
): Promise<GatewayNode> {
  const file = path.join(os.tmpdir(), 'gateway.json');
  const { value, problems } = await parseConfig(JSON.stringify(config), file, env);
  if (value === undefined) {
    throw new Error(problems.map(({ message }) => message).join('\n'));
  }
  const log = pino({ level: 'silent' });
  const read = { ...value, ...finer };
  return startNode({ config: read, log, bootstrapFolder: '/nowhere', ...options });
}

/** A certificate for 127.0.0.1: the files for a node, and what its clients trust. */
export function makeCertificate(): { files: { cert: string; key: string }; ca: Buffer } & {
  dispose(): void;
} {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-tls-'));
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'];
  const out = ['-nodes', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...out], { stdio: 'ignore' });
  const dispose = (): void => fs.rmSync(folder, { recursive: true, force: true });
  return { files: { cert, key }, ca: fs.readFileSync(cert), dispose };
}

export interface Client {
  socket: WebSocket;
  texts: Inbox<string>;
  closed: Promise<number>;
}

/** Rejects with the HTTP status of a refusal. */
export async function connect(
  url: string,
  headers: Record<string, string> = {},
  options: ClientOptions = {},
): Promise<Client> {
  const socket = new WebSocket(url, { ...options, headers });
  const texts = new Inbox<string>();
  socket.on('message', (data: Buffer) => texts.put(data.toString()));
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, response) =>
      reject(new Error(String(response.statusCode))),
    );
    socket.once('error', reject);
  });
  return { socket, texts, closed };
}

export async function push(
  url: string,
  id: string,
  data: string | null,
): Promise<{ errNo: number; errMsg: string }> {
  const websocket =
    data === null
      ? { action: 'closing', secConnectionID: id }
      : { action: 'data send', secConnectionID: id, dataType: 'text', data };
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ websocket }) });
  return (await response.json()) as { errNo: number; errMsg: string };
}
