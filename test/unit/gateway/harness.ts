/** A gateway on real sockets for tests, and clients of it. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { WebSocket } from 'ws';
import { Clock } from '../../../src/core/clock';
import type { Service } from '../../../src/core/gateway/connection';
import { noDisturbances } from '../../../src/core/gateway/disturbances';
import { Gateway } from '../../../src/core/gateway/gateway';
import { type GatewayServer, startServer } from '../../../src/core/gateway/server';
import type {
  FunctionRuntime,
  InvocationRequest,
  InvocationResult,
  Run,
} from '../../../src/core/runtime/contract';
import { Dispatcher } from '../../../src/core/runtime/dispatch/dispatcher';
import { Quiet } from '../../../src/core/session/quiet';
import { Recorder } from '../../../src/core/session/recorder';
import type { Fact, FactKind, FactOf } from '../../../src/protocol/fact';
import {
  defaultEmulatorOptions,
  type EmulatorOptions,
  type Role,
  type ServiceSpec,
  stages,
} from '../../../src/protocol/project';

/** What a function does in a test: given the event, the value it returns; a rejection is a user error. */
export type Behaviour = (event: Event, request: InvocationRequest) => unknown;
export interface Event {
  websocket: { action: string; secConnectionID: string; dataType?: string; data?: string };
}

export const accept: Behaviour = ({ websocket }) => ({
  errNo: 0,
  errMsg: 'ok',
  websocket: { action: 'connecting', secConnectionID: websocket.secConnectionID },
});

/** A gateway on real sockets whose functions run in this process, so that a test decides when each one answers. */
export async function startGateway(
  behaviours: Partial<Record<Role, Behaviour>>,
  changes: Partial<ServiceSpec> = {},
  emulator: Partial<EmulatorOptions> = {},
) {
  const clock = new Clock();
  const recorder = new Recorder(clock);
  const spec: ServiceSpec = {
    name: 'chat',
    serviceId: 'service-00000000',
    pushKey: 'api-abcdefgh',
    folder: '/nowhere',
    path: '/websocket',
    stages: [...stages],
    port: 0,
    backendTimeout: 15,
    authentication: { type: 'none' },
    integrationResponse: false,
    functions: [],
    roles: { transfer: 'transfer' },
    ...changes,
    emulator: { ...defaultEmulatorOptions, ...emulator },
  };
  const events: { role: Role; event: Event }[] = [];
  const dispatcher = new Dispatcher<Run>();
  const runtimes = new Map<Role, FunctionRuntime>();
  for (const [role, behaviour] of Object.entries(behaviours) as [Role, Behaviour][]) {
    /** Runs it here; `answered` once it has ended. */
    const answer = async ({ request }: Run): Promise<InvocationResult> => {
      const event = JSON.parse(request.eventJson) as Event;
      events.push({ role, event });
      request.onStart?.();
      try {
        const value = (await behaviour(event, request)) ?? null;
        return { outcome: 'ok', resultJson: JSON.stringify(value), durationMs: 0 };
      } catch (error) {
        const { message, platform } = error as Error & { platform?: boolean };
        const statusCode = platform === true ? 437 : 430;
        return {
          outcome: platform === true ? 'platformError' : 'userError',
          resultJson: '{}',
          error: {
            errorCode: -1,
            errorMessage: message,
            requestId: request.invocation,
            statusCode,
          },
          durationMs: 0,
        };
      }
    };
    const pool = dispatcher.pool({
      rules: () => ({ most: Infinity, use: 'again', ahead: 'never' }),
      start(slot) {
        slot.employ({
          queues: false,
          take: (run) =>
            void answer(run).then((result) => {
              run.end(result);
              slot.free(0);
            }),
          end: () => slot.gone(),
        });
        queueMicrotask(() => slot.ready());
      },
      refuse: (_run, why) => assert.fail(why),
      why: (reason) => reason,
    });
    runtimes.set(role, {
      id: `chat/${role}`,
      spec: { timeout: 3 },
      pool,
      invocationOf: (_instance: number, said: string | undefined) => said ?? null,
    } as unknown as FunctionRuntime);
  }
  const service: Service = {
    spec,
    functions: new Map([...runtimes.values()].map((runtime) => [runtime.id, runtime])),
    runtimeOf: (role) => runtimes.get(role),
    setOptions: () => undefined,
  };
  const quiet: Quiet = new Quiet(
    () => gateway,
    dispatcher,
    () => [...runtimes.values()],
    () => recorder.last,
  );
  const gateway: Gateway = new Gateway({
    clock,
    record: recorder.record,
    services: [service],
    disturbances: noDisturbances,
    dispatcher,
    noticed: quiet.noticed,
  });
  const server: GatewayServer = await startServer(gateway, {
    port: 0,
    access: { allowedOrigins: [] },
    clientNameOf: () => undefined,
  });
  const until = <K extends FactKind>(kind: K, is: (fact: FactOf<K>) => boolean = () => true) =>
    new Promise<FactOf<K>>((resolve) => {
      const look = (fact: Fact): void => {
        if (fact.kind === kind && is(fact as FactOf<K>)) {
          subscription.dispose();
          resolve(fact as FactOf<K>);
        }
      };
      const subscription = recorder.onFact(look);
      recorder.read(1, Infinity).forEach(look);
    });
  return {
    gateway,
    quiet,
    service,
    url: `ws://127.0.0.1:${server.port}/release/websocket`,
    port: server.port,
    events,
    recorder,
    clock,
    until,
    push: (body: unknown, path = '/api-abcdefgh') =>
      post(server.port, path, typeof body === 'string' ? body : JSON.stringify(body)),
    async dispose() {
      await gateway.dispose();
      await server.dispose();
      clock.dispose();
    },
  };
}

export function post(
  port: number,
  path: string,
  body: string,
  headers: http.OutgoingHttpHeaders = {},
  method = 'POST',
): Promise<{ status: number; body: { errNo?: number; errMsg?: string; message?: string } }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as never }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A client that remembers what it got. */
export async function connect(
  url: string,
  options: { protocols?: string[]; headers?: Record<string, string> } = {},
) {
  const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} });
  const got: (string | Buffer)[] = [];
  const waiting: (() => void)[] = [];
  socket.on('message', (data: Buffer, binary) => {
    got.push(binary ? data : data.toString());
    waiting.splice(0).forEach((wake) => wake());
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
    socket.on('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => reject(new Error(`${response.statusCode ?? 0} ${body}`)));
    });
  });
  return {
    socket,
    closed,
    got,
    async next(): Promise<string | Buffer> {
      while (got.length === 0) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      return got.shift() as string | Buffer;
    },
  };
}
