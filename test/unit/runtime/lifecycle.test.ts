// States that a function comes through on its way: it never stays in one of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { disposeBenches, startBench, type Bench } from './harness';

const saying = (word: string): string => `exports.main_handler = async () => '${word}';`;
const node = { family: 'node', runtime: 'Nodejs' } as const;
const start = (files: Record<string, string>): Bench => startBench({ files, spec: node });

const anHourAhead = (file: string): void => {
  const later = new Date(Date.now() + 3_600_000);
  fs.utimesSync(file, later, later);
};

const starts = (bench: Bench): number =>
  bench.of('instance').filter(({ state, pid }) => state === 'starting' && pid !== undefined).length;

describe('a file from the future', () => {
  afterEach(disposeBenches);

  it('is loaded like any other, and a change of it is seen', async () => {
    const bench = start({ 'index.js': saying('one') });
    anHourAhead(path.join(bench.folder, 'index.js'));
    assert.equal((await bench.invoke()).value, 'one');
    assert.equal(starts(bench), 1);
    bench.write('index.js', saying('two'));
    await bench.until('instance', ({ state, version }) => state === 'ready' && version === 2);
    assert.equal((await bench.invoke()).value, 'two');
  });

  it('beside a program of its own does not start that again and again', async () => {
    const spec = { family: 'custom', runtime: 'CustomRuntime', handler: 'boot' } as const;
    const bench = startBench({ files: { boot: '#!/bin/sh\nsleep 60\n', 'x.py': '' }, spec });
    fs.chmodSync(path.join(bench.folder, 'boot'), 0o755);
    anHourAhead(path.join(bench.folder, 'x.py'));
    void bench.invoke();
    await bench.until('instance', ({ state }) => state === 'starting');
    // What it says of its files was heard by now: a second start would have been recorded before this one's end.
    bench.runtime.restart('enough', true);
    await bench.until('instance', ({ state }) => state === 'stopped');
    assert.deepEqual(
      bench
        .of('instance')
        .slice(0, 2)
        .map(({ state, instance }) => [state, instance]),
      [
        ['starting', 1],
        ['stopped', 1],
      ],
    );
  });
});

describe('a function that cannot be loaded', function () {
  afterEach(disposeBenches);

  it('is started once for one event, also while what it read is looked at', async () => {
    const lib = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`lib/x${n}.js`, `exports.x = ${n};`]),
    );
    const requires = Object.keys(lib).map((file) => `require('./${file}');`);
    for (let times = 0; times < 8; times++) {
      const bench = start({ ...lib, 'index.js': `${requires.join('\n')}\nrequire('gone');` });
      assert.equal((await bench.invoke()).error?.statusCode, 437);
      await bench.until('instance', ({ state }) => state === 'stopped');
      assert.equal(starts(bench), 1);
      assert.equal(bench.of('diagnostic').length, 1);
    }
  });
});

describe('a fork that comes back from the handler', () => {
  afterEach(disposeBenches);

  for (const [how, said] of [
    ['return "child"', []],
    ['raise ValueError("child")', ['ValueError: child']],
    ['sys.exit("child")', ['child']],
  ] as const) {
    it(`leaves the answer to its parent: ${how}`, async () => {
      const code = `import os, sys
def main_handler(event, context):
    pid = os.fork()
    if pid == 0:
        ${how}
    os.waitpid(pid, 0)
    return "parent"
`;
      const bench = startBench({ files: { 'index.py': code } });
      const { value, invocation } = await bench.invoke();
      assert.equal(value, 'parent');
      assert.equal((await bench.invoke()).value, 'parent');
      const text = bench.logs(invocation).join('\n');
      said.forEach((each) => assert.ok(text.includes(each), text));
      assert.deepEqual(bench.of('diagnostic'), []);
    });
  }
});

describe('a folder that is removed and made again', () => {
  afterEach(disposeBenches);

  for (const folder of ['.', 'lib']) {
    it(`is watched on: ${folder === '.' ? "the function's own" : 'one of its modules'}`, async () => {
      const file = path.join(folder, 'word.js');
      const bench = start({
        'index.js': `const word = require('./${file}');\nexports.main_handler = async () => word;`,
        [file]: "module.exports = 'one';",
      });
      const index = fs.readFileSync(path.join(bench.folder, 'index.js'), 'utf8');
      assert.equal((await bench.invoke()).value, 'one');
      fs.rmSync(path.join(bench.folder, folder), { recursive: true });
      bench.write('index.js', index);
      for (const word of ['two', 'three']) {
        bench.write(file, `module.exports = '${word}';`);
        while ((await bench.invoke()).value !== word);
      }
    });
  }
});

describe('debugging', () => {
  afterEach(disposeBenches);

  it('switched off before the port is known: the function goes on without', async () => {
    const bench = start({ 'index.js': saying('one') });
    const on = bench.runtime.setDebug(true);
    await bench.until('instance', ({ state }) => state === 'starting');
    await Promise.all([assert.rejects(on, { code: 'debugFailed' }), bench.runtime.setDebug(false)]);
    assert.equal((await bench.invoke()).value, 'one');
  });

  it('switched off before there is a process: whoever asked is told', async () => {
    const bench = start({ 'index.js': saying('one') });
    const on = bench.runtime.setDebug(true);
    await Promise.all([assert.rejects(on, { code: 'debugFailed' }), bench.runtime.setDebug(false)]);
    assert.equal((await bench.invoke()).value, 'one');
  });

  it('restarted twice at once: one instance waits for the debugger', async () => {
    const bench = start({ 'index.js': saying('one') });
    await bench.runtime.setDebug(true);
    bench.runtime.restart('once');
    bench.runtime.restart('and again');
    const { instance } = await bench.until(
      'instance',
      (fact) => fact.waitsForDebugger === true && fact.instance > 1,
    );
    bench.runtime.debuggerReady(instance);
    assert.equal((await bench.invoke()).value, 'one');
    assert.equal(starts(bench), 2);
  });
});

describe('a build', () => {
  afterEach(disposeBenches);

  const build = (script: string): Bench => {
    const bench = startBench({
      files: { 'index.tsx': 'one' },
      spec: { ...node, runtimeVersion: '20.19' },
      build: { command: ['node', 'build.js'], folder: 'out' },
    });
    const source = JSON.stringify(path.join(bench.folder, 'index.tsx'));
    fs.writeFileSync(
      path.join(bench.service.folder, 'build.js'),
      `const fs = require('fs');
const build = () => {
  const text = fs.readFileSync(${source}, 'utf8');
  if (text === 'bad') return false;
  fs.mkdirSync('out', { recursive: true });
  fs.writeFileSync('out/index.js', "exports.main_handler = async () => '" + text + "';");
  return true;
};
${script}`,
    );
    return bench;
  };

  it('that fails, and then writes the same as before: its finding goes', async () => {
    const bench = build(`process.stdin.resume().on('end', () => process.exit());
build();
fs.writeFileSync('order', 'good');
console.log('Found 0 errors. Watching for file changes.');
fs.watchFile('order', { interval: 20 }, () => {
  console.log('File change detected. Starting incremental compilation...');
  if (fs.readFileSync('order', 'utf8') === 'bad') console.log('index.tsx(1,1): error TS1005: as asked.');
  console.log(fs.readFileSync('order', 'utf8') === 'bad' ? 'Found 1 error.' : 'Found 0 errors.');
});`);
    assert.equal((await bench.invoke()).value, 'one');
    const order = path.join(bench.service.folder, 'order');
    fs.writeFileSync(order, 'bad');
    await bench.until('diagnostic');
    fs.writeFileSync(order, 'good');
    await bench.until('diagnosticsCleared');
  });

  it('that ends says so, and the next start builds again', async () => {
    const bench = build('build();');
    assert.equal((await bench.invoke()).value, 'one');
    await bench.until('log', ({ text }) => text.includes('The build ended with code 0'));
    bench.write('index.tsx', 'two');
    bench.runtime.restart('by hand');
    assert.equal((await bench.invoke()).value, 'two');
  });
});
