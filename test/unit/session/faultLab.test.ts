import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { startSession, type Session } from '../../../src/core/session/session';
import type { Fact, FactKind, FactOf, FaultPlan } from '../../../src/protocol/fact';
import { faultPresets, parseFaultPlan, planOfPreset } from '../../../src/protocol/faultPresets';

/** Answers through the push address, one event at a time. */
const handler = `
import json, os, urllib.request
def main_handler(event, context):
    ws = event["websocket"]
    if ws["action"] == "connecting":
        return {"errNo": 0, "errMsg": "ok", "websocket": ws}
    if ws["action"] == "data send":
        body = json.dumps({"websocket": ws}).encode()
        urllib.request.urlopen(urllib.request.Request(os.environ["wsBackUrl"], body)).read()
`;

describe('fault lab', () => {
  let folder: string;
  let session: Session;
  let facts: Fact[];
  const lookers = new Set<() => void>();

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-faults-'));
    fs.writeFileSync(path.join(folder, 'index.py'), handler);
    const one = { folder: '.', name: 'all', runtime: 'Python3', timeout: 2 };
    fs.writeFileSync(
      path.join(folder, 'scfws.json'),
      JSON.stringify({ functions: { transfer: one, register: 'transfer' } }),
    );
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const start = async (faults?: FaultPlan): Promise<void> => {
    facts = [];
    session = await startSession({
      folders: [folder],
      port: 0,
      bootstrapFolder: path.resolve(__dirname, '../../../src/core/runtime/bootstrap'),
      ...(faults === undefined ? {} : { faults }),
    });
    facts.push(...session.recorder.read(1, 100));
    session.onFact((fact) => {
      facts.push(fact);
      lookers.forEach((look) => look());
    });
  };
  afterEach(() => session.dispose());

  const until = <K extends FactKind>(
    kind: K,
    matches: (fact: FactOf<K>) => boolean = () => true,
  ): Promise<FactOf<K>> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = facts.find(
          (fact): fact is FactOf<K> => fact.kind === kind && matches(fact as FactOf<K>),
        );
        if (found !== undefined) {
          lookers.delete(look);
          resolve(found);
        }
      };
      lookers.add(look);
      look();
    });

  const connect = async (): Promise<WebSocket & { heard: string[] }> => {
    const socket = Object.assign(new WebSocket(session.services[0]?.url ?? ''), {
      heard: [] as string[],
    });
    socket.on('message', (data: Buffer) => socket.heard.push(data.toString()));
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return socket;
  };

  /** Sends, and waits until Transfer is done with it or the lab swallowed it. */
  const say = async (socket: WebSocket, text: string): Promise<void> => {
    socket.send(text);
    const { seq } = await until('frame', (fact) => fact.preview === text);
    await Promise.race([
      until('invocationStarted', (fact) => fact.cause === seq).then(({ invocation }) =>
        until('invocationEnded', (fact) => fact.invocation === invocation),
      ),
      until('faultStruck', ({ cause, fault }) => cause === seq && fault !== 'duplicate'),
    ]);
  };

  /** What struck, told without ids and times: the connection's number and how many frames it had sent. */
  const strikes = (): string[] => {
    const connections = facts.flatMap((fact) =>
      fact.kind === 'connecting' ? [fact.connection] : [],
    );
    return facts.flatMap((fact) => {
      if (fact.kind !== 'faultStruck') {
        return [];
      }
      const cause = facts.find(({ seq }) => seq === fact.cause);
      const about = cause !== undefined && 'preview' in cause ? cause.preview : '';
      return [`${connections.indexOf(fact.connection ?? '')} ${fact.fault} ${about}`];
    });
  };

  const plan = (seed: number): FaultPlan => ({
    seed,
    rules: [
      { fault: 'drop', rate: 0.2, direction: 'toServer' },
      { fault: 'duplicate', rate: 0.2, direction: 'toClient' },
      { fault: 'pushFails', rate: 0.2, errNo: 9007 },
      { fault: 'functionError', rate: 0.1 },
    ],
  });

  /** Two clients say 30 things each; `turns` decides who speaks when. */
  const converse = async (seed: number, turns: 'alternating' | 'oneAfterTheOther') => {
    await start(plan(seed));
    const clients = [await connect(), await connect()];
    const order =
      turns === 'alternating'
        ? Array.from({ length: 60 }, (_, n) => n % 2)
        : Array.from({ length: 60 }, (_, n) => (n < 30 ? 0 : 1));
    const said = [0, 0];
    for (const who of order) {
      const n = said[who] ?? 0;
      said[who] = n + 1;
      await say(clients[who] as WebSocket, `${who}-${n}`);
    }
    const result = { strikes: strikes(), heard: clients.map(({ heard }) => heard) };
    await session.dispose();
    return result;
  };

  it('does the same to the same conversation with the same seed, and something else with another', async () => {
    const first = await converse(7, 'alternating');
    assert.ok(first.strikes.length > 10, first.strikes.join());
    assert.deepEqual(await converse(7, 'alternating'), first);
    const other = await converse(8, 'alternating');
    assert.notDeepEqual(other.strikes, first.strikes);
  });

  it('does the same to each connection, however they interleave', async () => {
    const [one, other] = [await converse(7, 'alternating'), await converse(7, 'oneAfterTheOther')];
    assert.deepEqual(other.heard, one.heard);
    assert.deepEqual([...other.strikes].sort(), [...one.strikes].sort());
  });

  it('lets a frame go on that nothing overtakes', async () => {
    await start({
      seed: 1,
      rules: [{ fault: 'reorder', rate: 1, window: 2, direction: 'toClient' }],
    });
    const client = await connect();
    await say(client, 'alone');
    await once(client, 'message');
    assert.deepEqual(client.heard, ['alone']);
    for (const text of ['a', 'b', 'c']) {
      await say(client, text);
    }
    await until('frame', (fact) => fact.direction === 'toClient' && fact.preview === 'a');
    client.ping();
    await once(client, 'pong');
    assert.deepEqual(client.heard, ['alone', 'c', 'b', 'a']);
  });

  it('goes silent, closes with a code, and ends without a Close frame', async () => {
    for (const [rule, code] of [
      [{ fault: 'close', rate: 1, code: 1012 }, 1012],
      [{ fault: 'close', rate: 1, code: 1006 }, 1006],
    ] as const) {
      await start({ seed: 1, rules: [rule] });
      const client = await connect();
      client.send('hello');
      assert.equal((await once(client, 'close'))[0], code);
      await session.dispose();
    }
    await start({ seed: 1, rules: [{ fault: 'halfOpen', rate: 1 }] });
    const client = await connect();
    await say(client, 'into the void');
    assert.deepEqual(client.heard, []);
    assert.equal(client.readyState, WebSocket.OPEN);
    await session.intents.setFaults({ faults: null });
    await say(client, 'heard again');
    assert.deepEqual(client.heard, ['heard again']);
  });

  it('is switched by an intent, and refuses a plan that would break a socket', async () => {
    await start();
    assert.throws(
      () =>
        session.intents.setFaults({
          faults: { seed: 1, rules: [{ fault: 'close', rate: 1, code: 1005 }] },
        }),
      /rules\[0\]\.code is 1005/,
    );
    await session.intents.setFaults({ faults: planOfPreset('tunnel', 3) ?? null });
    const { faults } = await until('faults');
    assert.deepEqual([faults?.preset, faults?.seed], ['tunnel', 3]);
  });
});

describe('fault plans', () => {
  it('accepts every preset, and each has a name of its own', () => {
    for (const { id, title, detail } of faultPresets) {
      assert.deepEqual(parseFaultPlan(planOfPreset(id, 1)).problems, []);
      assert.match(id, /^[a-z-]+$/);
      assert.ok(title !== '' && detail.endsWith('.'));
    }
    assert.equal(new Set(faultPresets.map(({ title }) => title)).size, faultPresets.length);
    assert.equal(planOfPreset('no-such-preset', 1), undefined);
  });

  for (const [value, path] of [
    [null, ''],
    [{}, 'rules'],
    [{ rules: [{}] }, 'rules[0].fault'],
    [{ rules: [{ fault: '__proto__', rate: 1 }] }, 'rules[0].fault'],
    [{ rules: [{ fault: 'drop', rate: 2 }] }, 'rules[0].rate'],
    [{ rules: [{ fault: 'drop', rate: 1, direction: 'up' }] }, 'rules[0].direction'],
    [{ rules: [{ fault: 'close', rate: 1, code: 1004 }] }, 'rules[0].code'],
    [{ rules: [{ fault: 'latency', rate: 1 }] }, 'rules[0].ms'],
    [{ rules: [], seed: 1.5 }, 'seed'],
  ] as const) {
    it(`tells what is wrong with ${JSON.stringify(value)}`, () => {
      const { value: plan, problems } = parseFaultPlan(value);
      assert.equal(plan, undefined);
      assert.deepEqual(
        problems.map((problem) => problem.path),
        [path],
      );
    });
  }

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const parsed = parseFaultPlan({ rules: [value, { fault: 'drop', rate: value }] });
        assert.equal(parsed.value === undefined, parsed.problems.length > 0);
      }),
      { numRuns: 500, seed: 6 },
    );
  });
});
