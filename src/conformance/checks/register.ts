import { type Bench, type Check, type ConnectWish, expect, expectThat } from '../bench';

const accepting = (more: object = {}, inner: object = {}): object => ({
  errNo: 0,
  errMsg: 'ok',
  websocket: { action: 'connecting', secConnectionID: '$id', ...inner },
  ...more,
});

const returning = (value: unknown): ConnectWish => ({ steps: [{ return: value }] });

async function refusedWith(bench: Bench, status: number, wish: ConnectWish): Promise<string> {
  const answer = await bench.refused(wish);
  expect(`the status (${answer.body})`, answer.status, status);
  return answer.body;
}

/** Accepted by default with a finding, refused in strict mode. */
function doubtful(row: string, values: unknown[]): Check[] {
  return [
    {
      row,
      setup: 'default',
      async run(bench) {
        for (const value of values) {
          const client = await bench.connect(returning(value));
          await bench.finding(row, (await bench.registered(client)).connection);
        }
      },
    },
    {
      row,
      setup: 'strict',
      async run(bench) {
        for (const value of values) {
          await refusedWith(bench, 502, returning(value));
        }
      },
    },
  ];
}

function useless(row: string, values: unknown[]): Check[] {
  return [
    {
      row,
      setup: 'default',
      async run(bench) {
        for (const value of values) {
          const answer = await bench.refused(returning(value));
          expect(`the status for ${JSON.stringify(value)}`, answer.status, 502);
          await bench.finding(row, (await bench.registered(answer)).connection);
        }
      },
    },
    {
      row,
      setup: 'statuses',
      async run(bench) {
        await refusedWith(bench, 500, returning(values[0]));
      },
    },
  ];
}

/** The sub-protocol goes out as Register answers it, and there is a finding when browsers would fail. */
const protocolCheck = (
  row: string,
  asked: string | undefined,
  answered: string | undefined,
  finding = true,
): Check => ({
  row,
  setup: 'default',
  async run(bench) {
    const inner = answered === undefined ? {} : { secWebSocketProtocol: answered };
    const wish = returning(accepting({}, inner));
    const client = bench.dial(asked === undefined ? wish : { ...wish, protocols: asked });
    const answer = await client.answer();
    expect('the status', answer.status, 101);
    expect('Sec-WebSocket-Protocol', answer.headers['sec-websocket-protocol'], answered);
    if (finding) {
      await bench.finding(row, (await bench.registered(client)).connection);
    }
  },
});

export const registerChecks: readonly Check[] = [
  {
    row: 'register.event',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect({ protocols: 'chat' });
      const { event } = await bench.registered(client);
      const { requestContext = {}, websocket } = event;
      const keys = [
        ...['serviceName', 'serviceId', 'path', 'httpMethod', 'requestId', 'identity'],
        ...['sourceIp', 'stage', 'websocketEnable'],
      ];
      const missing = keys.filter((key) => !(key in requestContext));
      expect('missing keys of requestContext', missing, []);
      expect('httpMethod', requestContext['httpMethod'], 'GET');
      expect('sourceIp', requestContext['sourceIp'], '127.0.0.1');
      const serviceId = String(requestContext['serviceId']);
      expectThat('serviceId', /^service-[a-z0-9]{8}$/.test(serviceId), serviceId);
      expect('action', websocket['action'], 'connecting');
      expect('its id', websocket['secConnectionID'], await client.id());
    },
  },
  {
    row: 'register.id',
    setup: 'default',
    async run(bench) {
      const ids = new Set<string>();
      for (let n = 0; n < 20; n++) {
        const { connection } = await bench.registered(await bench.connect());
        expectThat('its form', /^[A-Za-z0-9+/]{22}==$/.test(connection), connection);
        ids.add(connection);
      }
      expect('different ids', ids.size, 20);
    },
  },
  {
    row: 'register.strings',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect({
        protocols: 'chat',
        headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
      });
      const id = await client.id();
      client.send(Buffer.from([1, 2, 3]));
      await client.next();
      client.sendClose(1000);
      const events = [
        await bench.registered(client),
        await bench.event('transfer', id, ({ event }) => event.websocket['dataType'] === 'binary'),
        await bench.event('cleanup', id),
      ];
      for (const { event, role } of events) {
        const others = Object.entries(event.websocket).filter(
          ([, value]) => typeof value !== 'string',
        );
        expect(`values of ${role} that are no strings`, others, []);
      }
    },
  },
  {
    row: 'register.boolean',
    setup: 'default',
    async run(bench) {
      const { event } = await bench.registered(await bench.connect());
      const booleans = Object.entries(event.requestContext ?? {}).filter(
        ([, value]) => typeof value === 'boolean',
      );
      expect('the booleans', booleans, [['websocketEnable', true]]);
    },
  },
  {
    row: 'register.protocol-header',
    setup: 'default',
    async run(bench) {
      const raw = 'chat,  binary ,x';
      const asked = await bench.registered(await bench.connect({ protocols: raw }));
      expect('the header', asked.event.websocket['secWebSocketProtocol'], raw);
      const { event } = await bench.registered(await bench.connect());
      expectThat('absent', !('secWebSocketProtocol' in event.websocket), event.websocket);
    },
  },
  {
    row: 'register.extensions-header',
    setup: 'default',
    async run(bench) {
      const raw = 'permessage-deflate; client_max_window_bits';
      const headers = { 'Sec-WebSocket-Extensions': raw };
      const asked = await bench.registered(await bench.connect({ headers }));
      expect('the header', asked.event.websocket['secWebSocketExtensions'], raw);
      const { event } = await bench.registered(await bench.connect());
      expectThat('absent', !('secWebSocketExtensions' in event.websocket), event.websocket);
    },
  },
  {
    row: 'register.query',
    setup: 'default',
    async run(bench) {
      const query = 'room=7&name=%E5%BC%A0+%2B&empty=';
      const { event } = await bench.registered(await bench.connect({ query }));
      const { room, name, empty } = event.queryString ?? {};
      const expected = { room: '7', name: '张 +', empty: '' };
      expect('queryString', { room, name, empty }, expected);
    },
  },
  {
    row: 'register.query-repeated',
    setup: 'default',
    async run(bench) {
      const { event } = await bench.registered(await bench.connect({ query: 'a=1&a=2&a' }));
      expect('queryString.a', event.queryString?.['a'], ['1', '2', true]);
    },
  },
  {
    row: 'register.query-flag',
    setup: 'default',
    async run(bench) {
      const { event } = await bench.registered(await bench.connect({ query: 'debug' }));
      expect('queryString.debug', event.queryString?.['debug'], true);
    },
  },
  {
    row: 'register.envelope-documented',
    setup: 'documented',
    async run(bench) {
      const client = await bench.connect({ query: 'room=7' });
      const { event } = await bench.event('register', await client.id());
      expect('the keys', Object.keys(event).sort(), ['requestContext', 'websocket']);
    },
  },
  {
    row: 'register.envelope-full',
    setup: 'full',
    async run(bench) {
      const path = new URL(bench.target.url).pathname.replace(/\{room\}|%7Broom%7D/i, '7');
      const client = await bench.connect({ path, headers: { 'X-Token': 'secret' } });
      const { event } = await bench.registered(client);
      expect('pathParameters', event.pathParameters, { room: '7' });
      expect('headers', event.headers?.['x-token'], 'secret');
    },
  },
  {
    row: 'register.accepts',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect(returning(accepting()));
      client.send('hello');
      expect('the echo', await client.text(), 'hello');
    },
  },
  {
    row: 'register.refuses',
    setup: 'default',
    async run(bench) {
      for (const errNo of [1, -1, 4004]) {
        await bench.refused(returning({ errNo, errMsg: 'not today' }));
      }
    },
  },
  {
    row: 'register.refusal-status',
    setup: 'default',
    async run(bench) {
      const body = await refusedWith(bench, 403, returning({ errNo: 7, errMsg: '不行' }));
      expect('the body', JSON.parse(body), { errNo: 7, errMsg: '不行' });
    },
  },
  {
    row: 'register.refusal-status',
    setup: 'statuses',
    async run(bench) {
      await refusedWith(bench, 401, returning({ errNo: 7, errMsg: 'no' }));
    },
  },
  {
    row: 'register.exception',
    setup: 'default',
    async run(bench) {
      const body = await refusedWith(bench, 502, { steps: [{ raise: 'on purpose' }] });
      expectThat('the body says why', /exception/i.test(body), body);
    },
  },
  {
    row: 'register.exception',
    setup: 'statuses',
    async run(bench) {
      await refusedWith(bench, 500, { steps: [{ raise: 'on purpose' }] });
    },
  },
  {
    row: 'register.missing-handler',
    setup: 'brokenRegister',
    async run(bench) {
      const body = await refusedWith(bench, 502, {});
      expectThat('the body says why', body.includes('index.nothing'), body);
      await bench.finding('error.437');
    },
  },
  ...useless('register.no-errno', [{ errMsg: 'ok' }, {}, { errNo: null }]),
  ...useless('register.not-object', [null, 7, [0], 'welcome', true]),
  ...useless(
    'register.errno-not-integer',
    ['0', true, 0.5, [0]].map((errNo) => ({ errNo })),
  ),
  {
    row: 'register.function-timeout',
    setup: 'hasty',
    async run(bench) {
      await refusedWith(bench, 502, { steps: [{ sleep: 10 }] });
    },
  },
  {
    row: 'register.gateway-timeout',
    setup: 'impatient',
    async run(bench) {
      await refusedWith(bench, 504, { steps: [{ sleep: 5 }] });
    },
  },
  {
    row: 'register.gateway-timeout',
    setup: 'statuses',
    async run(bench) {
      await refusedWith(bench, 408, { steps: [{ sleep: 4 }] });
    },
  },
  ...doubtful('register.json-string', [JSON.stringify(accepting())]),
  ...doubtful('register.no-errmsg', [
    accepting({ errMsg: undefined }),
    accepting({ errMsg: null }),
  ]),
  ...doubtful('register.no-websocket', [{ errNo: 0, errMsg: 'ok' }]),
  ...doubtful('register.other-id', [
    accepting({}, { secConnectionID: 'another' }),
    accepting({}, { secConnectionID: undefined }),
  ]),
  {
    row: 'register.null-optional',
    setup: 'default',
    async run(bench) {
      const inner = { secWebSocketProtocol: null, secWebSocketExtensions: null };
      const client = bench.dial(returning(accepting({}, inner)));
      const { status, headers } = await client.answer();
      expect('the status', status, 101);
      expect('the sub-protocol', headers['sec-websocket-protocol'], undefined);
      await bench.connect(returning({ errNo: 0, errMsg: null, websocket: null }));
    },
  },
  {
    row: 'register.null-optional',
    setup: 'strict',
    async run(bench) {
      await bench.connect(returning(accepting({}, { secWebSocketProtocol: null })));
      await refusedWith(bench, 502, returning(accepting({ errMsg: null })));
    },
  },
  protocolCheck('register.protocol-answer', 'chat, binary', 'binary', false),
  protocolCheck('register.protocol-echoed', 'chat, binary', 'chat, binary'),
  protocolCheck('register.protocol-foreign', 'chat', 'other'),
  protocolCheck('register.protocol-none', 'chat', undefined),
  protocolCheck('register.protocol-unasked', undefined, 'chat'),
  {
    row: 'register.protocol-not-header',
    setup: 'default',
    async run(bench) {
      for (const secWebSocketProtocol of ['a\r\nX-Evil: 1', '聊天']) {
        const wish = returning(accepting({}, { secWebSocketProtocol }));
        await refusedWith(bench, 502, { ...wish, protocols: 'chat' });
      }
    },
  },
  {
    row: 'register.empty-text',
    setup: 'default',
    async run(bench) {
      const inner = { secWebSocketProtocol: '', secWebSocketExtensions: '' };
      const client = bench.dial(returning(accepting({}, inner)));
      const { status, headers } = await client.answer();
      expect('the status', status, 101);
      expect('the sub-protocol', headers['sec-websocket-protocol'], undefined);
      expect('the extensions', headers['sec-websocket-extensions'], undefined);
    },
  },
  {
    row: 'register.extensions',
    setup: 'default',
    async run(bench) {
      const offered = 'permessage-deflate; client_max_window_bits';
      const client = bench.dial({
        ...returning(accepting({}, { secWebSocketExtensions: offered })),
        headers: { 'Sec-WebSocket-Extensions': offered },
      });
      const { status, headers } = await client.answer();
      expect('the status', status, 101);
      expect('the extensions', headers['sec-websocket-extensions'], undefined);
      client.send('plain');
      expect('the echo', await client.text(), 'plain');
    },
  },
  {
    row: 'register.optional',
    setup: 'transferOnly',
    async run(bench) {
      const client = await bench.connect();
      client.send('hello');
      expect('the echo', await client.text(), 'hello');
    },
  },
  {
    row: 'register.one-function',
    setup: 'oneFunction',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      client.sendClose(1000);
      const pids = [
        (await bench.registered(client)).process.pid,
        (await bench.event('transfer', id)).process.pid,
        (await bench.event('cleanup', id)).process.pid,
      ];
      expect('processes', new Set(pids).size, 1);
    },
  },
];
