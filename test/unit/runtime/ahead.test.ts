// Events that a busy process is handed ahead: each runs once, in its turn, and is told as if it had waited here.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FunctionSpec } from '../../../src/protocol/project';
import { disposeBenches, startBench, type Bench } from './harness';

/** Does what the event says; `order` is what happened in this process. */
const node = `const fs = require('node:fs');
const order = [];
const opened = (flag) => new Promise((resolve) => {
  const timer = setInterval(() => {
    if (fs.existsSync(flag)) { clearInterval(timer); resolve(); }
  }, 2);
});
exports.main_handler = async (event, context) => {
  order.push(event.name);
  if (event.late) setTimeout(() => order.push('late ' + event.name), 5);
  if (event.gate) await opened(event.gate);
  if (event.exit) process.exit(3);
  if (event.hog) order.push(Buffer.alloc(200 * 1024 * 1024, 1).length);
  if (event.mark) fs.appendFileSync(event.mark, event.name + '\\n');
  if (event.hog) await opened('never');
  if (event.lateGate) void opened(event.lateGate);
  if (event.remaining) return context.getRemainingTimeInMillis();
  return [process.pid, ...order];
};
`;
const python = `import os
import sys
import time
order = []


def main_handler(event, context):
    order.append(event["name"])
    while "gate" in event and not os.path.exists(event["gate"]):
        time.sleep(0.002)
    if event.get("exit"):
        sys.exit(3)
    return [os.getpid()] + order
`;

const languages = [
  { name: 'Node.js', family: 'node' as const, file: 'index.js', code: node },
  { name: 'Python', family: 'python' as const, file: 'index.py', code: python },
];

/** A process that is known to be quick, so that the next event goes to it while one still runs. */
async function quickOne(
  { family, file, code }: Pick<(typeof languages)[number], 'family' | 'file' | 'code'>,
  timeout = 20,
  spec: Partial<FunctionSpec> = {},
): Promise<Bench> {
  const bench = startBench({ files: { [file]: code }, spec: { family, timeout, ...spec } });
  // Beside a busy machine some take longer than what counts as quick (20 ms, on average): then more.
  const isQuick = () =>
    bench
      .of('invocationEnded')
      .slice(-20)
      .every(({ durationMs }) => durationMs < 10);
  for (let n = 0; n < 40 || (n < 1000 && !isQuick()); n++) {
    await bench.invoke({ name: `quick ${n}` });
  }
  return bench;
}

const started = (bench: Bench, invocation: string) =>
  bench.of('invocationStarted').find((fact) => fact.invocation === invocation);

/** Waits until one has begun that has not ended. */
const oneRuns = (bench: Bench) =>
  bench.until(
    'invocationStarted',
    ({ invocation }) => !bench.of('invocationEnded').some((each) => each.invocation === invocation),
  );

/** Every run began when the one before it had ended. */
function assertOneAtATime(bench: Bench): void {
  let running: string | undefined;
  for (const fact of bench.facts) {
    if (fact.kind === 'invocationStarted') {
      assert.equal(running, undefined, `${fact.invocation} began while another one ran`);
      running = fact.invocation;
    } else if (fact.kind === 'invocationEnded') {
      assert.equal(running, fact.invocation);
      running = undefined;
    }
  }
}

describe('an event handed over ahead', function () {
  afterEach(disposeBenches);

  for (const language of languages) {
    it(`runs in its turn, ${language.name}`, async () => {
      const bench = await quickOne(language);
      const names = Array.from({ length: 100 }, (_, n) => `event ${n}`);
      const results = await Promise.all(names.map((name) => bench.invoke({ name })));
      assert.deepEqual((results.at(-1)!.value as unknown[]).slice(1).slice(-names.length), names);
      assertOneAtATime(bench);
    });

    it(`runs once, in the next process, when the one that had it dies, ${language.name}`, async () => {
      const bench = await quickOne(language);
      const gate = path.join(bench.folder, 'gate');
      const dies = bench.invoke({ name: 'dies', gate, exit: true });
      const next = bench.invoke({ name: 'next' });
      const last = bench.invoke({ name: 'last' });
      bench.write('gate', '');
      assert.equal((await dies).error?.statusCode, 439);
      const [pid, ...order] = (await next).value as [number, ...string[]];
      assert.deepEqual(order, ['next']);
      assert.deepEqual((await last).value, [pid, 'next', 'last']);
      assert.equal(started(bench, (await next).invocation)?.instance, 2);
      assertOneAtATime(bench);
    });

    it(`runs once, in the next process, when the running one takes too long, ${language.name}`, async () => {
      const bench = await quickOne(language, 1);
      const slow = bench.invoke({ name: 'slow', gate: path.join(bench.folder, 'never') });
      const next = bench.invoke({ name: 'next' });
      assert.equal((await slow).error?.statusCode, 433);
      assert.deepEqual(((await next).value as unknown[]).slice(1), ['next']);
      assertOneAtATime(bench);
    });

    it(`ends with the function, ${language.name}`, async () => {
      const bench = await quickOne(language);
      const gate = path.join(bench.folder, 'never');
      const running = bench.invoke({ name: 'running', gate });
      const next = bench.invoke({ name: 'next' });
      await oneRuns(bench);
      await bench.runtime.dispose();
      assert.equal((await running).error?.statusCode, 439);
      assert.equal((await next).error?.statusCode, 432);
    });

    it(`is served by the process that has it when a save replaces that one, ${language.name}`, async () => {
      const bench = await quickOne(language);
      const gate = path.join(bench.folder, 'gate');
      const running = bench.invoke({ name: 'running', gate });
      const next = bench.invoke({ name: 'next' });
      const later = bench.invoke({ name: 'later' });
      const comment = language.family === 'node' ? '//' : '#';
      bench.write(language.file, `${language.code}\n${comment} saved\n`);
      await bench.until('instance', ({ version, state }) => version === 2 && state === 'ready');
      bench.write('gate', '');
      const old = ((await running).value as unknown[])[0];
      const [pid, ...order] = (await next).value as [number, ...string[]];
      assert.deepEqual([pid, order.at(-1)], [old, 'next']);
      assert.deepEqual(((await later).value as unknown[]).slice(1), ['later']);
    });
  }

  const [nodeJs] = languages as [(typeof languages)[number]];

  it('waits for un-awaited work of the one before', async () => {
    const bench = await quickOne(nodeJs);
    const results = await Promise.all(
      ['a', 'b', 'c'].map((name) => bench.invoke({ name, late: true })),
    );
    const order = (results.at(-1)!.value as unknown[]).slice(-5);
    assert.deepEqual(order, ['a', 'late a', 'b', 'late b', 'c']);
  });

  it('has its whole time, also when the clock stood still before it began', async () => {
    const bench = await quickOne(nodeJs, 3);
    const gate = path.join(bench.folder, 'gate');
    const running = bench.invoke({ name: 'running', gate });
    const next = bench.invoke({ name: 'next', remaining: true });
    await oneRuns(bench);
    bench.clock.freeze('a breakpoint');
    bench.write('gate', '');
    await running;
    assert.equal((await next).value, 3000);
    bench.clock.unfreeze('a breakpoint');
  });

  /** An event of a client. */
  const say = (bench: Bench, connection: string, event: object) =>
    bench.runtime.invoke({
      invocation: randomUUID(),
      eventJson: JSON.stringify(event),
      role: 'transfer',
      connection,
      cause: null,
    });

  /** A handler whose pace is not known, so that events wait here, with an event of `one` in a process that is old. */
  async function replaced(event: object) {
    const bench = startBench({
      files: { 'index.js': node },
      spec: { family: 'node', timeout: 20 },
    });
    const gate = path.join(bench.folder, 'gate');
    const first = say(bench, 'one', { name: 'first', gate, ...event });
    await bench.until('invocationStarted');
    bench.write('index.js', `${node}\n// saved\n`);
    await bench.until('instance', ({ version, state }) => version === 2 && state === 'ready');
    return { bench, first };
  }

  it('never meets an earlier event of its connection in another process', async () => {
    const { bench, first } = await replaced({});
    const second = say(bench, 'one', { name: 'second' });
    // What waits for it holds back nobody else.
    assert.equal((await say(bench, 'two', { name: 'third' })).outcome, 'ok');
    bench.write('gate', '');
    const [old] = JSON.parse((await first).resultJson) as [number];
    const [fresh] = JSON.parse((await second).resultJson) as [number];
    assert.notEqual(fresh, old);
    const ended = bench.of('invocationEnded').map(({ seq }) => seq);
    const began = bench.of('invocationStarted').map(({ seq }) => seq);
    assert.ok(began[2]! > ended[1]!, 'the second began before the first had ended');
  });

  it('does not wait for un-awaited work in a process that is replaced', async () => {
    const { bench, first } = await replaced({ lateGate: path.join(os.tmpdir(), 'never') });
    const second = say(bench, 'one', { name: 'second' });
    bench.write('gate', '');
    assert.equal((await first).outcome, 'ok');
    assert.equal((await second).outcome, 'ok');
  });

  for (const [version, answer] of [
    ['18.15', ''],
    ['8.9', 'callback(null, 1);'],
  ] as const) {
    it(`finds its process alive when an empty event loop ended the one before, Node.js ${version}`, async () => {
      const code = `const fs = require('node:fs');
        exports.main_handler = (event, context, callback) => {
          const timer = setInterval(() => {
            if (!event.gate || fs.existsSync(event.gate)) { clearInterval(timer); ${answer} }
          }, 1);
        };`;
      const spec = { runtimeVersion: version };
      const bench = await quickOne({ ...nodeJs, code }, 20, spec);
      const gate = path.join(bench.folder, 'gate');
      const results = [{ gate }, {}, {}].map((event) => bench.invoke(event));
      await oneRuns(bench);
      bench.write('gate', '');
      for (const result of results) {
        assert.equal((await result).outcome, 'ok');
      }
      assert.deepEqual(
        bench.of('instance').filter(({ state }) => state === 'stopped'),
        [],
      );
    });
  }

  /**
   * Nothing of the process is read until it has come to the event that was handed ahead. The clock is looked at all
   * along: its time passes, as in a gateway that is busy and not asleep.
   */
  function standStillUntilMarked(bench: Bench, mark: string, ms: number): void {
    const until = Date.now() + ms;
    bench.write('gate', '');
    while (!fs.existsSync(mark) || Date.now() < until) {
      bench.clock.now();
    }
  }

  it('runs once when the one before is over and its time as well', async () => {
    const bench = await quickOne(nodeJs, 1);
    const gate = path.join(bench.folder, 'gate');
    const mark = path.join(bench.folder, 'mark.txt');
    const late = bench.invoke({ name: 'late', gate, late: true });
    const next = bench.invoke({ name: 'next', mark });
    await oneRuns(bench);
    standStillUntilMarked(bench, mark, 1100);
    assert.equal((await late).error?.statusCode, 433);
    assert.equal((await next).error?.statusCode, 439); // It was at it when it was killed.
    assert.equal(fs.readFileSync(mark, 'utf8'), 'next\n');
  });

  it('answers for its own memory', async () => {
    const bench = await quickOne(nodeJs, 20, { memory: 128 });
    const gate = path.join(bench.folder, 'gate');
    const mark = path.join(bench.folder, 'mark.txt');
    const small = bench.invoke({ name: 'small', gate });
    const large = bench.invoke({ name: 'large', hog: true, mark });
    await oneRuns(bench);
    for (const since = Date.now(); Date.now() <= since + 20;); // Long enough to be looked at.
    standStillUntilMarked(bench, mark, 0);
    assert.equal((await small).outcome, 'ok');
    assert.equal((await large).error?.statusCode, 434);
  });
});
