import assert from 'node:assert/strict';
import type http from 'node:http';
import net from 'node:net';
import { noDisturbances } from '../../../src/core/gateway/disturbances';
import { Gateway } from '../../../src/core/gateway/gateway';
import { Dispatcher } from '../../../src/core/runtime/dispatch/dispatcher';
import { startServer } from '../../../src/core/gateway/server';
import { accept, connect, post, startGateway } from './harness';

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

  it('is quiet once nothing can come any more of what clients sent', async () => {
    const answers: (() => void)[] = [];
    const cleaned: string[] = [];
    gateway = await startGateway({
      register: accept,
      transfer: () => new Promise<void>((resolve) => answers.push(resolve)),
      cleanup: ({ websocket }) => void cleaned.push(websocket.action),
    });
    await gateway.quiet.until();
    const client = await connect(gateway.url);
    client.socket.send('one');
    await gateway.until('frame');
    assert.equal(gateway.quiet.isQuiet, false);
    const quiet = gateway.quiet.until();
    while (answers.length === 0) {
      await new Promise(setImmediate);
    }
    client.socket.close(1000);
    await gateway.until('closed');
    assert.deepEqual(cleaned, []);
    answers.forEach((answer) => answer());
    await quiet;
    assert.deepEqual(cleaned, ['closing']);
    assert.equal(gateway.quiet.isQuiet, true);
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
        dispatcher: new Dispatcher(),
      }),
      { port: gateway.port, access: { allowedOrigins: [] }, clientNameOf: () => undefined },
    );
    assert.notEqual(second.port, gateway.port);
    await second.dispose();
  });
});
