import assert from 'node:assert/strict';
import { Clock } from '../../../src/core/clock';
import { previewOf, Recorder } from '../../../src/core/session/recorder';

const log = (text: string) =>
  ({
    kind: 'log',
    function: 's/F',
    instance: 1,
    invocation: null,
    stream: 'stdout',
    level: 'info',
    text,
  }) as const;

describe('recorder', () => {
  const make = (facts = 100, payloadBytes = 1000) =>
    new Recorder(new Clock(), { facts, payloadBytes });

  it('numbers facts from 1 and stamps them in order', () => {
    const recorder = make();
    const facts = ['a', 'b', 'c'].map((text) => recorder.record(log(text)));
    assert.deepEqual(
      facts.map((fact) => fact.seq),
      [1, 2, 3],
    );
    assert.ok(facts[0]!.at <= facts[1]!.at && facts[1]!.at <= facts[2]!.at);
    assert.deepEqual(recorder.read(2, 10), facts.slice(1));
  });

  it('keeps the newest facts and says from which number on', () => {
    const recorder = make(10);
    for (let n = 0; n < 25; n++) {
      recorder.record(log(String(n)));
    }
    assert.equal(recorder.oldest, 16);
    assert.deepEqual(
      recorder.read(1, 3).map((fact) => fact.seq),
      [16, 17, 18],
    );
    assert.equal(recorder.read(1, 100).length, 10);
  });

  it('gives up the oldest payloads when they exceed their limit, and tells', () => {
    const recorder = make(100, 25);
    const seqs = ['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc'].map(
      (payload) => recorder.record(log(''), payload).seq,
    );
    assert.deepEqual(
      seqs.map((seq) => recorder.payload(seq)),
      [undefined, 'bbbbbbbbbb', 'cccccccccc'],
    );
    assert.deepEqual(
      recorder
        .read(1, 100)
        .filter((fact) => fact.kind === 'dropped')
        .map((fact) => fact.kind === 'dropped' && fact.payloads),
      [1],
    );
  });

  it('keeps a payload that is larger than the limit as long as it is the latest', () => {
    const recorder = make(100, 10);
    const { seq } = recorder.record(log(''), 'x'.repeat(50));
    assert.equal(recorder.payload(seq)?.length, 50);
  });

  it('searches payloads beyond their previews', () => {
    const recorder = make();
    recorder.record(log(''), 'hello');
    const { seq } = recorder.record(log(''), 'a needle in hay');
    assert.deepEqual(
      recorder.searchPayloads((text) => text.includes('needle'), 0),
      [seq],
    );
    assert.deepEqual(
      recorder.searchPayloads((text) => text.includes('needle'), seq + 1),
      [],
    );
  });

  it('forgets everything but its numbers when it is cleared', () => {
    const recorder = make();
    recorder.record(log('a'), 'payload');
    recorder.clear();
    assert.deepEqual(recorder.read(1, 10), []);
    assert.equal(recorder.record(log('b')).seq, 2);
  });

  it('cuts previews', () => {
    assert.deepEqual(previewOf('x'.repeat(120)), { preview: 'x'.repeat(120) });
    assert.deepEqual(previewOf('x'.repeat(121)), { preview: 'x'.repeat(120), more: true });
  });
});

describe('clock', () => {
  it('keeps what was left of a timer while it stands still', async () => {
    const clock = new Clock();
    const order: string[] = [];
    const fired = new Promise<void>((resolve) => {
      clock.setTimer(20, () => {
        order.push('timer');
        resolve();
      });
    });
    clock.freeze('a');
    clock.freeze('b');
    // Real time passes well beyond the timer's; nothing may fire.
    await new Promise<void>((resolve) => setTimeout(resolve, 60));
    clock.unfreeze('a');
    assert.equal(clock.frozen, true);
    order.push('unfrozen');
    clock.unfreeze('b');
    await fired;
    assert.deepEqual(order, ['unfrozen', 'timer']);
    assert.ok(clock.frozenMs() >= 55);
    assert.ok(clock.now() < clock.real());
  });

  it('does not fire a timer that was given up', async () => {
    const clock = new Clock();
    let fired = false;
    clock.setTimer(1, () => (fired = true)).dispose();
    await new Promise<void>((resolve) => clock.setTimer(5, resolve));
    assert.equal(fired, false);
  });
});
