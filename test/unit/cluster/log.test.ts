// What operators read: a line for each thing that happens, and no more than a disk can take.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { WebSocket } from 'ws';
import { factLog } from '../../../src/cluster/log';
import type { Fact } from '../../../src/protocol/fact';
import { Inbox } from './bed';
import { freePort } from './redisServer';

interface Line {
  msg: string;
  count?: number;
  status?: number;
}

function open() {
  const lines = new Inbox<Line>();
  const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
    lines.put(JSON.parse(chunk.toString()) as Line);
    done();
  };
  const tell = factLog(pino({ base: undefined }, new Writable({ write })), { output: true });
  return { lines, tell };
}

const refused = (seq: number): Fact => ({
  ...{ seq, at: seq, kind: 'refused', status: 503, body: '', reason: 'come again later' },
  ...{ target: '/', remote: '192.0.2.1:80' },
});

const children: ChildProcess[] = [];

describe('the log of a node', () => {
  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

  it('counts the handshakes that a flood adds, instead of a line for each', async () => {
    const { lines, tell } = open();
    const flood = 5000;
    for (let seq = 1; seq <= flood; seq++) {
      tell(refused(seq));
    }
    let [told, counted] = [0, 0];
    while (told + counted < flood) {
      const { msg, count } = await lines.next();
      assert.equal(msg, 'refused');
      told += Number(count === undefined);
      counted += count ?? 0;
    }
    assert.equal(told + counted, flood);
    assert.ok(told < flood / 10, `${told} lines`);
  });

  if (process.platform === 'linux') {
    it('keeps a full disk from the clients', async () => {
      const full = fs.openSync('/dev/full', 'w');
      const node = await startNode(full);
      fs.closeSync(full);
      const said = text(node.child.stderr as Readable);
      await node.talk(1, 1);
      await node.stop();
      assert.match(await said, /^scfws: The log cannot be written: ENOSPC.*goes on[^\n]*\n$/);
    });
  }

  it('keeps a reader that stands still from the clients', async () => {
    const node = await startNode('pipe');
    await node.talk(10, 100); // Several times what a pipe holds.
    await node.stop();
    const lines = (await text(node.child.stdout as Readable)).split('\n').slice(0, -1);
    assert.ok(lines.length > 100);
    lines.forEach((line) => void JSON.parse(line));
  });
});

interface LoggingNode {
  child: ChildProcess;
  /** So many clients send so many messages each, one after its answer to the one before. */
  talk(clients: number, messages: number): Promise<void>;
  stop(): Promise<void>;
}

async function startNode(stdout: 'pipe' | number): Promise<LoggingNode> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-log-'));
  fs.cpSync('test/bench/handlers/node', folder, { recursive: true });
  const port = await freePort();
  const config = { listen: { port }, services: [{ project: '.' }], log: { level: 'debug' } };
  fs.writeFileSync(path.join(folder, 'gateway.json'), JSON.stringify(config));
  const args = [path.resolve('dist/gateway.js'), JSON.stringify({ file: folder, locale: 'en' })];
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'pipe'] });
  children.push(child);
  const gone = once(child, 'exit');
  return {
    child,
    async talk(clients, messages) {
      const talkOnce = async (): Promise<void> => {
        const client = await connectWhenThere(`ws://127.0.0.1:${port}/release/websocket`);
        for (let n = 0; n < messages; n++) {
          client.send(`message ${n}`);
          const [answer] = (await once(client, 'message')) as [Buffer];
          assert.equal(answer.toString(), `message ${n}`);
        }
        client.close();
      };
      await Promise.all(Array.from({ length: clients }, talkOnce));
    },
    async stop() {
      child.kill('SIGTERM');
      assert.deepEqual(await gone, [0, null]);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Its log, which would tell when it listens, is lost. */
async function connectWhenThere(url: string): Promise<WebSocket> {
  for (;;) {
    const client = new WebSocket(url);
    try {
      await once(client, 'open');
      return client;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
