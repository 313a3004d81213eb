// Where and when a breakpoint is hit, what the clock does meanwhile, and how each of it ends.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import {
  activate,
  Client,
  echoFiles,
  killPythonAdapters,
  nodeHandler,
  pythonHandler,
  removeBreakpoints,
  run,
  save,
  setBreakpoint,
  start,
  stop,
  isDebugging,
  stopDebugging,
  Stops,
  TestProject,
  Trace,
  until,
  usePythonWithDebugpy,
} from '../support';

const languages = {
  python: {
    file: 'index.py',
    shared: ['shared.py', 'def shout(text):\n    loud = text.upper()\n    return loud  # shared\n'],
    transfer: pythonHandler(
      `
global count
count += 1
text = websocket["data"]  # first
if text == "shared":
    text = shared.shout(text)
if text == "later":
    text = asyncio.run(later(text))
if text == "slow":
    time.sleep(1)
    text = "slow done"
if text == "endless":
    time.sleep(60)
answer = "%s %d" % (text, count)
push({"action": "data send", "secConnectionID": websocket["secConnectionID"], "dataType": "text", "data": answer})  # answer
return answer`,
      `import asyncio
import time
import shared

count = 0  # top


async def later(text):
    await asyncio.sleep(0.01)
    return text + " awaited"  # awaited
`,
    ),
    edit: (text: string) => text.replace('"%s %d" %', '"%s new %d" %'),
    broken: (text: string) => text.replace('answer = "%s', 'answer = = "%s'),
  },
  javascript: {
    file: 'index.js',
    shared: [
      'shared.js',
      'exports.shout = (text) => {\n  const loud = text.toUpperCase();\n  return loud; // shared\n};\n',
    ],
    transfer: nodeHandler(
      `
count += 1;
let text = websocket.data; // first
if (text === 'shared') text = shared.shout(text);
if (text === 'later') text = await later(text);
if (text === 'slow') {
  await sleep(1000);
  text = 'slow done ' + context.getRemainingTimeInMillis();
}
if (text === 'endless') await sleep(60000);
const answer = text + ' ' + count;
await push({ action: 'data send', secConnectionID: websocket.secConnectionID, dataType: 'text', data: answer }); // answer
return answer;`,
      `const shared = require('./shared');

let count = 0; // top
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function later(text) {
  await sleep(10);
  return text + ' awaited'; // awaited
}
`,
    ),
    edit: (text: string) => text.replace("text + ' ' + count", "text + ' new ' + count"),
    broken: (text: string) => text.replace('const answer = text', 'const answer = = text'),
  },
} as const;

for (const [language, parts] of Object.entries(languages)) {
  describe(`situations in ${language}`, function () {
    // Each test goes on where the one before ended.
    this.bail(true);

    const transfer = `Transmission/${parts.file}`;
    const transmission = `${language}/Transmission`;
    let project: TestProject;
    let stops: Stops;
    let trace: Trace;
    let url: string;
    let client: Client;

    before(async () => {
      await activate();
      usePythonWithDebugpy();
      trace = new Trace();
      project = new TestProject(language, {
        ...echoFiles(language as 'python', { backendTimeout: 300 }),
        [transfer]: parts.transfer,
        [`Transmission/${parts.shared[0]}`]: parts.shared[1],
      });
      stops = new Stops();
      ({ url } = await start());
      client = await Client.connect(url);
    });

    beforeEach(() => trace.mark());

    afterEach(() => removeBreakpoints());

    after(async () => {
      client.close();
      await stopDebugging();
      await stop();
      stops.dispose();
      project.remove();
    });

    const lineOf = (file: string, mark: string) =>
      project.line(file, `${language === 'python' ? '#' : '//'} ${mark}`);
    const breakAt = (mark: string, file: string = transfer) =>
      setBreakpoint(project.file(file), lineOf(file, mark));

    const bind = (mark: string, file: string = transfer) =>
      stops.bind(project.file(file), lineOf(file, mark));

    it('attaches to a warm function, and leaves it, with its socket and its globals', async () => {
      client.send('one');
      assert.equal(await client.next(), 'one 1');
      const { instance } = await trace.next(
        'invocationStarted',
        (fact) => fact.function === transmission,
      );

      await run(ids.commands.debugFunction, { function: transmission });
      await bind('answer');
      client.send('two');
      const stopped = await stops.next();
      assert.match(await stops.evaluate(stopped, 'answer'), /two 2/);
      await stops.go(stopped);
      assert.equal(await client.next(), 'two 2');

      await stopDebugging();
      await trace.next('debugging', (fact) => fact.function === transmission && !fact.enabled);
      client.send('three');
      assert.equal(await client.next(), 'three 3');
      assert.equal(stops.count, 0);
      assert.equal(
        (await trace.next('invocationStarted', (fact) => fact.function === transmission)).instance,
        instance,
      );
    });

    it('stops in a shared module, and after an await', async () => {
      await run(ids.commands.debugFunction, { function: transmission });
      await bind('shared', `Transmission/${parts.shared[0]}`);
      client.send('shared');
      const inShared = await stops.next();
      assert.equal(inShared.file, project.file(`Transmission/${parts.shared[0]}`));
      await stops.go(inShared);
      assert.match(String(await client.next()), /^SHARED/);

      await bind('awaited');
      client.send('later');
      const awaited = await stops.next();
      assert.equal(awaited.line, lineOf(transfer, 'awaited'));
      await stops.go(awaited);
      assert.match(String(await client.next()), /^later awaited/);
    });

    it('follows a saved change: new code, same socket, bound breakpoints', async () => {
      assert.ok(isDebugging(), 'the test before left its debugger');
      const before = project.read(transfer);
      breakAt('answer');
      const version = await save(trace, project, { [transfer]: parts.edit(before) });
      client.send('edited');
      const stopped = await stops.next();
      assert.equal(stopped.line, lineOf(transfer, 'answer'));
      assert.match(await stops.evaluate(stopped, 'answer'), /edited new 1/);
      await stops.go(stopped);
      assert.equal(await client.next(), 'edited new 1');
      assert.equal((await trace.next('invocationStarted')).version, version);
    });

    it('keeps the old version while a save has a syntax error, and says so at the line', async () => {
      const good = project.read(transfer);
      project.write({ [transfer]: parts.broken(good) });
      const finding = await trace.next('diagnostic', (fact) => fact.severity === 'error');
      assert.equal(finding.place?.file, project.file(transfer));
      assert.equal(finding.place?.line, project.line(transfer, 'answer = ='));
      client.send('still');
      assert.match(String(await client.next()), /^still new/);
      const diagnostics = await until('a squiggle', () => {
        const all = vscode.languages.getDiagnostics(project.uri(transfer));
        return all.some(({ source }) => source === 'SCF WebSocket') && all;
      });
      const [squiggle] = diagnostics.filter(({ source }) => source === 'SCF WebSocket');
      assert.equal(squiggle?.range.start.line, project.line(transfer, 'answer = =') - 1);

      project.write({ [transfer]: good });
      await trace.next('diagnosticsCleared');
      client.send('again');
      assert.match(String(await client.next()), /^again new/);
      await until('the squiggle to go', () =>
        vscode.languages
          .getDiagnostics(project.uri(transfer))
          .every(({ source }) => source !== 'SCF WebSocket'),
      );
    });

    it('stops in top-level code of the first load', async () => {
      breakAt('top');
      await run('scfWebSocket.restartFunction', { function: transmission });
      client.send('top');
      const stopped = await stops.next();
      assert.equal(stopped.line, lineOf(transfer, 'top'));
      await stops.go(stopped);
      assert.match(String(await client.next()), /^top new 1/);
    });

    it('freezes the clock: a function of 3 seconds stands for longer, then answers', async function () {
      await bind('first');
      client.send('slow');
      const stopped = await stops.next();
      await trace.next('clock', (fact) => fact.by[0] === `Transmission:${stopped.line}`);
      // The time at the breakpoint is the fault itself: without the freeze the limit ends the function.
      await new Promise((resolve) => setTimeout(resolve, 5000));
      await stops.go(stopped);
      await trace.next('clock', (fact) => !fact.frozen);
      // In JavaScript with the time that is left, which is not 0.
      assert.match(String(await client.next()), /^slow done (?!0 )/);
      const ended = await trace.next('invocationEnded', ({ preview }) =>
        preview.startsWith('"slow done'),
      );
      assert.equal(ended.outcome, 'ok');
    });

    it('freezes it as long as either of two functions stands', async () => {
      await bind('first');
      const handler = `Register/${parts.file}`;
      breakAt('stop', handler);
      await run(ids.commands.debugFunction, { function: `${language}/Register` });
      client.send('both');
      const first = await stops.next();
      const other = new Client(url);
      const second = await stops.next();
      assert.equal(second.file, project.file(handler));
      const { by } = await trace.next(
        'clock',
        (fact) => fact.by.length === 2 && fact.by.every((each) => each.includes(':')),
      );
      assert.deepEqual([...by].sort(), [`Register:${second.line}`, `Transmission:${first.line}`]);
      await stops.go(first);
      assert.match(String(await client.next()), /^both/);
      await trace.next('clock', (fact) => fact.by.length === 1);
      await stops.go(second);
      await other.open();
      await trace.next('clock', (fact) => !fact.frozen);
      other.close();
    });

    it('thaws when the handler is killed at its breakpoint; the next event finds a new one', async () => {
      await bind('first');
      client.send('doomed');
      await stops.next();
      const { instance, invocation } = await trace.next(
        'invocationStarted',
        (fact) => fact.role === 'transfer',
      );
      const { pid } = trace
        .all()
        .flatMap((fact) =>
          fact.kind === 'instance' && fact.instance === instance && fact.pid ? [fact] : [],
        )[0]!;
      process.kill(pid!, 'SIGKILL');
      const ended = await trace.next('invocationEnded', (fact) => fact.invocation === invocation);
      assert.equal(ended.error?.statusCode, 439);
      await trace.runs();
      removeBreakpoints();
      client.send('alive');
      assert.match(String(await client.next()), /^alive new 1/);
    });

    it('lets everything go on when debugging is stopped at a breakpoint', async () => {
      await bind('first');
      client.send('left');
      await stops.next();
      await trace.next('clock', (fact) => fact.frozen);
      await stopDebugging();
      assert.match(String(await client.next()), /^left new 2/);
      await trace.runs();
    });

    it('times out after 3 seconds in a plain run', async () => {
      assert.equal(isDebugging(), false);
      client.send('endless');
      const ended = await trace.next('invocationEnded', (fact) => fact.outcome !== 'ok');
      assert.equal(ended.error?.statusCode, 433);
      assert.match(ended.error?.errorMessage ?? '', /timed out after 3 seconds$/);
    });

    if (language === 'python') {
      it('thaws when the debugger itself is killed', async () => {
        await run(ids.commands.debugFunction, { function: transmission });
        await bind('first');
        client.send('orphan');
        await stops.next();
        await trace.next('clock', (fact) => fact.frozen);
        killPythonAdapters();
        await trace.runs();
        assert.match(String(await client.next()), /^orphan new/);
      });
    }
  });
}
