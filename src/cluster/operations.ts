/** The port for operators and other nodes: health, readiness, metrics, pushes that were forwarded. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as l10n from '@vscode/l10n';
import { reportBug, UserError } from '../core/errors';

export interface OperationsPorts {
  /** Why this node is not ready; undefined: it is. */
  unready(): string | undefined;
  metrics(): Promise<string>;
  metricsType: string;
  /** Answers another node; undefined: there are none. */
  peer?(request: http.IncomingMessage, response: http.ServerResponse): void;
  /** Tells who asks for it what passes; undefined: nobody may. */
  attach?(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    query: URLSearchParams,
  ): void;
}

export interface Operations {
  port: number;
  dispose(): Promise<void>;
}

export async function startOperations(
  { host, port }: { host: string; port: number },
  ports: OperationsPorts,
): Promise<Operations> {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const say = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    };
    const json = (status: number, body: object): void =>
      say(status, 'application/json; charset=utf-8', JSON.stringify(body));
    if (ports.peer !== undefined && request.method === 'POST' && request.url === '/peer') {
      ports.peer(request, response);
      return;
    }
    const [path = '', query] = (request.url ?? '').split('?');
    if (ports.attach !== undefined && request.method === 'GET' && path === '/attach') {
      request.resume();
      ports.attach(request, response, new URLSearchParams(query));
      return;
    }
    switch (`${request.method} ${request.url ?? ''}`) {
      case 'GET /healthz':
        json(200, { status: 'alive' });
        break;
      case 'GET /readyz': {
        const reason = ports.unready();
        json(reason === undefined ? 200 : 503, {
          status: reason === undefined ? 'ready' : 'unready',
          ...(reason === undefined ? {} : { reason }),
        });
        break;
      }
      case 'GET /metrics':
        ports.metrics().then(
          (text) => say(200, ports.metricsType, text),
          (error: unknown) => {
            reportBug(error);
            json(500, { message: 'The metrics failed; the log says more.' });
          },
        );
        break;
      default:
        request.resume();
        json(404, { message: 'There is /healthz, /readyz and /metrics.' });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new UserError(
          'cannotListen',
          l10n.t('The gateway cannot listen on {0}:{1}: {2}.', host, port, error.message),
          l10n.t('Choose another "host" or "port" in gateway.json ("operations").'),
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async dispose() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
