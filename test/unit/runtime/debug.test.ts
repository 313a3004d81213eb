// Breakpoints in handlers, with the real debug protocols: before, during and after the start.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { FunctionSpec } from '../../../src/protocol/project';
import type { UserError } from '../../../src/core/errors';
import { attachNode, attachPython, type TestDebugger } from './debuggers';
import { disposeBenches, fetchedNode, startBench, type Bench } from './harness';

interface Language {
  title: string;
  file: string;
  spec: Partial<FunctionSpec>;
  /** `count = 0` on line 2, `doubled = …` on line 7, a thread's `in thread` on line 12. */
  code: string;
  attach(port: number): Promise<TestDebugger>;
}

const languages: Language[] = [
  {
    title: 'Node.js',
    file: 'index.js',
    spec: { family: 'node', timeout: 1 },
    code: `console.log('loading');
let count = 0;
console.log('loaded');

exports.main_handler = async (event) => {
  count++;
  const doubled = event.number * 2;
  await later(doubled);
  return [doubled, count];
};
const later = (number) => new Promise((resolve) => setImmediate(() => {
  resolve(number);
}));
`,
    attach: attachNode,
  },
  {
    title: 'Python',
    file: 'index.py',
    spec: { family: 'python', timeout: 1 },
    code: `import threading
count = 0


def main_handler(event, context):
    global count; count += 1
    doubled = event["number"] * 2
    thread = threading.Thread(target=later, args=(doubled,)); thread.start(); thread.join()
    return [doubled, count]

def later(number):
    print(number)
`,
    attach: attachPython,
  },
];

/** A Python that can import debugpy. */
function pythonWithDebugpy(): string | undefined {
  return [process.env['SCFWS_PYTHON'], '/usr/bin/python3', 'python3'].find((program) => {
    try {
      execFileSync(program ?? '', ['-c', 'import debugpy'], { stdio: 'ignore' });
      return program !== undefined;
    } catch {
      return false;
    }
  });
}

for (const { title, file, spec, code, attach } of languages) {
  describe(`Debugging a ${title} function`, function () {
    const attached: TestDebugger[] = [];
    let interpreter: string | undefined;
    before(function () {
      if (spec.family === 'python') {
        interpreter = pythonWithDebugpy();
        if (interpreter === undefined) {
          this.skip();
        }
      }
    });
    afterEach(async () => {
      attached.splice(0).forEach((each) => each.dispose());
      await disposeBenches();
    });

    const start = (more: Partial<FunctionSpec> = {}) =>
      startBench({ files: { [file]: code }, spec: { ...spec, interpreter, ...more } });

    /** Attaches and sets breakpoints; then the instance may load. */
    const debug = async (bench: Bench, instance: number, port: number, ...lines: number[]) => {
      const made = await attach(port);
      attached.push(made);
      for (const line of lines) {
        await made.breakAt(path.join(bench.folder, file), line);
      }
      await made.begin();
      bench.runtime.debuggerReady(instance);
      return made;
    };

    /** What the editor does at a stop: the clock stands still meanwhile. */
    const stopFor = async (bench: Bench, tool: TestDebugger, ms: number): Promise<number> => {
      const line = await tool.stopped();
      bench.clock.freeze('stopped');
      await new Promise((resolve) => setTimeout(resolve, ms));
      return line;
    };
    const goOn = async (bench: Bench, tool: TestDebugger) => {
      bench.clock.unfreeze('stopped');
      await tool.resume();
    };

    it('from the start: stops in top-level code, then in the handler, and time stands still', async () => {
      const bench = start({ timeout: 2 });
      const answer = await bench.runtime.setDebug(true);
      assert.ok(answer !== null);
      const waits = await bench.until('instance', (fact) => fact.waitsForDebugger === true);
      assert.deepEqual([waits.instance, waits.debugPort], [answer.instance, answer.port]);
      const running = bench.invoke({ number: 21 });
      const tool = await debug(bench, answer.instance, answer.port, 2, 7);
      assert.equal(await tool.stopped(), 2);
      assert.equal(bench.of('invocationStarted').length, 0);
      await tool.resume();
      assert.equal(await stopFor(bench, tool, 2500), 7);
      assert.equal(
        await tool.evaluate(spec.family === 'python' ? 'event["number"]' : 'event.number'),
        '21',
      );
      await goOn(bench, tool);
      const { value, outcome } = await running;
      assert.equal(outcome, 'ok');
      assert.deepEqual(value, [42, 1]);
    });

    it('while it runs: warm globals stay, breakpoints bind', async () => {
      const bench = start({ timeout: 5 });
      await bench.invoke({ number: 1 });
      const answer = await bench.runtime.setDebug(true);
      assert.equal(answer?.instance, 1);
      const tool = await debug(bench, 1, answer.port, 7);
      const running = bench.invoke({ number: 2 });
      assert.equal(await tool.stopped(), 7);
      assert.equal(await tool.evaluate('count'), '2');
      await tool.resume();
      assert.deepEqual((await running).value, [4, 2]);
      // And without one again.
      tool.dispose();
      assert.equal(await bench.runtime.setDebug(false), null);
      assert.deepEqual((await bench.invoke({ number: 3 })).value, [6, 3]);
    });

    it('in a thread, or after an await', async () => {
      const bench = start({ timeout: 10 });
      const answer = await bench.runtime.setDebug(true);
      const tool = await debug(bench, answer?.instance ?? 0, answer?.port ?? 0, 12);
      const running = bench.invoke({ number: 4 });
      assert.equal(await tool.stopped(), 12);
      assert.equal(await tool.evaluate('number'), '8');
      await tool.resume();
      assert.deepEqual((await running).value, [8, 1]);
    });

    it('follows a saved file: the new instance waits for the debugger again', async () => {
      const bench = start({ timeout: 10 });
      const first = await bench.runtime.setDebug(true);
      await debug(bench, first?.instance ?? 0, first?.port ?? 0);
      assert.deepEqual((await bench.invoke({ number: 1 })).value, [2, 1]);
      bench.write(file, code.replace('* 2', '* 3'));
      const waits = await bench.until(
        'instance',
        (fact) => fact.waitsForDebugger === true && fact.version === 2,
      );
      const running = bench.invoke({ number: 1 });
      const tool = await debug(bench, waits.instance, waits.debugPort ?? 0, 7);
      assert.equal(await tool.stopped(), 7);
      await tool.resume();
      assert.deepEqual((await running).value, [3, 1]);
    });

    it('the handler is killed while stopped: the event ends, the next one is served', async () => {
      const bench = start({ timeout: 10 });
      const answer = await bench.runtime.setDebug(true);
      const tool = await debug(bench, answer?.instance ?? 0, answer?.port ?? 0, 7);
      const running = bench.invoke({ number: 1 });
      await tool.stopped();
      const pid = bench.of('instance').find((fact) => fact.pid !== undefined)?.pid ?? 0;
      process.kill(pid, 'SIGKILL');
      assert.equal((await running).error?.statusCode, 439);
      await bench.runtime.setDebug(false);
      assert.deepEqual((await bench.invoke({ number: 1 })).value, [2, 1]);
    });

    it('keeps one instance only', async () => {
      const bench = start({ timeout: 10, maxInstances: 3 });
      const answer = await bench.runtime.setDebug(true);
      await debug(bench, answer?.instance ?? 0, answer?.port ?? 0);
      await Promise.all([1, 2, 3].map((number) => bench.invoke({ number })));
      assert.equal(bench.of('instance').filter(({ pid }) => pid !== undefined).length, 1);
    });
  });
}

describe('Debugging a function at an event', () => {
  afterEach(disposeBenches);

  it('says where to attach, and nothing that would have to be taken back', async () => {
    const bench = startBench({
      files: {
        'index.js': `const fs = require('node:fs');
exports.main_handler = () => new Promise((resolve) => {
  const look = setInterval(() => {
    if (fs.existsSync(__dirname + '/go.txt')) { clearInterval(look); resolve('gone'); }
  }, 5);
});
`,
      },
      spec: { family: 'node', timeout: 60 },
    });
    const running = bench.invoke({});
    await bench.until('invocationStarted');
    const answer = await bench.runtime.setDebug(true);
    bench.write('go.txt', '');
    assert.equal((await running).value, 'gone');
    const told = bench.of('instance').map(({ state, debugPort }) => ({ state, debugPort }));
    assert.deepEqual(told, [
      { state: 'starting', debugPort: undefined },
      { state: 'ready', debugPort: undefined },
      { state: 'ready', debugPort: answer?.port },
    ]);
  });
});

describe('An error that leaves a Node.js handler', function () {
  const attached: TestDebugger[] = [];
  afterEach(async () => {
    attached.splice(0).forEach((each) => each.dispose());
    await disposeBenches();
  });

  const ways = {
    plain: `throw new Error('plain');`,
    'before an await': `return (async () => { throw new Error('before an await'); })();`,
    'after an await': `return (async () => { await null; throw new Error('after an await'); })();`,
    'two calls away': `const deep = async () => { await null; throw new Error('two calls away'); }; return (async () => { await deep(); })();`,
    'in a promise': `return Promise.resolve().then(() => { throw new Error('in a promise'); });`,
    'of the engine': `return event.missing.member;`,
  };
  const caught = [
    `try { throw new Error('caught'); } catch { return 'caught'; }`,
    `return (async () => { try { await (async () => { await null; throw new Error('caught'); })(); } catch { return 'caught'; } })();`,
    `return (async () => { await null; throw new Error('caught'); })().catch(() => 'caught');`,
  ];

  const begin = async (lines: readonly string[], interpreter?: string) => {
    const code = ['exports.main_handler = (event) => {', ...lines, '};'].join('\n');
    const bench = startBench({
      files: { 'index.js': code },
      spec: { family: 'node', timeout: 10, interpreter },
    });
    const answer = await bench.runtime.setDebug(true);
    const tool = await attachNode(answer?.port ?? 0);
    attached.push(tool);
    await tool.breakOnUncaught();
    bench.runtime.debuggerReady(answer?.instance ?? 0);
    return { bench, tool };
  };

  const branch = (statement: string, index: number) =>
    `if (event.way === ${index}) { ${statement} }`;

  for (const version of [undefined, 10, 24]) {
    it(`stops at its line, once, and is the answer 430 then (Node.js ${version ?? process.versions.node})`, async function () {
      const interpreter = version === undefined ? undefined : await fetchedNode(version);
      if (version !== undefined && interpreter === undefined) {
        this.skip();
      }
      const { bench, tool } = await begin(Object.values(ways).map(branch), interpreter);
      for (const [index, name] of Object.keys(ways).entries()) {
        const running = bench.invoke({ way: index });
        assert.equal(await tool.stopped(), index + 2, name);
        await tool.resume();
        const { error } = await running;
        assert.equal(error?.statusCode, 430);
        if (name !== 'of the engine') {
          assert.ok(error?.stackTrace?.startsWith(`Error: ${name}`), error?.stackTrace);
        }
      }
      assert.equal(tool.count, Object.keys(ways).length);
    });
  }

  it('does not stop at one that is caught, and takes every kind of answer', async () => {
    const { bench, tool } = await begin(
      [
        ...caught,
        `return 3;`,
        `return (async () => 4)();`,
        `return { then: (good) => setImmediate(good, 5) };`,
        `return { then: (good, bad) => setImmediate(bad, new Error('of a thenable')) };`,
      ].map(branch),
    );
    const answers = [];
    for (const way of [0, 1, 2, 3, 4, 5, 6]) {
      const { value, error } = await bench.invoke({ way });
      answers.push(error === undefined ? value : error.statusCode);
    }
    assert.deepEqual(answers, [null, 'caught', 'caught', null, 4, 5, 430]);
    assert.equal(tool.count, 0);
  });

  it('stops at the line of the load, too', async () => {
    const code = `const ready = false;
if (!ready) throw new Error('not ready');
exports.main_handler = () => 1;
`;
    const bench = startBench({
      files: { 'index.js': code },
      spec: { family: 'node', timeout: 10 },
    });
    const answer = await bench.runtime.setDebug(true);
    const tool = await attachNode(answer?.port ?? 0);
    attached.push(tool);
    await tool.breakOnUncaught();
    const running = bench.invoke({});
    bench.runtime.debuggerReady(answer?.instance ?? 0);
    assert.equal(await tool.stopped(), 2);
    await tool.resume();
    assert.equal((await running).error?.statusCode, 437);
  });
});

describe('A Python handler that is debugged', function () {
  const attached: TestDebugger[] = [];
  let interpreter: string | undefined;
  before(function () {
    interpreter = pythonWithDebugpy();
    if (interpreter === undefined) {
      this.skip();
    }
  });
  afterEach(async () => {
    attached.splice(0).forEach((each) => each.dispose());
    await disposeBenches();
  });

  const begin = async (code: string) => {
    const bench = startBench({
      files: { 'index.py': code },
      spec: { family: 'python', timeout: 10, interpreter },
    });
    const answer = await bench.runtime.setDebug(true);
    const tool = await attachPython(answer?.port ?? 0);
    attached.push(tool);
    await tool.breakOnUncaught();
    await tool.begin();
    bench.runtime.debuggerReady(answer?.instance ?? 0);
    return { bench, tool };
  };

  const helpers = `import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor


def boom(*_):
    raise ValueError("boom")  # boom


async def later():
    await asyncio.sleep(0)
    raise ValueError("later")  # later


async def gathered():
    await asyncio.gather(later(), asyncio.sleep(0))


async def of_a_task():
    task = asyncio.ensure_future(later())
    await asyncio.sleep(0)
    await task


async def slow():
    await asyncio.sleep(60)


async def in_time():
    asyncio.ensure_future(slow())
    try:
        await asyncio.wait_for(slow(), 0)
    except asyncio.TimeoutError:
        return "too slow"


def yielding():
    yield 1
    raise ValueError("yielding")  # yielding


def in_pool(function):
    with ThreadPoolExecutor() as pool:
        return pool.submit(function).result()


def in_thread(thread):
    thread.start()
    thread.join()


def again():
    try:
        boom()
    except ValueError:
        raise


def instead():
    try:
        boom()
    except ValueError as error:
        raise RuntimeError("instead") from error  # instead


def at_last():
    try:
        boom()
    finally:
        raise RuntimeError("at last")  # at last


def caught():
    try:
        in_pool(at_last)
    except RuntimeError:
        return "caught"


def cancelled():
    future = Future()
    future.cancel()
    return future.result()  # cancelled


class Stubborn(ValueError):
    __slots__ = ()

    def __setattr__(self, name, value):
        raise TypeError(name)


def stubborn():
    raise Stubborn()  # stubborn


MADE_ONCE = ValueError("made once")


def made_once():
    raise MADE_ONCE  # made once
`;
  /** What the handler does, and the marks of the lines at which it is to stop. */
  const ways: [expression: string, ...marks: string[]][] = [
    ['boom()', 'boom'],
    ['in_thread(threading.Thread(target=boom))', 'boom'],
    ['in_thread(threading.Timer(0, boom))', 'boom'],
    ['asyncio.run(later())', 'later'],
    ['asyncio.run(gathered())', 'later'],
    ['asyncio.run(of_a_task())', 'later'],
    ['in_pool(boom)', 'boom'],
    ['list(yielding())', 'yielding'],
    ['sorted([1], key=boom)', 'boom'],
    ['again()', 'boom'],
    ['instead()', 'instead'],
    ['in_pool(instead)', 'instead'],
    ['at_last()', 'at last'],
    ['caught()', 'at last'],
    ['cancelled()', 'cancelled'],
    ['stubborn()', 'stubborn'],
    ['made_once()', 'made once'],
    ['made_once()', 'made once'],
    ['asyncio.run(in_time())'],
  ];

  it('stops at the line of an error, once, whatever that goes through', async () => {
    const branches = ways.map(
      ([expression], index) => `    if event["way"] == ${index}:\n        return ${expression}\n`,
    );
    const code = `${helpers}\n\ndef main_handler(event, context):\n${branches.join('')}`;
    const lineOf = (mark: string) =>
      code.split('\n').findIndex((line) => line.endsWith(`# ${mark}`)) + 1;
    const { bench, tool } = await begin(code);
    let expected = 0;
    for (const [way, [expression, ...marks]] of ways.entries()) {
      const running = bench.invoke({ way });
      for (const mark of marks) {
        assert.equal(await tool.stopped(), lineOf(mark), expression);
        await tool.resume();
      }
      expected += marks.length;
      // A second stop would keep the event from ending.
      const { outcome } = await running;
      assert.ok(['ok', 'userError'].includes(outcome), `${expression}: ${outcome}`);
      assert.equal(tool.count, expected, expression);
    }
  });

  it('stops at breakpoint() and at pdb, and goes on to stop after them', async () => {
    const code = `import pdb


def main_handler(event, context):
    if event["way"] == "pdb":
        pdb.set_trace()
        return "pdb"  # after it
    if event["way"] == "breakpoint":
        breakpoint()
        return "breakpoint"  # after it
    raise ValueError(event["way"])  # error
`;
    const { bench, tool } = await begin(code);
    for (const [way, line, outcome] of [
      ['breakpoint', 10, 'ok'],
      ['pdb', 7, 'ok'],
      ['neither', 11, 'userError'],
    ] as const) {
      const running = bench.invoke({ way });
      assert.equal(await tool.stopped(), line);
      await tool.resume();
      assert.equal((await running).outcome, outcome);
    }
    assert.equal(bench.of('diagnostic').length, 0);
    // Nobody is there any more: as in the cloud.
    tool.dispose();
    await bench.runtime.setDebug(false);
    const atPdb = () => bench.invoke({ way: 'pdb' });
    while ((await atPdb()).outcome === 'ok'); // Its process hears of it in its own time.
    assert.match(bench.of('diagnostic')[0]?.advice ?? '', /Press F5/);
  });
});

describe('Debugging without debugpy', () => {
  afterEach(disposeBenches);

  it('names the interpreter and the command, and the function runs on', async () => {
    const bench = startBench({
      files: {
        'index.py': 'def main_handler(event, context):\n    return 1\n',
        'debugpy.py': 'raise ImportError("No module named debugpy")\n',
      },
      // A Python that surely has none: the code directory hides it.
      spec: { family: 'python', runtimeVersion: '3' },
    });
    await bench.invoke({});
    await assert.rejects(bench.runtime.setDebug(true), (error: UserError) => {
      assert.equal(error.code, 'debugpyMissing');
      assert.match(error.message, /^\/.+ has no debugpy, which breakpoints in Python need\.$/);
      assert.match(error.nextStep ?? '', /^Install it with: \/.+ -m pip install debugpy$/);
      return true;
    });
    assert.equal((await bench.invoke({})).value, 1);
    assert.deepEqual(
      bench.of('debugging').map(({ enabled }) => enabled),
      [true, false],
    );
  });

  it('says whether a person named the interpreter, into which it is to be installed then', async () => {
    const files = {
      'index.py': 'def main_handler(event, context):\n    return 1\n',
      'debugpy.py': 'raise ImportError("No module named debugpy")\n',
    };
    const bench = startBench({ files, spec: { family: 'python', interpreter: 'python3' } });
    await assert.rejects(bench.runtime.setDebug(true), ({ fix }: UserError) => {
      assert.equal(fix?.isNamed, true);
      return true;
    });
  });
});
