import { type Bench, type Check, type Client, expect, expectThat } from '../bench';
import { opcodes } from '../rawClient';

/** Whether the connection still serves. */
async function expectAlive(client: Client): Promise<void> {
  client.send('still there?');
  expect('the echo', await client.text(), 'still there?');
}

/** Dropped with a FIN, and not a single frame before it. */
async function expectBareFin(client: Client): Promise<void> {
  const before = client.received.length;
  expect('the end of the TCP connection', await client.ended(), 'fin');
  expect('frames before it', client.received.slice(before), []);
}

async function transferred(bench: Bench, send: (client: Client) => void, dataType: string) {
  const client = await bench.connect();
  const id = await client.id();
  send(client);
  const { event } = await bench.event('transfer', id, (report) => {
    const { websocket } = report.event;
    return websocket['dataType'] === dataType && !String(websocket['data']).includes(client.nonce);
  });
  return { id, websocket: event.websocket, event };
}

export const transferChecks: readonly Check[] = [
  {
    row: 'transfer.event',
    setup: 'default',
    async run(bench) {
      const { id, event } = await transferred(bench, (client) => client.send('hello'), 'text');
      expect('the event', event, {
        websocket: { action: 'data send', secConnectionID: id, dataType: 'text', data: 'hello' },
      });
    },
  },
  {
    row: 'transfer.action',
    setup: 'default',
    async run(bench) {
      const { websocket } = await transferred(bench, (client) => client.send('x'), 'text');
      expect('the action', websocket['action'], 'data send');
    },
  },
  {
    row: 'transfer.legacy-action',
    setup: 'legacy',
    async run(bench) {
      const { websocket } = await transferred(bench, (client) => client.send('x'), 'text');
      expect('the action', websocket['action'], 'data recv');
    },
  },
  {
    row: 'transfer.text',
    setup: 'default',
    async run(bench) {
      const text = 'line\r\n"quoted" \\ \u0000 \u2028 张 😀';
      const { websocket } = await transferred(bench, (client) => client.send(text), 'text');
      expect('data', websocket['data'], text);
    },
  },
  {
    row: 'transfer.binary',
    setup: 'default',
    async run(bench) {
      const bytes = Buffer.from([0, 255, 128, 10, 13]);
      const { websocket } = await transferred(bench, (client) => client.send(bytes), 'binary');
      expect('data', websocket['data'], bytes.toString('base64'));
    },
  },
  {
    row: 'transfer.empty',
    setup: 'default',
    async run(bench) {
      const text = await transferred(bench, (client) => client.send(''), 'text');
      expect('data of a text message', text.websocket['data'], '');
      const binary = await transferred(bench, (client) => client.send(Buffer.alloc(0)), 'binary');
      expect('data of a binary message', binary.websocket['data'], '');
    },
  },
  {
    row: 'transfer.fragments',
    setup: 'default',
    async run(bench) {
      const bytes = Buffer.from('in 张 pieces');
      const { websocket } = await transferred(
        bench,
        (client) => {
          // Cut inside a character, with a ping in between.
          client.sendFrame(opcodes.text, bytes.subarray(0, 4), { fin: false });
          client.sendFrame(opcodes.ping, 'now');
          client.sendFrame(opcodes.continuation, bytes.subarray(4, 9), { fin: false });
          client.sendFrame(opcodes.continuation, bytes.subarray(9));
        },
        'text',
      );
      expect('data', websocket['data'], 'in 张 pieces');
    },
  },
  {
    row: 'transfer.ordered',
    setup: 'instances',
    async run(bench) {
      const client = await bench.connect();
      client.command({ sleep: 0.3 }, { push: textPush('first') });
      client.command({ push: textPush('second') });
      expect('the first', await client.text(), 'first');
      expect('the second', await client.text(), 'second');
    },
  },
  {
    row: 'transfer.parallel',
    setup: 'parallel',
    async run(bench) {
      const client = await bench.connect();
      // Longer than another instance takes to start.
      client.command({ sleep: 6 }, { push: textPush('slow') });
      client.command({ push: textPush('fast') });
      expect('the first to come', await client.text(), 'fast');
      expect('the other', await client.text(), 'slow');
    },
  },
  {
    row: 'transfer.connections-parallel',
    setup: 'instances',
    async run(bench) {
      const slow = await bench.connect();
      const fast = await bench.connect();
      slow.command({ sleep: 6 }, { push: textPush('slow') });
      fast.send('fast');
      expect('the echo', await fast.text(), 'fast');
      expect('messages of the slow one so far', slow.received.length, 0);
    },
  },
  {
    row: 'transfer.answer-ignored',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.command({ return: { errNo: 9, websocket: textPush('no').websocket } });
      client.command({ return: { websocket: { action: 'closing', secConnectionID: id } } });
      await expectAlive(client);
    },
  },
  {
    row: 'transfer.any-answer',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const event = { websocket: { action: 'data send', secConnectionID: '$id' } };
      for (const value of [event, 'send success', true, null, '{"errNo":0}', 1.5, []]) {
        client.command({ return: value });
      }
      await expectAlive(client);
    },
  },
  {
    row: 'transfer.user-error',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      client.command({ raise: 'on purpose' });
      await expectAlive(client);
    },
  },
  {
    row: 'transfer.user-error',
    setup: 'closeOnUserError',
    async run(bench) {
      const client = await bench.connect();
      client.command({ raise: 'on purpose' });
      await expectBareFin(client);
    },
  },
  {
    row: 'transfer.function-timeout',
    setup: 'hasty',
    async run(bench) {
      const client = await bench.connect();
      client.command({ sleep: 10 });
      await expectAlive(client);
    },
  },
  {
    row: 'transfer.function-timeout',
    setup: 'closeOnUserError',
    async run(bench) {
      const client = await bench.connect();
      client.command({ sleep: 10 });
      await expectBareFin(client);
    },
  },
  {
    row: 'transfer.platform-failure',
    setup: 'brokenTransfer',
    async run(bench) {
      const client = await bench.connect();
      client.send('hello');
      await expectBareFin(client);
    },
  },
  {
    row: 'transfer.gateway-timeout',
    setup: 'impatient',
    async run(bench) {
      await (await bench.connect()).id(); // From now on Transfer has an instance, and answers soon.
      const client = await bench.connect();
      client.command({ sleep: 5 });
      // The idle limit has the same length, so something keeps the connection busy.
      const id = (await bench.registered(client)).connection;
      await bench.event('transfer', id);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await bench.pushText(id, 'busy');
      expect('the push', await client.text(), 'busy');
      await expectBareFin(client);
      expectThat('no Close frame', client.received.length === 1, client.received);
    },
  },
];

export function textPush(data: string): { websocket: object } {
  return {
    websocket: { action: 'data send', secConnectionID: '$id', dataType: 'text', data },
  };
}
