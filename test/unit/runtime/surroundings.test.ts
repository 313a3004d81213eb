// What a handler finds around it is the cloud's, not the machine's: rows runtime.time-zone, runtime.shell-variables,
// runtime.language, runtime.node-path, runtime.read-only-code, runtime.main-again, log.own-channel.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FunctionSpec } from '../../../src/protocol/project';
import { pythons } from '../pythons';
import { disposeBenches, startBench, type Bench, type BenchOptions } from './harness';

const node: Partial<FunctionSpec> = { family: 'node', runtime: 'Nodejs18.15' };

const python = (body: string, more: BenchOptions = {}, top = ''): Bench =>
  startBench({
    ...more,
    files: {
      'index.py': `# -*- coding: utf-8 -*-\n${top}\ndef main_handler(event, context):\n${body.replace(/^/gm, '    ')}\n`,
      ...more.files,
    },
  });
const js = (body: string, more: BenchOptions = {}): Bench =>
  startBench({
    ...more,
    spec: { ...node, ...more.spec },
    files: { 'index.js': `exports.main_handler = async (event) => {\n${body}\n};`, ...more.files },
  });

/** Sets variables of this process, as a shell would have. */
async function within(variables: Record<string, string>, run: () => Promise<void>): Promise<void> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
  }
}

const versions = ['2.7', '3.6', '3.11', '3.13'].flatMap((version) => {
  const interpreter = pythons().get(version);
  return interpreter === undefined ? [] : [{ version, interpreter }];
});

describe('The surroundings of a handler', function () {
  afterEach(disposeBenches);

  it('are in UTC, unless the function has a variable TZ', async () => {
    await within({ TZ: 'America/New_York' }, async () => {
      const zone = 'import time\nreturn [time.timezone, time.tzname[0]]';
      assert.deepEqual((await python(zone).invoke()).value, [0, 'UTC']);
      const offset = 'return new Date(0).getTimezoneOffset();';
      assert.equal((await js(offset).invoke()).value, 0);
      const spec = { environment: { TZ: 'Asia/Shanghai' } };
      assert.equal((await js(offset, { spec }).invoke()).value, -480);
      const emulator = { inheritEnvironment: true };
      assert.equal((await js(offset, { emulator }).invoke()).value, 300);
    });
  });

  it('hold no variable of the shell, and what a process needs', async () => {
    await within({ MY_SHELL_SECRET: 'x', PYTHONPATH: '/nowhere', LC_TIME: 'de_DE' }, async () => {
      const names = [
        'MY_SHELL_SECRET',
        'PYTHONPATH',
        'LC_TIME',
        'PATH',
        'HOME',
        'SCF_RUNTIME',
        'OWN',
      ];
      const spec = { environment: { OWN: '1' } };
      const there = ['PATH', 'HOME', 'SCF_RUNTIME', 'OWN'];
      const list = JSON.stringify(names);
      const inPython = python(`import os\nreturn [n for n in ${list} if n in os.environ]`, {
        spec,
      });
      assert.deepEqual((await inPython.invoke()).value, there);
      const inNode = js(`return ${list}.filter((n) => n in process.env);`, { spec });
      assert.deepEqual((await inNode.invoke()).value, there);
      const all = js(`return process.env.MY_SHELL_SECRET;`, {
        emulator: { inheritEnvironment: true },
      });
      assert.equal((await all.invoke()).value, 'x');
    });
  });

  it('lack a variable of the shell that the handler wants: how to give it', async () => {
    await within({ MY_SHELL_SECRET: 'x' }, async () => {
      const bench = python('import os\nreturn os.environ["MY_SHELL_SECRET"]');
      await bench.invoke();
      const [finding] = bench.of('diagnostic');
      assert.equal(finding?.rule, 'runtime.shell-variables');
      assert.match(finding.advice, /"environment" in scfws\.json.*"inheritEnvironment"/);
      assert.equal(finding.place?.line, 5);
    });
  });

  for (const { version, interpreter } of versions) {
    it(`read text files as UTF-8 under LANG=C: Python ${version}`, async () => {
      await within({ LANG: 'C', LC_ALL: 'C', LC_CTYPE: 'C' }, async () => {
        const read = 'import io\nwith io.open("words.txt") as file:\n    return file.read()';
        const files = { 'words.txt': '你好' };
        const bench = python(read, { files, spec: { interpreter } });
        assert.equal((await bench.invoke()).value, '你好');
      });
    });
  }

  it('have a NODE_PATH that begins with the code directory', async () => {
    const bench = js(`return [process.env.NODE_PATH, require('lib/dao').name];`, {
      files: { 'lib/dao.js': 'exports.name = "dao";' },
    });
    const [first, name] = (await bench.invoke()).value as [string, string];
    assert.equal(first.split(path.delimiter)[0], bench.folder);
    assert.equal(name, 'dao');
  });

  const writes: [string, string][] = [
    ['open("out.txt", "w").close()', `require('fs').writeFileSync('out.txt', '');`],
    [
      'import io\nio.open("out.txt", "ab").close()',
      `await require('fs').promises.appendFile('out.txt', '');`,
    ],
    [
      'import os\nos.mkdir("made")',
      `await new Promise((done) => require('fs').mkdir('made', done));`,
    ],
    [
      'import os\nos.close(os.open("out.txt", os.O_CREAT | os.O_WRONLY))',
      `require('fs').closeSync(require('fs').openSync('out.txt', 'a'));`,
    ],
    [
      'import os\nos.rename("index.txt", "out.txt")',
      `require('fs').renameSync('index.txt', 'out.txt');`,
    ],
    [
      'import shutil\nshutil.copy("index.txt", "out.txt")',
      `await new Promise((done) => require('fs').createWriteStream('out.txt').on('error', done).end('x', done));`,
    ],
  ];
  const files = { 'index.txt': 'x' };
  const readOnly = (bench: Bench) =>
    bench.of('diagnostic').filter(({ rule }) => rule === 'runtime.read-only-code');

  for (const [inPython, inNode] of writes) {
    const line = 4 + inPython.split('\n').length - 1;
    for (const { version, interpreter } of versions) {
      it(`tell a write into the code directory at its line: Python ${version}: ${inPython.split('\n').at(-1)}`, async () => {
        const bench = python(inPython, { files, spec: { interpreter } });
        assert.equal((await bench.invoke()).outcome, 'ok');
        const [finding] = readOnly(bench);
        assert.equal(finding?.severity, 'warning');
        assert.deepEqual(finding.place, { file: path.join(bench.folder, 'index.py'), line });
        const strict = python(inPython, {
          files,
          spec: { interpreter },
          emulator: { strict: true },
        });
        const { error } = await strict.invoke();
        assert.match(error?.stackTrace ?? '', /Errno 30\]? Read-only file system/);
        assert.equal(readOnly(strict)[0]?.severity, 'error');
        assert.deepEqual(fs.readdirSync(strict.folder).sort(), ['index.py', 'index.txt']);
      });
    }
    it(`tell a write into the code directory at its line: Node.js: ${inNode}`, async () => {
      const bench = js(inNode, { files });
      assert.equal((await bench.invoke()).outcome, 'ok');
      const [finding] = readOnly(bench);
      assert.equal(finding?.severity, 'warning');
      assert.equal(finding.place?.line, 2);
      const strict = js(inNode, { files, emulator: { strict: true } });
      await strict.invoke();
      assert.equal(readOnly(strict)[0]?.severity, 'error');
      assert.deepEqual(fs.readdirSync(strict.folder).sort(), ['index.js', 'index.txt']);
    });
  }

  it('may be written outside of the code directory, and read inside', async () => {
    const file = path.join(os.tmpdir(), `scfws-${process.pid}.txt`);
    const emulator = { strict: true };
    const inPython = python(
      `open(${JSON.stringify(file)}, "w").close()\nreturn open("index.txt").read()`,
      { files, emulator },
    );
    assert.equal((await inPython.invoke()).value, 'x');
    const inNode = js(
      `require('fs').writeFileSync(${JSON.stringify(file)}, ''); return require('fs').readFileSync('index.txt', 'utf8');`,
      { files, emulator },
    );
    assert.equal((await inNode.invoke()).value, 'x');
    assert.deepEqual([...readOnly(inPython), ...readOnly(inNode)], []);
    fs.rmSync(file);
  });

  for (const { version, interpreter } of versions.filter((each) => each.version !== '2.7')) {
    it(`run __main__ again in processes that are spawned: Python ${version}`, async () => {
      const bench = python(
        'with multiprocessing.get_context("spawn").Pool(1) as pool:\n    squares = pool.map(square, [1, 2, 3])\nwith ProcessPoolExecutor(1, **({} if sys.version_info < (3, 7) else {"mp_context": multiprocessing.get_context("spawn")})) as pool:\n    return squares + list(pool.map(square, [4]))',
        { spec: { interpreter, timeout: 20 } },
        'import multiprocessing, sys\nfrom concurrent.futures import ProcessPoolExecutor\ndef square(x): return x * x',
      );
      const result = await bench.invoke();
      assert.deepEqual(result.value, [1, 4, 9, 16]);
    });
  }

  const outputs: [string, string][] = [
    ['import os\nos.write(1, b"raw")', `require('fs').writeSync(1, 'raw');`],
    [
      'import subprocess\nsubprocess.call(["printf", "raw"])',
      `require('child_process').spawnSync('printf', ['raw'], { stdio: 'inherit' });`,
    ],
    [
      'import os\nos.system("printf raw")',
      `require('child_process').execSync('printf raw', { stdio: 'inherit' });`,
    ],
    [
      'import os\npid = os.fork()\nif pid == 0:\n    os.write(2, b"raw")\n    os._exit(0)\nos.waitpid(pid, 0)',
      `await new Promise((done) => require('child_process').spawn('printf', ['raw'], { stdio: 'inherit' }).on('exit', done));`,
    ],
  ];
  for (const [inPython, inNode] of outputs) {
    for (const { version, interpreter } of versions) {
      it(`log what has no line feed with its event, when that ends: Python ${version}: ${inPython.split('\n').at(-1)}`, () =>
        logsItsOwn(python(`if event["quiet"]: return\n${inPython}`, { spec: { interpreter } })));
    }
    it(`log what has no line feed with its event, when that ends: Node.js: ${inNode}`, () =>
      logsItsOwn(js(`if (event.quiet) return;\n${inNode}`)));
  }

  for (const { version, interpreter } of versions) {
    it(`lose and double no line of a flood that ends in a fork or an exit: Python ${version}`, async () => {
      const count = 3000;
      const body = `import os
for i in range(${count}):
    print(i)
    if i == ${count - 5} and event["fork"]:
        if os.fork() == 0:
            os._exit(0)
        os.wait()
if event["exit"]: os._exit(3)`;
      const bench = python(body, { spec: { interpreter } });
      for (const event of [
        { fork: true, exit: false },
        { fork: false, exit: true },
      ]) {
        const { invocation } = await bench.invoke(event);
        const lines = bench
          .logs(invocation)
          .flatMap((line) => line.replace(/^stdout info /, '').split('\n'));
        assert.deepEqual(
          lines,
          Array.from({ length: count }, (_, index) => String(index)),
        );
      }
    });
  }

  async function logsItsOwn(bench: Bench): Promise<void> {
    const first = await bench.invoke({ quiet: false });
    // At once: not a moment later.
    assert.deepEqual(
      bench.logs(first.invocation).map((line) => line.split(' ').at(-1)),
      ['raw'],
    );
    const second = await bench.invoke({ quiet: true });
    const third = await bench.invoke({ quiet: false });
    assert.deepEqual(bench.logs(second.invocation), []);
    assert.equal(bench.logs(third.invocation).length, 1);
  }

  // runtime.answer-values
  const wrong: [string, string][] = [
    ['{"items": [1, {2, 3}]}', '.items[1]'],
    ['{"a": {"b": b"\\xff"}}', '.a.b'],
    ['[Decimal("1.10"), {"n": object()}]', '[1].n'],
    ['cycle', '[0]'],
    ['{"rate": float("nan")}', '.rate'],
    ['[1.0, float("-inf")]', '[1]'],
  ];
  for (const [value, where] of wrong) {
    for (const { version, interpreter } of versions) {
      it(`find what JSON cannot hold in an answer: Python ${version}: ${value}`, async () => {
        const top = 'from decimal import Decimal\ncycle = []\ncycle.append(cycle)';
        const bench = python(`return ${value}`, { spec: { interpreter } }, top);
        assert.equal((await bench.invoke()).error?.statusCode, 430);
        const [finding] = bench.of('diagnostic');
        assert.equal(finding?.rule, 'error.unserialisable');
        assert.ok(finding.message.includes(where), finding.message);
      });
    }
  }

  for (const [value, where] of [
    ['{ items: [1, 2n] }', '.items[1]'],
    ['(() => { const a = [{}]; a[0].b = a; return a; })()', '[0].b'],
  ] as const) {
    it(`find what JSON cannot hold in an answer: Node.js: ${value}`, async () => {
      const bench = js(`return ${value};`);
      assert.equal((await bench.invoke()).error?.statusCode, 430);
      const message = bench.of('diagnostic')[0]?.message ?? '';
      assert.ok(message.includes(where), message);
    });
  }

  it('make text of a nested Decimal, and null of NaN in Node.js (runtime.answer-nan)', async () => {
    const nested = 'class Money(Decimal): pass\nreturn {"a": [Decimal("1.10"), (Money("2.50"),)]}';
    const decimals = python(nested, {}, 'from decimal import Decimal');
    assert.deepEqual((await decimals.invoke()).value, { a: ['1.10', ['2.50']] });
    const { resultJson } = await js('return [NaN, -Infinity, { a: Infinity }];').invoke();
    assert.equal(resultJson, '[null,null,{"a":null}]');
  });
});
