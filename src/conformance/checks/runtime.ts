import { type Bench, type Check, type Client, expect, expectThat } from '../bench';
import type { EventReport } from '../mailbox';
import { textPush } from './transfer';

const contextKeys = [
  'environ',
  'environment',
  'function_name',
  'function_version',
  'memory_limit_in_mb',
  'namespace',
  'request_id',
  'tencentcloud_appid',
  'tencentcloud_region',
  'tencentcloud_uin',
  'time_limit_in_ms',
];

async function transferred(bench: Bench): Promise<EventReport & { client: Client }> {
  const client = await bench.connect();
  return { ...(await bench.event('transfer', await client.id())), client };
}

/** JSON text of the value or the error that an invocation of Transfer ended with. */
export async function outcomeOf(bench: Bench, ...steps: object[]): Promise<string> {
  const client = await bench.connect();
  const id = await client.id();
  const known = bench.own?.facts().at(-1)?.seq ?? 0;
  client.command(...steps);
  const started = await bench.own?.fact(
    'invocationStarted',
    'the invocation',
    (fact) => fact.seq > known && fact.connection === id,
  );
  const ended = await bench.own?.fact(
    'invocationEnded',
    'its end',
    (fact) => fact.invocation === started?.invocation,
  );
  return ended === undefined ? '' : (bench.own?.payload(ended) ?? '');
}

const answers = (
  row: string,
  steps: object[],
  expected: unknown,
  more: Partial<Check> = {},
): Check => ({
  row,
  setup: 'default',
  ownOnly: true,
  ...more,
  async run(bench) {
    expect('the answer', JSON.parse(await outcomeOf(bench, ...steps)), expected);
  },
});

export const runtimeChecks: readonly Check[] = [
  {
    row: 'runtime.handler',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      client.send('hello');
      expect('the echo', await client.text(), 'hello');
    },
  },
  {
    row: 'runtime.globals',
    setup: 'hasty',
    async run(bench) {
      const first = await transferred(bench);
      const second = await transferred(bench);
      expect('the process', second.process.pid, first.process.pid);
      expect('the count', second.process.calls, first.process.calls + 1);
    },
  },
  {
    row: 'runtime.globals',
    setup: 'cold',
    async run(bench) {
      const first = await transferred(bench);
      const second = await transferred(bench);
      expectThat('another process', second.process.pid !== first.process.pid, second.process);
      expect('the count', second.process.calls, 1);
    },
  },
  {
    row: 'runtime.one-event',
    setup: 'default',
    async run(bench) {
      const [slow, other] = [await bench.connect(), await bench.connect()];
      const slowId = await slow.id();
      slow.command({ sleep: 0.4 }, { push: textPush('slow') });
      await bench.event('transfer', slowId, ({ event }) =>
        String(event.websocket['data']).includes('sleep'),
      );
      const otherId = await other.id();
      const order = bench.mailbox.reports.flatMap(({ kind, connection }) =>
        kind === 'step' && connection === slowId
          ? ['slow ends']
          : connection === otherId && kind === 'event'
            ? ['other begins']
            : [],
      );
      const begins = order.lastIndexOf('other begins');
      expectThat('one after the other', order.indexOf('slow ends') < begins, order);
    },
  },
  {
    row: 'runtime.more-instances',
    setup: 'instances',
    async run(bench) {
      const clients = [await bench.connect(), await bench.connect()];
      const ids = await Promise.all(clients.map((client) => client.id()));
      clients.forEach((client) => client.command({ sleep: 6 }));
      const reports = await Promise.all(
        ids.map((id) =>
          bench.event('transfer', id, ({ event }) =>
            String(event.websocket['data']).includes('sleep'),
          ),
        ),
      );
      const pids = new Set(reports.map((report) => report.process.pid));
      expect('processes', pids.size, 2);
    },
  },
  {
    row: 'runtime.separate',
    setup: 'default',
    async run(bench) {
      const { client, ...transfer } = await transferred(bench);
      client.sendClose(1000);
      const register = await bench.registered(client);
      const cleanup = await bench.event('cleanup', transfer.connection);
      const pids = [register, transfer, cleanup].map((report) => report.process.pid);
      expect('processes', new Set(pids).size, 3);
    },
  },
  {
    row: 'runtime.context',
    setup: 'default',
    async run(bench) {
      const { context } = await transferred(bench);
      const data = Object.keys(context).filter((key) => contextKeys.includes(key));
      expect('the keys', data.sort(), contextKeys);
      if (bench.language === 'python') {
        expect('all keys', Object.keys(context).sort(), contextKeys);
      }
      const types = contextKeys.filter((key) => typeof context[key] !== 'string');
      expect('what is no text', types, ['memory_limit_in_mb', 'time_limit_in_ms']);
      const id = String(context['request_id']);
      expectThat('request_id', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id), id);
      expect('function_version', context['function_version'], '$LATEST');
      expect('namespace', context['namespace'], 'default');
    },
  },
  {
    row: 'runtime.context-environment',
    setup: 'default',
    async run(bench) {
      const { context } = await transferred(bench);
      const values = JSON.parse(String(context['environment'])) as Record<string, string>;
      expect('in environment', values['CONFORMANCE_ROLE'], 'transfer');
      const pairs = String(context['environ']).split(';');
      expectThat('in environ', pairs.includes('CONFORMANCE_ROLE=transfer'), pairs);
    },
  },
  {
    row: 'runtime.node-context',
    setup: 'default',
    language: 'node',
    async run(bench) {
      const { methods, context, remaining } = await transferred(bench);
      const wanted = ['done', 'fail', 'getRemainingTimeInMillis', 'succeed'];
      expect('methods', methods.sort(), wanted);
      expectThat('the flag', 'callbackWaitsForEmptyEventLoop' in context, context);
      const left = remaining ?? -1;
      expectThat('the time left', left > 0 && left <= 30_000, left);
    },
  },
  {
    row: 'runtime.environment',
    setup: 'default',
    async run(bench) {
      const { environment, process } = await transferred(bench);
      const names = [
        ...['SCF_RUNTIME', 'SCF_FUNCTIONNAME', 'SCF_FUNCTIONVERSION', 'SCF_NAMESPACE'],
        ...['TENCENTCLOUD_REGION', 'TENCENTCLOUD_APPID', 'TENCENTCLOUD_UIN'],
        ...['TENCENTCLOUD_RUNENV', 'USER_CODE_ROOT', 'SCF_LOCAL', 'CONFORMANCE_ROLE'],
      ];
      const missing = names.filter((name) => (environment[name] ?? '') === '');
      expect('missing variables', missing, []);
      expect('TENCENTCLOUD_RUNENV', environment['TENCENTCLOUD_RUNENV'], 'SCF');
      expect('SCF_LOCAL', environment['SCF_LOCAL'], 'true');
      expect('USER_CODE_ROOT', environment['USER_CODE_ROOT'], process.folder);
    },
  },
  {
    row: 'runtime.no-credentials',
    setup: 'default',
    async run(bench) {
      const { environment } = await transferred(bench);
      const found = Object.keys(environment).filter((name) =>
        /SECRET|SESSIONTOKEN|ACCESS_KEY/i.test(name),
      );
      expect('credentials', found, []);
    },
  },
  {
    row: 'runtime.folder',
    setup: 'default',
    async run(bench) {
      const { beside, process } = await transferred(bench);
      expect('what lies beside it', beside, ['from the module', 'from the file']);
      expect('first on the module path', process.first, process.folder);
    },
  },
  {
    row: 'runtime.python-event',
    setup: 'default',
    language: 'python',
    async run(bench) {
      const { types } = await bench.registered(await bench.connect());
      expect('the type of websocketEnable', types.enabled, 'bool');
    },
  },
  {
    row: 'runtime.python2-unicode',
    setup: 'default',
    language: 'python',
    only: (version) => version.startsWith('2.'),
    async run(bench) {
      const { types } = await transferred(bench);
      expect('the type of secConnectionID', types.connection, 'unicode');
    },
  },
  {
    row: 'runtime.python-answer',
    setup: 'default',
    language: 'python',
    ownOnly: true,
    async run(bench) {
      const text = await outcomeOf(bench, { return: { name: '张' } });
      expect('the answer', text.replaceAll(' ', ''), '{"name":"张"}');
      const amount = await outcomeOf(bench, { decimal: '1.10' });
      expect('the Decimal', JSON.parse(amount), { amount: '1.10' });
    },
  },
  {
    row: 'runtime.python-logging',
    setup: 'default',
    language: 'python',
    ownOnly: true,
    async run(bench) {
      const client = await bench.connect();
      const word = `debug ${client.nonce}`;
      client.command({ log: word });
      const line = await bench.own?.fact('log', 'the line', ({ text }) => text.includes(word));
      expect('its stream', line?.stream, 'stdout');
    },
  },
  {
    row: 'runtime.missing-library',
    setup: 'lacking',
    language: 'python',
    ownOnly: true,
    async run(bench) {
      const client = await bench.connect();
      client.send('hello');
      const finding = await bench.own?.fact(
        'diagnostic',
        'a finding',
        ({ rule }) => rule === 'runtime.missing-library',
      );
      const { message = '', advice = '' } = finding ?? {};
      expectThat('the library is named', message.includes('qcloud_cos_v5'), message);
      expectThat('the command is there', /-m pip install cos-python-sdk-v5/.test(advice), advice);
      expect('the repair', finding?.fix?.kind, 'installLibrary');
    },
  },
  {
    row: 'runtime.newer-code',
    setup: 'dated',
    language: 'node',
    ownOnly: true,
    async run(bench) {
      const client = await bench.connect();
      client.send('1');
      const started = await bench.own?.fact('invocationStarted', 'the invocation', (fact) =>
        fact.function.endsWith('/Transmission'),
      );
      const ended = await bench.own?.fact(
        'invocationEnded',
        'its end',
        (fact) => fact.invocation === started?.invocation,
      );
      expect('the outcome', ended?.outcome, 'ok');
      const finding = await bench.own?.fact(
        'diagnostic',
        'a finding',
        ({ rule }) => rule === 'runtime.newer-code',
      );
      expect('the line', finding?.place?.line, 5);
      expect('the severity', finding?.severity, 'warning');
      const { message = '' } = finding ?? {};
      expectThat('the version', message.includes('Node.js 10.0'), message);
    },
  },
  answers('runtime.node-async', [{ return: 7 }], 7, { language: 'node' }),
  {
    row: 'runtime.node-async',
    setup: 'default',
    language: 'node',
    ownOnly: true,
    async run(bench) {
      const text = await outcomeOf(bench, { raise: 'rejected' });
      expect('the code', (JSON.parse(text) as { statusCode: number }).statusCode, 430);
    },
  },
  answers('runtime.node-callback', [{ callback: ['first', 'second'] }], 'first', {
    language: 'node',
  }),
  answers('runtime.node-empty-loop', [{ loop: true }], null, { language: 'node' }),
  answers('runtime.node-undefined', [{ undefined: true }], null, { language: 'node' }),
  {
    row: 'runtime.node-later-work',
    setup: 'default',
    language: 'node',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      const steps = [{ push: textPush('later') }];
      client.command({ later: { seconds: 0.3, steps } });
      expect('the message', await client.text(), 'later');
      await bench.step('transfer', id);
      if (bench.own !== undefined) {
        const facts = bench.own.facts();
        const push = facts.find((fact) => fact.kind === 'push' && fact.preview === 'later');
        const invocation = push?.kind === 'push' ? push.invocation : null;
        const started = facts.find(
          (fact) =>
            fact.kind === 'invocationStarted' &&
            fact.connection === id &&
            fact.invocation === invocation,
        );
        expectThat('the push counts for the invocation', started !== undefined, push);
      }
    },
  },
  {
    row: 'runtime.node-old-callback',
    setup: 'oldNode',
    language: 'node',
    ownOnly: true,
    async run(bench) {
      for (const wait of [true, false]) {
        const word = wait ? 'patient' : 'hasty';
        const text = await outcomeOf(bench, { callback: [word], wait, pending: 0.3 });
        expect('the answer', JSON.parse(text), word);
        const line = await bench.own?.fact(
          'log',
          "the timer's line",
          (fact) => fact.text === `pending ${word}`,
        );
        const ended = bench.own
          ?.facts()
          .find((fact) => fact.kind === 'invocationEnded' && fact.invocation === line?.invocation);
        expect('it waits for the timer', (line?.seq ?? 0) < (ended?.seq ?? 0), wait);
      }
    },
  },
];
