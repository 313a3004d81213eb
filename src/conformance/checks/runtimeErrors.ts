import type { FunctionError } from '../../protocol/fact';
import { type Bench, type Check, expect, expectThat } from '../bench';
import { outcomeOf } from './runtime';

async function errorOf(bench: Bench, ...steps: object[]): Promise<FunctionError> {
  return JSON.parse(await outcomeOf(bench, ...steps)) as FunctionError;
}

/** After such an error the instance is gone: the next event gets a new one. */
async function expectFreshInstance(bench: Bench, fail: (bench: Bench) => Promise<void>) {
  const before = await bench.connect();
  const old = await bench.event('transfer', await before.id());
  await fail(bench);
  const after = await bench.connect();
  const fresh = await bench.event('transfer', await after.id());
  expectThat('another process', fresh.process.pid !== old.process.pid, fresh.process);
  expect('its count', fresh.process.calls, 1);
}

/** The first event of a client that fails before any handler can report. */
async function firstError(bench: Bench): Promise<FunctionError> {
  const client = await bench.connect();
  client.send('hello');
  const ended = await bench.own?.fact(
    'invocationEnded',
    'the end of the invocation',
    ({ error }) => error !== undefined,
  );
  return ended?.error as FunctionError;
}

export const runtimeErrorChecks: readonly Check[] = [
  {
    row: 'error.400',
    setup: 'default',
    ownOnly: true,
    async run(bench) {
      const refused = await bench.own?.invoke('transfer', 'not JSON').then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      expectThat('it is refused', refused !== undefined, refused);
    },
  },
  {
    row: 'error.430',
    setup: 'default',
    ownOnly: true,
    async run(bench) {
      const { requestId, stackTrace = '', ...rest } = await errorOf(bench, { raise: 'on purpose' });
      expect('the error', rest, {
        errorCode: -1,
        errorMessage: 'user code exception caught',
        statusCode: 430,
      });
      expectThat('requestId', requestId.length === 36, requestId);
      expectThat('the message', stackTrace.includes('on purpose'), stackTrace);
      const file = bench.language === 'python' ? 'index.py' : 'index.js';
      expectThat(
        'the real path',
        new RegExp(`/.*Transmission/${file}`).test(stackTrace),
        stackTrace,
      );
    },
  },
  {
    row: 'error.unserialisable',
    setup: 'default',
    ownOnly: true,
    async run(bench) {
      const { statusCode } = await errorOf(bench, { unserialisable: true });
      expect('the code', statusCode, 430);
      await bench.finding('error.unserialisable');
    },
  },
  {
    row: 'error.433',
    setup: 'hasty',
    ownOnly: true,
    async run(bench) {
      await expectFreshInstance(bench, async () => {
        const error = await errorOf(bench, { sleep: 10 });
        expect('the error', error, {
          requestId: error.requestId,
          errorCode: -1,
          errorMessage: 'Invoking task timed out after 2 seconds',
          statusCode: 433,
        });
      });
    },
  },
  {
    row: 'error.434',
    setup: 'default',
    ownOnly: true,
    async run(bench) {
      await expectFreshInstance(bench, async () => {
        expect('the code', (await errorOf(bench, { allocate: 300 })).statusCode, 434);
      });
    },
  },
  {
    row: 'error.437',
    setup: 'brokenTransfer',
    ownOnly: true,
    async run(bench) {
      expect('the code', (await firstError(bench)).statusCode, 437);
    },
  },
  {
    row: 'error.439',
    setup: 'default',
    ownOnly: true,
    async run(bench) {
      await expectFreshInstance(bench, async () => {
        expect('the code', (await errorOf(bench, { exit: 3 })).statusCode, 439);
      });
    },
  },
  {
    row: 'error.446',
    setup: 'slowLoad',
    ownOnly: true,
    async run(bench) {
      expect('the code', (await firstError(bench)).statusCode, 446);
    },
  },
  {
    row: 'log.own-channel',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const mark = client.nonce;
      const looksLikeAnAnswer = `R 1 - {"errNo":0} ${mark}`;
      client.command(
        { print: looksLikeAnAnswer },
        { descriptor: `${looksLikeAnAnswer} fd\n` },
        { error: `${looksLikeAnAnswer} err\n` },
        { write: `${looksLikeAnAnswer} no line feed` },
        { return: 'the answer' },
      );
      client.send('next');
      expect('the echo', await client.text(), 'next');
      for (const end of [mark, `${mark} fd`, `${mark} err`, `${mark} no line feed`]) {
        await bench.own?.fact('log', `the line …${end}`, ({ text }) => text.endsWith(end));
      }
    },
  },
];
