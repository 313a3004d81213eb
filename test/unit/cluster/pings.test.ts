// Pings of a node: they keep a connection through what cuts silent ones, and tell the dead from those that are slow.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { Admission } from '../../../src/cluster/admission';
import type { Limits } from '../../../src/cluster/config';
import type { GatewayNode } from '../../../src/cluster/node';
import { Pinger } from '../../../src/cluster/pinger';
import { accept, connect as enter, startGateway } from '../gateway/harness';
import { configOf, connect, type Functions, nodeOf, startFunctions } from './bed';

/** A load balancer whose patience with silence is in the test's hands: it cuts what said nothing since the last look. */
async function startBalancer(to: number) {
  const pairs = new Set<{ sockets: Socket[]; silent: Set<string> }>();
  const server = net.createServer((client) => {
    const node = net.connect(to, '127.0.0.1');
    const pair = { sockets: [client, node], silent: new Set<string>() };
    pairs.add(pair);
    client.on('data', () => pair.silent.delete('from the client')).pipe(node);
    node.on('data', () => pair.silent.delete('from the node')).pipe(client);
    for (const socket of pair.sockets) {
      socket.on('error', () => undefined).once('close', () => pairs.delete(pair));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** A while has passed: cuts what was silent in either direction. */
    look(): void {
      for (const { sockets, silent } of pairs) {
        if (silent.size > 0) {
          sockets.forEach((socket) => socket.resetAndDestroy());
        }
        silent.add('from the client').add('from the node');
      }
    },
    dispose: () => void server.close(),
  };
}

describe('pings of a node', () => {
  let functions: Functions;
  let node: GatewayNode;
  let balancer: Awaited<ReturnType<typeof startBalancer>>;
  let pongs: number;

  const start = async (pingSeconds: number): Promise<string> => {
    functions = await startFunctions();
    node = await nodeOf(configOf(functions.url), {}, {}, { pingSeconds });
    balancer = await startBalancer(node.port);
    pongs = 0;
    return (node.services[0]?.urls[0] ?? '').replace(`:${node.port}`, `:${balancer.port}`);
  };
  afterEach(async () => {
    await node.drain();
    balancer.dispose();
    functions.dispose();
  });

  it('keep a silent connection open where silence is cut', async () => {
    const said: string[] = [];
    const url = await start(0.2);
    functions.transfer = ({ websocket }) => void said.push(websocket.data ?? '');
    const { socket, closed } = await connect(url);
    balancer.look();
    for (; pongs < 5; pongs++) {
      await once(socket, 'ping');
      // The pong has been written: what follows it has passed the balancer behind it.
      await new Promise<void>((resolve) => socket.ping(undefined, undefined, () => resolve()));
      await once(socket, 'pong');
      balancer.look();
    }
    assert.equal(functions.cleanups.size, 0);
    socket.send('still here');
    socket.close(1000);
    assert.equal(await closed, 1000);
    await functions.cleanups.next();
    assert.deepEqual(said, ['still here']);
  });

  it('are what keeps it: without them it is cut, and cleaned up once', async () => {
    const { closed } = await connect(await start(0));
    balancer.look();
    balancer.look();
    assert.equal(await closed, 1006);
    await functions.cleanups.next();
    await node.drain();
    assert.equal(functions.cleanups.size, 0);
  });
});

describe('the pinger', () => {
  const turns = 10;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  afterEach(() => gateway.dispose());

  it('gives a client up that leaves two unanswered, but not one that has yet to read what is before them', async () => {
    gateway = await startGateway({ register: accept, transfer: () => null });
    const pinger = new Pinger(() => gateway.gateway.connections.values(), 0);
    gateway.recorder.onFact(pinger.listener);
    const slow = await enter(gateway.url);
    const [id = ''] = [...gateway.gateway.connections.keys()];
    slow.socket.pause();
    const piece = 'x'.repeat(1 << 20);
    const pieces = 12;
    for (let sent = 0; sent < pieces; sent++) {
      const websocket = { action: 'data send', secConnectionID: id, dataType: 'text', data: piece };
      assert.equal((await gateway.push({ websocket })).body.errNo, 0);
    }
    const everyone = (): void => {
      for (let turn = 0; turn < turns; turn++) {
        pinger.tick();
      }
    };
    for (let round = 0; round < 15; round++) {
      everyone();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(gateway.gateway.connections.get(id)?.state, 'open');
    slow.socket.resume();
    for (let came = 0; came < pieces; came++) {
      assert.equal(await slow.next(), piece);
    }
    await gateway.until('frame', ({ type }) => type === 'pong');
    slow.socket.pause();
    // Nothing waits now, so pings go out, and nobody reads them.
    for (let round = 0; round < 3; round++) {
      everyone();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { cause } = await gateway.until('closed');
    assert.equal(cause, 'clientVanished');
  });
});

describe('handshakes a second', () => {
  it('come back with time, and are never saved up beyond a second', () => {
    let now = 0;
    const limits = { connections: 100, connectionsPerAddress: 100, handshakesPerSecond: 4 };
    const admission = new Admission(limits as Limits, () => now);
    const entered = (tries: number): number =>
      Array.from({ length: tries }, () =>
        admission.refuse({ target: '/', headers: {}, remote: '192.0.2.1:1' }),
      ).filter((refusal) => refusal === undefined).length;
    assert.equal(entered(10), 4);
    now += 250;
    assert.equal(entered(10), 1);
    now += 750;
    assert.equal(entered(10), 3);
    now += 3_600_000;
    assert.equal(entered(10), 4);
  });
});
