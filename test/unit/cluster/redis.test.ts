// Several nodes over a real redis-server: where pushes go, and who pays what a dead node owed.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { createClient } from 'redis';
import { cleanupId } from '../../../src/cluster/debts';
import type { GatewayNode } from '../../../src/cluster/node';
import { Signatures } from '../../../src/cluster/signatures';
import { reap } from '../../../src/cluster/redis/steps';
import { root } from '../../../scripts/toolchain.mjs';
import { configOf, connect, type Functions, nodeOf, push, startFunctions } from './bed';
import { type RealRedis, redisProgram, startRedis } from './redisServer';

const env = {
  SCFWS_CLUSTER_SECRET: 'a secret of the nodes',
  SCFWS_PUSH_SECRETS: 'a secret of the pushes',
};

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', resolve));

describe('several nodes over Redis', function () {
  let functions: Functions;
  let redis: RealRedis;
  let folder: string;
  const nodes: GatewayNode[] = [];
  const programs: ChildProcess[] = [];

  before(function () {
    if (redisProgram === undefined) {
      this.skip();
    }
  });
  beforeEach(async () => {
    functions = await startFunctions();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-redis-'));
    redis = await startRedis();
  });
  afterEach(async () => {
    programs.splice(0).forEach((child) => child.kill('SIGKILL'));
    await Promise.all(nodes.splice(0).map((node) => node.drain()));
    await redis.dispose();
    functions.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const config = (leaseSeconds = 2, changes = {}): object =>
    configOf(functions.url, { cluster: { redis: redis.url, leaseSeconds }, ...changes });
  const start = async (leaseSeconds?: number): Promise<GatewayNode> => {
    const node = await nodeOf(config(leaseSeconds), {}, env);
    nodes.push(node);
    return node;
  };
  const urlOf = (node: GatewayNode): string => node.services[0]?.urls[0] ?? '';
  const pushUrlOf = (node: GatewayNode): string => node.services[0]?.pushUrl ?? '';

  /** A node in a process of its own, to be killed. */
  async function startProgram(changes = {}): Promise<{
    child: ChildProcess;
    url: string;
    pushUrl: string;
    operationsPort: number;
  }> {
    const file = path.join(folder, `gateway-${programs.length}.json`);
    fs.writeFileSync(file, JSON.stringify(config(2, changes)));
    const child = spawn(
      process.execPath,
      [path.join(root, 'dist/gateway.js'), JSON.stringify({ file })],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    programs.push(child);
    return new Promise((resolve) =>
      readline
        .createInterface({ input: child.stdout as NodeJS.ReadableStream })
        .on('line', (line) => {
          const said = JSON.parse(line) as {
            msg: string;
            urls: string[];
            pushUrl: string;
            operationsPort: number;
          };
          if (said.msg === 'listening') {
            resolve({ ...said, child, url: said.urls[0] ?? '' });
          }
        }),
    );
  }

  /** Resolves once a node says that it is. */
  async function ready(operationsPort: number): Promise<void> {
    while ((await fetch(`http://127.0.0.1:${operationsPort}/readyz`)).status !== 200) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** A client and its id. */
  async function enter(url: string) {
    let id = '';
    functions.register = ({ websocket }) => {
      id = websocket.secConnectionID;
      return { errNo: 0, errMsg: 'ok' };
    };
    const client = await connect(url);
    return { ...client, id };
  }

  it('answers a push at any node by what became of it', async () => {
    const [one, other] = [await start(), await start()];
    const client = await enter(urlOf(one));
    for (let n = 0; n < 50; n++) {
      void push(pushUrlOf(other), client.id, String(n));
    }
    const came = new Set<string>();
    while (came.size < 50) {
      came.add(await client.texts.next());
    }
    assert.equal((await push(pushUrlOf(other), client.id, null)).errNo, 0);
    assert.equal(await client.closed, 1000);
    const late = await push(pushUrlOf(other), client.id, 'late');
    assert.equal(late.errNo, 9001);
    assert.match(late.errMsg, /closed .* ago \(pushClosing\)/);
  });

  it('does not deny a connection whose node Redis has just forgotten', async () => {
    const client = await enter(urlOf(await start(60)));
    const look = createClient({ url: redis.url });
    await look.connect();
    await look.flushAll();
    // One that comes now finds nobody; the other will tell Redis of itself with its next renewal, 15 s later.
    const other = await start(60);
    const answer = await push(pushUrlOf(other), client.id, 'x');
    assert.equal(answer.errNo, 9008, answer.errMsg);
    assert.match(answer.errMsg, /not known yet which node/);
    const name = Buffer.from(client.id, 'base64').toString('hex', 0, 4);
    await look.zAdd('{scfws}:reaped', { score: 1, value: name });
    assert.equal((await push(pushUrlOf(other), client.id, 'x')).errNo, 9001);
    await look.close();
  });

  it('keeps the order of pushes of one connection on their way to another node', async () => {
    const [one, other] = [await start(), await start()];
    const client = await enter(urlOf(one));
    for (let n = 0; n < 20; n++) {
      assert.equal((await push(pushUrlOf(other), client.id, String(n))).errNo, 0);
      assert.equal(await client.texts.next(), String(n));
    }
  });

  it('takes a signed push once, at whichever node, and goes on with what it knows without Redis', async () => {
    const secret = 'a secret of who may push';
    const startSigned = async (): Promise<GatewayNode> => {
      const wanted = config(60, { push: { signatureEnv: 'SIGNING' } });
      const node = await nodeOf(wanted, {}, { ...env, SIGNING: secret });
      nodes.push(node);
      return node;
    };
    const [one, other] = [await startSigned(), await startSigned()];
    const body = JSON.stringify({ websocket: { action: 'closing', secConnectionID: 'nobody' } });
    const statusAt = async (node: GatewayNode, headers: Record<string, string>) =>
      (await fetch(pushUrlOf(node), { method: 'POST', body, headers })).status;
    const sign = () => new Signatures([secret]).headers(Buffer.from(body));
    const signed = sign();
    assert.equal(await statusAt(one, signed), 200);
    assert.equal(await statusAt(one, signed), 401);
    assert.equal(await statusAt(other, signed), 401);
    assert.equal(await statusAt(other, sign()), 200);
    await redis.dispose();
    const alone = sign();
    assert.equal(await statusAt(other, alone), 200);
    assert.equal(await statusAt(other, alone), 401);
  });

  it('takes no call that no node has signed', async () => {
    const one = await start();
    const client = await enter(urlOf(one));
    const body = JSON.stringify({ op: 'push', service: 'chat', connection: client.id, text: 'x' });
    const url = `http://127.0.0.1:${one.operationsPort}/peer`;
    assert.equal((await fetch(url, { method: 'POST', body })).status, 401);
    assert.equal(client.texts.size, 0);
  });

  it('pays what a killed node owed, once and with the same key', async () => {
    const survivor = await start();
    const killed = await startProgram();
    const clients = [await enter(killed.url), await enter(killed.url), await enter(killed.url)];
    const own = await enter(urlOf(survivor));
    killed.child.kill('SIGKILL');
    const paid = [
      await functions.cleanups.next(),
      await functions.cleanups.next(),
      await functions.cleanups.next(),
    ];
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    assert.deepEqual(
      paid.sort(byId),
      clients.map(({ id }) => ({ id, key: cleanupId(id) })).sort(byId),
    );
    const answer = await push(pushUrlOf(survivor), clients[0]?.id ?? '', 'late');
    assert.equal(answer.errNo, 9001);
    const nobody = Buffer.alloc(16, 7).toString('base64');
    assert.equal((await push(pushUrlOf(survivor), nobody, 'x')).errNo, 9001, 'here for a lease');
    assert.equal((await push(pushUrlOf(survivor), own.id, 'still here')).errNo, 0);
  });

  it('says of a push that its node cannot be asked, as long as it is not known to be dead', async () => {
    const survivor = await start();
    const killed = await startProgram();
    const client = await enter(killed.url);
    killed.child.kill('SIGKILL');
    await ended(killed.child);
    const answer = await push(pushUrlOf(survivor), client.id, 'x');
    assert.equal(answer.errNo, 9008, answer.errMsg);
    assert.match(answer.errMsg, /does not answer; the push was not sent/);
    await functions.cleanups.next();
  });

  it('ends the connections of a node whose lease others took while it stood still', async () => {
    await start();
    const paused = await startProgram();
    const client = await enter(paused.url);
    paused.child.kill('SIGSTOP');
    assert.equal((await functions.cleanups.next()).id, client.id);
    paused.child.kill('SIGCONT');
    assert.equal(await client.closed, 1012);
    // It has a life of its own again, under another name.
    await ready(paused.operationsPort);
    const again = await enter(paused.url);
    assert.notEqual(again.id.slice(0, 5), client.id.slice(0, 5));
    assert.equal(functions.cleanups.size, 0, 'paid by one of them alone');
  });

  it('goes on without Redis, refuses what needs it, and heals when Redis comes back empty', async () => {
    const node = await start();
    const client = await enter(urlOf(node));
    await redis.kill();
    await assert.rejects(connect(urlOf(node)), /503/);
    assert.equal((await push(pushUrlOf(node), client.id, 'goes on')).errNo, 0);
    assert.equal(await client.texts.next(), 'goes on');
    await redis.restart();
    await ready(node.operationsPort);
    // What it owes was written down anew.
    const look = createClient({ url: redis.url });
    await look.connect();
    const owed = await look.keys('*:owed:*');
    assert.deepEqual(await look.hKeys(owed[0] ?? ''), [client.id]);
    await look.close();
    await enter(urlOf(node));
  });

  it('does not wait for a Redis that knows another password', async () => {
    const look = createClient({ url: redis.url });
    await look.connect();
    await look.configSet('requirepass', 'right');
    await look.close();
    const url = redis.url.replace('://', '://:wrong@');
    const wrong = configOf(functions.url, { cluster: { redis: url } });
    await assert.rejects(nodeOf(wrong, {}, { ...env }), { code: 'noRedis' });
  });

  it('owes anew what it had handed over when Redis forgets that, too', async () => {
    const node = await start();
    const client = await enter(urlOf(node));
    const look = createClient({ url: redis.url });
    await look.connect();
    const name = Buffer.from(client.id, 'base64').toString('hex', 0, 4);
    const key = (each: string): string => `{scfws}:${each}`;
    // Another node takes the lease and reads the debt; then it dies, and Redis forgets everything.
    const others = ['reaped', 'nodes', `owed:${name}`, 'debts', 'unpaid'].map(key);
    await look
      .multi()
      .zAdd(key('leases'), { score: 1, value: name })
      .eval(reap, { keys: [key('leases'), ...others], arguments: [name, 'expired', 'payers'] })
      .xReadGroup('payers', 'another', { key: key('debts'), id: '>' })
      .exec();
    assert.equal(await client.closed, 1012);
    await ready(node.operationsPort);
    assert.equal(functions.cleanups.size, 0);
    await look.flushAll();
    assert.deepEqual(await functions.cleanups.next(), { id: client.id, key: cleanupId(client.id) });
    await look.close();
  });

  it('ends at once on a second signal, and leaves to the others what it owes', async () => {
    await start();
    const leaving = await startProgram({ drainSeconds: 600 });
    const clients = [await enter(leaving.url), await enter(leaving.url), await enter(leaving.url)];
    const code = new Promise((resolve) => leaving.child.once('exit', resolve));
    leaving.child.kill('SIGTERM');
    const readyz = `http://127.0.0.1:${leaving.operationsPort}/readyz`;
    while ((await fetch(readyz)).status !== 503) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    leaving.child.kill('SIGTERM');
    assert.equal(await code, 1);
    const paid = new Set<string>();
    while (paid.size < clients.length) {
      paid.add((await functions.cleanups.next()).id);
    }
    assert.deepEqual([...paid].sort(), clients.map(({ id }) => id).sort());
  });

  it('leaves what it could not pay to the others', async () => {
    const one = await start();
    const client = await enter(urlOf(one));
    client.socket.close(1000);
    await functions.cleanups.next();
    const look = createClient({ url: redis.url });
    await look.connect();
    await one.drain();
    assert.deepEqual(await look.zRange('{scfws}:leases', 0, -1), []);
    assert.deepEqual(await look.keys('*:owed:*'), []);
    assert.equal(await look.xLen('{scfws}:debts'), 0);
    await look.close();
  });
});
