import { type Bench, type Check, expect, expectThat, type PushAnswer } from '../bench';
import { opcodes } from '../rawClient';
import { textPush } from './transfer';

const unknownId = 'AAAAAAAAAAAAAAAAAAAAAA==';
const vendorAddress = 'http://set-0a1b2c3d.cb-beijing.apigateway.tencentyun.com/api-abcd1234';
const placeholders = [
  'http://set-****.cb-beijing.apigateway.tencentyun.com/api-xxxxxxxx',
  'http://set-xxxxx.cb-beijing.apigateway.tencentyun.com/api-xxxxxxxx',
];

function expectErrNo(what: string, answer: PushAnswer, errNo: number, status = 200): void {
  expect(what, { status: answer.status, errNo: answer.errNo }, { status, errNo });
}

/** One refusal of each number that needs no connection. */
const refusals: [errNo: number, what: string, body: string | object][] = [
  [
    9001,
    'an unknown id',
    { action: 'data send', secConnectionID: unknownId, dataType: 'text', data: 'x' },
  ],
  [9001, 'closing an unknown id', { action: 'closing', secConnectionID: unknownId }],
  [9001, 'an empty id', { action: 'data send', secConnectionID: '', dataType: 'text', data: 'x' }],
  [9003, 'an empty body', ''],
  [9003, 'a body that is no JSON', '{"websocket":'],
  [9004, 'a body without websocket', '{}'],
  [9004, 'a body that is a list', '[]'],
  [9004, 'no action', { secConnectionID: unknownId, dataType: 'text', data: 'x' }],
  [9004, 'an unknown action', { action: 'data recv', secConnectionID: unknownId, data: 'x' }],
  [9004, 'no secConnectionID', { action: 'data send', dataType: 'text', data: 'x' }],
  [9004, 'a number as secConnectionID', { action: 'closing', secConnectionID: 7 }],
  [
    9004,
    'an unknown dataType',
    { action: 'data send', secConnectionID: unknownId, dataType: 'json', data: 'x' },
  ],
  [9004, 'no data', { action: 'data send', secConnectionID: unknownId, dataType: 'text' }],
  [
    9004,
    'binary data that is no text',
    { action: 'data send', secConnectionID: unknownId, dataType: 'binary', data: [1] },
  ],
  [
    9005,
    'data that is no base64',
    { action: 'data send', secConnectionID: unknownId, dataType: 'binary', data: '***' },
  ],
];

const refusalChecks = [9001, 9003, 9004, 9005].map((errNo): Check => ({
  row: `push.${errNo}`,
  setup: 'default',
  async run(bench) {
    for (const [expected, what, body] of refusals) {
      if (expected === errNo) {
        const text = typeof body === 'string' ? body : JSON.stringify({ websocket: body });
        const answer = await bench.post(bench.target.pushUrl, text);
        expectErrNo(what, answer, errNo);
        expectThat('errMsg says more', answer.errMsg.length > 5, answer.errMsg);
      }
    }
  },
}));

async function slowRegister(bench: Bench) {
  const client = bench.dial({ steps: [{ sleep: 0.5 }] });
  return { client, id: (await bench.registered(client)).connection };
}

export const pushChecks: readonly Check[] = [
  {
    row: 'push.text',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      for (const text of ['hello', '', '张 😀 \u0000 "quoted"']) {
        await bench.pushText(id, text);
        expect('the message', await client.text(), text);
      }
    },
  },
  {
    row: 'push.binary',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const bytes = Buffer.from([0, 255, 1, 254]);
      const websocket = { action: 'data send', secConnectionID: await client.id() };
      await bench.push({ ...websocket, dataType: 'binary', data: bytes.toString('base64') });
      const frame = await client.next();
      expect('the type of the frame', frame.opcode, opcodes.binary);
      expect('the bytes', frame.bytes.toString('hex'), bytes.toString('hex'));
    },
  },
  {
    row: 'push.closing',
    setup: 'default',
    async run(bench) {
      for (const more of [{}, { dataType: 'text', data: '' }, { dataType: 7, data: [] }]) {
        const client = await bench.connect();
        const secConnectionID = await client.id();
        const answer = await bench.push({ action: 'closing', secConnectionID, ...more });
        expectErrNo('the answer', answer, 0);
        await client.close();
      }
    },
  },
  {
    row: 'push.answer',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const answer = await bench.pushText(await client.id(), 'hello');
      expect('the status', answer.status, 200);
      expect('the body', JSON.parse(answer.body), { errNo: 0, errMsg: 'ok' });
    },
  },
  {
    row: 'push.status',
    setup: 'default',
    async run(bench) {
      expectErrNo('the answer', await bench.pushText(unknownId, 'x'), 9001, 200);
    },
  },
  {
    row: 'push.status',
    setup: 'statuses',
    async run(bench) {
      expectErrNo('the answer', await bench.pushText(unknownId, 'x'), 9001, 400);
      const client = await bench.connect();
      expectErrNo('a push that succeeds', await bench.pushText(await client.id(), 'x'), 0, 200);
    },
  },
  ...refusalChecks,
  {
    row: 'push.9001',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.sendClose(1000);
      await bench.event('cleanup', id);
      const answer = await bench.pushText(id, 'x');
      expectErrNo('an id that has closed', answer, 9001);
    },
  },
  {
    row: 'push.9002',
    setup: 'default',
    async run(bench) {
      const { client, id } = await slowRegister(bench);
      expectErrNo('a message', await bench.pushText(id, 'too soon'), 9002);
      expectErrNo('closing', await bench.push({ action: 'closing', secConnectionID: id }), 9002);
      expect('the handshake', (await client.answer()).status, 101);
    },
  },
  {
    row: 'push.9002',
    setup: 'queue',
    async run(bench) {
      const { client, id } = await slowRegister(bench);
      expectErrNo('the first', await bench.pushText(id, 'first'), 0);
      expectErrNo('the second', await bench.pushText(id, 'second'), 0);
      expect('the first message', await client.text(), 'first');
      expect('the second message', await client.text(), 'second');
    },
  },
  {
    row: 'push.9006',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const answer = await bench.pushText(await client.id(), 'x'.repeat(6 * 1024 * 1024));
      expectErrNo('the answer', answer, 9006);
    },
  },
  {
    row: 'push.9007',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.pause();
      const large = 'x'.repeat(5 * 1024 * 1024);
      for (let n = 0; ; n++) {
        const answer = await bench.pushText(id, large);
        if (answer.errNo !== 0) {
          expectErrNo('the first answer that is not 0', answer, 9007);
          return;
        }
        expectThat('refused before 100 MB', n < 20, n);
      }
    },
  },
  {
    row: 'push.from-register',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect({ steps: [{ push: textPush('from register') }] });
      const { connection } = await bench.registered(client);
      const { result } = await bench.step('register', connection);
      expect('the answer', [result.status, errNoOf(result.body)], [200, 9002]);
    },
  },
  {
    row: 'push.from-cleanup',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.sendClose(1000);
      const { result } = await bench.step('cleanup', id);
      expect('the answer', [result.status, errNoOf(result.body)], [200, 9001]);
      await bench.afterOtherCleanups();
      const calls = bench.mailbox.reports.filter(
        (each) => each.kind === 'event' && each.role === 'cleanup' && each.connection === id,
      );
      expect('calls of Cleanup', calls.length, 1);
    },
  },
  {
    row: 'push.empty-id',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      const websocket = { action: 'data send', secConnectionID: '', dataType: 'text', data: 'x' };
      client.command({ push: { websocket } });
      const { result } = await bench.step('transfer', id);
      expect('the answer', [result.status, errNoOf(result.body)], [200, 9001]);
    },
  },
  {
    row: 'push.external',
    setup: 'default',
    async run(bench) {
      // The suite itself is such a process.
      const client = await bench.connect();
      expectErrNo('the answer', await bench.pushText(await client.id(), 'from outside'), 0);
      expect('the message', await client.text(), 'from outside');
    },
  },
  {
    row: 'push.other-connection',
    setup: 'default',
    async run(bench) {
      const [sender, receiver] = [await bench.connect(), await bench.connect()];
      const secConnectionID = await receiver.id();
      const websocket = { action: 'data send', secConnectionID, dataType: 'text', data: 'hi' };
      sender.command({ push: { websocket } });
      expect('the message', await receiver.text(), 'hi');
    },
  },
  {
    row: 'push.order',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.command(...[0, 1, 2, 3, 4].map((n) => ({ push: textPush(`handler ${n}`) })));
      for (let n = 0; n < 5; n++) {
        expect('the message', await client.text(), `handler ${n}`);
      }
      for (let n = 0; n < 50; n++) {
        await bench.pushText(id, String(n));
      }
      for (let n = 0; n < 50; n++) {
        expect('the message', await client.text(), String(n));
      }
    },
  },
  {
    row: 'push.method',
    setup: 'default',
    async run(bench) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await bench.post(bench.target.pushUrl, '', {}, method);
        expect(`the status of ${method}`, answer.status, 405);
      }
    },
  },
  {
    row: 'push.data-not-string',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      for (const data of [{ a: [1, '张'] }, [1, 2], 7, false]) {
        expectErrNo('the answer', await bench.pushText(id, data), 0);
        expect('the message', await client.text(), JSON.stringify(data));
      }
    },
  },
  {
    row: 'push.data-not-string',
    setup: 'strict',
    async run(bench) {
      const client = await bench.connect();
      expectErrNo('the answer', await bench.pushText(await client.id(), { a: 1 }), 9004);
    },
  },
  ...(['default', 'strict'] as const).map((setup): Check => ({
    row: 'push.no-data-type',
    setup,
    async run(bench) {
      const client = await bench.connect();
      const websocket = { action: 'data send', secConnectionID: await client.id(), data: 'plain' };
      const answer = await bench.push(websocket);
      expectErrNo('the answer', answer, setup === 'strict' ? 9004 : 0);
      if (setup === 'default') {
        expect('the message', await client.text(), 'plain');
      }
    },
  })),
  {
    row: 'push.secret',
    setup: 'default',
    async run(bench) {
      const url = new URL('/api-00000000', bench.target.pushUrl);
      expect('the status', (await bench.post(url.href, '{}')).status, 404);
    },
  },
  {
    row: 'push.forged',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const websocket = { action: 'closing', secConnectionID: await client.id() };
      const marks: Record<string, string>[] = [
        { origin: 'https://elsewhere.example', 'content-type': 'text/plain' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
        { host: 'elsewhere.example' },
      ];
      for (const headers of marks) {
        const answer = await bench.push(websocket, headers);
        expect(`the status with ${JSON.stringify(headers)}`, answer.status, 403);
      }
      client.send('still there');
      expect('the echo', await client.text(), 'still there');
    },
  },
  {
    row: 'push.other-service',
    setup: 'paths',
    async run(bench) {
      const client = await bench.connect();
      const body = JSON.stringify({
        websocket: { action: 'closing', secConnectionID: await client.id() },
      });
      const [other] = bench.others;
      expectErrNo("the other API's address", await bench.post(other?.pushUrl ?? '', body), 9001);
      expectErrNo('its own address', await bench.post(bench.target.pushUrl, body), 0);
    },
  },
  {
    row: 'push.redirect',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      client.command({ post: { url: vendorAddress, body: textPush('redirected') } });
      expect('the message', await client.text(), 'redirected');
      await bench.finding('push.redirect');
    },
  },
  {
    row: 'push.redirect',
    setup: 'noRedirect',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.command({ post: { url: vendorAddress, body: textPush('lost') } });
      const { result } = await bench.step('transfer', id, 'post');
      expectThat('the push does not arrive', errNoOf(result.body) !== 0, result);
      expect('messages', client.received.length, 0);
    },
  },
  {
    row: 'push.placeholder',
    setup: 'default',
    ownOnly: true,
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      for (const url of placeholders) {
        client.command({ post: { url, body: textPush('never mind') } });
      }
      await bench.step('transfer', id, 'post');
      await bench.finding('push.placeholder');
    },
  },
];

function errNoOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { errNo?: unknown }).errNo;
  } catch {
    return undefined;
  }
}
