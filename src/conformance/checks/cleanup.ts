import { type Bench, type Check, type Client, expect, expectThat } from '../bench';
import { opcodes } from '../rawClient';
import { textPush } from './transfer';

type End = (bench: Bench, client: Client, id: string) => Promise<void>;

const ends = {
  async close(_bench, client) {
    client.sendClose(1000);
    await client.close();
  },
  vanish(_bench, client) {
    client.reset();
    return Promise.resolve();
  },
  async push(bench, client, id) {
    await bench.push({ action: 'closing', secConnectionID: id });
    await client.close();
  },
  async idle(_bench, client) {
    await client.close();
  },
  async platform(_bench, client) {
    client.command({ big: 6 * 1024 * 1024 });
    await client.ended();
  },
  async operator(bench, client, id) {
    await bench.own?.closeConnection(id);
    await client.close();
  },
} satisfies Record<string, End>;

function runsAfter(row: string, setup: Check['setup'], end: End): Check {
  return {
    row,
    setup,
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      await end(bench, client, id);
      await bench.event('cleanup', id);
    },
  };
}

function runsNotAfter(row: string, setup: Check['setup'], end: End): Check {
  return {
    row,
    setup,
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      await end(bench, client, id);
      await bench.afterOtherCleanups();
      expectThat('Cleanup does not run', !bench.hadCleanup(id), id);
    },
  };
}

/** With `cleanupOn` empty no later Cleanup proves that none came: Transfer's next event does. */
const neverRuns: Check = {
  row: 'cleanup.client-vanished',
  setup: 'cleanupNever',
  async run(bench) {
    const client = await bench.connect();
    const id = await client.id();
    client.reset();
    const other = await bench.connect();
    for (let n = 0; n < 20; n++) {
      const { errNo } = await bench.pushText(id, 'anyone?');
      if (errNo === 9001) {
        break;
      }
    }
    other.send('on');
    expect('the echo', await other.text(), 'on');
    expectThat('Cleanup does not run', !bench.hadCleanup(id), id);
  },
};

async function closedWith(client: Client, code: number): Promise<void> {
  const frame = await client.close();
  expect('the close code', frame.code, code);
}

/** The gateway closes with `code` after `breakIt`, and Transfer is not asked. */
const broken = (row: string, code: number, ...ways: ((client: Client) => void)[]): Check => ({
  row,
  setup: 'default',
  async run(bench) {
    for (const breakIt of ways) {
      const client = await bench.connect();
      const id = (await bench.registered(client)).connection;
      breakIt(client);
      await closedWith(client, code);
      await bench.event('cleanup', id);
      const asked = bench.happened(
        (each) => each.kind === 'event' && each.role === 'transfer' && each.connection === id,
      );
      expectThat('Transfer is not called', !asked, id);
    }
    await bench.finding(row);
  },
});

export const cleanupChecks: readonly Check[] = [
  {
    row: 'cleanup.event',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.sendClose(1000);
      const { event } = await bench.event('cleanup', id);
      expect('the event', event, { websocket: { action: 'closing', secConnectionID: id } });
    },
  },
  {
    row: 'cleanup.answer-ignored',
    setup: 'default',
    async run(bench) {
      // The handler always answers {"errNo": 1, …}.
      const client = await bench.connect();
      const id = await client.id();
      client.sendClose(1000);
      await closedWith(client, 1000);
      await bench.event('cleanup', id);
      await bench.connect();
    },
  },
  {
    row: 'cleanup.optional',
    setup: 'transferOnly',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.sendClose(1000);
      await closedWith(client, 1000);
      const other = await bench.connect();
      await other.id();
      expectThat('nothing is called', !bench.hadCleanup(id), id);
    },
  },
  runsAfter('cleanup.client-close', 'default', ends.close),
  runsAfter('cleanup.client-vanished', 'default', ends.vanish),
  neverRuns,
  runsNotAfter('cleanup.push-closing', 'default', ends.push),
  runsAfter('cleanup.push-closing', 'cleanupAlways', ends.push),
  runsNotAfter('cleanup.idle', 'impatient', ends.idle),
  runsAfter('cleanup.idle', 'idleAlways', ends.idle),
  runsNotAfter('cleanup.platform-failure', 'default', ends.platform),
  runsAfter('cleanup.platform-failure', 'cleanupAlways', ends.platform),
  {
    row: 'cleanup.left-during-register',
    setup: 'default',
    async run(bench) {
      const refused = bench.dial({ steps: [{ sleep: 0.3 }, { return: { errNo: 1 } }] });
      const refusedId = (await bench.registered(refused)).connection;
      refused.reset();
      const client = bench.dial({ steps: [{ sleep: 0.3 }] });
      const { connection } = await bench.registered(client);
      client.reset();
      await bench.event('cleanup', connection);
      expectThat('no Cleanup after a refusal', !bench.hadCleanup(refusedId), refusedId);
    },
  },
  { ...runsNotAfter('cleanup.operator', 'default', ends.operator), ownOnly: true },
  { ...runsAfter('cleanup.operator', 'cleanupAlways', ends.operator), ownOnly: true },
  ...(['default', 'parallel'] as const).map((setup): Check => ({
    row: 'cleanup.last',
    setup,
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.command({ sleep: 0.3 }, { push: textPush('done') });
      client.sendClose(1000);
      await bench.event('cleanup', id);
      const mine = bench.mailbox.reports
        .filter((each) => each.connection === id)
        .map((each) => `${each.role} ${each.kind}`);
      const pushed = mine.indexOf('transfer step');
      expectThat(
        'Transfer ends before Cleanup begins',
        pushed >= 0 && pushed < mine.indexOf('cleanup event'),
        mine,
      );
    },
  })),
  {
    row: 'close.echo',
    setup: 'default',
    async run(bench) {
      for (const code of [1000, 1001, 1003, 1011, 3000, 4000, 4999]) {
        const client = await bench.connect();
        client.sendClose(code, 'bye');
        await closedWith(client, code);
      }
    },
  },
  {
    row: 'close.no-code',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      client.sendClose();
      const { code } = await client.close();
      expectThat('no code, or 1000', code === undefined || code === 1000, code);
    },
  },
  broken(
    'close.1002',
    1002,
    (client) => client.sendFrame(opcodes.text, 'reserved bits', { reserved: 4 }),
    (client) => client.sendFrame(opcodes.text, 'not masked', { mask: false }),
    (client) => client.sendFrame(opcodes.continuation, 'of nothing'),
    (client) => client.sendFrame(3, 'no such opcode'),
    (client) => client.sendClose(1005),
    (client) => client.sendClose(1006),
    (client) => client.sendClose(999),
    (client) => client.sendClose(5000),
    (client) => client.sendFrame(opcodes.close, 'x'),
  ),
  broken(
    'close.1007',
    1007,
    (client) => client.sendFrame(opcodes.text, Buffer.from([0x66, 0xff, 0xfe])),
    (client) => client.sendFrame(opcodes.text, Buffer.from([0xed, 0xa0, 0x80])),
  ),
  broken('close.1009', 1009, (client) => {
    // The head alone is enough: 9 MB are announced.
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x90, 0, 0, 1, 2, 3, 4]);
    client.write(head);
  }),
  ...(
    [
      ['default', 1000],
      ['statuses', 4000],
    ] as const
  ).map(([setup, code]): Check => ({
    row: 'close.push',
    setup,
    async run(bench) {
      const client = await bench.connect();
      await bench.push({ action: 'closing', secConnectionID: await client.id() });
      await closedWith(client, code);
    },
  })),
  ...(
    [
      ['impatient', 1001],
      ['statuses', 1008],
    ] as const
  ).map(([setup, code]): Check => ({
    row: 'close.idle',
    setup,
    async run(bench) {
      await closedWith(await bench.connect(), code);
    },
  })),
  {
    row: 'close.nothing-after',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      await bench.push({ action: 'closing', secConnectionID: id });
      await client.close();
      client.send('one more thing');
      client.sendClose(1000);
      await client.ended();
      const other = await bench.connect();
      await other.id();
      const late = bench.happened(
        (each) => each.kind === 'event' && each.event.websocket['data'] === 'one more thing',
      );
      expectThat('Transfer is not called', !late, id);
    },
  },
];
