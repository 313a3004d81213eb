/** Clients of a node that do not read, do not answer, or all come at once: each costs what it may, and no other notices. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { root } from '../../scripts/toolchain.mjs';
import type { GatewayConfig } from '../../src/cluster/config';
import type { GatewayNode } from '../../src/cluster/node';
import { type Attached, attachNode } from '../../src/core/attachNode';
import type { Fact, FactKind, FactOf } from '../../src/protocol/fact';
import { launch, makeFolder, remove } from '../bench/gateway/processes';
import {
  type Client,
  configOf,
  connect,
  type Functions,
  makeCertificate,
  nodeOf,
  startFunctions,
} from '../unit/cluster/bed';

const secret = 'a secret of whoever attaches';
const limit = 1 << 20;
/** Of one push; more than the buffers of the kernel and the limit hold is never asked for. */
const piece = 'x'.repeat(128 * 1024);
const mostPieces = 512;

const resident = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;

describe('pressure on a node', function () {
  let functions: Functions;
  let node: GatewayNode | undefined;
  let attached: Attached | undefined;
  let ca: Buffer | undefined;
  let facts: Fact[];
  let lookers: (() => void)[];
  /** How often Cleanup ran, by connection. */
  let cleanups: Map<string, number>;
  let ids: string[];

  beforeEach(async () => {
    [facts, lookers, ids, cleanups] = [[], [], [], new Map()];
    functions = await startFunctions();
    functions.register = ({ websocket }) => {
      ids.push(websocket.secConnectionID);
      return { errNo: 0, errMsg: 'ok' };
    };
    functions.transfer = ({ websocket: { secConnectionID: id, data } }) => push(id, data ?? '');
    functions.cleanup = ({ websocket: { secConnectionID: id } }) => {
      cleanups.set(id, (cleanups.get(id) ?? 0) + 1);
    };
  });
  afterEach(async () => {
    attached?.detach();
    await node?.drain();
    [attached, node, ca] = [undefined, undefined, undefined];
    functions.dispose();
  });

  const start = async (changes: object, finer: Partial<GatewayConfig> = {}): Promise<void> => {
    const env = { SCFWS_ATTACH_SECRET: secret };
    node = await nodeOf(configOf(functions.url, changes), {}, env, finer);
    const onFact = (fact: Fact): void => {
      facts.push(fact);
      lookers.forEach((look) => look());
    };
    const url = `http://127.0.0.1:${node.operationsPort}`;
    attached = await attachNode({ url, secret, onFact });
  };
  const url = (): string => node?.services[0]?.urls[0] ?? '';
  const enter = (options = {}): Promise<Client> =>
    connect(url(), {}, ca === undefined ? options : { ca, ...options });

  const push = (id: string, data: string, to = node?.services[0]?.pushUrl ?? '') =>
    new Promise<{ errNo: number; errMsg: string }>((resolve, reject) => {
      const websocket = { action: 'data send', secConnectionID: id, dataType: 'text', data };
      const options = { method: 'POST', ...(ca === undefined ? {} : { ca }) };
      (to.startsWith('https:') ? https : http)
        .request(to, options, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (part: string) => (body += part));
          response.on('end', () => resolve(JSON.parse(body) as { errNo: number; errMsg: string }));
        })
        .on('error', reject)
        .end(JSON.stringify({ websocket }));
    });

  const say = async ({ socket, texts }: Client, text: string): Promise<void> => {
    socket.send(text);
    assert.equal(await texts.next(), text);
  };
  /** The first fact of this kind and connection, also one that came before. */
  const until = <K extends FactKind>(kind: K, connection: string): Promise<FactOf<K>> =>
    new Promise((resolve) => {
      const look = (): void => {
        const fact = facts.find(
          (each): each is FactOf<K> =>
            each.kind === kind && 'connection' in each && each.connection === connection,
        );
        if (fact !== undefined) {
          resolve(fact);
        }
      };
      lookers.push(look);
      look();
    });
  const metric = async (line: string): Promise<string | undefined> =>
    (await (await fetch(`http://127.0.0.1:${node?.operationsPort}/metrics`)).text())
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length + 1);

  for (const wire of ['TCP', 'TLS'] as const) {
    /** What a node listens with. */
    const listen = (): object => {
      if (wire === 'TCP') {
        return { port: 0 };
      }
      const certificate = makeCertificate();
      ca = certificate.ca;
      after(() => certificate.dispose());
      return { port: 0, tls: certificate.files };
    };

    it(`cuts off a client that does not read at its limit, over ${wire}, and serves the others`, async () => {
      await start({ listen: listen(), limits: { waitingBytes: limit } });
      const deaf = await enter();
      const [id = ''] = ids;
      const other = await enter();
      deaf.socket.pause();
      let answer = { errNo: 0, errMsg: '' };
      let sent = 0;
      for (; answer.errNo === 0 && sent < mostPieces; sent++) {
        answer = await push(id, piece);
        await say(other, `other ${sent}`);
      }
      assert.equal(answer.errNo, 9007, answer.errMsg);
      assert.match(answer.errMsg, /does not read: \d+ bytes would wait, the limit is 1048576$/);
      assert.equal((await push(id, 'more')).errNo, 9001);
      const { cause, code } = await until('closed', id);
      assert.deepEqual([cause, code], ['notReading', 1006]);
      deaf.socket.resume();
      assert.equal(await deaf.closed, 1006);
      assert.ok(deaf.texts.size < sent, 'what waited has gone');
      await functions.cleanups.next();
      await say(other, 'still here');
      assert.equal(await metric('scfws_closed_total{cause="notReading"}'), '1');
      assert.equal(await metric('scfws_pushes_total{errno="9007"}'), '1');
      assert.equal(await metric('scfws_cleanups_owed'), '1', 'of the other alone');
      await node?.drain();
      assert.equal(cleanups.get(id), 1);
    });

    it(`makes room, over ${wire}, when too much waits for all who do not read: by those for whom most waits`, async () => {
      const all = 3 * limit;
      await start({ listen: listen(), limits: { allWaitingBytes: all } });
      const deaf = await Promise.all(Array.from({ length: 4 }, () => enter()));
      const waiting = [...ids];
      const other = await enter();
      deaf.forEach(({ socket }) => socket.pause());
      const answers: number[] = [];
      while (!answers.includes(9001) && answers.length < mostPieces) {
        const turn = answers.length;
        // Twice as much for the first of them.
        const id = turn % 5 === 4 ? waiting[0] : waiting[turn % 5];
        answers.push((await push(id ?? '', piece)).errNo);
        await say(other, `other ${turn}`);
      }
      assert.equal(answers.at(-1), 9001, 'nobody is cut off');
      const { cause, reason } = await until('closed', waiting[0] ?? '');
      assert.equal(cause, 'notReading');
      const told = /: (\d+) bytes wait for it, (\d+) for all clients, the limit is 3145728$/.exec(
        reason,
      );
      assert.ok(told, reason);
      assert.ok(Number(told[1]) < limit * 16 && Number(told[2]) > all, reason);
      const cutOff = facts.filter((fact) => fact.kind === 'closed').length;
      assert.ok(cutOff < deaf.length, 'no more of them than are needed');
      deaf.forEach(({ socket }) => socket.terminate());
      await say(other, 'still here');
    });

    it(`ends a client that answers no ping, over ${wire}, once`, async () => {
      await start({ listen: listen() }, { pingSeconds: 0.2 });
      const dead = await enter({ autoPong: false });
      const [id = ''] = ids;
      const other = await enter();
      assert.equal(await dead.closed, 1006);
      const { cause, code } = await until('closed', id);
      assert.deepEqual([cause, code], ['clientVanished', 1006]);
      await functions.cleanups.next();
      await say(other, 'still here');
      await node?.drain();
      assert.deepEqual([...cleanups.values()], [1, 1]);
    });
  }

  it('lets in as many in a second as it may, serves those who are in, and tells of the others', async () => {
    const perSecond = 2;
    const began = performance.now();
    await start({ limits: { handshakesPerSecond: perSecond } });
    const first = await enter();
    const [id = ''] = ids;
    let [entered, refused] = [1, 0];
    // However slow the machine: the limit is judged by the time that the crowd took.
    while (refused < 20) {
      const crowd = await Promise.allSettled(Array.from({ length: 20 }, () => enter()));
      for (const each of crowd) {
        if (each.status === 'fulfilled') {
          entered++;
        } else {
          refused++;
          assert.match(String(each.reason), /\b503\b/);
        }
      }
      await say(first, `after ${entered + refused}`);
    }
    const seconds = (performance.now() - began) / 1000;
    assert.ok(entered <= perSecond + seconds * perSecond, `${entered} in ${seconds} s`);
    assert.equal(cleanups.get(id), undefined);
    assert.equal(await metric('scfws_handshakes_total{status="503"}'), String(refused));
    assert.equal(await metric('scfws_handshakes_total{status="101"}'), String(entered));
    assert.equal(await metric('scfws_cleanups_owed'), String(entered));
    const told = facts.filter((fact) => fact.kind === 'refused');
    assert.equal(told.length, refused);
    told.forEach((fact) => {
      assert.equal(fact.status, 503);
      assert.match(fact.reason, /More than 2 handshakes a second: come again later\./);
    });
  });

  it('does not read who sends while too much of all waits; then all of it is served, in order', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let allBegan = (): void => undefined;
    const began = new Promise<void>((resolve) => (allBegan = resolve));
    const served = new Map<string, string[]>();
    functions.transfer = async ({ websocket: { secConnectionID: id, data = '' } }) => {
      served.set(id, [...(served.get(id) ?? []), data.slice(0, 2)]);
      if (served.size === clients.length) {
        allBegan();
      }
      await gate;
      await push(id, data.slice(0, 2));
    };
    const backend = { backend: 'http', url: functions.url, timeout: 100 };
    const all = { register: backend, transfer: backend, cleanup: backend };
    await start({
      limits: { allWaitingBytes: 1 << 16, messagesPerSecond: 1000 },
      services: [{ name: 'chat', backendTimeout: 110, functions: all }],
    });
    const clients = await Promise.all(Array.from({ length: 8 }, () => enter()));
    const numbers = Array.from({ length: 40 }, (_, number) => String(number + 10));
    clients.forEach(({ socket }) =>
      numbers.forEach((number) => socket.send(number + 'x'.repeat(1 << 15))),
    );
    await began;
    const read = facts.filter((fact) => fact.kind === 'frame').length;
    assert.ok(read < clients.length * numbers.length, 'all was read');
    open();
    for (const { texts } of clients) {
      for (const number of numbers) {
        assert.equal(await texts.next(), number);
      }
    }
    assert.deepEqual([...served.values()], Array<string[]>(clients.length).fill(numbers));
  });

  it('holds no more for many clients that do not read than their limits', async () => {
    const folder = makeFolder();
    const file = path.join(folder, 'gateway.json');
    const limits = { waitingBytes: limit };
    fs.writeFileSync(file, JSON.stringify(configOf(functions.url, { limits, pingSeconds: 0 })));
    const program = await launch(
      process.execPath,
      [path.join(root, 'dist/gateway.js'), JSON.stringify({ file })],
      (line) => line.includes('"listening"'),
    );
    const { urls, pushUrl } = JSON.parse(program.line) as { urls: [string]; pushUrl: string };
    const deaf = await Promise.all(Array.from({ length: 20 }, () => connect(urls[0])));
    deaf.forEach(({ socket }) => socket.pause());
    const before = resident(program.pid);
    let peak = 0;
    let left = [...ids];
    for (let round = 0; left.length > 0; round++) {
      assert.ok(round < mostPieces, 'nobody is cut off');
      const answers = await Promise.all(left.map((id) => push(id, piece, pushUrl)));
      left = left.filter((_id, index) => answers[index]?.errNo === 0);
      peak = Math.max(peak, resident(program.pid) - before);
    }
    assert.ok(peak < 150, `${peak.toFixed()} MB more`);
    for (let paid = 0; paid < deaf.length; paid++) {
      await functions.cleanups.next();
    }
    await program.stop();
    deaf.forEach(({ socket }) => socket.terminate());
    remove(folder);
    assert.deepEqual([...cleanups.values()], Array<number>(20).fill(1));
  });
});
