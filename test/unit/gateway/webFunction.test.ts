// The emulator as a Web function: its limits, what is found, and how the platform would count each connection.
import assert from 'node:assert/strict';
import { statusOf } from '../../../src/core/hosting/limits';
import type { EmulatorOptions } from '../../../src/protocol/project';
import { connect, startGateway } from './harness';

describe('a gateway that plays a Web function', () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  const start = async (emulator: Partial<EmulatorOptions> = {}, platform = 'webFunction') => {
    const changes = { platform: platform as 'webFunction', ...emulator };
    gateway = await startGateway({ transfer: () => null }, {}, changes);
    return connect(gateway.url);
  };
  const found = (): string[] =>
    gateway.recorder
      .read(1, Infinity)
      .flatMap((fact) => (fact.kind === 'diagnostic' ? [fact.rule] : []));
  const idOf = async (): Promise<string> => (await gateway.until('opened')).connection;

  afterEach(() => gateway.dispose());

  it('closes with 1009 for a message over 256 KB (webfn.message-size, webfn.over-limit)', async () => {
    const client = await start();
    client.socket.send(Buffer.alloc(128 * 1024));
    client.socket.send(Buffer.alloc(256 * 1024 + 1));
    assert.equal((await client.closed).code, 1009);
    await gateway.until('closed');
    assert.deepEqual(found(), ['webfn.message-size', 'webfn.status-server']);
    assert.equal(gateway.events.length, 1);
  });

  it('refuses a push over 256 KB', async () => {
    const client = await start();
    const id = await idOf();
    const push = (data: string) =>
      gateway.push({
        websocket: { action: 'data send', secConnectionID: id, dataType: 'text', data },
      });
    assert.equal((await push('é'.repeat(128 * 1024))).body.errNo, 0);
    assert.equal((await push('é'.repeat(128 * 1024 + 1))).body.errNo, 9006);
    assert.equal((await push('still here')).body.errNo, 0);
    assert.equal((await client.next()).length, 128 * 1024);
    assert.equal(await client.next(), 'still here');
    const recorded = gateway.recorder.read(1, Infinity);
    const pushes = recorded.flatMap((fact) => (fact.kind === 'push' ? [fact.errNo] : []));
    assert.deepEqual(pushes, [0, 9006, 0], 'what is told is what was answered');
  });

  it('closes with 1008 for the eleventh message within a second (webfn.messages-per-second)', async () => {
    const client = await start();
    gateway.clock.freeze('all within a second');
    for (let n = 0; n < 11; n++) {
      client.socket.send('x');
    }
    assert.deepEqual(await client.closed, {
      code: 1008,
      reason: 'more than 10 messages within a second',
    });
    assert.ok(found().includes('webfn.messages-per-second'));
    assert.equal(gateway.events.length, 10);
  });

  it('only tells of what comes too fast where the settings say so (webfn.bytes-per-second)', async () => {
    const client = await start({ webFunctionOverLimit: 'pass' });
    gateway.clock.freeze('all within a second');
    client.socket.send(Buffer.alloc(100 * 1024));
    client.socket.send(Buffer.alloc(100 * 1024));
    await gateway.until('diagnostic', ({ rule }) => rule === 'webfn.bytes-per-second');
    gateway.clock.skip(1000);
    client.socket.send('x');
    await gateway.until('frame', ({ size }) => size === 1);
    assert.deepEqual(found(), ['webfn.bytes-per-second']);
    client.socket.close(1000);
    await client.closed;
    assert.deepEqual(found(), ['webfn.bytes-per-second'], 'webfn.status-ok');
  });

  it('has its own idle timeout (webfn.idle, webfn.idle-default)', async () => {
    const client = await start();
    gateway.clock.skip(59_000);
    client.socket.send('x');
    await gateway.until('frame');
    gateway.clock.skip(59_000);
    client.socket.send('y');
    await gateway.until('frame', ({ preview }) => preview === 'y');
    gateway.clock.skip(61_000);
    assert.equal((await client.closed).code, 1001);
    assert.deepEqual(found(), ['webfn.idle']);
  });

  it('ends a connection that outlives the execution timeout (webfn.duration, webfn.duration-end)', async () => {
    const client = await start({ webFunctionIdle: 7200, webFunctionTimeout: 7200 });
    gateway.clock.skip(7_199_000);
    client.socket.send('x');
    await gateway.until('frame');
    gateway.clock.skip(2000);
    assert.equal((await client.closed).code, 1006);
    assert.deepEqual(found(), ['webfn.duration']);
  });

  it('tells how the platform counts an end (webfn.status-client, webfn.status-vanished)', async () => {
    const client = await start();
    client.socket.close(1001);
    await client.closed;
    await gateway.until('closed');
    assert.deepEqual(found(), ['webfn.status-client']);
    // The finding is told once; each end says how it counts.
    const second = await connect(gateway.url);
    const [id] = [...gateway.gateway.connections.keys()];
    second.socket.close(1001);
    const { counted } = await gateway.until('closed', ({ connection }) => connection === id);
    assert.equal(counted, 456);
    assert.deepEqual(found(), ['webfn.status-client']);
    assert.deepEqual(
      [statusOf('client', 1006), statusOf('server', 1006), statusOf('server', 1001)],
      [456, 439, 439],
    );
    assert.deepEqual([statusOf('client', 1010), statusOf('server', 1011)], [200, 200]);
    assert.deepEqual([statusOf('idle', 1000), statusOf('time', 1000)], [455, 433]);
  });

  it('keeps none of this as API Gateway', async () => {
    const client = await start({}, 'apiGateway');
    client.socket.send(Buffer.alloc(300 * 1024));
    for (let n = 0; n < 20; n++) {
      client.socket.send('x');
    }
    client.socket.close(1001);
    await client.closed;
    await gateway.quiet.until();
    assert.equal(gateway.events.length, 21);
    assert.deepEqual(found(), ['limits.notable-size']);
  });
});
