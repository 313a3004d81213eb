// Who is attached to a node sees what passes, and nothing of what it says.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import readline from 'node:readline';
import { PassThrough } from 'node:stream';
import { startAttach } from '../../../src/cluster/attach';
import { Observer } from '../../../src/cluster/observer';
import { Clock } from '../../../src/core/clock';
import { attachNode, type Attached } from '../../../src/core/attachNode';
import type { GatewayNode } from '../../../src/cluster/node';
import type { Fact } from '../../../src/protocol/fact';
import { configOf, connect, type Functions, Inbox, nodeOf, startFunctions } from './bed';

const secret = 'a secret of whoever attaches';

describe('attaching to a node', () => {
  let functions: Functions;
  let node: GatewayNode;
  let attached: Attached | undefined;
  let facts: Inbox<Fact>;
  const address = (): string => `http://127.0.0.1:${node.operationsPort}`;

  beforeEach(async () => {
    facts = new Inbox();
    functions = await startFunctions();
    node = await nodeOf(configOf(functions.url), {}, { SCFWS_ATTACH_SECRET: secret });
  });
  afterEach(async () => {
    attached?.detach();
    attached = undefined;
    await node.drain();
    functions.dispose();
  });

  const attach = async (sample = 1): Promise<void> => {
    const onFact = (fact: Fact): void => facts.put(fact);
    attached = await attachNode({ url: address(), secret, sample, onFact });
  };
  const until = async (kind: Fact['kind']): Promise<Fact[]> => {
    const seen: Fact[] = [];
    do {
      seen.push(await facts.next());
    } while (seen.at(-1)?.kind !== kind);
    return seen;
  };

  it('tells what passes, without payloads, secrets and the push address', async () => {
    await attach();
    const url = `${node.services[0]?.urls[0]}?token=very-private&room=1`;
    const client = await connect(url, { authorization: 'Bearer very-private' });
    client.socket.send('very-private');
    client.socket.close(1000);
    const seen = await until('closed');
    const kinds = seen.map(({ kind }) => kind);
    for (const kind of ['listening', 'connecting', 'opened', 'frame'] as const) {
      assert.ok(kinds.includes(kind), kind);
    }
    const text = JSON.stringify(seen);
    assert.match(text, /room=1/);
    assert.doesNotMatch(text, /very-private/);
    assert.ok(!text.includes(node.services[0]?.spec.pushKey ?? ''), 'the push address');
  });

  it('tells all of a sample of connections, and nothing of the others', async () => {
    await attach(1e-9);
    const client = await connect(node.services[0]?.urls[0] ?? '');
    client.socket.send('x');
    client.socket.close(1000);
    await functions.cleanups.next();
    attached?.detach();
    await attached?.ended;
    assert.deepEqual((await until('listening')).length, 1);
    assert.equal(facts.size, 0);
  });

  it('tells a slow reader how many facts are missing, and where', async () => {
    const observer = new Observer(new Clock());
    const response = Object.assign(new PassThrough(), { writeHead: () => undefined });
    const hello = { seq: 0, at: 0, kind: 'dropped', facts: 0, payloads: 0 } as const;
    const request = { headers: { authorization: `Bearer ${secret}` } };
    startAttach({ secret, observer, hello: () => hello })(
      request as IncomingMessage,
      response as unknown as ServerResponse,
      new URLSearchParams(),
    );
    const record = (message: string): void => {
      observer.record({ kind: 'diagnostic', rule: '', severity: 'info', message, advice: '' });
    };
    const large = 'words and '.repeat(60_000);
    Array.from({ length: 20 }, () => record(large));
    const drained = once(response, 'drain').then(() => record('at last'));
    const told: Fact[] = [];
    for await (const line of readline.createInterface({ input: response })) {
      told.push(JSON.parse(line) as Fact);
      if (told.at(-1)?.seq === 21) {
        break;
      }
    }
    await drained;
    const mark = told.at(-2);
    assert.equal(mark?.kind, 'dropped');
    assert.equal(mark.seq, 20);
    assert.equal(told.length - 3 + (mark.missed ?? 0), 20, 'all are told, or counted');
    assert.ok((mark.missed ?? 0) > 5, String(mark.missed));
    response.destroy();
  });

  it('lets nobody in who does not know the secret, and tells what to do', async () => {
    for (const wrong of ['', 'another secret than that']) {
      await assert.rejects(
        () => attachNode({ url: address(), secret: wrong, onFact: () => undefined }),
        /HTTP 401/,
      );
    }
    const closed = await nodeOf(configOf(functions.url));
    const url = `http://127.0.0.1:${closed.operationsPort}`;
    await assert.rejects(() => attachNode({ url, secret, onFact: () => undefined }), /HTTP 404/);
    await closed.drain();
    await assert.rejects(
      async () => attachNode({ url: 'http://192.0.2.1:9490', secret, onFact: () => undefined }),
      /another machine/,
    );
  });
});
