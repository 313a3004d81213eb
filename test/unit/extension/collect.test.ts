// An export has whole payloads while a session can give them, and goes on without them when it cannot.
import assert from 'node:assert/strict';
import { UserError } from '../../../src/core/errors';
import { collect, type CollectSource } from '../../../src/extension/traffic/collect';
import { countMissing } from '../../../src/protocol/export/recording';
import { chatStory } from '../../webview/story';

const story = chatStory();

function source(change: Partial<CollectSource> = {}): CollectSource & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    fetch(from, limit) {
      const facts = story.facts.filter(({ seq }) => seq >= from).slice(0, limit);
      return Promise.resolve({ facts, next: null, last: story.facts.length });
    },
    payload(seq) {
      asked.push(seq);
      return Promise.resolve({ data: `payload ${seq}`, encoding: 'text' });
    },
    progress: () => undefined,
    isCancelled: () => false,
    ...change,
  };
}

describe('collecting for an export', () => {
  it('takes the whole payload of each fact that has only a preview', async () => {
    const recording = await collect({}, source());
    assert.deepEqual(recording?.facts, story.facts);
    assert.equal(countMissing(recording), 0);
    assert.ok(recording.payloads.size > 0);
  });

  it('goes on without payloads when the gateway was stopped, and asks once', async () => {
    let asked = 0;
    const recording = await collect(
      {},
      source({
        payload() {
          asked++;
          return Promise.reject(new UserError('notRunning', 'The gateway is not running.'));
        },
      }),
    );
    assert.deepEqual(recording?.facts, story.facts);
    assert.equal(asked, 1);
    assert.ok(countMissing(recording) > 1);
  });

  it('asks only for what explains the chosen rows', async () => {
    const long = story.facts.find((fact) => fact.kind === 'frame' && fact.more)!;
    const { asked, ...rest } = source();
    const recording = await collect({ seqs: [long.seq] }, rest);
    assert.ok(asked.includes(long.seq));
    assert.equal(countMissing(recording!), 0);
    const others = story.facts.filter((fact) => fact.kind === 'invocationStarted');
    assert.ok(asked.length < others.length, `${asked.length} of ${others.length}`);
  });

  it('stops between two payloads when it is cancelled', async () => {
    let cancelled = false;
    const all = source({ isCancelled: () => cancelled });
    const recording = await collect(
      {},
      {
        ...all,
        payload(seq) {
          cancelled = all.asked.length === 1;
          return all.payload(seq);
        },
      },
    );
    assert.equal(recording, undefined);
    assert.equal(all.asked.length, 2);
  });
});
