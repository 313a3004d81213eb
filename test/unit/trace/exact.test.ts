/**
 * The trace against the truth: eight clients at once, events in parallel instances, pushes during and after
 * the run, from Register and Cleanup, and from outside. Every message carries its own origin, so each chain
 * that the facts tell can be checked against what really caused it.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { startSession, type Session } from '../../../src/core/session/session';
import type { Fact, FactOf } from '../../../src/protocol/fact';
import { FactIndex, flatten, traceOf } from '../../../src/protocol/trace';

const node = `
const fs = require('node:fs');
const path = require('node:path');
const watcher = path.join(__dirname, '..', 'watcher');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const push = (to, message) =>
  fetch(process.env.SCFWS_PUSH_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ websocket: {
      action: 'data send', secConnectionID: to, dataType: 'text', data: JSON.stringify(message) } }),
  });
exports.main_handler = async ({ websocket, queryString }) => {
  const me = websocket.secConnectionID;
  if (websocket.action === 'connecting') {
    if (queryString && queryString.watch) fs.writeFileSync(watcher, me);
    else sleep(5).then(() => push(fs.readFileSync(watcher, 'utf8'), { origin: 'hello ' + me }));
    return { errNo: 0, errMsg: 'ok', websocket: { action: 'connecting', secConnectionID: me } };
  }
  if (websocket.action === 'closing') {
    await push(fs.readFileSync(watcher, 'utf8'), { origin: 'bye ' + me });
    return null;
  }
  const { origin, to } = JSON.parse(websocket.data);
  console.log(origin);
  await sleep(Math.random() * 8);
  await push(to[0], { origin });
  console.log(origin);
  sleep(Math.random() * 20).then(() => push(to[1], { origin }));
  return null;
};
`;

const python = `
import json, os, random, threading, time
try:
    from urllib.request import Request, urlopen
except ImportError:
    from urllib2 import Request, urlopen

watcher = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'watcher')

def push(to, message, after=0):
    time.sleep(after)
    body = {'websocket': {'action': 'data send', 'secConnectionID': to, 'dataType': 'text',
                          'data': json.dumps(message)}}
    urlopen(Request(os.environ['SCFWS_PUSH_URL'], json.dumps(body).encode(),
                    {'content-type': 'application/json'})).read()

def later(to, message, after):
    threading.Thread(target=push, args=(to, message, after)).start()

def main_handler(event, context):
    websocket = event['websocket']
    me = websocket['secConnectionID']
    if websocket['action'] == 'connecting':
        if event.get('queryString', {}).get('watch'):
            with open(watcher, 'w') as f:
                f.write(me)
        else:
            later(open(watcher).read(), {'origin': 'hello ' + me}, 0.005)
        return {'errNo': 0, 'errMsg': 'ok', 'websocket': {'action': 'connecting', 'secConnectionID': me}}
    if websocket['action'] == 'closing':
        push(open(watcher).read(), {'origin': 'bye ' + me})
        return None
    said = json.loads(websocket['data'])
    print(said['origin'])
    time.sleep(random.random() * 0.008)
    push(said['to'][0], {'origin': said['origin']})
    print(said['origin'])
    later(said['to'][1], {'origin': said['origin']}, random.random() * 0.02)
`;

const languages = [
  { name: 'Node.js', file: 'index.js', code: node, runtime: 'Nodejs' },
  { name: 'Python', file: 'index.py', code: python, runtime: 'Python3' },
];

const clientCount = 8;
const messages = 5;

interface Stage {
  session: Session;
  facts: Fact[];
  until(is: () => boolean): Promise<void>;
}

/** Pushes by a socket of its own, so that nothing but the address tells who pushed. */
const quick = `
const http = require('node:http');
const net = require('node:net');
const said = [];
const address = new URL(process.env.SCFWS_PUSH_URL);
exports.main_handler = ({ websocket }) => new Promise((resolve) => {
  const me = websocket.secConnectionID;
  if (websocket.action !== 'data send') {
    return resolve({ errNo: 0, errMsg: 'ok', websocket: { action: 'connecting', secConnectionID: me } });
  }
  const body = JSON.stringify({ websocket: {
    action: 'data send', secConnectionID: me, dataType: 'text', data: websocket.data } });
  const socket = net.connect(Number(address.port), address.hostname, () => socket.write(
    'POST ' + address.pathname + ' HTTP/1.1\\r\\nhost: ' + address.host + '\\r\\nconnection: close\\r\\n'
    + 'content-type: application/json\\r\\ncontent-length: ' + body.length + '\\r\\n\\r\\n' + body));
  socket.resume().on('close', () => resolve(null));
});
`;

async function startStage(
  file: string,
  code: string,
  runtime: string,
  maxInstances = 4,
): Promise<Stage> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-trace-'));
  const functionOf = (name: string) => {
    fs.mkdirSync(path.join(folder, name));
    fs.writeFileSync(path.join(folder, name, file), code);
    return { folder: name, handler: 'index.main_handler', runtime, maxInstances };
  };
  fs.writeFileSync(
    path.join(folder, 'scfws.json'),
    JSON.stringify({
      service: 'trace',
      path: '/t',
      functions: {
        register: functionOf('Register'),
        transfer: functionOf('Transmission'),
        cleanup: functionOf('Delete'),
      },
    }),
  );
  const session = await startSession({
    folders: [folder],
    port: 0,
    bootstrapFolder: path.resolve(__dirname, '../../../src/core/runtime/bootstrap'),
  });
  const facts = session.recorder.read(1, 1000);
  const looks = new Set<() => void>();
  session.onFact((fact) => {
    facts.push(fact);
    looks.forEach((look) => look());
  });
  const until = (is: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (is()) {
          looks.delete(look);
          resolve();
        }
      };
      looks.add(look);
      look();
    });
  return { session, facts, until };
}

const isDelivered = (fact: Fact): fact is FactOf<'frame'> =>
  fact.kind === 'frame' && fact.direction === 'toClient' && fact.type === 'text';

const originOf = (preview: string) => (JSON.parse(preview) as { origin: string }).origin;

describe('the trace of a real session', function () {
  for (const { name, file, code, runtime } of languages) {
    it(`names the cause of everything that eight clients get from ${name}`, async () => {
      const { session, facts, until } = await startStage(file, code, runtime);
      try {
        const { url, pushUrl } = session.services[0]!;
        const watcher = new WebSocket(`${url}?watch=1`);
        await once(watcher, 'open');
        const clients = await Promise.all(
          Array.from({ length: clientCount }, async (_, number) => {
            const client = new WebSocket(`${url}?number=${number}`);
            await once(client, 'open');
            return client;
          }),
        );
        const ids = clients.map((_, number) => {
          const fact = facts.find(
            (each) => each.kind === 'connecting' && each.target.endsWith(`number=${number}`),
          );
          return (fact as FactOf<'connecting'>).connection;
        });
        for (let round = 0; round < messages; round++) {
          clients.forEach((client, number) => {
            const to = [ids[(number + 1) % clientCount], ids[(number + round + 2) % clientCount]];
            client.send(JSON.stringify({ origin: `${number}/${round}`, to }));
          });
        }
        const said = 2 * clientCount * messages;
        const delivered = () => facts.filter(isDelivered);
        await until(() => delivered().length >= said + clientCount);
        await fetch(pushUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            websocket: {
              action: 'data send',
              secConnectionID: ids[0],
              dataType: 'text',
              data: '{"origin":"outside"}',
            },
          }),
        });
        clients.at(-1)!.close();
        await until(() => delivered().length >= said + clientCount + 2);
        const ended = () => facts.filter((fact) => fact.kind === 'invocationEnded').length;
        await until(() => ended() >= 1 + clientCount + clientCount * messages + 1);

        const index = new FactIndex(facts);
        const instances = new Set<number>();
        let afterTheEnd = 0;
        for (const frame of delivered()) {
          const origin = originOf(frame.preview);
          const trace = traceOf(index, frame.seq)!;
          assert.equal(trace.cut, false);
          const { root } = trace;
          const runs = flatten(root).flatMap(({ node: each }) =>
            each.node === 'invocation' ? [each.facts] : [],
          );
          switch (root.node) {
            case 'frame': {
              assert.equal(originOf(root.fact.preview), origin);
              assert.equal(root.fact.connection, ids[Number(origin.split('/')[0])]);
              const [run] = runs;
              instances.add(run!.started.instance);
              assert.deepEqual(
                run!.logs.filter((log) => log.stream === 'stdout').map((log) => log.text),
                [origin, origin],
              );
              assert.equal(run!.pushes.length, 2);
              afterTheEnd += frame.seq > run!.ended!.seq ? 1 : 0;
              break;
            }
            case 'handshake':
              assert.equal(origin, `hello ${root.fact.connection}`);
              break;
            case 'closed':
              assert.equal(origin, `bye ${root.fact.connection}`);
              break;
            case 'push':
              assert.equal(origin, 'outside');
              assert.equal(root.fact.invocation, null);
              break;
            default:
              assert.fail(`${frame.seq} has the origin ${root.node}`);
          }
        }
        const roots = delivered().map((frame) => traceOf(index, frame.seq)!.root.node);
        assert.equal(roots.filter((root) => root === 'frame').length, said);
        assert.equal(roots.filter((root) => root === 'handshake').length, clientCount);
        assert.ok(instances.size > 1, 'events ran in parallel instances');
        assert.ok(afterTheEnd > 0, 'pushes came after their run had answered');
      } finally {
        await session.dispose();
      }
    });
  }

  it('tells a run before the pushes it made, also when it was handed over ahead', async () => {
    const { session, facts, until } = await startStage('index.js', quick, 'Nodejs', 1);
    try {
      const clients = await Promise.all(
        Array.from({ length: clientCount }, async () => {
          const client = new WebSocket(session.services[0]!.url);
          await once(client, 'open');
          return client;
        }),
      );
      const rounds = 50;
      for (let round = 0; round < rounds; round++) {
        clients.forEach((client, number) => client.send(`${number}/${round}`));
      }
      const said = clientCount * rounds;
      await until(() => facts.filter(isDelivered).length >= said);
      const index = new FactIndex(facts);
      for (const frame of facts.filter(isDelivered)) {
        const { root } = traceOf(index, frame.seq)!;
        assert.equal(root.node === 'frame' && root.fact.preview, frame.preview);
      }
      const started = new Set<string>();
      for (const fact of facts) {
        if (fact.kind === 'invocationStarted') {
          started.add(fact.invocation);
        }
        assert.ok(fact.kind !== 'push' || started.has(fact.invocation!), JSON.stringify(fact));
      }
    } finally {
      await session.dispose();
    }
  });
});
