import { type Check, type Client, expect, expectThat } from '../bench';
import { opcodes } from '../rawClient';
import { textPush } from './transfer';

const megabyte = 1024 * 1024;

async function expectBareFin(client: Client): Promise<void> {
  expect('the end of the TCP connection', await client.ended(), 'fin');
  expect('frames before it', client.received, []);
}

/** Something every 0.6 s for longer than the backend timeout of 3 s. */
async function everySoOften(act: () => void | Promise<unknown>): Promise<void> {
  for (let n = 0; n < 7; n++) {
    await new Promise((resolve) => setTimeout(resolve, 600));
    await act();
  }
}

export const limitChecks: readonly Check[] = [
  {
    row: 'limits.idle',
    setup: 'impatient',
    async run(bench) {
      // That it is not closed before, `limits.idle-reset` shows with one that speaks now and then.
      await (await bench.connect()).close();
    },
  },
  {
    row: 'limits.idle-reset',
    setup: 'impatient',
    async run(bench) {
      await (await bench.connect()).id(); // From now on Transfer has an instance, and answers soon.
      const [sender, receiver] = [await bench.connect(), await bench.connect()];
      const id = await receiver.id();
      await everySoOften(async () => {
        sender.command({ return: 'nothing goes back' });
        expect('the push', (await bench.pushText(id, 'tick')).errNo, 0);
      });
      sender.send('open');
      expect('the echo', await sender.text(), 'open');
    },
  },
  {
    row: 'limits.idle-ping',
    setup: 'impatient',
    async run(bench) {
      const client = await bench.connect();
      await everySoOften(() => client.sendFrame(opcodes.ping, 'here'));
      expectThat(
        'it is closed',
        client.received.some(({ opcode }) => opcode === opcodes.close),
        client.received.map(({ opcode }) => opcode),
      );
    },
  },
  {
    row: 'limits.idle-ping',
    setup: 'pingCounts',
    async run(bench) {
      const client = await bench.connect();
      await everySoOften(() => client.sendFrame(opcodes.ping, 'here'));
      expect(
        'frames that are no pongs',
        client.received.filter(({ opcode }) => opcode !== opcodes.pong),
        [],
      );
      await client.ended().catch(() => undefined);
    },
  },
  {
    row: 'limits.ping',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.sendFrame(opcodes.ping, 'some data');
      const pong = await client.next('a pong');
      expect('the answer', [pong.opcode, pong.text], [opcodes.pong, 'some data']);
      client.sendFrame(opcodes.pong, 'unasked');
      client.send('after');
      expect('the next frame', await client.text(), 'after');
      const data = bench.mailbox.reports.flatMap((each) =>
        each.kind === 'event' && each.connection === id ? [each.event.websocket['data']] : [],
      );
      expect('messages of Transfer', data.slice(-1), ['after']);
      expectThat('no ping among them', !data.includes('some data'), data);
    },
  },
  {
    row: 'limits.event-size',
    setup: 'default',
    async run(bench) {
      const small = await bench.connect();
      small.send(
        `do:${JSON.stringify([{ push: textPush('large is fine') }])}${' '.repeat(5 * megabyte)}`,
      );
      expect('a message of 5 MB', await small.text(), 'large is fine');
      const text = await bench.connect();
      text.send('x'.repeat(6 * megabyte));
      await expectBareFin(text);
      // Base64 makes it larger by a third.
      const binary = await bench.connect();
      binary.send(Buffer.alloc(5 * megabyte));
      await expectBareFin(binary);
    },
  },
  {
    row: 'limits.response-size',
    setup: 'default',
    async run(bench) {
      const small = await bench.connect();
      small.command({ big: 5 * megabyte });
      small.send('fine');
      expect('after an answer of 5 MB', await small.text(), 'fine');
      const client = await bench.connect();
      client.command({ big: 6 * megabyte });
      await expectBareFin(client);
    },
  },
  {
    row: 'limits.notable-size',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const text = 'y'.repeat(257 * 1024);
      client.send(text);
      expect('the length of the echo', (await client.text()).length, text.length);
      await bench.finding('limits.notable-size');
    },
  },
  {
    row: 'limits.function-timeout',
    setup: 'bare',
    async run(bench) {
      const { context } = await bench.registered(await bench.connect());
      expect('time_limit_in_ms', context['time_limit_in_ms'], 3000);
    },
  },
  {
    row: 'limits.memory',
    setup: 'bare',
    async run(bench) {
      const { context } = await bench.registered(await bench.connect());
      expect('memory_limit_in_mb', context['memory_limit_in_mb'], 128);
    },
  },
];
