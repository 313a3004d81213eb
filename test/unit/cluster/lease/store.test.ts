// The model's Redis does what the real one does with the nodes' scripts.
import assert from 'node:assert/strict';
import { createClient } from 'redis';
import * as steps from '../../../../src/cluster/redis/steps';
import { type RealRedis, redisProgram, startRedis } from '../redisServer';
import * as model from './store';

/** Of a linear congruential generator: the same on every machine. */
function chooser(seed: number): <T>(items: readonly T[]) => T {
  let state = seed;
  return (items) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return items[Math.floor((state / 2_147_483_648) * items.length)] as never;
  };
}

const lives = ['A', 'B', 'C'];
const debts = ['c0', 'c1', 'c2', 'c3'];
const group = 'payers';
const key = (name: string): string => `{model}:${name}`;

describe("the model's Redis and the real one", function () {
  let server: RealRedis;
  let client: ReturnType<typeof createClient>;

  before(async function () {
    if (redisProgram === undefined) {
      this.skip();
    }
    server = await startRedis();
    client = createClient({ url: server.url });
    await client.connect();
  });
  after(async () => {
    client?.destroy();
    await server?.dispose();
  });

  const run = (script: string, keys: string[], args: string[]): Promise<unknown> =>
    client.eval(script, { keys: keys.map(key), arguments: args });

  /** Redis's content in the form of the model's. */
  async function look(): Promise<unknown> {
    const names = async (name: string) => (await client.zRange(key(name), 0, -1)).sort();
    const owed: Record<string, string[]> = {};
    for (const life of lives) {
      const written = await client.hKeys(key(`owed:${life}`));
      if (written.length > 0) {
        owed[life] = written.sort();
      }
    }
    const pending = await client.xPendingRange(key('debts'), group, '-', '+', 1000);
    const holders = new Map(pending.map(({ id, consumer }) => [id, consumer]));
    const entries = (await client.xRange(key('debts'), '-', '+')) ?? [];
    const stream = entries.map(({ id, message }) => [
      message['connection'],
      holders.get(id) ?? null,
    ]);
    // The order in which Redis lists a hash is its own.
    return {
      leases: await names('leases'),
      reaped: await names('reaped'),
      owed,
      stream: stream.sort(),
      unpaid: (await client.hKeys(key('unpaid'))).sort(),
    };
  }

  const shown = ({ leases, reaped, owed, stream, unpaid }: model.Store): unknown => ({
    unpaid,
    leases: Object.keys(leases).sort(),
    reaped,
    owed,
    stream: stream.map(({ debt, by }) => [debt, by]).sort(),
  });

  it('agree on every step of random ones', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const choose = chooser(seed);
      await client.flushAll();
      await client.xGroupCreate(key('debts'), group, '0', { MKSTREAM: true });
      const store = model.emptyStore();
      const done: string[] = [];
      for (let n = 0; n < 40; n++) {
        const life = choose(lives);
        const debt = choose(debts);
        const step = choose([
          'renew',
          'join',
          'late',
          'owe',
          'strike',
          'reap',
          'leave',
          'read',
          'pay',
        ]);
        done.push(`${step} ${life} ${debt}`);
        const told = `seed ${seed}: ${done.join(', ')}`;
        switch (step) {
          case 'renew':
          case 'join':
          case 'late': {
            // A lease that has run out as soon as it is there.
            const ttl = step === 'late' ? 0 : 4;
            const joins = step === 'renew' ? 'renew' : 'join';
            const known = step === 'join' ? [debt] : [];
            const keys = ['leases', 'reaped', 'nodes', `owed:${life}`];
            const args = [life, ttl === 0 ? '-1' : '600000', 'http://x', joins];
            const answer = await run(steps.renew, keys, [
              ...args,
              ...known.flatMap((d) => [d, 's']),
            ]);
            const expected =
              step === 'renew'
                ? model.renew(store, life, ttl)
                : model.join(store, life, ttl, known);
            assert.equal(answer, expected, told);
            break;
          }
          case 'owe': {
            const answer = await run(steps.owe, ['leases', `owed:${life}`], [life, debt, 's']);
            assert.equal(answer, model.owe(store, life, [debt]), told);
            break;
          }
          case 'strike':
            await client.hDel(key(`owed:${life}`), debt);
            model.strike(store, life, [debt]);
            break;
          case 'reap': {
            const dead = (await run(steps.expired, ['leases'], [])) as string[];
            assert.deepEqual(dead.sort(), model.expired(store).sort(), told);
            const keys = ['leases', 'reaped', 'nodes', `owed:${life}`, 'debts', 'unpaid'];
            const answer = await run(steps.reap, keys, [life, 'expired', group]);
            assert.equal(answer, model.reap(store, life, 'expired'), told);
            break;
          }
          case 'leave': {
            const keys = ['leases', 'reaped', 'nodes', `owed:${life}`, 'debts', 'unpaid'];
            const answer = await run(steps.reap, keys, [life, 'leave', group, debt, 's']);
            assert.deepEqual(answer, model.reap(store, life, 'leave', [debt]), told);
            break;
          }
          case 'read': {
            const from = { key: key('debts'), id: '>' };
            await client.xReadGroup(group, life, from, { COUNT: 1000 });
            model.read(store, life);
            break;
          }
          case 'pay': {
            const held = store.stream.find((entry) => entry.by === life && entry.debt === debt);
            const pending = await client.xPendingRange(key('debts'), group, '-', '+', 1000, {
              consumer: life,
            });
            for (const { id } of pending) {
              const [entry] = (await client.xRange(key('debts'), id, id)) ?? [];
              if (held !== undefined && entry?.message['connection'] === debt) {
                await run(steps.acknowledge, ['debts', 'unpaid'], [group, id, debt]);
                break;
              }
            }
            if (held !== undefined) {
              model.acknowledge(store, held.id, debt);
            }
            break;
          }
        }
        assert.deepEqual(await look(), shown(store), told);
      }
    }
  });
});
