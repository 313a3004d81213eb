// Functions that are programs of their own: a custom runtime that asks for events, and a Go program behind net/rpc.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../../src/core/errors';
import { GobReader, GobWriter, type GobValue } from '../../../src/core/runtime/channel/gob';
import { disposeBenches, fixture, startBench, type BenchOptions } from './harness';

describe('A custom runtime (runtime.custom)', () => {
  afterEach(disposeBenches);

  const start = (more: BenchOptions['spec'] = {}) =>
    startBench({
      fixture: fixture('customRuntime'),
      spec: { family: 'custom', runtime: 'CustomRuntime', handler: 'bootstrap', ...more },
    });

  it('asks for events and answers them', async () => {
    const bench = start();
    for (const count of [1, 2]) {
      const { value, invocation } = await bench.invoke({ text: '你好' });
      assert.deepEqual(value, {
        event: { text: '你好' },
        count,
        request: invocation,
        memory: '512',
        time: '3000',
        push: 'http://127.0.0.1:9/api-0a1b2c3d/1',
      });
    }
    await bench.until('log', ({ text, invocation }) => text === 'event 2' && invocation !== null);
    assert.match(bench.of('instance')[0]?.interpreter ?? '', /bootstrap, a program of its own$/);
  });

  it('says that it is ready', async () => {
    const bench = start({ environment: { SAYS_READY: 'yes' } });
    assert.equal((await bench.invoke({})).outcome, 'ok');
  });

  it('never asks: 446', async () => {
    const bench = start({ environment: { NEVER_ASKS: 'yes' }, initTimeout: 1 });
    assert.equal((await bench.invoke({})).error?.statusCode, 446);
  });

  it('answers text, an error, or too much', async () => {
    const bench = start({ timeout: 20 });
    assert.equal((await bench.invoke({ how: 'text' })).value, 'no JSON at all');
    const { error } = await bench.invoke({ how: 'error' });
    assert.deepEqual([error?.statusCode, error?.stackTrace], [430, 'it went wrong']);
    assert.equal((await bench.invoke({ how: 'large' })).error?.statusCode, 407);
    assert.equal((await bench.invoke({ how: 'text' })).outcome, 'ok');
  });

  it('exits or hangs: 439, 433, and the next event gets a new one', async () => {
    const bench = start({ timeout: 1 });
    assert.equal((await bench.invoke({ how: 'exit' })).error?.statusCode, 439);
    assert.equal((await bench.invoke({ how: 'hang' })).error?.statusCode, 433);
    assert.equal((await bench.invoke({ how: 'text' })).outcome, 'ok');
  });

  it('alone may talk to its server: foreign hosts and web pages are refused', async () => {
    assert.deepEqual((await start().invoke({ how: 'forge' })).value, [403, 403, 404]);
  });

  it('is started anew when it was changed', async () => {
    const bench = start();
    await bench.invoke({});
    const program = fs.readFileSync(path.join(bench.folder, 'bootstrap'), 'utf8');
    bench.write('bootstrap', program.replace('no JSON at all', 'something else'));
    await bench.until('instance', ({ version, state }) => version === 2 && state === 'ready');
    assert.equal((await bench.invoke({ how: 'text' })).value, 'something else');
  });

  it('is missing, or may not be executed: 437, and what to do', async () => {
    const missing = start({ handler: 'absent' });
    assert.equal((await missing.invoke({})).error?.statusCode, 437);
    const file = path.join(missing.folder, 'absent');
    assert.equal(
      missing.of('diagnostic')[0]?.message,
      `Function cannot be started: The file ${file} does not exist.`,
    );
    const plain = start();
    fs.chmodSync(path.join(plain.folder, 'bootstrap'), 0o644);
    assert.equal((await plain.invoke({})).error?.statusCode, 437);
    assert.equal(
      plain.of('diagnostic')[0]?.advice,
      `Allow it with: chmod +x ${path.join(plain.folder, 'bootstrap')}`,
    );
  });

  it('cannot be debugged, and says so', async () => {
    await assert.rejects(start().runtime.setDebug(true), (error: UserError) => {
      assert.equal(
        error.message,
        'Function cannot be debugged: only Python and Node.js functions can.',
      );
      return error instanceof UserError;
    });
  });
});

describe('A Go program (runtime.go)', function () {
  let built: string | undefined;

  before(function () {
    if (spawnSync('go', ['version']).status !== 0) {
      this.skip();
    }
    built = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-go-'));
    fs.cpSync(fixture('goProgram'), built, { recursive: true });
    execFileSync('go', ['build', '-o', 'main', '.'], {
      cwd: built,
      env: { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off' },
    });
  });
  after(() => built !== undefined && fs.rmSync(built, { recursive: true, force: true }));
  afterEach(disposeBenches);

  const start = (more: BenchOptions['spec'] = {}) =>
    startBench({
      fixture: built,
      spec: { family: 'go', runtime: 'Go1', handler: 'main', ...more },
    });

  it('answers events, with everything that it may want to know', async () => {
    const bench = start();
    for (const count of [1, 2, 3]) {
      const { value, invocation } = await bench.invoke({ Data: '你好'.repeat(count * 1000) });
      assert.deepEqual(value, {
        data: '你好'.repeat(count * 1000),
        count,
        request: invocation,
        function: 'Function',
        version: '$LATEST',
        namespace: 'default',
        memory: 512,
        time: 3000,
        environment: true,
        in_time: true,
      });
    }
    await bench.until('log', ({ text, invocation }) => text === 'event 3' && invocation !== null);
  });

  it('answers nothing, an error, or too much', async () => {
    const bench = start({ timeout: 20 });
    assert.equal((await bench.invoke({ How: 'nothing' })).resultJson, 'null');
    const { error } = await bench.invoke({ How: 'error' });
    assert.deepEqual([error?.statusCode, error?.stackTrace], [430, 'errorString: it went wrong']);
    const refused = await bench.invoke({ How: 'rpc' });
    assert.equal(refused.error?.stackTrace, 'refused by rpc');
    assert.equal((await bench.invoke({ How: 'large' })).error?.statusCode, 407);
    assert.equal(bench.of('instance').filter(({ pid }) => pid !== undefined).length, 1);
  });

  it('panics: 430 with its frames, and a new instance', async () => {
    const bench = start();
    const { error } = await bench.invoke({ How: 'panic' });
    assert.equal(error?.statusCode, 430);
    assert.equal(
      error?.stackTrace,
      'runtimeError: no way\n    at handle (main.go:42)\n    at main (main.go:7)',
    );
    const next = await bench.invoke({});
    assert.equal((next.value as { count: number }).count, 1);
  });

  it('exits or hangs: 439, 433, and the next event gets a new one', async () => {
    const bench = start({ timeout: 1 });
    assert.equal((await bench.invoke({ How: 'exit' })).error?.statusCode, 439);
    assert.equal((await bench.invoke({ How: 'hang' })).error?.statusCode, 433);
    assert.equal((await bench.invoke({})).outcome, 'ok');
  });

  it('was not built: 437, and how to', async () => {
    const bench = start({ handler: 'absent' });
    assert.equal((await bench.invoke({})).error?.statusCode, 437);
    assert.equal(
      bench.of('diagnostic')[0]?.advice,
      'Build it, for example with: go build -o absent .',
    );
  });
});

describe('Gob', () => {
  it('reads what it writes, in pieces of any size', () => {
    const writer = new GobWriter({
      Outer: [
        ['Name', 'string'],
        ['Inner', 'Inner'],
        ['Data', 'bytes'],
        ['Count', 'int'],
        ['Size', 'uint'],
        ['Yes', 'bool'],
      ],
      Inner: [['Number', 'int']],
    });
    const values = [
      {
        Name: 'ä',
        Inner: { Number: -1 },
        Data: Buffer.from([0, 255]),
        Count: -129,
        Size: 70000,
        Yes: true,
      },
      { Inner: { Number: 2 ** 40 }, Count: 64 },
    ];
    const bytes = Buffer.concat(values.map((value) => writer.message('Outer', value)));
    for (const size of [1, 3, bytes.length]) {
      const read: GobValue[] = [];
      const reader = new GobReader((value) => read.push(value));
      for (let at = 0; at < bytes.length; at += size) {
        reader.push(bytes.subarray(at, at + size));
      }
      assert.deepEqual(read, values);
    }
  });

  it('throws on what is no gob', () => {
    for (const bytes of ['ff', '03 ff8a 00', '05 ff81 01 02 03', 'f8 ffffffffffffffff']) {
      const reader = new GobReader(() => undefined);
      const nonsense = Buffer.from(bytes.replaceAll(' ', ''), 'hex');
      let failed = false;
      try {
        for (let time = 0; time < 400; time++) {
          reader.push(nonsense);
        }
      } catch {
        failed = true;
      }
      assert.ok(failed, bytes);
    }
  });
});
