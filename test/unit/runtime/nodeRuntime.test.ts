// What Node.js handlers alone do: callbacks, un-awaited work, ES modules, TypeScript.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { disposeBenches, fetchedNode, startBench, type Bench, type BenchOptions } from './harness';

const root = path.resolve(__dirname, '../../..');

function start(code: string, more: BenchOptions = {}): Bench {
  const spec = { family: 'node', runtime: 'Nodejs20.11', ...more.spec } as const;
  return startBench({ files: { 'index.js': code }, ...more, spec });
}

describe('A Node.js handler', () => {
  afterEach(disposeBenches);

  it('calls back: the first call is the answer', async () => {
    const bench = start(`exports.main_handler = (event, context, callback) => {
      callback(null, 1);
      callback(null, 2);
      callback(new Error('too late'));
    };`);
    assert.equal((await bench.invoke({})).value, 1);
    assert.equal((await bench.invoke({})).value, 1);
  });

  it('calls back with an error: 430', async () => {
    const bench = start(`exports.main_handler = (event, context, callback) => {
      setTimeout(() => callback(new RangeError('too far')), 5);
    };`);
    const { error, place } = await bench.invoke({});
    assert.equal(error?.statusCode, 430);
    assert.match(error?.stackTrace ?? '', /^RangeError: too far\n {4}at /);
    assert.equal(place?.line, 2);
  });

  it('tells what an error came of, down to the first', async () => {
    const bench = start(`exports.main_handler = async (event) => {
      const first = new TypeError('at the bottom');
      if (event === 'several') throw new AggregateError([first, 'a text'], 'all of them');
      const error = new Error('on top', { cause: new Error('between', { cause: first }) });
      if (event === 'circle') first.cause = error;
      throw error;
    };`);
    const told = async (event: string) =>
      ((await bench.invoke(event)).error?.stackTrace ?? '').replace(/\n {4}at .*/g, '').split('\n');
    const chain = [
      'Error: on top',
      'Caused by: Error: between',
      'Caused by: TypeError: at the bottom',
    ];
    assert.deepEqual(await told('chain'), chain);
    assert.deepEqual(await told('circle'), chain);
    assert.deepEqual(await told('several'), [
      'AggregateError: all of them',
      'Caused by: TypeError: at the bottom',
      "Caused by: 'a text'",
    ]);
  });

  it('uses context.succeed, fail and done', async () => {
    const bench = start(`exports.main_handler = (event, context) => {
      if (event === 'fail') context.fail('no');
      else if (event === 'done') context.done(null, 'done');
      else context.succeed(undefined);
    };`);
    assert.equal((await bench.invoke('fail')).error?.stackTrace, 'no');
    assert.equal((await bench.invoke('done')).value, 'done');
    assert.equal((await bench.invoke('succeed')).value, null);
  });

  it('returns a thenable; a rejection is 430', async () => {
    const bench = start(`exports.main_handler = (event) => ({
      then(fulfil, reject) {
        if (event === 'reject') reject('no reason');
        else if (event === 'twice') fulfil({ then: (done) => done('inside') });
        else fulfil({ made: 'by hand' });
      },
    });`);
    assert.deepEqual((await bench.invoke({})).value, { made: 'by hand' });
    assert.equal((await bench.invoke('twice')).value, 'inside');
    assert.equal((await bench.invoke('reject')).error?.stackTrace, 'no reason');
  });

  it('neither: ends with null when its loop is empty, and a returned value is remarked on', async () => {
    const bench = start(`exports.main_handler = (event) => {
      setTimeout(() => console.log('later'), 20);
      if (event === 'value') return { errNo: 0 };
    };`);
    const nothing = await bench.invoke({});
    assert.equal(nothing.value, null);
    assert.deepEqual(bench.logs(nothing.invocation), ['stdout info later']);
    assert.equal(bench.of('diagnostic').length, 0);
    assert.equal((await bench.invoke('value')).value, null);
    const [finding] = bench.of('diagnostic');
    assert.equal(finding?.rule, 'runtime.node-empty-loop');
    assert.equal(
      finding?.message,
      'Function returned a value, but is neither async nor called back: the result is null.',
    );
  });

  it('answers at once, and un-awaited work goes on inside the same invocation', async () => {
    const bench = start(`exports.main_handler = async (event, context) => {
      setTimeout(() => console.log('later'), 60);
      return context.request_id;
    };`);
    const first = await bench.invoke({});
    assert.equal(bench.runtime.invocationOf(1, undefined), first.invocation);
    assert.deepEqual(bench.logs(first.invocation), []);
    const second = await bench.invoke({});
    const started = bench.of('invocationStarted')[1];
    const later = bench.of('log')[0];
    assert.ok(started !== undefined && later !== undefined && later.seq < started.seq);
    assert.equal(later.invocation, first.invocation);
    await bench.until('log', (fact) => fact.invocation === second.invocation);
  });

  it('is not held up by what outlives events: servers, intervals, open connections', async () => {
    const bench = start(`const net = require('net');
      setInterval(() => {}, 10);
      const server = net.createServer((socket) => socket.on('data', (data) => socket.write(data)));
      server.listen(0, '127.0.0.1');
      let client;
      exports.main_handler = async () => {
        if (client === undefined) {
          client = net.connect(server.address().port, '127.0.0.1');
          await new Promise((resolve) => client.once('connect', resolve));
        }
        client.write('ping');
        await new Promise((resolve) => client.once('data', resolve));
        return 'pong';
      };`);
    for (let time = 0; time < 50; time++) {
      assert.equal((await bench.invoke({})).value, 'pong');
    }
    assert.equal(bench.of('instance').filter(({ state }) => state === 'starting').length, 1);
  });

  it('leaves work that never ends: the time limit ends the instance, the answer stands', async () => {
    const bench = start(
      `exports.main_handler = async () => {
        setInterval(() => {}, 10);
        return 1;
      };`,
      { spec: { timeout: 1 } },
    );
    const result = await bench.invoke({});
    assert.equal(result.outcome, 'ok');
    const line = await bench.until('log', ({ stream }) => stream === 'platform');
    assert.equal(line.invocation, result.invocation);
    assert.match(line.text, /^Work that was not awaited still ran after 1 seconds/);
    await bench.until('instance', ({ state }) => state === 'stopped');
    assert.equal((await bench.invoke({})).value, 1);
  });

  it('of Node.js 8 waits for an empty loop, unless told not to', async () => {
    const code = `exports.main_handler = (event, context, callback) => {
      if (event.at_once) context.callbackWaitsForEmptyEventLoop = false;
      const started = Date.now();
      setTimeout(() => console.log('later'), 60);
      callback(null, 'answer');
    };`;
    const bench = start(code, { spec: { runtime: 'Nodejs8.9', runtimeVersion: '8.9' } });
    const waited = await bench.invoke({});
    assert.deepEqual(bench.logs(waited.invocation), ['stdout info later']);
    const atOnce = await bench.invoke({ at_once: true });
    assert.deepEqual(bench.logs(atOnce.invocation), []);
  });

  it('throws where nobody catches: 430, and the next event gets a new instance', async () => {
    const bench = start(`exports.main_handler = (event, context, callback) => {
      if (event === 'fine') return callback(null, 'fine');
      setImmediate(() => { throw new Error('nobody catches this'); });
    };`);
    const { error } = await bench.invoke({});
    assert.equal(error?.statusCode, 430);
    assert.match(error?.stackTrace ?? '', /^Error: nobody catches this/);
    assert.equal((await bench.invoke('fine')).value, 'fine');
    assert.equal(bench.of('invocationStarted')[1]?.cold, true);
  });

  it('throws after its answer: the trace is logged', async () => {
    const bench = start(`exports.main_handler = async () => {
      setTimeout(() => { throw new Error('afterwards'); }, 10);
      return 1;
    };`);
    const { invocation } = await bench.invoke({});
    const line = await bench.until('log', ({ text }) => text.includes('afterwards'));
    assert.deepEqual([line.invocation, line.level], [invocation, 'error']);
  });

  it('tells the time that is left', async () => {
    const bench = start(
      `exports.main_handler = async (event, context) => {
        const real = Date.now;
        const now = real();
        const left = [0, 100, 60_000, -60_000].map((later) => {
          Date.now = () => now + later;
          return context.getRemainingTimeInMillis();
        });
        Date.now = real;
        return [left[0] - left[1], left[2], left[3]];
      };`,
      { spec: { timeout: 5 } },
    );
    assert.deepEqual((await bench.invoke({})).value, [100, 0, 5000]);
  });

  it('stands still with the session clock: no timeout, and no time is lost', async () => {
    const bench = start(
      `exports.main_handler = async (event, context) => {
        const fs = require('node:fs');
        console.log('runs');
        while (!fs.existsSync(event)) await new Promise((resolve) => setTimeout(resolve, 2));
        const before = context.getRemainingTimeInMillis();
        await new Promise((resolve) => setTimeout(resolve, 2100));
        return [before, context.getRemainingTimeInMillis()];
      };`,
      { spec: { timeout: 2 } },
    );
    const running = bench.invoke(path.join(bench.folder, 'frozen'));
    await bench.until('log', ({ text }) => text === 'runs');
    bench.clock.freeze('a breakpoint');
    bench.write('frozen', '');
    const { value, outcome } = await running;
    assert.equal(outcome, 'ok');
    const [before, after] = value as [number, number];
    assert.notEqual(before, 0);
    assert.equal(after, before); // One reading of a clock that stands.
    bench.clock.unfreeze('a breakpoint');
  });

  it('keeps logs of overlapping work apart', async () => {
    const bench = start(`let first;
      exports.main_handler = async (event, context) => {
        context.callbackWaitsForEmptyEventLoop = false;
        setTimeout(() => console.log('of', event), 30);
        return event;
      };`);
    const one = await bench.invoke('one');
    const two = await bench.invoke('two');
    await bench.until('log', ({ text }) => text === 'of one');
    await bench.until('log', ({ text }) => text === 'of two');
    assert.deepEqual(bench.logs(one.invocation), ['stdout info of one']);
    assert.deepEqual(bench.logs(two.invocation), ['stdout info of two']);
  });

  it('is an ES module, by its extension or by package.json', async () => {
    const code = `import fs from 'node:fs';
      const loaded = await Promise.resolve('loaded');
      export const main_handler = async (event) => [loaded, event, typeof fs.readFileSync];`;
    const expected = ['loaded', 1, 'function'];
    const byExtension = startBench({ files: { 'index.mjs': code }, spec: { family: 'node' } });
    assert.deepEqual((await byExtension.invoke(1)).value, expected);
    const files = { 'index.js': code, 'package.json': '{"type":"module"}' };
    const byPackage = startBench({ files, spec: { family: 'node' } });
    assert.deepEqual((await byPackage.invoke(1)).value, expected);
  });

  it('is an ES module with a syntax error: 437 at the line', async () => {
    const bench = startBench({
      files: { 'index.mjs': 'export const main_handler = 1;\n\nconst broken = ;\n' },
      spec: { family: 'node' },
    });
    assert.equal((await bench.invoke(1)).error?.statusCode, 437);
    const place = bench.of('diagnostic')[0]?.place;
    assert.deepEqual([path.basename(place?.file ?? ''), place?.line], ['index.mjs', 3]);
  });

  const typeScript = `interface Event { a: number }
export const main_handler = async (event: Event): Promise<number> => {
  if (event.a < 0) {
    throw new Error('negative');
  }
  return event.a * 2;
};
`;

  it('is TypeScript, run by a Node.js that strips types', async function () {
    const node = path.join(root, '.vscode-test/node/24/bin/node');
    if (!fs.existsSync(node)) {
      this.skip();
    }
    const bench = startBench({
      files: { 'index.ts': typeScript, 'package.json': '{"type":"module"}' },
      spec: { family: 'node', interpreter: node },
    });
    assert.equal((await bench.invoke({ a: 21 })).value, 42);
    assert.equal((await bench.invoke({ a: -1 })).place?.line, 4);
  });

  /** No Node.js takes this away: it must be built. */
  const enumerated = `${typeScript}enum Kind { one }\n`;

  it('is TypeScript, built by the project and reported at its source', async () => {
    const bench = startBench({
      files: {
        'index.ts': enumerated,
        '../build.mjs': `import { context } from ${JSON.stringify(path.join(root, 'node_modules/esbuild/lib/main.js'))};
          const build = await context({
            entryPoints: ['Function/index.ts'], outfile: 'dist/Function/index.js',
            bundle: true, platform: 'node', format: 'cjs', sourcemap: true, logLevel: 'info',
          });
          await build.watch();
          process.stdin.resume().on('end', () => process.exit());`,
      },
      spec: { family: 'node' },
      build: { command: ['node', 'build.mjs'], folder: 'dist/Function' },
    });
    assert.equal((await bench.invoke({ a: 21 })).value, 42);
    const { place, error } = await bench.invoke({ a: -1 });
    assert.deepEqual(place, { file: path.join(bench.folder, 'index.ts'), line: 4, column: 11 });
    assert.match(error?.stackTrace ?? '', /Function\/index\.ts:4:11/);
    bench.write('index.ts', enumerated.replace('* 2', '* 3'));
    await bench.until('instance', ({ version, state }) => version > 1 && state === 'ready');
    assert.equal((await bench.invoke({ a: 21 })).value, 63);
    bench.write('index.ts', enumerated.replace('* 2', '*'));
    const finding = await bench.until('diagnostic');
    assert.equal(finding.message, 'Function was not built: Unexpected ";"');
    assert.deepEqual(finding.place, {
      file: path.join(bench.folder, 'index.ts'),
      line: 6,
      column: 19,
    });
    assert.equal((await bench.invoke({ a: 21 })).value, 63);
    bench.write('index.ts', enumerated.replace('* 2', '* 4'));
    await bench.until('diagnosticsCleared');
    assert.equal((await bench.invoke({ a: 21 })).value, 84);
  });

  it('is TypeScript whose build fails: 437, and what the build said', async () => {
    const bench = startBench({
      files: {
        'index.ts': enumerated,
        '../build.mjs': 'console.error("no esbuild here"); process.exit(1);',
      },
      spec: { family: 'node' },
      build: { command: ['node', 'build.mjs'], folder: 'dist/Function' },
    });
    const { error } = await bench.invoke({ a: 21 });
    assert.equal(error?.statusCode, 437);
    const [finding] = bench.of('diagnostic');
    assert.equal(
      finding?.message,
      'Function cannot be started: Function was not built: node build.mjs ended with code 1.',
    );
    assert.equal(finding?.advice, 'no esbuild here');
  });

  const once = `import fs from 'node:fs';
    import { build } from ${JSON.stringify(path.join(root, 'node_modules/esbuild/lib/main.js'))};
    await build({
      entryPoints: ['Function/index.ts'], outfile: 'dist/Function/index.js',
      bundle: true, platform: 'node', format: 'cjs', logLevel: 'info',
    });
    fs.writeFileSync('dist/package.json', '{"type":"commonjs"}');`;
  const answer = 'export const main_handler = async (event: unknown) => one;\n';
  const one = { '../shared/one.ts': 'export const one: number = 1;\n' };
  const esModule = { '../package.json': '{"type":"module"}' };
  const onlyBuilt: Record<string, Record<string, string>> = {
    'an enum': { 'index.ts': `enum Numbers { one = 1 }\nconst { one } = Numbers;\n${answer}` },
    'a file without its ending': {
      'index.ts': `import { one } from '../shared/one';\n${answer}`,
      ...one,
    },
    'a file by the name of what it becomes': {
      'index.ts': `import { one } from '../shared/one.js';\n${answer}`,
      ...one,
    },
    'modules where the package says CommonJS': {
      'index.ts': `import { one } from '../shared/one.ts';\n${answer}`,
      '../package.json': '{"type":"commonjs"}',
      ...one,
    },
    'what an earlier build left beside it': {
      'index.ts': `const one = 1;\n${answer}`,
      'index.js': 'exports.main_handler = async () => "old";',
    },
  };
  for (const [what, files] of Object.entries(onlyBuilt)) {
    it(`is TypeScript with ${what}: built, also for a Node.js that strips types`, async () => {
      const interpreter = await fetchedNode(24);
      assert.ok(interpreter !== undefined);
      const bench = startBench({
        files: { ...esModule, '../build.mjs': once, ...files },
        spec: { family: 'node', interpreter },
        build: { command: ['node', 'build.mjs'], folder: 'dist/Function' },
      });
      assert.equal((await bench.invoke({})).value, 1);
      assert.ok(fs.existsSync(path.join(bench.service.folder, 'dist/Function/index.js')));
    });
  }

  it('is TypeScript that Node.js runs as it is: nothing is built', async () => {
    const interpreter = await fetchedNode(24);
    assert.ok(interpreter !== undefined);
    const source = `import { one } from '../shared/one.ts';\n${answer}`;
    const bench = startBench({
      files: { ...esModule, ...one, '../build.mjs': 'process.exit(1);', 'index.ts': source },
      spec: { family: 'node', interpreter },
      build: { command: ['node', 'build.mjs'], folder: 'dist/Function' },
    });
    assert.equal((await bench.invoke({})).value, 1);
    // What is wrong is told by Node.js, not by a build that may not be installed.
    bench.write('index.ts', `${source}const x: = 1;\n`);
    assert.equal((await bench.until('diagnostic')).place?.line, 3);
  });

  it('is TypeScript whose build does not find a package: what installs it', async () => {
    const source = `import dayjs from 'dayjs';\nenum A { b }\nexport const main_handler = async () => dayjs;\n`;
    const bench = startBench({
      files: { ...esModule, '../build.mjs': once, 'index.ts': source },
      spec: { family: 'node' },
      build: { command: ['node', 'build.mjs'], folder: 'dist/Function' },
    });
    await bench.invoke({});
    const [{ message, place, fix, advice } = assert.fail()] = bench.of('diagnostic');
    assert.equal(message, 'Function was not built: Could not resolve "dayjs"');
    assert.deepEqual([place?.line, fix?.kind], [1, 'installLibrary']);
    assert.equal(advice, `Install it with: npm install --prefix ${bench.service.folder} dayjs`);
  });
});
