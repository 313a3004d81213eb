// The figures of a load: percentiles by rank, checks as people write them, and a frame's parts from both sides.
import assert from 'node:assert/strict';
import type { Fact, FactBody } from '../../../src/protocol/fact';
import { UserError } from '../../../src/core/errors';
import { parseCheck } from '../../../src/core/load/checks';
import { charts } from '../../../src/core/load/chart';
import { GatewayView } from '../../../src/core/load/gatewayView';
import { Ledger } from '../../../src/core/load/ledger';
import type { LoadResult } from '../../../src/core/load/load';
import { Live, type Second } from '../../../src/core/load/live';
import { livePart, renderLivePage } from '../../../src/core/load/livePage';
import { renderLoadReport } from '../../../src/core/load/report';
import { sampleAt, Samples } from '../../../src/core/load/samples';
import { explained, figureOf, judge, warnings } from '../../../src/core/load/tell';

const resultOf = (samples: Samples, more: Partial<LoadResult> = {}): LoadResult => ({
  clients: 2,
  groups: 1,
  seconds: 10,
  samples,
  began: 0,
  sent: 100,
  expected: 200,
  received: 150,
  errors: new Map([['late <b>', 3]]),
  over: [],
  leftOut: new Set(),
  functions: {
    invocations: 100,
    failed: 2,
    failures: new Map([['433 too slow', 2]]),
    cold: 1,
    gigabyteSeconds: 0.5,
  },
  lateMs: 0,
  memoryMb: 50,
  ...more,
});

/** Latencies 1000, 999, … 1. */
function thousand(): Samples {
  const samples = new Samples();
  for (let latency = 1000; latency > 0; latency--) {
    samples.add(latency, latency);
  }
  return samples;
}

describe('figures of a load', () => {
  it('are percentiles by rank', () => {
    const samples = thousand();
    const ranked = samples.ranked();
    const at = (share: number) => samples.latency(sampleAt(ranked, share) ?? -1);
    assert.deepEqual([at(0), at(0.5), at(0.99), at(0.999), at(1)], [1, 500, 990, 999, 1000]);
    assert.equal(sampleAt(new Samples().ranked(), 0.5), undefined);
  });

  it('are judged by checks', () => {
    const result = resultOf(thousand());
    const holds = (text: string) => judge(result, [parseCheck(text)])[0]?.holds;
    assert.deepEqual(
      ['p99<1s', 'p99 <= 990ms', 'p99<990', 'max>=1000ms', 'p99.9<999.5'].map(holds),
      [true, true, false, true, true],
    );
    assert.deepEqual(
      ['reach>=75%', 'reach>75%', 'errors==5', 'throughput>15', 'cold<=1', 'gbs<0.6'].map(holds),
      [true, false, true, false, true, true],
    );
    const nothing = resultOf(new Samples(), { expected: 0, received: 0 });
    assert.equal(judge(nothing, [parseCheck('p99<1s')])[0]?.holds, false);
    for (const text of ['p99', 'p100<1', 'speed<1', 'p99<fast', 'p99=<1']) {
      assert.throws(() => parseCheck(text), UserError, text);
    }
    assert.ok(Number.isNaN(figureOf(nothing, 'reach')));
  });

  it('say when the load itself was slow', () => {
    assert.match(warnings(resultOf(thousand(), { lateMs: 80 })).join(), /upper bounds/);
    assert.doesNotMatch(warnings(resultOf(thousand())).join(), /upper bounds/);
  });

  it('stand in a report that no text of theirs breaks', () => {
    const html = renderLoadReport(resultOf(thousand()), {
      title: 'a<script>',
      language: 'en',
      checks: [{ check: 'p99<1s', holds: true, value: 990 }],
    });
    assert.match(html, /late &lt;b&gt;/);
    assert.match(html, /2 × 433 too slow/);
    assert.doesNotMatch(html, /<script|NaN|undefined/);
    assert.match(html, /<th>p99<\/th><td>990 ms<\/td>/);
  });
});

describe('parts of a latency', () => {
  let seq = 0;
  const fact = (at: number, body: FactBody): Fact => ({ seq: ++seq, at, ...body });
  const frame = (
    at: number,
    connection: string,
    direction: 'toServer' | 'toClient',
    push?: number,
  ): Fact =>
    fact(at, {
      kind: 'frame',
      connection,
      direction,
      type: 'text',
      size: 1,
      preview: 'x',
      ...(push === undefined ? {} : { push }),
    });

  /** One message of `a` that is pushed to `b`; tells facts as the gateway does. */
  function told(see: (fact: Fact) => void): void {
    seq = 0;
    for (const [connection, port] of [
      ['a', 1001],
      ['b', 1002],
    ] as const) {
      see(
        fact(0, {
          kind: 'connecting',
          connection,
          service: 's',
          stage: 'release',
          target: '/',
          remote: `127.0.0.1:${port}`,
          headers: {},
        }),
      );
    }
    const message = frame(100, 'a', 'toServer');
    see(message);
    see(
      fact(105, {
        kind: 'invocationStarted',
        invocation: 'r',
        function: 's/T',
        role: 'transfer',
        connection: 'a',
        cause: message.seq,
        instance: 1,
        cold: true,
        queuedMs: 5,
        initMs: 4,
        version: 1,
        eventSize: 1,
      }),
    );
    const push = fact(112, {
      kind: 'push',
      service: 's',
      connection: 'b',
      action: 'data send',
      type: 'text',
      size: 1,
      preview: 'x',
      invocation: 'r',
      function: 's/T',
      status: 200,
      errNo: 0,
      errMsg: 'ok',
    });
    see(push);
    see(frame(113, 'b', 'toClient', push.seq));
    see(
      fact(120, {
        kind: 'invocationEnded',
        invocation: 'r',
        outcome: 'ok',
        durationMs: 14.2,
        preview: 'null',
      }),
    );
  }

  for (const first of ['facts', 'client'] as const) {
    it(`add up to it, whether the ${first} come first`, () => {
      const samples = new Samples();
      const ledger = new Ledger(samples);
      const view = new GatewayView(ledger.told);
      // Due at 1000, sent at 1003, there at 1020 by the clock of the client.
      const came = () => {
        const sample = samples.add(1020, 20);
        ledger.came(1002, 1, { sample, port: 1001, message: 1, wait: 3, travelled: 17 });
      };
      if (first === 'client') {
        came();
      }
      told((each) => view.see(each));
      if (first === 'facts') {
        came();
      }
      assert.deepEqual(samples.split(0), { wait: 3, wire: 4, queue: 5, handler: 7, push: 1 });
      assert.equal(explained(resultOf(samples)), 1);
      assert.equal(view.cold, 1);
      assert.equal(view.gigabyteSeconds, 0.125 * 0.015);
    });
  }

  it('are never less than nothing where the client had the frame before the gateway looked at its clock', () => {
    const samples = new Samples();
    const ledger = new Ledger(samples);
    const view = new GatewayView(ledger.told);
    const sample = samples.add(1016, 16);
    ledger.came(1002, 1, { sample, port: 1001, message: 1, wait: 3, travelled: 12.9 });
    told((each) => view.see(each));
    assert.deepEqual(samples.split(0), { wait: 3, wire: 0, queue: 5, handler: 7, push: 1 });
  });

  it('are unknown for an answer to another message', () => {
    const samples = new Samples();
    const ledger = new Ledger(samples);
    const view = new GatewayView(ledger.told);
    const sample = samples.add(1020, 20);
    ledger.came(1002, 1, { sample, port: 1001, message: 2, wait: 3, travelled: 17 });
    told((each) => view.see(each));
    assert.equal(samples.split(0), undefined);
    assert.ok(Number.isNaN(explained(resultOf(samples))));
  });
});

describe('a load second by second', () => {
  const counted = (sent: number, expected: number, received: number, errors = 0) => ({
    sent,
    expected,
    received,
    errors,
  });

  it('counts each second by itself, and percentiles of the last ten', () => {
    const samples = new Samples();
    const live = new Live(samples);
    live.tick(counted(0, 0, 0));
    [10, 30, 20].forEach((latency) => samples.add(0, latency));
    live.tick(counted(5, 4, 3, 1));
    samples.add(0, 500);
    live.tick(counted(6, 8, 4, 1));
    assert.deepEqual(live.seconds, [
      { frames: 0, p50: null, p99: null, sent: 0, errors: 0, reach: null },
      { frames: 3, p50: 20, p99: 30, sent: 5, errors: 1, reach: 0.75 },
      { frames: 1, p50: 500, p99: 500, sent: 1, errors: 0, reach: 0.5 },
    ]);
    assert.equal(live.rows().find(({ name }) => name === 'max')?.latency, 500);
    for (let second = 0; second < 10; second++) {
      samples.add(0, 7);
      live.tick(counted(6, 8, 4, 1));
    }
    assert.equal(live.rows().find(({ name }) => name === 'max')?.latency, 7);
  });

  const second: Second = { frames: 10, p50: 5, p99: 50, sent: 10, errors: 2, reach: 0.5 };

  it('is drawn with gaps where nothing came, and never with more than 300 columns', () => {
    const nothing: Second = { frames: 0, p50: null, p99: null, sent: 0, errors: 0, reach: null };
    const some = charts([second, nothing, second]);
    assert.match(some, /class="p99" points="150.0,0.0 750.0,0.0"/);
    assert.match(some, /class="reach" points="150.0,75.0 750.0,75.0"/);
    assert.equal(some.match(/class="bad"/g)?.length, 2);
    const many = charts(Array.from({ length: 3600 }, () => second));
    assert.equal(many.match(/class="rate"/g)?.length, 300);
  });

  it('is a page that tells of each percentile what it is made of, and takes nothing for markup', () => {
    const page = renderLivePage({ title: '<b>', language: 'en', nonce: 'abc' });
    assert.ok(page.includes('&lt;b&gt;') && !page.includes('<h1><b>'));
    const split = { wait: 0, wire: 1, queue: 2, handler: 6, push: 1 };
    const part = livePart({
      over: [second],
      rows: [
        { name: 'p50', latency: 10, split },
        { name: 'p99', latency: 99 },
      ],
      lines: ['<i>'],
      warnings: ['"late"'],
      running: true,
      hasReport: false,
    });
    for (const id of Object.keys(part.cells)) {
      assert.ok(page.includes(`id="${id}"`), id);
    }
    assert.equal(part.cells['handler-p50'], '6.0 ms');
    assert.equal(part.cells['handler-p99'], '–');
    assert.match(part.splits['p50'] ?? '', /handler until the push: 6\.0 ms \(60 %\)/);
    assert.match(part.splits['p99'] ?? '', /only the latency is known/);
    assert.ok(!part.figures.includes('<i>'));
  });
});
