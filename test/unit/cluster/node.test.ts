// One node with functions elsewhere: the contract, the limits, what it owes, and how it leaves.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { cleanupId } from '../../../src/cluster/debts';
import type { GatewayNode } from '../../../src/cluster/node';
import { Away, configOf, connect, type Functions, nodeOf, push, startFunctions } from './bed';

describe('a node of the gateway', () => {
  let functions: Functions;
  let node: GatewayNode;
  const url = (): string => node.services[0]?.urls[0] ?? '';
  const pushUrl = (): string => node.services[0]?.pushUrl ?? '';
  const operations = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${node.operationsPort}${path}`);
  const metric = async (line: string): Promise<string | undefined> =>
    (await (await operations('/metrics')).text())
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length + 1);
  const start = async (changes: object = {}, service: object = {}): Promise<void> => {
    node = await nodeOf(configOf(functions.url, changes, service));
  };

  beforeEach(async () => {
    functions = await startFunctions();
  });
  afterEach(async () => {
    await node.drain();
    functions.dispose();
  });

  it('carries messages to the function and pushes back, and cleans up', async () => {
    await start();
    const ids: string[] = [];
    functions.transfer = async ({ websocket: { secConnectionID: id, data } }) => {
      ids.push(id);
      assert.equal((await push(pushUrl(), id, `echo ${data}`)).errNo, 0);
    };
    const client = await connect(url());
    client.socket.send('hello');
    assert.equal(await client.texts.next(), 'echo hello');
    client.socket.close(1000);
    const [id = ''] = ids;
    assert.equal(Buffer.from(id, 'base64').length, 16);
    assert.deepEqual(await functions.cleanups.next(), { id, key: cleanupId(id) });
    assert.equal((await push(pushUrl(), id, 'late')).errNo, 9001);
    assert.equal(await metric('scfws_pushes_total{errno="9001"}'), '1');
    assert.equal(await metric('scfws_handshakes_total{status="101"}'), '1');
  });

  it('hands the trace of the client on to the functions', async () => {
    await start();
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const seen: string[] = [];
    functions.transfer = (_event, headers) => void seen.push(String(headers['traceparent']));
    functions.cleanup = (_event, headers) => void seen.push(String(headers['traceparent']));
    const client = await connect(url(), { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    client.socket.send('x');
    client.socket.close(1000);
    await functions.cleanups.next();
    assert.equal(seen.length, 2);
    seen.forEach((each) => assert.match(each, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`)));
  });

  it('cleans up after every end, also those for which the cloud does not', async () => {
    await start();
    functions.transfer = ({ websocket }) => push(pushUrl(), websocket.secConnectionID, null);
    const client = await connect(url());
    client.socket.send('close me');
    assert.equal(await client.closed, 1000);
    await functions.cleanups.next();
  });

  it('owes a Cleanup that could not run, and pays it with the same request id', async () => {
    await start();
    const keys: string[] = [];
    functions.cleanup = (_event, headers) => {
      keys.push(String(headers['idempotency-key']));
      if (keys.length === 1) {
        throw new Away();
      }
    };
    const client = await connect(url());
    client.socket.close(1000);
    const { key } = await functions.cleanups.next();
    assert.deepEqual(keys, [key, key]);
  });

  it('owes nothing for a client that Register refused', async () => {
    await start();
    functions.register = () => ({ errNo: 1, errMsg: 'no' });
    await assert.rejects(connect(url()), /403/);
    assert.equal(await metric('scfws_cleanups_owed'), '0');
  });

  it('cleans up for a client whose Register gave no answer in time, and may have run', async () => {
    const backend = { backend: 'http', url: functions.url, timeout: 1 };
    await start({}, { functions: { register: backend, transfer: backend, cleanup: backend } });
    let id = '';
    functions.register = ({ websocket }) => {
      id = websocket.secConnectionID;
      return new Promise(() => undefined);
    };
    await assert.rejects(connect(url()), /502/);
    assert.deepEqual(await functions.cleanups.next(), { id, key: cleanupId(id) });
  });

  it('refuses above its limits, and says which', async () => {
    const limits = { connections: 3, connectionsPerAddress: 1 };
    await start({ limits, listen: { port: 0, trustedProxies: ['127.0.0.1'] } });
    const from = (address: string) => connect(url(), { 'x-forwarded-for': address });
    await from('192.0.2.1');
    await assert.rejects(from('192.0.2.1'), /429/);
    await assert.rejects(from('10.9.9.9, 192.0.2.1'), /429/, 'what a client claims counts not');
    await from('192.0.2.2');
    await from('192.0.2.3');
    await assert.rejects(from('192.0.2.4'), /503/);
    assert.equal(await metric('scfws_handshakes_total{status="429"}'), '2');
  });

  it('closes a client that sends too much, with 1008', async () => {
    await start({ limits: { messagesPerSecond: 5 } });
    const client = await connect(url());
    for (let n = 0; n < 7; n++) {
      client.socket.send(String(n));
    }
    assert.equal(await client.closed, 1008);
    await functions.cleanups.next();
    assert.equal(await metric('scfws_closed_total{cause="protocolError"}'), '1');
  });

  it('refuses events beyond the queue of a function as 432, which drops their client', async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const backend = { backend: 'http', url: functions.url, timeout: 5 };
    const transfer = { ...backend, concurrency: 1, queue: 1 };
    await start({}, { functions: { register: backend, transfer, cleanup: backend } });
    const began = new Promise<void>((resolve) => {
      functions.transfer = async () => {
        resolve();
        await gate;
      };
    });
    const [first, second, third] = [
      await connect(url()),
      await connect(url()),
      await connect(url()),
    ];
    first.socket.send('1');
    await began;
    second.socket.send('2');
    third.socket.send('3');
    // Whichever of the two came last has no place.
    assert.equal(await Promise.race([second.closed, third.closed]), 1006);
    go();
  });

  it('leaves with 1012, after its readiness, and cleans up for each', async () => {
    await start();
    assert.equal((await operations('/healthz')).status, 200);
    assert.equal((await operations('/readyz')).status, 200);
    const clients = await Promise.all([connect(url()), connect(url()), connect(url())]);
    let readiness = 0;
    functions.cleanup = async () => {
      readiness = (await operations('/readyz')).status;
    };
    await node.drain();
    assert.deepEqual(await Promise.all(clients.map(({ closed }) => closed)), [1012, 1012, 1012]);
    assert.equal(readiness, 503);
    assert.equal(functions.cleanups.size, 3);
  });

  it('takes pushes from the named networks alone', async () => {
    await start({ push: { networks: ['192.0.2.0/24'] } });
    const response = await fetch(pushUrl(), { method: 'POST', body: '{}' });
    assert.equal(response.status, 403);
  });

  it('judges who pushes by the address that a trusted proxy saw', async () => {
    const listen = { port: 0, trustedProxies: ['127.0.0.1'] };
    await start({ push: { networks: ['192.0.2.0/24'] }, listen });
    const from = async (address: string): Promise<number> => {
      const headers = { 'x-forwarded-for': address };
      return (await fetch(pushUrl(), { method: 'POST', body: '{}', headers })).status;
    };
    assert.equal(await from('192.0.2.7'), 200);
    assert.equal(await from('::ffff:192.0.2.7'), 200, 'IPv4 over an IPv6 socket');
    assert.equal(await from('::ffff:198.51.100.1'), 403);
    assert.equal(await from('192.0.2.7, 198.51.100.1'), 403, 'what a client claims counts not');
  });

  it('takes signed pushes alone: fresh, unaltered, and each once', async () => {
    const env = { SIGNING: 'new-secret-new-secret,old-secret-old-secret' };
    node = await nodeOf(configOf(functions.url, { push: { signatureEnv: 'SIGNING' } }), {}, env);
    const text = JSON.stringify({ websocket: { action: 'closing', secConnectionID: 'nobody' } });
    const signed = (secret: string, body = text, age = 0): Record<string, string> => {
      const [time, nonce] = [String(Date.now() - age), randomUUID()];
      const hash = createHmac('sha256', secret).update(`${time}.${nonce}.${body}`).digest('hex');
      return { 'x-scfws-time': time, 'x-scfws-nonce': nonce, 'x-scfws-signature': hash };
    };
    const answerTo = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(pushUrl(), { method: 'POST', body: text, headers })).status;
    const good = signed('new-secret-new-secret');
    assert.equal(await answerTo(good), 200);
    assert.equal(await answerTo(good), 401, 'came before');
    assert.equal(await answerTo(signed('old-secret-old-secret')), 200, 'is being replaced');
    assert.equal(await answerTo({}), 401);
    assert.equal(await answerTo(signed('another-secret-of-all')), 401);
    assert.equal(await answerTo(signed('new-secret-new-secret', `${text} `)), 401, 'altered');
    assert.equal(await answerTo(signed('new-secret-new-secret', text, 61_000)), 401, 'old');
    assert.equal(await answerTo(signed('new-secret-new-secret', text, -61_000)), 401, 'too new');
    assert.equal(await answerTo(signed('new-secret-new-secret', text, Number.NaN)), 401);
  });
});

describe('push addresses', () => {
  it('come from secrets that may be replaced while the old one still counts', async () => {
    const functions = await startFunctions();
    const [old, fresh] = ['old-secret-old-secret', 'new-secret-new-secret'];
    const start = (secrets: string) =>
      nodeOf(configOf(functions.url), {}, { SCFWS_PUSH_SECRETS: secrets });
    const [before, during] = [await start(old), await start(`${fresh},${old}`)];
    const pathOf = (node: GatewayNode) => new URL(node.services[0]?.pushUrl ?? '').pathname;
    assert.match(pathOf(before), /^\/api-[0-9a-f]{32}$/);
    assert.notEqual(pathOf(before), pathOf(during));
    const answer = await push(`http://127.0.0.1:${during.port}${pathOf(before)}`, '', 'x');
    assert.equal(answer.errNo, 9001);
    const foreign = `http://127.0.0.1:${before.port}${pathOf(during)}`;
    assert.equal((await fetch(foreign, { method: 'POST', body: '{}' })).status, 404);
    await Promise.all([before.drain(), during.drain()]);
    functions.dispose();
  });
});
