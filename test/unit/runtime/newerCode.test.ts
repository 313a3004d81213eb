// Code that needs a later Node.js or Python than its function is for, and that the one of this machine runs: told at its
// line, and nothing is told that the older one has, too, or that the code only uses where it is there.
import assert from 'node:assert/strict';
import { checkCode } from '../../../src/core/runtime/launch/check';
import { explainNewer } from '../../../src/core/runtime/advice/places';
import type { Interpreter } from '../../../src/core/runtime/launch/interpreters';
import { pythons } from '../pythons';
import { bootstrapFolder, disposeBenches, startBench } from './harness';

const handler = 'exports.main_handler = async () => null;\n';

/** Asked for, source, then each that is told: what, since, error, line. */
type Case = [asked: string, source: string, ...told: [string, string, string, number][]];

const node: Case[] = [
  ['12.16', 'const a = {};\na?.b;\n', ['?.', '14.0', 'SyntaxError', 2]],
  ['12.16', 'const a = 1;\nconst b = a ?? 2;\n', ['??', '14.0', 'SyntaxError', 2]],
  [
    '14.18',
    'let a;\na ??= 1;\na ||= 2;\n',
    ['??=', '15.0', 'SyntaxError', 2],
    ['||=', '15.0', 'SyntaxError', 3],
  ],
  ['10.15', 'class A {\n  a = 1;\n}\n', ['class { … = … }', '12.0', 'SyntaxError', 2]],
  ['12.16', 'class A {\n  #a() {}\n}\n', ['#a()', '14.6', 'SyntaxError', 2]],
  ['12.16', 'class A {\n  a = 1;\n  #b = 2;\n}\n'],
  ['14.18', 'class A {\n  static {\n    1;\n  }\n}\n', ['static { … }', '16.11', 'SyntaxError', 2]],
  ['10.15', 'const a = 1_000;\n', ['1_000', '12.5', 'SyntaxError', 1]],
  ['14.18', '[1].at(-1);\n', ['.at()', '16.6', 'TypeError', 1]],
  [
    '16.13',
    "fetch('http://a');\nstructuredClone({});\n",
    ['fetch', '18.0', 'ReferenceError', 1],
    ['structuredClone', '17.0', 'ReferenceError', 2],
  ],
  [
    '14.18',
    "'a'.replaceAll('a', 'b');\nObject.hasOwn({}, 'a');\n",
    ['.replaceAll()', '15.0', 'TypeError', 1],
    ['Object.hasOwn()', '16.9', 'TypeError', 2],
  ],
  ['12.16', "const fs = require('fs/promises');\n", ['fs/promises', '14.0', 'Error', 1]],
  ['12.16', "const fs = require('node:fs');\n", ['node:fs', '14.18', 'Error', 1]],
  [
    '12.16',
    "const { rm } = require('fs');\nconst crypto = require('crypto');\ncrypto.randomUUID();\n",
    ['crypto.randomUUID()', '14.17', 'TypeError', 3],
  ],
  // What only looks like it, what is there, and what is asked for first.
  ['12.16', "const a = /b?.c/;\nconst b = 'a?.b';\nconst c = `${1}?.`; // a ?? b\n"],
  ['16.13', "const fetch = require('node-fetch');\nfetch('http://a');\n"],
  ['16.13', "if (typeof fetch === 'function') fetch('http://a');\n"],
  ['16.13', "const { fetch } = require('undici');\nfetch('http://a');\n"],
  ['16.13', 'const a = { fetch: 1 };\na.fetch;\nclass B {\n  fetch() {}\n}\n'],
  ['12.16', 'if (Object.hasOwn) Object.hasOwn({}, 1);\n'],
  [
    '12.16',
    "let fs;\ntry {\n  fs = require('node:fs');\n} catch (error) {\n  fs = require('fs');\n}\n",
  ],
  ['12.16', "require('core-js');\n'a'.replaceAll('a', 'b');\n"],
  ['14.18', 'const grid = { at: (x, y) => [x, y] };\ngrid.at(1, 2);\n'],
  ['20.19', "fetch('http://a');\nlet a;\na ??= [1].at(-1);\n"],
];

const python: Case[] = [
  ['3.6', 'if (a := 1):\n    pass\n', [':=', '3.8', 'SyntaxError', 1]],
  ['3.6', 'def f(a, /):\n    pass\n', ['(…, /)', '3.8', 'SyntaxError', 1]],
  ['3.6', "a = 1\nb = f'{a=}'\n", ["f'{…=}'", '3.8', 'SyntaxError', 2]],
  ['3.9', 'a = 1\nmatch a:\n    case 1:\n        pass\n', ['match', '3.10', 'SyntaxError', 2]],
  ['3.6', 'import asyncio\nasyncio.run(None)\n', ['asyncio.run', '3.7', 'AttributeError', 2]],
  [
    '3.7',
    "import zoneinfo\n'a'.removeprefix('a')\n",
    ['zoneinfo', '3.9', 'ModuleNotFoundError', 1],
    ['str.removeprefix', '3.9', 'AttributeError', 2],
  ],
  ['3.7', 'from functools import cache\n', ['functools.cache', '3.9', 'ImportError', 1]],
  ['2.7', "a = 1\nb = f'{a}'\n", ["f'…'", '3.6', 'SyntaxError', 2]],
  ['3.6', "a = f'{1 == 1} {{b=}}' + ':='\n"],
  ['3.6', 'try:\n    import zoneinfo\nexcept ImportError:\n    zoneinfo = None\n'],
  ['3.6', 'import asyncio\nimport sys\nif sys.version_info >= (3, 7):\n    asyncio.run(None)\n'],
  ['3.10', 'import asyncio\nasyncio.run(None)\na = (b := 1)\n'],
];

describe('code that needs a later version than its function is for', function () {
  this.timeout(60_000);
  afterEach(disposeBenches);

  const toldOf = async (
    family: 'python' | 'node',
    file: string,
    source: string,
    interpreter: Interpreter,
  ) => {
    const bench = startBench({ files: { [file]: source }, spec: { family } });
    const spec = {
      ...bench.runtime.spec,
      runtime: `${family} ${interpreter.wished}`,
    };
    const check = await checkCode(spec, {
      ...{ projectFolder: bench.service.folder, interpreter, bootstrapFolder },
      ...{ builds: false, surroundings: 'cloud', signal: new AbortController().signal },
    });
    assert.ok(!check.failures.some(({ kind }) => kind === 'syntax'));
    assert.equal(explainNewer({ ...check, interpreter }, spec).length, check.newer.length);
    return check.newer.map(({ what, since, type, line }) => [what, since, type, line]);
  };
  const of = (program: string, version: string, wished: string): Interpreter => ({
    ...{ program, version, wished, source: 'path', why: '' },
  });

  for (const [asked, source, ...told] of node) {
    it(`Node.js ${asked}: ${JSON.stringify(source)}`, async () => {
      const interpreter = of(process.execPath, process.versions.node, asked);
      assert.deepEqual(await toldOf('node', 'index.js', source + handler, interpreter), told);
    });
  }

  it('an ES module, too: what awaits at its top', async () => {
    const source = 'const a = await null;\nexport const main_handler = async () => a;\n';
    const told = await toldOf(
      'node',
      'index.mjs',
      source,
      of(process.execPath, process.versions.node, '12.20'),
    );
    assert.deepEqual(told, [['await', '14.8', 'SyntaxError', 1]]);
  });

  const newest = [...pythons()].filter(([version]) => /^3\.1\d/.test(version));
  for (const [version, program] of newest) {
    for (const [asked, source, ...told] of python) {
      it(`Python ${asked}, by ${version}: ${JSON.stringify(source)}`, async () => {
        const whole = `${source}def main_handler(event, context):\n    return None\n`;
        const interpreter = of(program, `${version}.0`, asked);
        assert.deepEqual(await toldOf('python', 'index.py', whole, interpreter), told);
      });
    }
  }

  it('what newer Pythons allow in formatted texts', async function () {
    const program = pythons().get('3.12') ?? pythons().get('3.13');
    if (program === undefined) {
      return;
    }
    const source =
      'a = {"b": 1}\nb = f"{a["b"]}"\ndef main_handler(event, context):\n    return f"{a[\'b\']}"\n';
    const told = await toldOf('python', 'index.py', source, of(program, '3.12.0', '3.9'));
    assert.deepEqual(told, [["f'{…'…'…}'", '3.12', 'SyntaxError', 2]]);
  });
});

describe('a function that a later version runs than it is for', function () {
  this.timeout(60_000);
  afterEach(disposeBenches);

  const spec = {
    family: 'node',
    runtime: 'Nodejs8.9',
    runtimeVersion: '8.9',
    interpreter: process.execPath,
  } as const;
  const newer = 'exports.main_handler = async (event) => event?.a;\n';

  it('is told so before its first event, and no more once it is mended', async () => {
    const bench = startBench({ files: { 'index.js': newer }, spec });
    const { message, advice, place, severity, version } = await bench.until('diagnostic');
    assert.match(message, /"\?\." came with Node\.js 14\.0.*Nodejs8\.9.*SyntaxError/);
    assert.match(advice, /"runtime"/);
    assert.deepEqual([place?.line, severity, version], [1, 'warning', 1]);
    bench.write('index.js', handler);
    await bench.until('diagnosticsCleared');
  });

  it('is told so when an event comes at once, and at each version that serves', async () => {
    const bench = startBench({ files: { 'index.js': handler }, spec });
    await bench.invoke();
    await bench.runtime.looked();
    assert.deepEqual(bench.of('diagnostic'), []);
    bench.write('index.js', `\n${newer}`);
    const { place, version } = await bench.until('diagnostic');
    assert.deepEqual([place?.line, version], [2, 2]);
    assert.equal((await bench.invoke({ a: 1 })).value, 1);
  });

  it('is told so by whoever waits for the look, after one event', async () => {
    const bench = startBench({ files: { 'index.js': newer }, spec });
    await bench.invoke();
    await bench.runtime.looked();
    assert.equal(bench.of('diagnostic').length, 1);
  });
});
