// Facts reach a page in order and without gaps, however fast they come and however slow the page is.
import assert from 'node:assert/strict';
import { Pump } from '../../../src/extension/traffic/pump';
import type { Fact } from '../../../src/protocol/fact';

const factsFrom = (from: number, to: number): Fact[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => ({
    seq: from + index,
    at: 0,
    kind: 'stopping',
    reason: '',
  }));

/** A page and a recorder: `say` records facts; `answer` is called when the page takes a batch in. */
function start(recorded: number) {
  let last = recorded;
  let unanswered = 0;
  let most = 0;
  let fetches = 0;
  const seen: number[] = [];
  let onSeen = (): void => undefined;
  const pump = new Pump(
    {
      post(_batch, facts) {
        unanswered++;
        most = Math.max(most, unanswered);
        seen.push(...facts.map(({ seq }) => seq));
        onSeen();
      },
      async fetch(from, limit) {
        fetches++;
        await Promise.resolve();
        const facts = factsFrom(from, Math.min(last, from + limit - 1));
        return { facts, next: null, last };
      },
    },
    recorded,
  );
  return {
    pump,
    seen,
    say(count: number) {
      const facts = factsFrom(last + 1, last + count);
      last += count;
      pump.receive(facts);
    },
    answer() {
      unanswered--;
      pump.taken();
    },
    until(count: number): Promise<void> {
      return new Promise((resolve) => {
        const check = () => seen.length >= count && resolve();
        onSeen = check;
        check();
      });
    },
    get most() {
      return most;
    },
    get fetches() {
      return fetches;
    },
  };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the pump', () => {
  it('begins with what was recorded before the page was there', async () => {
    const page = start(5);
    await page.until(5);
    assert.deepEqual(page.seen, upTo(5));
    page.pump.dispose();
  });

  it('hands live facts on without asking for them again', async () => {
    const page = start(0);
    page.say(3);
    page.say(2);
    await page.until(5);
    assert.deepEqual(page.seen, upTo(5));
    assert.equal(page.fetches, 0);
    page.pump.dispose();
  });

  it('stops when the page does not answer, and catches up when it does', async () => {
    const page = start(0);
    for (let round = 1; round <= 3; round++) {
      page.say(2);
      await page.until(round * 2);
    }
    page.say(10_000);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(page.seen.length, 6, 'three batches are unanswered');
    const answers = setInterval(() => page.answer(), 1);
    await page.until(10_006);
    clearInterval(answers);
    assert.deepEqual(page.seen, upTo(10_006));
    assert.equal(page.most, 3);
    page.pump.dispose();
  });

  it('calls back when everything that was known is posted, and not before', async () => {
    const page = start(4500);
    let seen = -1;
    const answers = setInterval(() => page.answer(), 1);
    await new Promise<void>((resolve) => {
      page.pump.whenCaughtUp(() => {
        seen = page.seen.length;
        resolve();
      });
      assert.equal(seen, -1, 'nothing was posted yet');
    });
    clearInterval(answers);
    assert.equal(seen, 4500);
    page.pump.whenCaughtUp(() => (seen = 0));
    assert.equal(seen, 0, 'nothing is waited for');
    page.pump.dispose();
  });

  it('fetches what a burst left out', async () => {
    const page = start(10);
    page.say(5);
    await page.until(15);
    assert.deepEqual(page.seen, upTo(15));
    page.pump.dispose();
  });
});
