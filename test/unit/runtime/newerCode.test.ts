// Code that needs a later Node.js or Python than its function is for, and that the one of this machine runs: told at its
// line, and nothing is told that the older one has, too, or that the code only uses where it is there.
import assert from 'node:assert/strict';
import path from 'node:path';
import { buildSync, type BuildOptions } from 'esbuild';
import { explainNewer } from '../../../src/core/runtime/advice/places';
import type { Interpreter } from '../../../src/core/runtime/launch/interpreters';
import { pythons } from '../pythons';
import { disposeBenches, fetchedNode, lookAtCode, startBench } from './harness';

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
  // What the file brings itself, its packages bring, or only a later version comes to.
  ['16.13', "global.fetch = require('node-fetch');\nfetch('http://a');\n"],
  ['16.13', "if (!global.fetch) require('./other');\nfetch('http://a');\n"],
  ['16.13', "require('isomorphic-fetch');\nfetch('http://a');\n"],
  ['16.13', "Object.assign(global, { fetch() {} });\nfetch('http://a');\n"],
  ['16.13', "if ('fetch' in globalThis) fetch('http://a');\n"],
  ['16.13', "if (parseInt(process.versions.node, 10) >= 18) fetch('http://a');\n"],
  ['10.15', "const _ = require('lodash');\n_([1]).flatMap(String);\n"],
  ['14.18', "class Text {\n  replaceAll() {}\n}\nnew Text().replaceAll('a', 'b');\n"],
  [
    '14.18',
    "const fs = require('fs');\nfs.readFileSync('a', 'utf8').replaceAll('a', 'b');\n",
    ['.replaceAll()', '15.0', 'TypeError', 2],
  ],
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
  ['3.6', 'def removeprefix(a):\n    pass\nclass T:\n    pass\nT().removeprefix(1)\n'],
  ['3.6', "table = {}\ntable['a'].str.removeprefix('b')\n"],
  ['3.10', 'import asyncio\nasyncio.run(None)\na = (b := 1)\n'],
];

describe('code that needs a later version than its function is for', function () {
  afterEach(disposeBenches);

  const toldOf = async (
    family: 'python' | 'node',
    file: string,
    source: string,
    interpreter: Interpreter,
    more: Record<string, string> = {},
  ) => {
    const bench = startBench({ files: { [file]: source, ...more }, spec: { family } });
    const spec = {
      ...bench.runtime.spec,
      runtime: `${family} ${interpreter.wished}`,
    };
    const check = await lookAtCode(bench, interpreter, { spec });
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

  it('is none of a file whose neighbour brings it', async () => {
    const use =
      "require('./setup');\nfetch('http://a');\n'a'.replaceAll('b', 'c');\nlet a;\na ??= 1;\n";
    const interpreter = of(process.execPath, process.versions.node, '14.18');
    for (const [setup, ...told] of [
      ['', 'fetch', '.replaceAll()', '??='],
      ['global.fetch = () => null;', '.replaceAll()', '??='],
      ["require('core-js');", '??='],
    ]) {
      const more = { 'setup.js': setup ?? '' };
      const found = await toldOf('node', 'index.js', use + handler, interpreter, more);
      assert.deepEqual(
        found.map(([what]) => what),
        told,
      );
    }
  });

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

describe('code that is built before it needs a later version', function () {
  afterEach(disposeBenches);

  const program = process.execPath;
  const wished = '12.16';

  /** What is told of what a build made: what, file below the project, line. */
  const toldOf = async (
    files: Record<string, string>,
    build: (project: string) => void,
    interpreter: Interpreter = {
      ...{ program, version: process.versions.node, wished, source: 'path', why: '' },
    },
    builds = true,
  ) => {
    const bench = startBench({
      files,
      spec: { family: 'node' },
      build: { command: ['npm', 'run', 'build'], folder: 'dist' },
    });
    const { folder: projectFolder } = bench.service;
    build(projectFolder);
    const { spec } = bench.runtime;
    const built = builds ? spec.build?.folder : undefined;
    const check = await lookAtCode(bench, interpreter, { builds, built });
    assert.deepEqual(check.failures, []);
    return check.newer.map(({ what, file, line }) => [
      what,
      path.relative(projectFolder, file).replaceAll('\\', '/'),
      line,
    ]);
  };

  const source = {
    'index.ts': `import { ask } from './ask';
import { given } from 'given';
interface Event {
  a?: { b: string };
}

export const main_handler = async (event: Event): Promise<unknown> => {
  return ask(event.a?.b ?? given(event));
};
`,
    'ask.ts': `export function ask(
  what: unknown,
): unknown {
  return fetch(String(what).replaceAll('a', 'b'));
}
`,
    'node_modules/given/index.js': 'exports.given = (a) => {\n  fetch(a);\n  return a ??= 1;\n};\n',
  };
  const bundle =
    (more: BuildOptions = {}) =>
    (project: string): void => {
      buildSync({
        absWorkingDir: project,
        entryPoints: ['Function/index.ts'],
        outfile: 'dist/index.js',
        ...{ bundle: true, platform: 'node', format: 'cjs', sourcemap: true, logLevel: 'silent' },
        ...more,
      });
    };

  it('is told at the lines that it was made from, and of packages their syntax alone', async () => {
    const told = [
      ['.replaceAll()', 'Function/ask.ts', 4],
      ['?.', 'Function/index.ts', 8],
      ['??', 'Function/index.ts', 8],
      ['??=', 'Function/node_modules/given/index.js', 3],
      ['fetch', 'Function/ask.ts', 4],
    ];
    for (const more of [{}, { sourcemap: 'inline' as const }, { minify: true }]) {
      const found = await toldOf(source, bundle(more));
      assert.deepEqual(
        found.sort((one, other) => (String(one[0]) < String(other[0]) ? -1 : 1)),
        told,
      );
    }
  });

  it('is what the build made of it: syntax for the runtime is none', async () => {
    assert.deepEqual(await toldOf(source, bundle({ target: 'node12.16' })), [
      ['fetch', 'Function/ask.ts', 4],
      ['.replaceAll()', 'Function/ask.ts', 4],
    ]);
  });

  it('is told of each file that was made, where each has its own', async () => {
    const found = await toldOf(source, (project) =>
      ['index', 'ask'].forEach((name) =>
        bundle({
          ...{ bundle: false, format: 'cjs', sourcemap: true },
          ...{ entryPoints: [`Function/${name}.ts`], outfile: `dist/${name}.js` },
        })(project),
      ),
    );
    assert.deepEqual(found.map(([what, file]) => `${what} ${file}`).sort(), [
      '.replaceAll() Function/ask.ts',
      '?. Function/index.ts',
      '?? Function/index.ts',
      'fetch Function/ask.ts',
    ]);
  });

  it('is told at its own line where nobody knows what it was made from: syntax alone', async () => {
    const found = await toldOf(source, bundle({ sourcemap: false }));
    assert.deepEqual(found.map(([what, file]) => `${what} ${file}`).sort(), [
      '?. dist/index.js',
      '?? dist/index.js',
      '??= dist/index.js',
    ]);
  });

  it('is told of TypeScript that runs as it is: names alone, since a build changes the rest', async function () {
    const newest = await fetchedNode(24);
    if (newest === undefined) {
      this.skip();
    }
    const files = { ...source, 'index.ts': source['index.ts'].replace('./ask', './ask.ts') };
    const interpreter: Interpreter = {
      ...{ program: newest, version: '24.0.0', wished: '16.13', source: 'path', why: '' },
    };
    assert.deepEqual(
      await toldOf(
        { ...files, 'package.json': '{"type":"module"}' },
        () => undefined,
        interpreter,
        false,
      ),
      [['fetch', 'Function/ask.ts', 4]],
    );
  });

  it('is told when the first event has built it', async () => {
    const bench = startBench({
      files: {
        'index.ts':
          'enum A { B = 1 }\nexport const main_handler = async (event: any) =>\n  event?.a ?? A.B;\n',
        '../build.mjs': `import { context } from ${JSON.stringify(path.resolve('node_modules/esbuild/lib/main.js'))};
          const build = await context({
            entryPoints: ['Function/index.ts'], outfile: 'dist/Function/index.js',
            bundle: true, platform: 'node', format: 'cjs', sourcemap: true, logLevel: 'info',
          });
          await build.watch();
          process.stdin.resume().on('end', () => process.exit());`,
      },
      spec: {
        ...{ family: 'node', runtime: 'Nodejs8.9', runtimeVersion: '8.9' },
        interpreter: process.execPath,
      },
      build: { command: ['node', 'build.mjs'], folder: 'dist/Function' },
    });
    assert.equal((await bench.invoke({})).value, 1);
    const { place, rule } = await bench.until('diagnostic');
    assert.deepEqual(
      [rule, place],
      ['runtime.newer-code', { file: path.join(bench.folder, 'index.ts'), line: 3 }],
    );
  });
});

describe('a package that says itself that it is for a later version', function () {
  afterEach(disposeBenches);

  const toldOf = async (
    family: 'python' | 'node',
    files: Record<string, string>,
    interpreter: Interpreter,
  ) => {
    const bench = startBench({ files, spec: { family } });
    const spec = { ...bench.runtime.spec, runtime: `${family}-old` };
    const check = await lookAtCode(bench, interpreter, { spec });
    assert.deepEqual(check.failures, []);
    return explainNewer({ ...check, interpreter }, spec).map(({ message, place }) => [
      message,
      place?.line,
    ]);
  };
  const ofNode = (wished: string): Interpreter => ({
    ...{ program: process.execPath, version: process.versions.node, wished },
    ...{ source: 'path', why: '' },
  });
  const packageOf = (name: string, node: string | undefined) => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({
      ...{ name, version: '2.1.0', main: 'main.js' },
      ...(node === undefined ? {} : { engines: { node } }),
    }),
    [`node_modules/${name}/main.js`]: 'exports.a = 1;\n',
  });
  const uses = (name: string) => ({
    'index.js': `'use strict';\nconst { a } = require('${name}');\nexports.main_handler = async () => a;\n`,
  });

  it('Node.js: is told where it is imported', async () => {
    for (const name of ['given', '@of/given']) {
      const files = { ...packageOf(name, '>= 18.0.0'), ...uses(name) };
      assert.deepEqual(await toldOf('node', files, ofNode('16.13')), [
        [
          `Function: ${name} 2.1.0 is for Node.js >= 18.0.0, as it says itself. Node.js ${process.versions.node} runs it here; the runtime in the cloud is node-old.`,
          2,
        ],
      ]);
    }
  });

  // Asked for, what the package says, whether that is told.
  for (const [asked, needs, isTold] of [
    ['16.13', '>=18', true],
    ['16.13', '^14 || ^18.0.0 || >=20', true],
    ['16.13', '14 - 15 || 18.x || >= 20', true],
    ['16.13', '>16', true],
    ['12.16', '>=14.17 <99', true],
    ['16.13', '>=16.14.0', true],
    ['10.15', '~12.1 || ~> 18 || >=20', true],
    // It is for both, for neither, or nobody knows.
    ['16.13', '>=14', false],
    ['16.13', '^16.13.2 || >=18', false],
    ['16.13', '>=16.13.9', false],
    ['16.13', '*', false],
    ['16.13', '', false],
    ['16.13', 'x', false],
    ['16.13', undefined, false],
    ['16.13', '<16', false],
    ['16.13', '>=999', false],
    ['16.13', 'lts/*', false],
    ['16.13', '>=18 || lts', false],
    ['16.13', '>=10 <=16', false],
    ['18.15', '>=18', false],
  ] as const) {
    it(`Node.js ${asked}, of one for ${needs}: ${isTold ? 'told' : 'nothing'}`, async () => {
      const files = { ...packageOf('given', needs), ...uses('given') };
      assert.equal((await toldOf('node', files, ofNode(asked))).length, isTold ? 1 : 0);
    });
  }

  it('Node.js: is told of what the code itself imports, each once', async () => {
    const files = {
      ...packageOf('given', undefined),
      ...packageOf('inner', '>=18'),
      'node_modules/given/main.js': "exports.a = require('inner').a;\n",
      'more.js': "exports.b = require('given').a;\n",
      'index.js':
        "const { b } = require('./more');\nconst { a } = require('given');\nexports.main_handler = async () => a + b;\n",
    };
    assert.deepEqual(await toldOf('node', files, ofNode('16.13')), []);
    const direct = { ...files, 'more.js': "exports.b = require('inner').a;\n" };
    assert.equal((await toldOf('node', direct, ofNode('16.13'))).length, 1);
  });

  const newest = [...pythons()].filter(([version]) => /^3\.1\d/.test(version));
  for (const [version, program] of newest) {
    const ofPython = (wished: string): Interpreter => ({
      ...{ program, version: `${version}.1`, wished, source: 'path', why: '' },
    });
    const beside = (requires: string, topLevel?: string) => ({
      'given_it/__init__.py': 'import other_it\na = 1\n',
      'Given_It-2.1.dist-info/METADATA': `Metadata-Version: 2.1\nName: Given-It\nVersion: 2.1\n${requires}\n\nRequires-Python: >=99\n`,
      ...(topLevel === undefined ? {} : { 'Given_It-2.1.dist-info/top_level.txt': topLevel }),
      'other_it.py': 'b = 1\n',
      'Other_It-1.0.dist-info/METADATA': 'Name: other-it\nVersion: 1.0\nRequires-Python: >=3.9\n\n',
      'index.py':
        'import json\nimport given_it\ndef main_handler(event, context):\n    return given_it.a\n',
    });

    it(`Python ${version}: is told where it is imported`, async () => {
      for (const topLevel of [undefined, 'given_it\n']) {
        const files = beside('Requires-Python: >=3.8', topLevel);
        assert.deepEqual(await toldOf('python', files, ofPython('3.6')), [
          [
            `Function: Given-It 2.1 is for Python >=3.8, as it says itself. Python ${version}.1 runs it here; the runtime in the cloud is python-old.`,
            2,
          ],
        ]);
      }
    });

    it(`Python ${version}: is not told where another one has a part in it`, async () => {
      const files = {
        ...beside('Requires-Python: >=3.8', 'given_it\n'),
        'Given_Too-1.0.dist-info/METADATA': 'Name: given-too\nVersion: 1.0\n\n',
        'Given_Too-1.0.dist-info/top_level.txt': 'given_it\n',
      };
      assert.deepEqual(await toldOf('python', files, ofPython('3.6')), []);
    });

    for (const [asked, requires, isTold] of [
      ['3.6', '>=3.7,<4', true],
      ['3.6', '!=3.0.*,!=3.6.*,>=2.7', true],
      ['3.6', '~=3.7', true],
      ['3.6', '>3.6.99999', true],
      ['3.6', '>=3.6.1', false],
      ['3.6', '>=2.7, !=3.0.*', false],
      ['3.7', '>=3.7', false],
      ['3.6', '>=99', false],
      ['3.6', '<3', false],
      ['3.6', '>=3.8; extra', false],
      ['3.6', '', false],
    ] as const) {
      it(`Python ${asked}, by ${version}, of one for ${requires}`, async () => {
        const files = beside(requires === '' ? 'Author: me' : `Requires-Python: ${requires}`);
        assert.equal((await toldOf('python', files, ofPython(asked))).length, isTold ? 1 : 0);
      });
    }
  }
});

describe('a function that a later version runs than it is for', function () {
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
