// What a person sees at a stop: an error at its line, what the handler printed, and old code after a save.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import {
  activate,
  Client,
  echoFiles,
  pythonHandler,
  nodeHandler,
  removeBreakpoints,
  run,
  setBreakpoint,
  start,
  stop,
  stopDebugging,
  Stops,
  TestProject,
  Trace,
  until,
  usePythonWithDebugpy,
} from '../support';
import { window } from '../window';

const handlers = {
  python: [
    'index.py',
    pythonHandler(
      `
text = websocket["data"]
print("printed " + text)
if text == "raise":
    raise ValueError("not that")  # raised
if text == "raise later":
    later()
if text == "raise elsewhere":
    asyncio.run(elsewhere())
if text == "raise apart":
    concurrent.futures.ThreadPoolExecutor().submit(apart).result()
push({"action": "data send", "secConnectionID": websocket["secConnectionID"], "dataType": "text", "data": text})  # stop
after = "the line after"
return after  # end`,
      `import asyncio
import concurrent.futures

def later():
    raise ValueError("not that either")  # later

async def elsewhere():
    await asyncio.sleep(0)
    raise ValueError("nor that")  # elsewhere

def apart():
    raise ValueError("nor that, apart")  # apart
`,
    ),
  ],
  javascript: [
    'index.js',
    nodeHandler(
      `
const text = websocket.data;
console.log('printed ' + text);
if (text === 'raise') throw new Error('not that'); // raised
if (text === 'raise later') await later();
if (text === 'raise elsewhere') {
  const late = elsewhere();
  await null;
  await late;
}
if (text === 'raise apart') await new Promise(() => setTimeout(apart));
await push({ action: 'data send', secConnectionID: websocket.secConnectionID, dataType: 'text', data: text }); // stop
const after = 'the line after';
return after; // end`,
      `async function later() {
  await null;
  throw new Error('not that either'); // later
}
async function elsewhere() {
  await null;
  throw new Error('nor that'); // elsewhere
}
function apart() {
  throw new Error('nor that, apart'); // apart
}`,
    ),
  ],
} as const;

for (const [language, [file, code]] of Object.entries(handlers)) {
  describe(`at a stop in ${language}`, function () {
    this.timeout(180_000);
    const handler = `Transmission/${file}`;
    const comment = language === 'python' ? '#' : '//';
    const printed: string[] = [];
    let project: TestProject;
    let stops: Stops;
    let trace: Trace;
    let client: Client;
    let listener: vscode.Disposable;

    before(async () => {
      await activate();
      usePythonWithDebugpy();
      trace = new Trace();
      stops = new Stops();
      listener = vscode.debug.registerDebugAdapterTrackerFactory('*', {
        createDebugAdapterTracker: () => ({
          onDidSendMessage: (message: {
            event?: string;
            body?: { category?: string; output?: string };
          }) => {
            const { category = '', output = '' } = message.body ?? {};
            if (message.event === 'output' && category !== 'telemetry') {
              printed.push(output);
            }
          },
        }),
      });
      project = new TestProject(language, {
        ...echoFiles(language as 'python', { backendTimeout: 300 }),
        [handler]: code,
      });
      const { url } = await start();
      await run(ids.commands.debugProject);
      client = await Client.connect(url);
    });

    afterEach(() => removeBreakpoints());

    after(async () => {
      client.close();
      await run('workbench.action.closeAllEditors');
      await stopDebugging();
      await stop();
      listener.dispose();
      stops.dispose();
      project.remove();
    });

    it('shows what the handler printed in the debug console, once', async () => {
      client.send('one');
      assert.equal(await client.next(), 'one');
      const found = () => printed.filter((text) => text.includes('printed one'));
      await until('the line', () => found().length > 0);
      client.send('two');
      assert.equal(await client.next(), 'two');
      await until('the next line', () => printed.some((text) => text.includes('printed two')));
      assert.equal(found().length, 1);
    });

    it('shows it in the console that the editor turns to at the stop', async function () {
      window.skipUnlessThere(this);
      await run('workbench.debug.action.focusRepl');
      const line = project.line(handler, ' stop');
      await stops.bind(project.file(handler), line);
      client.send('seen');
      const stopped = await stops.next();
      await until(
        'the console of the stop',
        () => vscode.debug.activeDebugSession?.id === stopped.session.id,
      );
      await window.waitFor('.repl .monaco-list-row:has-text("printed seen")');
      await stops.go(stopped);
      assert.equal(await client.next(), 'seen');
      await run('workbench.action.closePanel');
    });

    it('after a save, the old code stops at no moved breakpoint and is marked', async () => {
      const document = await vscode.workspace.openTextDocument(project.uri(handler));
      await vscode.window.showTextDocument(document);
      await stops.bind(project.file(handler), project.line(handler, ' stop'));
      client.send('old');
      const stopped = await stops.next();
      const line = project.line(handler, ' stop') - 1;
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(line, 0), '\n');
      await vscode.workspace.applyEdit(edit);
      await until('a breakpoint that moved', () =>
        vscode.debug.breakpoints.some(
          (each) =>
            each instanceof vscode.SourceBreakpoint && each.location.range.start.line === line + 1,
        ),
      );
      trace.mark();
      await document.save();
      await trace.next('instance', ({ waitsForDebugger }) => waitsForDebugger === true);
      const frames = await until('a marked frame', async () => {
        const { stackFrames } = (await stopped.session.customRequest('stackTrace', {
          threadId: stopped.thread,
          startFrame: 0,
          levels: 1,
        })) as { stackFrames: { name: string }[] };
        return stackFrames.some(({ name }) => name.endsWith('(before the save)')) && stackFrames;
      });
      assert.equal(frames.length, 1);
      // An editor that does not hear of the file tells of its breakpoints when one comes.
      setBreakpoint(project.file(handler), project.line(handler, ' after'));
      await stops.go(stopped);
      assert.equal(await client.next(), 'old');
      client.send('new');
      for (const mark of [' stop', ' after']) {
        const again = await stops.next();
        assert.notEqual(again.session, stopped.session);
        assert.equal(again.line, project.line(handler, mark));
        await stops.go(again);
      }
      assert.equal(await client.next(), 'new');
      assert.equal(stops.count, 0);
    });

    for (const [text, mark] of [
      ['raise', ' raised'],
      ['raise later', ' later'],
      ['raise elsewhere', ' elsewhere'],
      ['raise apart', ' apart'],
    ] as const) {
      it(`stops where an error leaves the handler, without a breakpoint: ${text}`, async () => {
        trace.mark();
        client.send(text);
        const stopped = await stops.next();
        assert.equal(stopped.file, project.file(handler));
        assert.equal(stopped.line, project.line(handler, comment + mark));
        await stops.go(stopped);
        const ended = await trace.next('invocationEnded', ({ outcome }) => outcome !== 'ok');
        assert.equal(ended.error?.statusCode, 430);
        await trace.runs();
        assert.equal(stops.count, 0);
        const place = [project.file(handler), project.line(handler, ' end')] as const;
        if (language === 'javascript' && text === 'raise apart') {
          setBreakpoint(...place); // It ended the process; the next event starts one, which waits.
        } else {
          // What the editor still asks about that stop keeps no breakpoint away.
          await stops.bind(...place);
        }
        client.send('after it');
        const next = await stops.next();
        assert.equal(next.line, project.line(handler, ' end'));
        await stops.go(next);
        assert.equal(await client.next(), 'after it');
      });
    }
  });
}
