// A handler that is there, but that no call can get an answer from: seen before it runs, told alike when it ran.
import assert from 'node:assert/strict';
import path from 'node:path';
import { explainCheck } from '../../../src/core/runtime/advice/places';
import { checkCode } from '../../../src/core/runtime/launch/check';
import type { Interpreter } from '../../../src/core/runtime/launch/interpreters';
import type { FunctionSpec } from '../../../src/protocol/project';
import { pythons } from '../pythons';
import { bootstrapFolder, disposeBenches, fetchedNode, startBench } from './harness';

type Case = [title: string, source: string, line: number, form: string];

const call = '(event, context):\n    return 1\n';
const python: Case[] = [
  ['an async function', `import asyncio\n\nasync def main_handler${call}`, 3, 'async'],
  ['one by another name', `async def work${call}\nif True:\n    main_handler = work\n`, 1, 'async'],
  [
    'one that a plain function gives back',
    `async def work(event):\n    return 1\n\ndef main_handler(event, context):\n    return work(event)\n`,
    5,
    'awaitable',
  ],
  [
    'a call of an object that is async',
    `class Chat:\n    async def __call__(self, event, context):\n        return 1\n\nmain_handler = Chat()\n`,
    2,
    'async',
  ],
  ['a generator', 'def main_handler(event, context):\n    yield 1\n', 1, 'generator'],
  [
    'an async generator',
    'async def main_handler(event, context):\n    if event:\n        yield 1\n',
    1,
    'generator',
  ],
  [
    'a class',
    'import os\nclass main_handler(object):\n    def __init__(self, event, context):\n        pass\n',
    2,
    'class',
  ],
  ['a class that takes nothing', 'class main_handler:\n    pass\n', 1, 'class'],
  ['too few arguments', '\ndef main_handler(event):\n    return 1\n', 2, 'arguments'],
  ['too many', 'main_handler = lambda event, context, more: 1\n', 1, 'arguments'],
  ['named ones', 'def main_handler(event, context, *, more):\n    return 1\n', 1, 'arguments'],
];
const node: Case[] = [
  ['a generator', 'exports.main_handler = function* (event) {\n  yield 1;\n};\n', 1, 'generator'],
  ['an async one', '\nexports.main_handler = async function* () {};\n', 2, 'generator'],
  [
    'one by another name',
    'async function* work() {}\nmodule.exports = { other: {}, main_handler: work };\n',
    1,
    'generator',
  ],
  [
    'a method of what is exported',
    'module.exports = {\n  async *main_handler(event) {\n    yield 1;\n  },\n};\n',
    2,
    'generator',
  ],
  ['a class', 'class Chat {}\nexports.main_handler = Chat;\n', 1, 'class'],
  ['a class where it is exported', 'module.exports.main_handler = class {};\n', 1, 'class'],
];
const nodeModules: Case[] = [
  ['a declared generator', 'export async function* main_handler() {}\n', 1, 'generator'],
  ['a declared class', 'const x = 1;\nexport class main_handler {}\n', 2, 'class'],
  ['a list of names', 'class Chat {}\nexport { Chat as main_handler };\n', 1, 'class'],
];
const values: [family: 'python' | 'node', source: string, line: number][] = [
  ['python', 'main_handler = None\n', 1],
  ['python', 'class Chat:\n    def on(self):\n        pass\n\nmain_handler = Chat()\n', 5],
  ['node', "exports.main_handler = 'main';\n", 1],
  ['node', 'class Chat {\n  on() {}\n}\n\nexports.main_handler = new Chat();\n', 5],
];

/** What works, or may. */
const soundPython = [
  `main_handler = None\ndef main_handler${call}`,
  `def main_handler(*given):\n    return 1\n`,
  `def main_handler(event, context=None, more=1):\n    return 1\n`,
  `import functools\ndef plain(function):\n    return lambda event, context: 1\n\n@plain\nasync def main_handler${call}`,
  `async def work${call}\ndef main_handler(event, context):\n    work = lambda *given: 1\n    return work(event, context)\n`,
  `async def main_handler${call}\nmain_handler = (lambda function: lambda event, context: 1)(main_handler)\n`,
  `def main_handler(event, context):\n    def numbers():\n        yield 1\n    return list(numbers())\n`,
  `class main_handler(dict):\n    def __init__(self, event, context):\n        self['errNo'] = 0\n`,
  `class main_handler:\n    def __new__(cls, event, context):\n        return 1\n`,
  `class Chat:\n    def __call__(self, event, context):\n        return 1\n\nmain_handler = Chat()\n`,
  `class Chat:\n    def on(self, event, context):\n        return 1\n\nmain_handler = Chat().on\n`,
  `try:\n    import json\n    def main_handler${call.replace('\n    ', '\n        ')}except ImportError:\n    main_handler = None\n`,
  `main_handler = None\ndef set_up():\n    global main_handler\n    main_handler = lambda event, context: 1\nset_up()\n`,
];
const soundNode = [
  'exports.main_handler = async () => 1;\n',
  'function* numbers() {}\nexports.main_handler = async () => [...numbers()].length;\n',
  'class Chat {\n  on() {}\n}\nconst chat = new Chat();\nexports.main_handler = (event) => chat.on(event);\n',
  'class Chat {\n  constructor() {\n    return async () => 1;\n  }\n}\nexports.main_handler = new Chat();\n',
  'exports.main_handler = null;\nexports.main_handler = async () => 1;\n',
  'function* work() {}\nconst co = (f) => async () => 1;\nexports.main_handler = co(work);\n',
  'let handle = function* () {};\nhandle = async () => 1;\nexports.main_handler = handle;\n',
  'module.exports = { settings: { main_handler: 5 }, main_handler: async () => 1 };\n',
  'module.exports = { async main_handler() {\n    return 1;\n  } };\n',
  'exports.main_handler = void 0;\nconst main_handler = async () => 1;\nexports.main_handler = main_handler;\n',
];

describe('A handler that no call can get an answer from', function () {
  afterEach(disposeBenches);

  type Options = { family: 'python' | 'node'; file?: string; program?: string; version?: string };
  const put = ({ family, file, program }: Options, source: string) => {
    const name = file ?? (family === 'python' ? 'index.py' : 'index.js');
    const bench = startBench({
      files: { [name]: source },
      spec: {
        family,
        runtime: family === 'python' ? 'Python3' : 'Nodejs',
        ...(program === undefined ? {} : { interpreter: program }),
      },
    });
    return { bench, file: path.join(bench.folder, name) };
  };
  const look = async (
    options: Options,
    { bench }: ReturnType<typeof put>,
  ): Promise<{ form?: string; line?: number; message?: string; advice?: string }[]> => {
    const { family, program = family === 'python' ? 'python3' : process.execPath } = options;
    const { spec } = bench.runtime as unknown as { spec: FunctionSpec };
    const projectFolder = path.dirname(bench.folder);
    const interpreter: Interpreter = {
      ...{ program, version: options.version ?? '3.11', why: '', source: 'path' },
    };
    const check = await checkCode(spec, {
      ...{ projectFolder, interpreter, bootstrapFolder, builds: false, surroundings: 'cloud' },
      signal: new AbortController().signal,
    });
    assert.ok(check.files.length > 0, 'it did not look');
    const findings = explainCheck({ ...check, interpreter }, spec, projectFolder);
    return findings.map(({ message, advice, place }, index) => ({
      ...{ form: check.failures[index]?.form, line: place?.line, message, advice },
    }));
  };
  const runs = async ({ bench }: ReturnType<typeof put>) => {
    await bench.invoke();
    return bench.of('diagnostic').map(({ message, advice, place }) => ({
      ...{ message, advice, line: place?.line },
    }));
  };

  const told = (options: Options, [title, source, line, form]: Case) =>
    it(`${options.file ?? options.family}: ${title}`, async () => {
      const made = put(options, source);
      const [seen, ...others] = await look(options, made);
      assert.deepEqual([seen?.form, seen?.line, others], [form, line, []]);
      const ran = await runs(put(options, source));
      assert.deepEqual(
        ran.map(({ message, advice }) => [message, advice]),
        [[seen?.message, seen?.advice]],
      );
      assert.notEqual(ran[0]?.line, undefined);
    });
  python.forEach((each) => told({ family: 'python' }, each));
  node.forEach((each) => told({ family: 'node' }, each));
  nodeModules.forEach((each) => told({ family: 'node', file: 'index.mjs' }, each));

  it('a value is none', async () => {
    for (const [family, source, line] of values) {
      const [seen, ...others] = await look({ family }, put({ family }, source));
      assert.deepEqual([seen?.form, seen?.line, others], ['value', line, []], source);
    }
  });

  for (const [family, sources] of [
    ['python', soundPython],
    ['node', soundNode],
  ] as const) {
    for (const source of sources) {
      it(`says nothing of what works: ${source.replaceAll('\n', ' ').slice(0, 60)}`, async () => {
        const made = put({ family }, source);
        assert.deepEqual(await look({ family }, made), []);
        await made.bench.invoke();
        assert.deepEqual(made.bench.of('diagnostic'), []);
      });
    }
  }

  it('names what runs a coroutine in the Python that there is', async function () {
    const program = pythons().get('3.6');
    if (program === undefined) {
      this.skip();
    }
    const options: Options = { family: 'python', program, version: '3.6' };
    const [seen] = await look(options, put(options, `async def main_handler${call}`));
    assert.match(seen?.advice ?? '', /asyncio\.get_event_loop\(\)\.run_until_complete\(…\)/);
    const [ran] = await runs(put(options, `async def main_handler${call}`));
    assert.equal(ran?.advice, seen?.advice);
  });

  it('is seen by the oldest interpreters, too', async function () {
    const two = pythons().get('2.7');
    const ten = await fetchedNode(10);
    if (two === undefined || ten === undefined) {
      this.skip();
    }
    for (const [options, source, form] of [
      [
        { family: 'python', program: two },
        'def main_handler(event, context):\n    yield 1\n',
        'generator',
      ],
      [{ family: 'python', program: two }, 'class main_handler:\n    pass\n', 'class'],
      [{ family: 'python', program: two }, 'def main_handler(event):\n    pass\n', 'arguments'],
      [
        { family: 'node', program: ten, version: '10.24.1' },
        'exports.main_handler = async function* () {};\n',
        'generator',
      ],
    ] as [Options, string, string][]) {
      const [seen] = await look(options, put(options, source));
      assert.equal(seen?.form, form, source);
      const [ran] = await runs(put(options, source));
      assert.deepEqual([ran?.message, ran?.advice], [seen?.message, seen?.advice]);
    }
  });
});
