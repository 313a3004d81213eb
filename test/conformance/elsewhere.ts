/**
 * The fixtures' functions somewhere else than in a node: behind HTTP, or behind a stand-in of the vendor's API. Their
 * processes are the emulator's own.
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Clock } from '../../src/core/clock';
import type { FactBody } from '../../src/protocol/fact';
import { functionId, type Role, roles, type ServiceSpec } from '../../src/protocol/project';
import type { FunctionRuntime, InvocationResult, Run } from '../../src/core/runtime/contract';
import { Dispatcher } from '../../src/core/runtime/dispatch/dispatcher';
import { startFunctionRuntime } from '../../src/core/runtime/dispatch/functionRuntime';
import { startClockFile } from '../../src/core/runtime/process/clockFile';
import { FunctionFailure, startScf } from '../unit/cluster/scfStandIn';

export interface Elsewhere {
  /** `functions` of a service in gateway.json. */
  functionsOf(service: ServiceSpec): object;
  dispose(): Promise<void>;
}

interface HostOptions {
  bootstrapFolder: string;
  node?: string;
  /** Where the functions of a service push to; asked when an instance starts. */
  pushUrl(service: string): string;
}

type Call = (event: string, headers: http.IncomingHttpHeaders) => Promise<InvocationResult>;

export async function startElsewhere(
  kind: 'http' | 'scf',
  options: HostOptions,
): Promise<Elsewhere> {
  const clock = new Clock();
  const clockFile = startClockFile(clock);
  const runtimes: FunctionRuntime[] = [];
  const calls = new Map<string, Call>();
  const scf = kind === 'scf' ? await startScf() : undefined;
  const server = kind === 'http' ? await startHttp(calls) : undefined;
  let instances = 0;
  let seq = 0;

  const host = (service: ServiceSpec, name: string, role: Role): string => {
    const spec = service.functions.find((each) => each.name === name);
    if (spec === undefined) {
      throw new Error(`no function ${name}`);
    }
    const runtime = startFunctionRuntime(functionId(service.name, name), spec, {
      service,
      clock,
      clockFile: clockFile.path,
      dispatcher: new Dispatcher<Run>(),
      record: (body: FactBody) => ({ seq: ++seq, at: clock.real(), ...body }),
      pushUrl: () => options.pushUrl(service.name),
      nextInstance: () => ++instances,
      interpreters: options.node === undefined ? {} : { node: options.node },
      bootstrapFolder: options.bootstrapFolder,
    });
    runtimes.push(runtime);
    const id = `${service.name}-${name}`;
    const invoke: Call = (eventJson, headers) =>
      runtime.invoke({
        invocation: String(headers['idempotency-key'] ?? randomUUID()),
        eventJson,
        role,
        connection: null,
        cause: null,
      });
    calls.set(`/${id}`, invoke);
    scf?.behave(id, async (_event, eventJson, headers) =>
      valueOf(await invoke(eventJson, headers)),
    );
    return id;
  };

  return {
    functionsOf(service) {
      const first = new Map<string, Role>();
      const entries: Partial<Record<Role, unknown>> = {};
      for (const role of roles) {
        const name = service.roles[role];
        if (name === undefined) {
          continue;
        }
        // Of a function with several roles, one entry names it and the others refer to it.
        const owner = service.roles.transfer === name ? 'transfer' : (first.get(name) ?? role);
        first.set(name, owner);
        if (owner !== role) {
          entries[role] = owner;
          continue;
        }
        const id = host(service, name, role);
        const { timeout, maxInstances } = service.functions.find(
          (each) => each.name === name,
        ) as ServiceSpec['functions'][number];
        entries[role] = {
          // The vendor's platform keeps the time of the function itself, without its cold start.
          timeout: scf === undefined ? timeout : timeout + 10,
          concurrency: maxInstances,
          ...(scf === undefined
            ? { backend: 'http', url: `${server?.url}/${id}` }
            : { backend: 'scf', region: 'ap-guangzhou', function: id, endpoint: scf.url }),
        };
      }
      return entries;
    },
    async dispose() {
      scf?.dispose();
      server?.close();
      await Promise.all(runtimes.map((runtime) => runtime.dispose()));
      clockFile.dispose();
      clock.dispose();
    },
  };
}

function valueOf({ outcome, resultJson, error }: InvocationResult): unknown {
  if (outcome === 'ok') {
    return JSON.parse(resultJson);
  }
  throw new FunctionFailure(error?.statusCode ?? 430, error?.errorMessage ?? outcome, resultJson);
}

/** Functions as a platform serves them: a failure is a status, a crash the end of the connection. */
async function startHttp(calls: Map<string, Call>): Promise<{ url: string; close(): void }> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call = calls.get(request.url ?? '');
      if (call === undefined) {
        response.writeHead(404).end();
        return;
      }
      void call(Buffer.concat(chunks).toString(), request.headers).then(
        ({ outcome, resultJson, error }) => {
          if (outcome === 'ok') {
            response.end(resultJson);
          } else if (error?.statusCode === 433) {
            return; // Time is the caller's to keep.
          } else if (error?.statusCode === 439) {
            request.socket.destroy();
          } else {
            response.writeHead(outcome === 'platformError' ? 503 : 500).end(error?.errorMessage);
          }
        },
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
