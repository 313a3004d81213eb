// What operators read: a line for each thing that happens, and no more than a disk can take.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import pino from 'pino';
import { factLog } from '../../../src/cluster/log';
import type { Fact } from '../../../src/protocol/fact';
import { Inbox } from './bed';

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

describe('the log of a node', () => {
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
});
