import { createHmac } from 'node:crypto';
import { type Bench, type Check, expect, expectThat } from '../bench';
import { encodeFrame, opcodes } from '../rawClient';
import { keyPair } from '../setups';

const readMessage = (body: string): unknown => (JSON.parse(body) as { message?: unknown }).message;

interface Signed {
  date?: string;
  id?: string;
  key?: string;
  algorithm?: string;
  names?: string[];
  headers?: Record<string, string>;
}

/** Headers of a request that is signed as the API Gateway pages say. */
function sign({
  date = new Date().toUTCString(),
  id = keyPair.secretId,
  key = keyPair.secretKey,
  algorithm = 'hmac-sha1',
  names = ['x-date', 'source'],
  headers = { Source: 'conformance' },
}: Signed = {}): Record<string, string> {
  const all: Record<string, string> = { 'X-Date': date, ...headers };
  const value = (name: string): string =>
    Object.entries(all).find(([each]) => each.toLowerCase() === name)?.[1] ?? '';
  const text = names.map((name) => `${name}: ${value(name)}`).join('\n');
  const signature = createHmac('sha1', key).update(text).digest('base64');
  return {
    ...all,
    Authorization: `hmac id="${id}", algorithm="${algorithm}", headers="${names.join(' ')}", signature="${signature}"`,
  };
}

async function refusedWith401(bench: Bench, headers: Record<string, string>): Promise<void> {
  const answer = await bench.refused({ headers });
  expect('the status', answer.status, 401);
  expectThat('Register is not asked', !bench.wasRegistered(answer), answer.nonce);
}

/** An integration response around a plain answer. */
const wrapped = (body: object, more: object = {}): object => ({
  isBase64Encoded: false,
  statusCode: 200,
  headers: {},
  body: JSON.stringify(body),
  ...more,
});
const accepting = {
  errNo: 0,
  errMsg: 'ok',
  websocket: { action: 'connecting', secConnectionID: '$id' },
};

export const handshakeChecks: readonly Check[] = [
  {
    row: 'refuse.body',
    setup: 'default',
    async run(bench) {
      const { body } = await bench.refused({ path: '/release/nowhere' });
      expect('the keys of the body', Object.keys(JSON.parse(body) as object), ['message']);
      expect('the type of message', typeof readMessage(body), 'string');
    },
  },
  {
    row: 'refuse.no-path',
    setup: 'default',
    async run(bench) {
      const answer = await bench.refused({ path: '/release/nowhere' });
      expect('the status', answer.status, 404);
      expectThat('Register is not asked', !bench.wasRegistered(answer), answer.nonce);
    },
  },
  {
    row: 'refuse.no-upgrade',
    setup: 'default',
    async run(bench) {
      const answer = await bench.refused({
        headers: {
          Connection: 'close',
          Upgrade: undefined,
          'Sec-WebSocket-Key': undefined,
          'Sec-WebSocket-Version': undefined,
        },
      });
      expect('the status', answer.status, 426);
      expectThat('Register is not asked', !bench.wasRegistered(answer), answer.nonce);
    },
  },
  {
    row: 'handshake.upgrade-list',
    setup: 'default',
    async run(bench) {
      for (const offers of ['websocket, h2c', 'h2c, WebSocket']) {
        await bench.connect({ headers: { Upgrade: offers, Connection: 'keep-alive, Upgrade' } });
      }
    },
  },
  {
    row: 'refuse.no-key',
    setup: 'default',
    async run(bench) {
      for (const key of [undefined, 'short']) {
        const answer = await bench.refused({ headers: { 'Sec-WebSocket-Key': key } });
        expect('the status', answer.status, 403);
        expectThat('Register is not asked', !bench.wasRegistered(answer), answer.nonce);
      }
    },
  },
  {
    row: 'refuse.version',
    setup: 'default',
    async run(bench) {
      const answer = await bench.refused({ headers: { 'Sec-WebSocket-Version': '7' } });
      expect('the status', answer.status, 426);
      expect('the header', answer.headers['sec-websocket-version'], '13');
    },
  },
  {
    row: 'refuse.foreign-origin',
    setup: 'default',
    async run(bench) {
      const answer = await bench.refused({ headers: { Origin: 'https://elsewhere.example' } });
      expect('the status', answer.status, 403);
      await bench.connect({ headers: { Origin: 'http://localhost:8080' } });
    },
  },
  {
    row: 'refuse.foreign-host',
    setup: 'default',
    async run(bench) {
      const answer = await bench.refused({ headers: { Host: 'elsewhere.example' } });
      expect('the status', answer.status, 403);
    },
  },
  {
    row: 'handshake.early-frames',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect({
        steps: [{ sleep: 0.1 }],
        early: encodeFrame(opcodes.text, 'too soon'),
      });
      expect('the echo', await client.text(), 'too soon');
    },
  },
  {
    row: 'auth.none',
    setup: 'default',
    async run(bench) {
      const { event } = await bench.registered(await bench.connect());
      expect('identity', event.requestContext?.['identity'], {});
    },
  },
  {
    row: 'auth.key-pair',
    setup: 'keyPair',
    async run(bench) {
      await bench.registered(await bench.connect({ headers: sign() }));
    },
  },
  {
    row: 'auth.secret-id',
    setup: 'keyPair',
    async run(bench) {
      const { event } = await bench.registered(await bench.connect({ headers: sign() }));
      const { secretId } = keyPair;
      expect('identity', event.requestContext?.['identity'], { secretId });
    },
  },
  {
    row: 'auth.signed-headers',
    setup: 'keyPair',
    async run(bench) {
      await bench.connect({ headers: sign({ names: ['x-date'] }) });
      await bench.connect({
        headers: sign({
          names: ['source', 'x-date', 'x-more'],
          headers: { Source: 'a', 'X-More': 'b c' },
        }),
      });
    },
  },
  {
    row: 'auth.missing',
    setup: 'keyPair',
    run: (bench) => refusedWith401(bench, {}),
  },
  {
    row: 'auth.wrong-signature',
    setup: 'keyPair',
    async run(bench) {
      await refusedWith401(bench, sign({ key: 'another' }));
      await refusedWith401(bench, sign({ id: 'another' }));
      await refusedWith401(bench, sign({ algorithm: 'hmac-sha256' }));
      await refusedWith401(bench, { ...sign(), Source: 'changed' });
    },
  },
  {
    row: 'auth.window',
    setup: 'keyPair',
    async run(bench) {
      const minutesOff = (minutes: number): string =>
        new Date(Date.now() + minutes * 60_000).toUTCString();
      await refusedWith401(bench, sign({ date: minutesOff(-16) }));
      await refusedWith401(bench, sign({ date: minutesOff(16) }));
      const undated = sign();
      delete undated['X-Date'];
      await refusedWith401(bench, undated);
      await bench.connect({ headers: sign({ date: minutesOff(-14) }) });
    },
  },
  {
    row: 'integration.off',
    setup: 'default',
    async run(bench) {
      const { status } = await bench.refused({ steps: [{ return: wrapped(accepting) }] });
      expect('the status', status, 502);
    },
  },
  {
    row: 'integration.accepts',
    setup: 'integration',
    async run(bench) {
      await bench.connect({ steps: [{ return: wrapped(accepting) }] });
      const { status } = await bench.refused({
        steps: [{ return: wrapped({ errNo: 7, errMsg: 'no' }) }],
      });
      expect('the status for errNo 7 in body', status, 403);
    },
  },
  {
    row: 'integration.base64',
    setup: 'integration',
    async run(bench) {
      const text = JSON.stringify({ errNo: 0, errMsg: 'ok' });
      const body = Buffer.from(text).toString('base64');
      await bench.connect({
        steps: [{ return: wrapped({}, { isBase64Encoded: true, body }) }],
      });
    },
  },
  {
    row: 'integration.status',
    setup: 'integration',
    async run(bench) {
      const answer = await bench.refused({
        steps: [{ return: wrapped({}, { statusCode: 418, body: 'a teapot' }) }],
      });
      expect('the status', answer.status, 403);
      expect('the body', JSON.parse(answer.body), { errNo: 418, errMsg: 'a teapot' });
    },
  },
  {
    row: 'integration.invalid',
    setup: 'integration',
    async run(bench) {
      const invalid = [
        accepting,
        wrapped({}, { statusCode: '200' }),
        wrapped({}, { body: {} }),
        wrapped({}, { headers: 'none' }),
        wrapped({}, { isBase64Encoded: 'false' }),
      ];
      for (const answer of invalid) {
        const { status } = await bench.refused({ steps: [{ return: answer }] });
        expect(`the status for ${JSON.stringify(answer)}`, status, 403);
      }
      const client = await bench.connect({ steps: [{ return: wrapped(accepting) }] });
      client.command({ return: 'plain' });
      await bench.finding('integration.invalid');
      await client.id();
    },
  },
];
