import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Clock } from '../../../src/core/clock';
import { Recorder } from '../../../src/core/session/recorder';
import { type Fact, previewOf } from '../../../src/protocol/fact';

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
    const times = [1000, 1001, 1001.5, 1007];
    const clock = new Clock(() => times.shift()!);
    const recorder = new Recorder(clock, { facts: 100, payloadBytes: 1000 });
    const facts = ['a', 'b', 'c'].map((text) => recorder.record(log(text)));
    assert.deepEqual(
      facts.map((fact) => fact.seq),
      [1, 2, 3],
    );
    assert.deepEqual(
      facts.map((fact) => fact.at),
      [1, 1.5, 7],
    );
    assert.deepEqual(recorder.read(2, 10), facts.slice(1));
  });

  it('goes on when somebody who listens fails', () => {
    const recorder = make();
    const heard: number[] = [];
    const { stderr } = process;
    const write = stderr.write.bind(stderr);
    let said = '';
    recorder.onFact(() => {
      throw new Error('a listener failed');
    });
    recorder.onFact((fact) => heard.push(fact.seq));
    stderr.write = (text) => ((said += String(text)), true);
    try {
      recorder.record(log('a'));
      recorder.settle();
    } finally {
      stderr.write = write;
    }
    recorder.clear();
    assert.deepEqual(heard, [1]);
    assert.match(said, /a listener failed/);
  });

  it('tells each fact once, in order, when the turn is over or somebody asks', async () => {
    const recorder = make();
    const heard: string[] = [];
    const texts = (facts: Fact[]) => facts.map((fact) => (fact.kind === 'log' ? fact.text : ''));
    recorder.onFact((fact) => {
      const [text = ''] = texts([fact]);
      heard.push(text);
      if (text === 'a') {
        recorder.record(log('in answer'));
        // What was recorded is kept at once; it is told after what came before it.
        assert.deepEqual(texts(recorder.read(1, 10)), ['a', 'b', 'in answer']);
      }
    });
    recorder.record(log('a'));
    recorder.record(log('b'));
    assert.deepEqual(heard, []);
    await new Promise(setImmediate);
    assert.deepEqual(heard, ['a', 'b', 'in answer']);

    recorder.record(log('before'));
    const late: string[] = [];
    recorder.onFact((fact) => late.push(...texts([fact])));
    recorder.record(log('after'));
    recorder.settle();
    await new Promise(setImmediate);
    assert.deepEqual(heard.slice(3), ['before', 'after']);
    assert.deepEqual(late, ['after']);

    const inside: string[] = [];
    recorder.onFact((fact) => {
      if (texts([fact])[0] === 'one') {
        recorder.onFact((next) => inside.push(...texts([next])));
      }
    });
    ['one', 'two'].forEach((text) => recorder.record(log(text)));
    recorder.settle();
    recorder.record(log('three'));
    recorder.settle();
    assert.deepEqual(inside, ['three']);
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

  it('gives every fact back as it was, whatever it holds', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 400 }));
    const members = fc.oneof(
      texts,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.dictionary(fc.string({ maxLength: 8 }), texts),
      fc.array(texts, { maxLength: 3 }),
    );
    const bodies = fc.dictionary(fc.constantFrom('kind', 'preview', 'text', 'size', 'x'), members);
    fc.assert(
      fc.property(fc.array(bodies, { maxLength: 40 }), (all) => {
        const recorder = make(100);
        // JSON is what a host gets to see: negative zero and keys such as __proto__ are no facts.
        const facts = all.map((body) => recorder.record(JSON.parse(JSON.stringify(body)) as never));
        assert.deepEqual(recorder.read(1, 100), facts);
      }),
      { numRuns: 100, seed: 6 },
    );
  });

  it('gives payloads back whole that begin with their preview, and keeps what they share once', () => {
    const recorder = make(100, 1_000_000);
    const text = `${'é'.repeat(119)}${'😀'.repeat(300)}`;
    const binary = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 256));
    const more = { preview: binary.toString('base64', 0, 90), more: true } as const;
    const seqs = [
      recorder.record({ ...log(''), ...previewOf(text) }, text).seq,
      recorder.record({ ...log('again'), ...previewOf(text) }, text).seq,
      recorder.record(log('the same payload beside no preview'), text).seq,
      recorder.record({ ...log(''), ...more }, binary).seq,
    ];
    assert.deepEqual(
      seqs.map((seq) => recorder.payload(seq)),
      [text, text, text, binary],
    );
  });

  it('reads from any number on after many segments came and went', () => {
    const recorder = make(5000, 64_000);
    const payloadOf = (n: number) => `${n} ${'p'.repeat(150 + (n % 100))}`;
    for (let n = 1; n <= 20_000; n++) {
      const { seq } = recorder.record(log(`line ${n}`), payloadOf(n));
      if (n % 997 === 0) {
        assert.equal(recorder.payload(seq), payloadOf(n));
      }
    }
    const { oldest, last } = recorder;
    assert.equal(last - oldest, 4999);
    for (const from of [1, oldest, oldest + 1, oldest + 2500, last]) {
      const [first] = recorder.read(from, 1);
      assert.equal(first?.seq, Math.max(from, oldest));
    }
    assert.equal(recorder.payload(oldest - 1), undefined);
    const kept = recorder.searchPayloads((text) => text.includes('pp'), 1);
    assert.ok(kept.length > 100 && kept.length < 500, `${kept.length} payloads in 64 kB`);
    assert.ok(kept.every((seq, n) => n === 0 || seq > (kept[n - 1] ?? 0)));
  });

  it('holds 100,000 frames of 200 B in 25 MB', () => {
    const before = process.memoryUsage().arrayBuffers;
    const recorder = make(100_000, 100_000_000);
    for (let n = 0; n < 100_000; n++) {
      const payload = `${n} `.padEnd(200, 'payload ');
      recorder.record(
        {
          kind: 'frame',
          connection: `connection-${n % 50}-xxxxxxxx==`,
          direction: n % 2 === 0 ? 'toServer' : 'toClient',
          type: 'text',
          size: 200,
          ...previewOf(payload),
        },
        payload,
      );
    }
    const megabytes = (process.memoryUsage().arrayBuffers - before) / 1e6;
    assert.ok(megabytes <= 25, `${megabytes.toFixed(1)} MB`);
    assert.equal(recorder.read(1, 1)[0]?.seq, 1);
    assert.equal(recorder.payload(1), '0 '.padEnd(200, 'payload '));
  });

  it('cuts previews, never through a character', () => {
    assert.equal(previewOf(`${'x'.repeat(119)}😀y`).preview, 'x'.repeat(119));
    assert.deepEqual(previewOf('x'.repeat(120)), { preview: 'x'.repeat(120) });
    assert.deepEqual(previewOf('x'.repeat(121)), { preview: 'x'.repeat(120), more: true });
  });
});

describe('clock', () => {
  it('keeps what was left of a timer while it stands still', async () => {
    let time = 500;
    const clock = new Clock(() => time);
    const order: string[] = [];
    const fired = new Promise<void>((resolve) => {
      clock.setTimer(20, () => {
        order.push('timer');
        resolve();
      });
    });
    time += 5;
    clock.freeze('a');
    time += 10;
    clock.freeze('b');
    // Time passes well beyond the timer's, on this clock and on the system's; nothing may fire.
    time += 50;
    await new Promise<void>((resolve) => setTimeout(resolve, 60));
    clock.unfreeze('a');
    assert.equal(clock.frozen, true);
    order.push('unfrozen');
    clock.unfreeze('b');
    assert.deepEqual([clock.frozenMs(), clock.now(), clock.real()], [60, 5, 65]);
    time += 15;
    await fired;
    assert.deepEqual(order, ['unfrozen', 'timer']);
    assert.deepEqual([clock.frozenMs(), clock.now(), clock.real()], [60, 20, 80]);
  });

  it('does not fire a timer that was given up', async () => {
    const clock = new Clock();
    let fired = false;
    clock.setTimer(1, () => (fired = true)).dispose();
    await new Promise<void>((resolve) => clock.setTimer(5, resolve));
    assert.equal(fired, false);
  });
});
