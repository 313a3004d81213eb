import assert from 'node:assert/strict';
import { type Heap, leanHeap, thisProcess } from '../../../src/cli/leanHeap';

const mib = 1024 * 1024;

describe('a heap that is kept lean', () => {
  let time: number;
  let size: number;
  let looks: { look: () => void; at: number }[];
  let collections: number[];

  const heap: Heap = {
    now: () => time,
    size: () => size,
    collect(done) {
      collections.push(time);
      size = 20 * mib;
      done();
    },
    later: (look, ms) => void looks.push({ look, at: time + ms }),
  };

  beforeEach(() => {
    [time, size, looks, collections] = [0, 20 * mib, [], []];
  });

  /** Lets time pass, looks included; something happens at its end. */
  function pass(ms: number): void {
    const end = time + ms;
    for (;;) {
      const next = looks.findIndex(({ at }) => at <= end);
      const [due] = next < 0 ? [] : looks.splice(next, 1);
      if (due === undefined) {
        time = end;
        return;
      }
      time = due.at;
      due.look();
    }
  }

  it('collects in the first pause after growth, and then looks no more', () => {
    const happened = leanHeap(heap);
    for (let n = 0; n < 20; n++) {
      happened();
      size += mib;
      pass(100);
    }
    assert.deepEqual(collections, []);
    pass(10_000);
    assert.equal(collections.length, 1);
    assert.ok(
      collections.every((at) => at < 3000),
      String(collections),
    );
    assert.deepEqual(looks, []);
  });

  it('leaves alone what is not worth a collection', () => {
    const happened = leanHeap(heap);
    happened();
    size += 3 * mib;
    pass(10_000);
    assert.deepEqual(collections, []);
    size = 200 * mib; // From here a tenth is more than the fixed part.
    happened();
    pass(10_000);
    assert.equal(collections.length, 1);
  });

  it('rests between two collections, and comes back to what had to wait', () => {
    const happened = leanHeap(heap);
    for (let n = 0; n < 4; n++) {
      happened();
      size += 10 * mib;
      pass(400);
    }
    pass(10_000);
    const gaps = collections.slice(1).map((at, n) => at - (collections[n] as number));
    assert.ok(gaps.length > 0 && gaps.every((gap) => gap >= 1000), String(gaps));
    assert.equal(size, 20 * mib);
  });

  it('really collects, and the event loop goes on', async () => {
    const unused = new WeakRef({});
    await new Promise((resolve) => setImmediate(resolve)); // A weak reference holds until its turn is done.
    await new Promise<void>((resolve) => thisProcess.collect(resolve));
    assert.equal(unused.deref(), undefined);
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
});
