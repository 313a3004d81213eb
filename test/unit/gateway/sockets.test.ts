import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
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
} from '../../../src/core/runtime/contract';
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
type Behaviour = (event: Event, request: InvocationRequest) => unknown;
interface Event {
  websocket: { action: string; secConnectionID: string; dataType?: string; data?: string };
}

const accept: Behaviour = ({ websocket }) => ({
  errNo: 0,
  errMsg: 'ok',
  websocket: { action: 'connecting', secConnectionID: websocket.secConnectionID },
});

/** A gateway on real sockets whose functions run in this process, so that a test decides when each one answers. */
async function startGateway(
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
  const runtimes = new Map<Role, FunctionRuntime>();
  for (const [role, behaviour] of Object.entries(behaviours) as [Role, Behaviour][]) {
    runtimes.set(role, {
      id: `chat/${role}`,
      spec: { timeout: 3 },
      async invoke(request: InvocationRequest): Promise<InvocationResult> {
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
      },
      runningInvocation: () => null,
      untilRecorded: () => undefined,
    } as unknown as FunctionRuntime);
  }
  const service: Service = {
    spec,
    functions: new Map([...runtimes.values()].map((runtime) => [runtime.id, runtime])),
    runtimeOf: (role) => runtimes.get(role),
    setOptions: () => undefined,
  };
  const gateway = new Gateway({
    clock,
    record: recorder.record,
    services: [service],
    disturbances: noDisturbances,
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

function post(
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
async function connect(
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

describe('gateway on real sockets', () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  afterEach(() => gateway.dispose());

  it('asks Register, opens, serves a message, and cleans up after the client', async () => {
    gateway = await startGateway({ register: accept, transfer: () => 'any', cleanup: () => null });
    const client = await connect(`${gateway.url}?room=7`, { protocols: [] });
    client.socket.send('hello');
    client.socket.close(1000, 'bye');
    await client.closed;
    await gateway.until('closed');
    assert.deepEqual(
      gateway.events.map(({ role, event }) => [role, event.websocket.action]),
      [
        ['register', 'connecting'],
        ['transfer', 'data send'],
        ['cleanup', 'closing'],
      ],
    );
    assert.deepEqual(
      (gateway.events[0]?.event as unknown as { queryString: unknown }).queryString,
      { room: '7' },
    );
    const ids = gateway.events.map(({ event }) => event.websocket.secConnectionID);
    assert.match(ids[0] ?? '', /^[A-Za-z0-9+/]{22}==$/);
    assert.equal(new Set(ids).size, 1);
  });

  it('accepts every client when there is no Register', async () => {
    gateway = await startGateway({ transfer: () => null });
    await connect(gateway.url);
    assert.equal(gateway.events.length, 0);
  });

  it('pushes text and binary, byte for byte, and closes by push', async () => {
    gateway = await startGateway({ transfer: () => null });
    const client = await connect(gateway.url);
    const { connection } = await gateway.until('opened');
    const send = (more: object) =>
      gateway.push({ websocket: { action: 'data send', secConnectionID: connection, ...more } });
    assert.deepEqual(await send({ dataType: 'text', data: '你好 👋' }), {
      status: 200,
      body: { errNo: 0, errMsg: 'ok' },
    });
    assert.equal(await client.next(), '你好 👋');
    const bytes = Buffer.from([...Array(256).keys()]);
    await send({ dataType: 'binary', data: bytes.toString('base64') });
    assert.deepEqual(await client.next(), bytes);
    await gateway.push({ websocket: { action: 'closing', secConnectionID: connection } });
    assert.deepEqual(await client.closed, { code: 1000, reason: '' });
    assert.equal((await gateway.until('closed')).cause, 'pushClosing');
    const after = await send({ dataType: 'text', data: 'late' });
    assert.equal(after.body.errNo, 9001);
    assert.match(after.body.errMsg ?? '', /closed .* s ago \(pushClosing\)/);
  });

  it('refuses with what Register said, and with 502 that names a broken Register', async () => {
    gateway = await startGateway({
      register: ({ websocket }) => {
        if (websocket.secConnectionID === '') {
          return null;
        }
        return { errNo: 17, errMsg: 'not today' };
      },
      transfer: () => null,
    });
    await assert.rejects(connect(gateway.url), /^Error: 403 \{"errNo":17,"errMsg":"not today"\}$/);
    await gateway.dispose();
    gateway = await startGateway({
      register: () => {
        throw new Error('boom');
      },
      transfer: () => null,
    });
    await assert.rejects(connect(gateway.url), /^Error: 502 .*Register: boom/);
  });

  it('keeps the order of one client and runs clients in parallel', async () => {
    const running: string[] = [];
    const finish = new Map<string, () => void>();
    gateway = await startGateway({
      transfer: async ({ websocket: { data = '' } }) => {
        running.push(data);
        await new Promise<void>((resolve) => finish.set(data, resolve));
      },
    });
    const alice = await connect(gateway.url);
    const bob = await connect(gateway.url);
    alice.socket.send('a1');
    alice.socket.send('a2');
    await gateway.until('frame', (fact) => fact.preview === 'a2');
    bob.socket.send('b1');
    await gateway.until('frame', (fact) => fact.preview === 'b1');
    assert.deepEqual(running, ['a1', 'b1']);
    finish.get('a1')?.();
    while (!running.includes('a2')) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    finish.get('a2')?.();
    finish.get('b1')?.();
  });

  it('drops the client with a bare FIN when the platform cannot run Transfer', async () => {
    gateway = await startGateway({
      transfer: () => {
        throw Object.assign(new Error('no handler'), { platform: true });
      },
    });
    const client = await connect(gateway.url);
    client.socket.send('x');
    assert.equal((await client.closed).code, 1006);
    assert.equal((await gateway.until('closed')).cause, 'platformFailure');
  });

  it('closes an idle connection with 1001 after the backend timeout of unfrozen time', async () => {
    gateway = await startGateway({ transfer: () => null }, { backendTimeout: 0.1 });
    const client = await connect(gateway.url);
    assert.deepEqual(await client.closed, { code: 1001, reason: 'idle timeout' });
    assert.equal((await gateway.until('closed')).cause, 'idle');
  });

  it('runs Cleanup after Register for a client that left meanwhile', async () => {
    let answer: (() => void) | undefined;
    gateway = await startGateway({
      register: async (event, request) => {
        await new Promise<void>((resolve) => (answer = resolve));
        return accept(event, request);
      },
      transfer: () => null,
      cleanup: () => null,
    });
    const socket = net.connect(gateway.port, '127.0.0.1');
    socket.write(
      'GET /release/websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await gateway.until('connecting');
    socket.destroy();
    await new Promise<void>((resolve) => socket.on('close', () => resolve()));
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
    answer?.();
    assert.equal((await gateway.until('closed')).cause, 'leftDuringRegister');
    assert.deepEqual(
      gateway.events.map(({ role }) => role),
      ['register', 'cleanup'],
    );
  });

  it('closes with 1007, 1009 and 1002 what is not WebSocket', async () => {
    gateway = await startGateway({ transfer: () => null });
    const frames: [number, Buffer][] = [
      [1007, Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28])],
      [1002, Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
      [1002, Buffer.from([0x81, 0x01, 0x41])],
    ];
    for (const [code, bytes] of frames) {
      const client = await connect(gateway.url);
      (client.socket as unknown as { _socket: net.Socket })._socket.write(bytes);
      assert.equal((await client.closed).code, code);
    }
    const client = await connect(gateway.url);
    client.socket.send(Buffer.alloc(10 * 1024 * 1024));
    assert.equal((await client.closed).code, 1009);
    assert.equal(gateway.events.length, 0);
  });

  it('says what is wrong with requests that are no handshake and no push', async () => {
    gateway = await startGateway({ transfer: () => null });
    const ask = async (path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET') => {
      const { status, body } = await post(gateway.port, path, '', headers, method);
      return `${status} ${body.message ?? ''}`;
    };
    assert.match(await ask('/release/websocket'), /^426 .*ws:\/\//);
    assert.match(await ask('/'), /^404 There is nothing at \//);
    assert.match(await ask('/api-abcdefgh'), /^405 .*POST only/);
    assert.match(await ask('/', { host: 'evil.example' }), /^403 Host evil\.example/);
    assert.match(
      await ask('/api-abcdefgh', { origin: 'https://evil.example' }, 'POST'),
      /^403 .*web page/,
    );
    assert.match(await ask('/api-zzzzzzzz', {}, 'POST'), /^404/);
    await assert.rejects(
      connect(gateway.url.replace('websocket', 'nothing')),
      /404 .*Paths: \/release\/websocket/,
    );
    await assert.rejects(
      connect(gateway.url, { headers: { origin: 'https://evil.example' } }),
      /403 .*allowedOrigins/,
    );
    await assert.rejects(
      connect(gateway.url, { headers: { host: 'evil.example' } }),
      /403 .*Host evil\.example/,
    );
  });

  it('sends the chosen sub-protocol verbatim', async () => {
    gateway = await startGateway({
      register: (event, request) => {
        const answer = accept(event, request) as { websocket: Record<string, string> };
        answer.websocket['secWebSocketProtocol'] = 'binary';
        return answer;
      },
      transfer: () => null,
    });
    const client = await connect(gateway.url, { protocols: ['chat', 'binary'] });
    assert.equal(client.socket.protocol, 'binary');
    const { protocols } = await gateway.until('connecting');
    assert.equal(protocols, 'chat,binary');
  });

  it('takes the next free port when the wished one is taken', async () => {
    gateway = await startGateway({ transfer: () => null });
    const second = await startServer(
      new Gateway({
        clock: gateway.clock,
        record: gateway.recorder.record,
        services: [],
        disturbances: noDisturbances,
      }),
      { port: gateway.port, access: { allowedOrigins: [] }, clientNameOf: () => undefined },
    );
    assert.notEqual(second.port, gateway.port);
    await second.dispose();
  });
});
