/** Where the fixture handlers tell what they were given: an HTTP server that keeps every report. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { patience } from './rawClient';

export interface EventReport {
  kind: 'event';
  role: 'register' | 'transfer' | 'cleanup';
  connection: string;
  event: {
    requestContext?: Record<string, unknown>;
    websocket: Record<string, unknown>;
    queryString?: Record<string, unknown>;
    headers?: Record<string, string>;
    pathParameters?: Record<string, string>;
  };
  context: Record<string, unknown>;
  methods: string[];
  remaining?: number;
  environment: Record<string, string>;
  types: { connection: string; enabled: string };
  process: { pid: number; calls: number; folder: string; first: string };
  beside: string[];
  language: 'python' | 'node';
  version: string;
}

export interface StepReport {
  kind: 'step';
  role: EventReport['role'];
  connection: string;
  step: string;
  result: { status: number; body: string };
}

export type Report = EventReport | StepReport;

export interface Mailbox {
  url: string;
  /** In order of arrival. */
  readonly reports: readonly Report[];
  /** The first report, past or to come, that satisfies `is`. */
  report<R extends Report>(what: string, is: (report: Report) => report is R): Promise<R>;
  dispose(): Promise<void>;
}

export async function startMailbox(port = 0): Promise<Mailbox> {
  const reports: Report[] = [];
  const waiting = new Set<() => void>();
  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        reports.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Report);
        response.end('{}');
      } catch {
        response.statusCode = 400; // Something else found this port: it is no report.
        response.end('{}');
      }
      for (const look of [...waiting]) {
        look();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    reports,
    report<R extends Report>(what: string, is: (report: Report) => report is R): Promise<R> {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = reports.find(is);
          if (found !== undefined) {
            clearTimeout(timer);
            waiting.delete(look);
            resolve(found);
          }
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no sign of ${what} within ${patience / 1000} s`));
        }, patience);
        waiting.add(look);
        look();
      });
    },
    dispose() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
