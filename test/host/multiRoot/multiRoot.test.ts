// A window with several folders, each with a project of its own: one gateway serves them all.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import type { InvokeAnswer } from '../../../src/extension/commands/invoke';
import {
  activate,
  Client,
  echoFiles,
  isDebugging,
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
  workspaceFolder,
} from '../support';
import { window } from '../window';

describe('a workspace of several folders', function () {
  this.bail(true);
  let games: TestProject;
  let trace: Trace;
  let stops: Stops;
  let url: string;

  before(async () => {
    await activate();
    trace = new Trace();
    stops = new Stops();
    new TestProject('.', echoFiles('python', { service: 'chat', path: '/chat' }));
    games = new TestProject(
      'backend',
      echoFiles('javascript', { service: 'games', path: '/games' }),
      workspaceFolder(1),
    );
  });

  after(async () => {
    removeBreakpoints();
    await stopDebugging();
    await stop();
    stops.dispose();
  });

  const echo = async (path: string): Promise<void> => {
    const client = await Client.connect(url.replace(/\/[^/]*$/, path));
    client.send(path);
    assert.equal(await client.next(), path);
    client.close();
  };

  it('is served by one gateway', async () => {
    ({ url } = await start());
    const { services } = await trace.next('listening');
    assert.deepEqual(services.map(({ name }) => name).sort(), ['chat', 'games']);
    await echo('/chat');
    await echo('/games');
  });

  it('shows the functions of each', async function () {
    window.skipUnlessThere(this);
    await run(`${ids.views.functions}.focus`);
    await window.waitFor('.part.sidebar [aria-label*="chat"] >> nth=0', {});
    await window.waitFor('.part.sidebar [aria-label*="games"] >> nth=0', {});
    await run(ids.commands.openTraffic);
    await window.waitFor('.line >> nth=0', { in: 'editor' });
    await window.screenshot('several-folders', { width: 1280, height: 800 });
  });

  // Each with its own: of two pages that load at once, one stayed empty once in some forty times (vscode-server.mjs).
  it('loads all pages through one service worker', async function () {
    window.skipUnlessThere(this);
    const worker = await window.webview('navigator.serviceWorker.controller.scriptURL', {
      in: 'editor',
    });
    assert.match(String(worker), /service-worker\.js/);
    assert.doesNotMatch(String(worker), /[?&]id=/);
  });

  it('runs a function by the name of its project', async () => {
    for (const name of ['chat', 'games']) {
      const answer = await run<InvokeAnswer>(ids.commands.invoke, {
        function: `${name}/Register`,
        event: 'default',
      });
      assert.equal(answer?.outcome, 'ok', name);
    }
  });

  it('stops at a breakpoint in the second folder, from a configuration of that folder', async () => {
    const file = games.file('Transmission/index.js');
    const line = games.line('Transmission/index.js', ' stop');
    setBreakpoint(file, line);
    const folder = vscode.workspace.workspaceFolders?.[1];
    assert.ok(
      await vscode.debug.startDebugging(folder, {
        type: ids.debugTypes.container,
        request: 'attach',
        name: 'games',
        project: '${workspaceFolder}/backend',
      }),
    );
    await until('a debug session', isDebugging);
    await trace.next('debugging', ({ function: id }) => id === 'games/Transmission');
    const client = await Client.connect(url.replace(/\/[^/]*$/, '/games'));
    client.send('key');
    const stopped = await stops.next();
    assert.equal(stopped.file, file);
    await stops.go(stopped);
    assert.equal(await client.next(), 'key');
    client.close();
    await stopDebugging();
  });
});
