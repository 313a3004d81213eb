// The suite that every script runtime must pass, with the handlers of test/fixtures/handlers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { FunctionSpec } from '../../../src/protocol/project';
import {
  alive,
  disposeBenches,
  ended,
  fetchedNode,
  fixture,
  installed,
  startBench,
  type BenchOptions,
} from './harness';

interface Implementation {
  title: string;
  spec: Partial<FunctionSpec>;
  /** Major version of a Node.js that is fetched for the test. */
  node?: number;
}

const implementations: Implementation[] = [
  { title: 'Python 2.7', spec: { family: 'python', runtime: 'Python2.7', runtimeVersion: '2.7' } },
  { title: 'Python 3.6', spec: { family: 'python', runtime: 'Python3.6', runtimeVersion: '3.6' } },
  {
    title: 'Python 3.13',
    spec: { family: 'python', runtime: 'Python3.13', runtimeVersion: '3.13' },
  },
  { title: 'Node.js', spec: { family: 'node', runtime: 'Nodejs20.11' } },
  { title: 'Node.js 10', spec: { family: 'node', runtime: 'Nodejs10.15' }, node: 10 },
  { title: 'Node.js 24', spec: { family: 'node', runtime: 'Nodejs24.1' }, node: 24 },
];

for (const { title, spec, node } of implementations) {
  const python = spec.family === 'python';

  describe(`A function in ${title}`, function () {
    before(async function () {
      if (node !== undefined) {
        spec.interpreter = await fetchedNode(node);
      }
      if (node === undefined ? !(await installed(spec)) : spec.interpreter === undefined) {
        this.skip();
      }
    });
    afterEach(disposeBenches);

    const start = (name: string, more: BenchOptions = {}) =>
      startBench({ ...more, fixture: fixture(name), spec: { ...spec, ...more.spec } });

    it('returns nothing: null', async () => {
      const result = await start('returnsNothing').invoke({});
      assert.equal(result.outcome, 'ok');
      assert.equal(result.resultJson, 'null');
    });

    it('returns true', async () => {
      assert.equal((await start('returnsTrue').invoke({})).value, true);
    });

    it('returns text outside ASCII without escapes', async () => {
      const { resultJson } = await start('returnsText').invoke({});
      assert.equal(resultJson, '"send success ✓ 你好 😀"');
    });

    it('gets the event as data and returns it', async () => {
      const bench = start('returnsEvent');
      const event = {
        yes: true,
        none: null,
        text: 'ü\n"\\\u2028 😀',
        list: [1, 2.5, {}],
        big: 2 ** 53,
      };
      assert.deepEqual((await bench.invoke(event)).value, event);
      assert.deepEqual((await bench.invoke(undefined, '{\n  "pretty": [\r\n1]\n}')).value, {
        pretty: [1],
      });
      const lone = await bench.invoke(undefined, '"\\ud800"');
      assert.equal(lone.value, '\ud800');
    });

    it('refuses an event that is no JSON: 400', async () => {
      const bench = start('returnsEvent');
      const result = await bench.invoke(undefined, '{"a":');
      assert.equal(result.outcome, 'platformError');
      assert.equal(result.error?.statusCode, 400);
      // Python's reader of JSON goes as deep as its stack; that is no end of the process.
      const deep =
        python && (await bench.invoke(undefined, `${'['.repeat(2e5)}${']'.repeat(2e5)}`));
      assert.ok(deep === false || deep.error?.statusCode === 400);
      assert.equal((await bench.invoke(1)).value, 1);
    });

    it('throws: 430 with the place and the real path', async () => {
      const bench = start('throws');
      const result = await bench.invoke({});
      assert.equal(result.outcome, 'userError');
      const { stackTrace, ...error } = result.error ?? { stackTrace: '' };
      assert.deepEqual(error, {
        errorCode: -1,
        errorMessage: 'user code exception caught',
        requestId: result.invocation,
        statusCode: 430,
      });
      assert.match(stackTrace ?? '', /(ValueError|TypeError): broken on purpose/);
      assert.match(stackTrace ?? '', new RegExp(path.join(bench.folder, 'index')));
      assert.doesNotMatch(stackTrace ?? '', /bootstrap/);
      assert.equal(result.place?.file, path.join(bench.folder, python ? 'index.py' : 'index.js'));
      assert.equal(result.place?.line, 2);
      assert.deepEqual(result.value, result.error);
    });

    it('prints what looks like the channel: only text', async () => {
      const bench = start('printsProtocol');
      const result = await bench.invoke({});
      assert.equal(result.value, 'untouched');
      assert.equal((await bench.invoke({})).value, 'untouched');
      const lines = [`R ${result.invocation} - {"errNo":1}`, `E ${result.invocation} - {}`, 'Y'];
      for (const line of lines) {
        // The raw write may arrive a little after the answer.
        for (const stream of ['stdout', 'stderr', 'stdout']) {
          await bench.until('log', (fact) => fact.text === line && fact.stream === stream);
        }
      }
    });

    it('prints without a newline: the line is there when the event has ended', async () => {
      const bench = start('printsWithoutNewline');
      const { invocation } = await bench.invoke({});
      const kinds = bench.facts.map(({ kind }) => kind);
      assert.deepEqual(bench.logs(invocation), ['stdout info half', 'stderr error a line']);
      assert.ok(kinds.lastIndexOf('log') < kinds.indexOf('invocationEnded'));
    });

    it('exits: 439, its last words are kept, the next event gets a new instance', async () => {
      const bench = start('exits');
      const result = await bench.invoke({});
      assert.equal(result.outcome, 'userError');
      assert.equal(result.error?.statusCode, 439);
      assert.equal(result.error?.errorMessage, 'User process exited unexpectedly with exit code 7');
      assert.deepEqual(bench.logs(result.invocation), ['stdout info last words']);
      assert.equal((await bench.invoke({})).error?.statusCode, 439);
      const started = bench.of('invocationStarted');
      assert.deepEqual(
        started.map(({ instance, cold }) => [instance, cold]),
        [
          [1, true],
          [2, true],
        ],
      );
    });

    it('runs in an endless loop: 433, the instance is thrown away', async () => {
      const bench = start('hangs', { spec: { timeout: 1 } });
      const result = await bench.invoke({});
      assert.equal(result.outcome, 'userError');
      assert.deepEqual(result.error, {
        errorCode: -1,
        errorMessage: 'Invoking task timed out after 1 seconds',
        requestId: result.invocation,
        statusCode: 433,
      });
      assert.deepEqual(bench.logs(result.invocation), ['stdout info going in']);
      const stopped = await bench.until('instance', ({ state }) => state === 'stopped');
      assert.equal(stopped.reason, 'ran longer than 1 seconds');
    });

    it('keeps its globals, and runs one event at a time', async () => {
      const bench = start('counts');
      const results = await Promise.all([1, 2, 3, 4, 5].map(() => bench.invoke({})));
      assert.deepEqual(
        results.map(({ value }) => value),
        [1, 2, 3, 4, 5],
      );
      assert.deepEqual(bench.logs(null), ['stdout info loaded']);
      const kinds = bench.facts.map(({ kind }) => kind).filter((kind) => kind.startsWith('invo'));
      const pair = ['invocationStarted', 'invocationEnded'];
      assert.deepEqual(kinds, [...pair, ...pair, ...pair, ...pair, ...pair]);
    });

    it('overlaps in as many instances as it may have', async () => {
      const bench = start('sleeps', { spec: { maxInstances: 2 } });
      const seen = new Set<unknown>();
      // The first may be over before the second process is there: then both stand ready for the next three.
      for (let round = 0; round < 20 && seen.size < 2; round++) {
        const results = await Promise.all([1, 2, 3].map(() => bench.invoke({ seconds: 0.3 })));
        results.forEach(({ value }) => seen.add(value));
      }
      assert.equal(seen.size, 2);
    });

    it('gets a new instance for each event when it is to start cold', async () => {
      const bench = start('counts', { emulator: { coldStart: true } });
      for (let time = 0; time < 3; time++) {
        assert.equal((await bench.invoke({})).value, 1);
      }
    });

    it('prints megabytes: every line arrives, a very long one is cut with a mark', async () => {
      const bench = start('printsMegabytes', { spec: { timeout: 30 } });
      const { invocation, value } = await bench.invoke({});
      assert.equal(value, 'done');
      const logs = bench.of('log').filter((fact) => fact.invocation === invocation);
      const long = logs.filter(({ more }) => more === true);
      const lines = logs
        .filter(({ more }) => more !== true)
        .flatMap(({ text }) => text.split('\n'));
      assert.equal(lines.length, 40000);
      lines.forEach((line, number) => {
        assert.equal(line, `${String(number).padStart(6, '0')} ${'x'.repeat(60)}`);
      });
      const [cut] = long;
      assert.ok(long.length === 1 && cut !== undefined && cut.text.length < 10_000);
      const kept = bench.recorder.payload(cut.seq);
      assert.match(String(kept).slice(-40), /^y+ … \[\+737856\]$/);
    });

    it('returns something that JSON cannot hold: 430, and a finding', async () => {
      const bench = start('unserialisable');
      const result = await bench.invoke({});
      assert.equal(result.error?.statusCode, 430);
      const [finding] = bench.of('diagnostic');
      assert.equal(finding?.rule, 'error.unserialisable');
      assert.match(finding?.message ?? '', /^Function returned a value that JSON cannot hold: /);
    });

    it('has a syntax error: 437, a finding at the line', async () => {
      const bench = start('syntaxError');
      const result = await bench.invoke({});
      assert.equal(result.outcome, 'platformError');
      assert.equal(result.error?.statusCode, 437);
      const [finding] = bench.of('diagnostic');
      assert.equal(finding?.rule, 'error.437');
      assert.match(finding?.message ?? '', /^Function cannot be loaded: SyntaxError: /);
      assert.equal(finding?.advice, 'Correct the code and save; the next event loads it again.');
      assert.equal(finding?.place?.file, path.join(bench.folder, python ? 'index.py' : 'index.js'));
      assert.equal(finding?.place?.line, 5);
    });

    it('has no file: 437, and a message that names it', async () => {
      const bench = start('counts', { spec: { handler: 'absent.main_handler' } });
      const file = path.join(bench.folder, python ? 'absent.py' : 'absent.js');
      const result = await bench.invoke({});
      assert.equal(result.error?.statusCode, 437);
      assert.equal(
        result.error?.errorMessage,
        `Handler absent.main_handler cannot be loaded: ${file} does not exist`,
      );
      assert.equal(
        bench.of('diagnostic')[0]?.message,
        `Function: the file ${file} does not exist.`,
      );
    });

    it('has another handler name: 437, and a message that lists what is there', async () => {
      const bench = start('throws', { spec: { handler: 'index.handler' } });
      const result = await bench.invoke({});
      assert.equal(result.error?.statusCode, 437);
      const [finding] = bench.of('diagnostic');
      assert.equal(finding?.message, 'Function: the file has no function handler.');
      assert.match(finding?.advice ?? '', /The file has: (deep, )?main_handler\.$/);
    });

    it('is an empty file: 437', async () => {
      const bench = start('empty');
      assert.equal((await bench.invoke({})).error?.statusCode, 437);
      assert.equal(
        bench.of('diagnostic')[0]?.advice,
        'Define and export it, or correct "handler" in scfws.json.',
      );
    });

    it('misses a module: 437, and the command that installs it', async () => {
      const bench = start('missingModule');
      assert.equal((await bench.invoke({})).error?.statusCode, 437);
      const [finding] = bench.of('diagnostic');
      const module = python ? 'not_there_at_all' : 'not-there-at-all/deep';
      assert.equal(finding?.message, `Function: the module ${module} was not found.`);
      assert.equal(finding?.place?.line, 1);
      const fix = finding?.fix;
      assert.ok(fix?.kind === 'installLibrary');
      assert.deepEqual(fix.packages, [python ? 'not_there_at_all' : 'not-there-at-all']);
      assert.equal(
        fix.command,
        python
          ? `${fix.interpreter} -m pip install not_there_at_all`
          : `npm install --prefix ${bench.folder} not-there-at-all`,
      );
      assert.ok(fs.existsSync(fix.interpreter));
    });

    it('exits while it loads: 439', async () => {
      const bench = start('exitsWhileLoading');
      const result = await bench.invoke({});
      assert.equal(result.error?.statusCode, 439);
      assert.deepEqual(bench.logs(null), ['stdout info nothing to do']);
      assert.equal(
        bench.of('diagnostic')[0]?.message,
        'The process of Function ended while it was loading.',
      );
    });

    it('loads for too long: 446', async () => {
      const bench = start('slowLoad', { spec: { initTimeout: 1 } });
      const result = await bench.invoke({});
      assert.equal(result.outcome, 'platformError');
      assert.equal(result.error?.statusCode, 446);
      assert.equal(bench.of('diagnostic')[0]?.message, 'Function was not loaded after 1 seconds.');
    });

    it('finds its neighbours: the code directory is the working directory', async () => {
      const bench = start('loadsNeighbour');
      assert.deepEqual((await bench.invoke({})).value, [42, bench.folder, bench.folder, true]);
    });

    it('gets context and environment as documented', async () => {
      process.env['NODE_OPTIONS'] = '--no-warnings';
      process.env['VSCODE_SECRET'] = 'leak';
      const bench = start('context', { spec: { environment: { ROOM: '七', PATHLIKE: 'a=b;c' } } });
      const { value, invocation } = await bench.invoke({});
      delete process.env['NODE_OPTIONS'];
      delete process.env['VSCODE_SECRET'];
      const { context, environment, functions } = value as {
        context: Record<string, unknown>;
        environment: Record<string, string>;
        functions?: string[];
      };
      const variables = {
        SCF_RUNTIME: spec.runtime,
        SCF_FUNCTIONNAME: 'Function',
        SCF_FUNCTIONVERSION: '$LATEST',
        SCF_NAMESPACE: 'default',
        TENCENTCLOUD_REGION: 'ap-guangzhou',
        TENCENTCLOUD_APPID: '1250000000',
        TENCENTCLOUD_UIN: '100000000001',
        TENCENTCLOUD_RUNENV: 'SCF',
        USER_CODE_ROOT: bench.folder,
        SCF_LOCAL: 'true',
        ROOM: '七',
        PATHLIKE: 'a=b;c',
      };
      const expected = {
        memory_limit_in_mb: 512,
        time_limit_in_ms: 3000,
        request_id: invocation,
        environment: JSON.stringify(variables),
        environ: Object.entries(variables)
          .map(([name, one]) => `${name}=${one}`)
          .join(';'),
        function_version: '$LATEST',
        function_name: 'Function',
        namespace: 'default',
        tencentcloud_region: 'ap-guangzhou',
        tencentcloud_appid: '1250000000',
        tencentcloud_uin: '100000000001',
      };
      if (python) {
        assert.deepEqual(context, expected);
      } else {
        assert.deepEqual(context, { ...expected, callbackWaitsForEmptyEventLoop: true });
        assert.deepEqual(functions, ['getRemainingTimeInMillis', 'done', 'succeed', 'fail']);
      }
      const pushUrl = 'http://127.0.0.1:9/api-0a1b2c3d/1';
      const pushes = ['sendbackHost', 'wsBackUrl', 'url', 'SCFWS_PUSH_URL'];
      assert.deepEqual(
        pushes.map((name) => environment[name]),
        pushes.map(() => pushUrl),
      );
      for (const [name, one] of Object.entries(variables)) {
        assert.equal(environment[name], one);
      }
      assert.equal(environment['NODE_OPTIONS'], undefined);
      assert.equal(environment['VSCODE_SECRET'], undefined);
    });

    it('logs with levels', async () => {
      const bench = start('levels');
      const { invocation } = await bench.invoke({});
      const logs = bench.logs(invocation).map((line) => line.replace(/\[.*\t/, ''));
      if (python) {
        assert.deepEqual(logs.slice(0, 7), [
          'stdout info a line',
          'stdout debug debug line',
          'stdout info info line',
          'stdout warn warn line',
          'stdout error error line',
          'stderr error to stderr',
          logs[6],
        ]);
        assert.match(
          logs[6] ?? '',
          /^stdout error with its trace\nTraceback[\s\S]*ZeroDivisionError/,
        );
        assert.match(bench.logs(null)[0] ?? '', /^stdout debug \[DEBUG\]\t.*\troot\tfrom the top$/);
      } else {
        assert.deepEqual(logs, [
          'stdout info a line',
          'stdout debug debug line',
          'stdout info info line',
          'stderr warn warn line',
          'stderr error error line',
          'stderr error to stderr',
        ]);
        assert.deepEqual(bench.logs(null), ['stdout debug from the top']);
      }
    });

    it('writes to its descriptors directly: the lines belong to the event', async () => {
      const bench = start('writesRaw');
      const { invocation } = await bench.invoke({});
      const lines = ['raw stdout', 'from a child'];
      for (const line of lines) {
        const fact = await bench.until('log', ({ text }) => text === line);
        assert.deepEqual([fact.invocation, fact.stream], [invocation, 'stdout']);
      }
      await bench.runtime.dispose();
      const last = await bench.until('log', ({ text }) => text === 'raw stderr without newline');
      assert.deepEqual([last.invocation, last.stream], [invocation, 'stderr']);
    });

    it('takes more memory than it has: 434 with the measured peak', async function () {
      if (process.platform !== 'linux') {
        this.skip();
      }
      const bench = start('takesMemory', { spec: { memory: 128, timeout: 20 } });
      assert.equal((await bench.invoke({ megabytes: 8 })).value, 8 * 1024 * 1024);
      const result = await bench.invoke({ megabytes: 200 });
      assert.equal(result.error?.statusCode, 434);
      assert.match(
        result.error?.errorMessage ?? '',
        /^Memory limit exceeded: the function used [\d.]+ MB of 128 MB$/,
      );
      const ended = bench.of('invocationEnded');
      assert.ok((ended[0]?.memoryMb ?? 0) > 8 && (ended[0]?.memoryMb ?? 999) < 128);
      assert.ok((ended[1]?.memoryMb ?? 0) > 128);
    });

    it('returns and gets 6 MB, but not more: 407 and 406', async () => {
      const bench = start('returnsBytes', { spec: { timeout: 30 } });
      const limit = 6 * 1024 * 1024;
      const whole = await bench.invoke({ bytes: limit });
      assert.equal(whole.outcome, 'ok');
      assert.equal(whole.resultJson.length, limit);
      const more = await bench.invoke({ bytes: limit + 1 });
      assert.equal(more.outcome, 'platformError');
      assert.equal(more.error?.statusCode, 407);
      const event = await bench.invoke(
        undefined,
        JSON.stringify({ bytes: 9, x: 'x'.repeat(limit - 18) }),
      );
      assert.equal(event.outcome, 'ok');
      const large = await bench.invoke(
        undefined,
        JSON.stringify({ bytes: 9, x: 'x'.repeat(limit - 17) }),
      );
      assert.equal(large.error?.statusCode, 406);
      assert.equal(bench.of('instance').filter(({ state }) => state === 'starting').length, 1);
    });

    it('leaves forks behind: they end with it', async () => {
      const bench = start('forks');
      const { value } = await bench.invoke({});
      assert.ok(alive(value as number));
      await bench.runtime.dispose();
      await ended(value as number);
    });

    it('closes its channel, or writes nonsense to it: 439, and the next event is served', async () => {
      const bench = start('attacksChannel', { spec: { timeout: 1 } });
      for (const how of ['close', 'nonsense', 'close']) {
        const { error } = await bench.invoke({ how });
        assert.equal(error?.statusCode, 439);
      }
    });

    it('is killed from outside: 439', async () => {
      const bench = start('sleeps', { spec: { timeout: 30 } });
      const running = bench.invoke({ seconds: 20 });
      const { pid } = await bench.until('instance', (fact) => fact.pid !== undefined);
      await bench.until('invocationStarted');
      process.kill(pid ?? 0, 'SIGKILL');
      const { error } = await running;
      assert.equal(error?.errorMessage, 'User process exited unexpectedly with signal SIGKILL');
    });

    if (python) {
      it('leaves threads and work of a pool behind: known with the answer, and their end as well', async () => {
        const bench = startBench({
          files: {
            'index.py': [
              'import threading, time',
              'try:',
              '    from concurrent.futures import ThreadPoolExecutor',
              '    submit = ThreadPoolExecutor(1).submit',
              'except ImportError:',
              '    submit = None',
              'done = []',
              'def later(n):',
              '    time.sleep(0.01)',
              '    done.append(n)',
              'def main_handler(event, context):',
              '    if event == "look":',
              '        return len(done) / (4 if submit else 2)',
              '    for n in range(2):',
              '        threading.Thread(target=later, args=(n,)).start()',
              '    for n in range(2):',
              '        submit and submit(later, n)',
            ].join('\n'),
          },
          spec,
        });
        for (let round = 1; round <= 10; round++) {
          await bench.invoke({});
          await bench.runtime.rested();
          assert.equal((await bench.invoke('look')).value, round);
        }
      });
    }

    it('is disposed of while it runs: the event ends, nothing is left', async () => {
      const bench = start('forks', { spec: { timeout: 30 } });
      const running = bench.invoke({ hang: true });
      await bench.until('invocationStarted');
      const waiting = bench.invoke({});
      const { pid } = await bench.until('instance', (fact) => fact.pid !== undefined);
      await bench.runtime.dispose();
      assert.equal((await running).error?.statusCode, 439);
      assert.equal((await waiting).error?.statusCode, 432);
      await ended(pid ?? 0);
    });
  });
}
