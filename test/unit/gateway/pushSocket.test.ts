import assert from 'node:assert/strict';
import net from 'node:net';
import { Clock } from '../../../src/core/clock';
import { noDisturbances } from '../../../src/core/gateway/disturbances';
import { Gateway } from '../../../src/core/gateway/gateway';
import { type GatewayServer, startServer } from '../../../src/core/gateway/server';
import { Dispatcher } from '../../../src/core/runtime/dispatch/dispatcher';
import { Recorder } from '../../../src/core/session/recorder';
import { defaultEmulatorOptions, type ServiceSpec, stages } from '../../../src/protocol/project';

/** What a connection to the port says, bytes by hand, and what comes back; pushes of connection ids that are not there. */
describe('pushes on one connection', () => {
  const clock = new Clock();
  const recorder = new Recorder(clock);
  let server: GatewayServer;
  let gateway: Gateway;
  /** Holds the answers of pushes to the connection "held" back. */
  let release: (() => void) | undefined;

  before(async () => {
    const spec = {
      name: 'chat',
      pushKey: 'api-abcdefgh',
      path: '/websocket',
      stages: [...stages],
      backendTimeout: 15,
      authentication: { type: 'none' },
      roles: { transfer: 'transfer' },
      functions: [],
      emulator: defaultEmulatorOptions,
    } as unknown as ServiceSpec;
    gateway = new Gateway({
      clock,
      record: recorder.record,
      dispatcher: new Dispatcher(),
      services: [
        { spec, functions: new Map(), runtimeOf: () => undefined, setOptions: () => undefined },
      ],
      disturbances: {
        ...noDisturbances,
        insteadOfPush: () =>
          release === undefined
            ? undefined
            : new Promise((resolve) => {
                const before = release;
                release = () => {
                  before?.();
                  resolve(undefined);
                };
              }),
      },
    });
    server = await startServer(gateway, {
      port: 0,
      access: { allowedOrigins: [] },
      clientNameOf: () => undefined,
    });
  });
  after(async () => {
    await gateway.dispose();
    await server.dispose();
    clock.dispose();
  });
  beforeEach(() => {
    release = undefined;
    recorder.clear();
  });

  const bodyOf = (id: string, data = 'x') =>
    JSON.stringify({
      websocket: { action: 'data send', secConnectionID: id, dataType: 'text', data },
    });

  const push = (id: string, { head = [], data }: { head?: string[]; data?: string } = {}) => {
    const body = bodyOf(id, data);
    return [
      'POST /api-abcdefgh HTTP/1.1',
      'Host: 127.0.0.1',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...head,
      '',
      body,
    ].join('\r\n');
  };

  const until = (is: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => (is() ? resolve() : setImmediate(look));
      look();
    });

  /** Sends the parts, each once the answers so far are as many as it says, and gives back everything that came. */
  const talk = async (
    parts: [after: number, bytes: string | Buffer][],
    { answers, half = false }: { answers: number; half?: boolean },
  ): Promise<string> => {
    const socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: half });
    let got = '';
    let closed = false;
    socket.on('data', (chunk) => (got += chunk.toString('latin1')));
    socket.on('close', () => (closed = true));
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    const count = () => got.split('HTTP/1.1 ').length - 1;
    for (const [after, bytes] of parts) {
      await until(() => count() >= after || closed);
      await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (half) {
      socket.end();
      await until(() => closed);
    } else {
      await until(() => count() >= answers || closed);
    }
    socket.destroy();
    return got;
  };

  const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, n]) => n);
  const pushed = () =>
    recorder
      .read(1, Infinity)
      .flatMap((fact) => (fact.kind === 'push' && fact.status === 200 ? [fact.connection] : []));

  it('answers one after the other on a connection that is kept alive', async () => {
    const got = await talk(
      [
        [0, push('one')],
        [1, push('two')],
        [2, push('three')],
      ],
      { answers: 3 },
    );
    assert.deepEqual(pushed(), ['one', 'two', 'three']);
    assert.deepEqual(statuses(got), ['200', '200', '200']);
    assert.match(got, /Content-Type: application\/json; charset=utf-8\r\n/);
    assert.match(got, /Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    assert.match(got, /Connection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\n\{"errNo":9001/);
    const [, length = '', body = ''] =
      /Content-Length: (\d+)[\s\S]*?\r\n\r\n([^}]*\})/.exec(got) ?? [];
    assert.equal(Number(length), body.length);
  });

  it('waits for a body that comes apart, down to single bytes', async () => {
    const whole = push('apart', { data: 'ä'.repeat(40) });
    const bytes = Buffer.from(whole);
    const head = bytes.indexOf('\r\n\r\n') + 4;
    const parts: [number, Buffer][] = [[0, bytes.subarray(0, head)]];
    for (let at = head; at < bytes.length; at++) {
      parts.push([0, bytes.subarray(at, at + 1)]);
    }
    assert.deepEqual(statuses(await talk(parts, { answers: 1 })), ['200']);
    assert.deepEqual(pushed(), ['apart']);
    const [fact] = recorder.read(1, Infinity);
    assert.equal(fact?.kind === 'push' && fact.preview, 'ä'.repeat(40));
  });

  it('takes a head that comes apart', async () => {
    const whole = push('split');
    for (const at of [1, 5, 30, whole.indexOf('\r\n\r\n') + 2]) {
      const got = await talk(
        [
          [0, whole.slice(0, at)],
          [0, whole.slice(at)],
        ],
        { answers: 1 },
      );
      assert.deepEqual(statuses(got), ['200'], `split at ${at}`);
    }
    assert.equal(pushed().length, 4);
  });

  it('keeps the order of requests that do not wait for their answers', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const got = await talk([[0, names.map((name) => push(name)).join('')]], { answers: 5 });
    assert.deepEqual(pushed(), names);
    assert.deepEqual(statuses(got), ['200', '200', '200', '200', '200']);
  });

  it('keeps what comes while a push waits for its answer', async () => {
    release = () => undefined;
    const answered = talk(
      [
        [0, push('held')],
        [0, push('next').slice(0, 20)],
        [0, push('next').slice(20)],
        [0, 'GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
      ],
      { answers: 3 },
    );
    const waits = release;
    await until(() => release !== waits);
    const held = release;
    release = undefined;
    held();
    const got = await answered;
    assert.deepEqual(pushed(), ['held', 'next']);
    assert.deepEqual(statuses(got), ['200', '200', '404']);
  });

  it('serves other requests between pushes, and a WebSocket after them', async () => {
    const got = await talk(
      [
        [0, push('one')],
        [1, 'GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
        [2, push('two')],
        [
          3,
          'GET /release/websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
        ],
      ],
      { answers: 4 },
    );
    assert.deepEqual(statuses(got), ['200', '404', '200', '101']);
    assert.deepEqual(pushed(), ['one', 'two']);
  });

  it('ends the connection with the answer where the client asks for it, or has ended its side', async () => {
    const asked = await talk([[0, push('asked', { head: ['Connection: close'] })]], { answers: 9 });
    assert.deepEqual(statuses(asked), ['200']);
    assert.match(asked, /Connection: close\r\n/);
    assert.deepEqual(statuses(await talk([[0, push('half')]], { answers: 1, half: true })), [
      '200',
    ]);
    assert.equal(await talk([], { answers: 0, half: true }), '');
    assert.deepEqual(pushed(), ['asked', 'half']);
  });

  it('takes the first request of a client that would rather speak HTTP/2, or takes the gateway for a proxy', async () => {
    const h2c = [
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAEAAEAAAAIAAAAB',
    ];
    assert.deepEqual(statuses(await talk([[0, push('h2c', { head: h2c })]], { answers: 1 })), [
      '200',
    ]);
    const absolute = push('proxy').replace('/api', `http://127.0.0.1:${server.port}/api`);
    assert.deepEqual(statuses(await talk([[0, absolute]], { answers: 1 })), ['200']);
    const elsewhere = push('evil').replace('/api', 'http://evil.example/api');
    assert.deepEqual(statuses(await talk([[0, elsewhere]], { answers: 1 })), ['403']);
    assert.deepEqual(pushed(), ['h2c', 'proxy']);
  });

  it('lets a large body, another address, a foreign host and a page go the long way', async () => {
    const large = await talk([[0, push('large', { data: 'x'.repeat(300_000) })]], { answers: 1 });
    assert.deepEqual(statuses(large), ['200']);
    assert.deepEqual(pushed(), ['large']);
    const elsewhere = push('x').replace('api-abcdefgh', 'api-00000000');
    assert.deepEqual(statuses(await talk([[0, elsewhere]], { answers: 1 })), ['404']);
    const rebound = push('x').replace('Host: 127.0.0.1', 'Host: evil.example');
    assert.deepEqual(statuses(await talk([[0, rebound]], { answers: 1 })), ['403']);
    const page = push('x', { head: ['Origin: https://evil.example'] });
    assert.deepEqual(statuses(await talk([[0, page]], { answers: 1 })), ['403']);
    assert.deepEqual(pushed(), ['large']);
  });
});
