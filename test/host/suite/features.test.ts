// Frame breakpoints, running again, lenses and inline values, one key, and what survives.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import type { InvokeAnswer } from '../../../src/extension/commands/invoke';
import { window } from '../window';
import {
  activate,
  type Addresses,
  Client,
  echoFiles,
  removeBreakpoints,
  run,
  save,
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

describe('features around a run', function () {
  this.bail(true);
  const file = 'Transmission/index.py';
  let project: TestProject;
  let trace: Trace;
  let stops: Stops;
  let url: string;
  let pushUrl: string;
  let client: Client;

  before(async () => {
    await activate();
    usePythonWithDebugpy();
    trace = new Trace();
    stops = new Stops();
    project = new TestProject('python', echoFiles('python', { backendTimeout: 300 }));
    ({ url, pushUrl } = await start());
    client = await Client.connect(url);
  });

  beforeEach(() => trace.mark());

  after(async () => {
    client.close();
    await run(ids.commands.editFrameBreakpoints, { breakpoints: [] });
    await run(ids.commands.addFrameBreakpoint, { on: 'functionError', enabled: false });
    removeBreakpoints();
    await stopDebugging();
    await stop();
    stops.dispose();
    project.remove();
    await run('workbench.action.closeAllEditors');
  });

  /** Where the texts of decorations are. */
  const styles = async () =>
    (await window.workbench(
      `[...document.querySelectorAll('style')].map((s) => [...(s.sheet?.cssRules ?? [])].map((r) => r.cssText).join()).join()`,
    )) as string;

  const lenses = async () => {
    await vscode.workspace.openTextDocument(project.uri(file));
    const all = await run<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      project.uri(file),
      10,
    );
    return all.flatMap(({ command }) => command?.title.replace(/\$\([^)]+\) ?/g, '') ?? []);
  };

  it('has lenses over each handler from the start, and the last run after it', async () => {
    assert.deepEqual(await lenses(), ['Invoke', 'Debug', 'Event…']);
    client.send('hello');
    assert.equal(await client.next(), 'hello');
    await trace.next('invocationEnded');
    const titles = await until('the last run in the lens', async () => {
      const now = await lenses();
      return now.length === 4 && now;
    });
    assert.match(titles[3] ?? '', /^last: [\d.]+ ms ✓$/);
  });

  it('points at a row of the Traffic view when another view hides it', async function () {
    window.skipUnlessThere(this);
    await run('workbench.action.closePanel');
    await run(`workbench.view.extension.${ids.views.container}`);
    await window.waitFor('.grid', { in: 'webview' });
    for (const text of ['the first of two', 'the second of two']) {
      client.send(text);
      const { seq } = await trace.next('frame', ({ preview }) => preview === text);
      assert.equal(await client.next(), text);
      await run('workbench.view.explorer');
      await window.waitFor('.explorer-folders-view');
      await run(ids.commands.showFact, seq);
      await window.waitFor(`.line[aria-selected="true"] >> text=${text}`, { in: 'webview' });
    }
    client.send('hello'); // The run that the tests below look at.
    assert.equal(await client.next(), 'hello');
  });

  it('installs nothing unless a person agrees', async () => {
    // The editor refuses to show a modal question in tests: nobody agrees.
    await run(ids.commands.installLibrary, {
      ...{ kind: 'installLibrary', family: 'python', isKnown: false, packages: ['utlis'] },
      ...{ interpreter: process.env['SCFWS_PYTHON'], command: '', function: 'python/Transmission' },
    });
    assert.equal(fs.existsSync(project.file('.venv')), false);
  });

  it('shows event, result, pushes and duration beside the handler', async function () {
    window.skipUnlessThere(this);
    await vscode.window.showTextDocument(project.uri(file));
    await window.waitFor('.codelens-decoration >> nth=0', {}, 'attached');
    await until('the inline value', async () => {
      const shown = await styles();
      return shown.includes('← hello') && shown.includes('1 push');
    });
    await window.screenshot('lens-and-inline-values-dark', {
      width: 1280,
      height: 800,
      theme: 'dark',
    });
    await window.screenshot('lens-and-inline-values-light', { theme: 'light' });
    await window.theme('dark');
  });

  it('runs again with the same event, and says what differs', async () => {
    const same = await run<{ differs: boolean }>(ids.commands.runAgain, {
      function: 'python/Transmission',
    });
    assert.equal(same?.differs, false);
    await save(trace, project, {
      [file]: project.read(file).replace('"send success"', '"changed"'),
    });
    const other = await run<{ differs: boolean; left: string; right: string }>(
      ids.commands.runAgain,
      {
        function: 'python/Transmission',
      },
    );
    assert.equal(other?.differs, true);
    assert.match(other.left, /send success/);
    assert.match(other.right, /changed/);
    assert.match(other.right, /"data": "hello"/);
    const tab = vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .find(({ input }) => input instanceof vscode.TabInputTextDiff);
    assert.ok(tab, 'no comparison is open');
    assert.equal(await client.next(), 'hello');
    assert.equal(await client.next(), 'hello');
  });

  it('holds a frame, edits it and lets it go; the recording tells both', async () => {
    await run(ids.commands.addFrameBreakpoint, {
      condition: "$.type == 'join'",
      direction: 'toServer',
    });
    await trace.next('frameBreakpoints');
    client.send('{"type":"leave"}');
    assert.equal(await client.next(), '{"type":"leave"}');
    client.send('{"type":"join","name":"alice"}');
    const { frame } = await trace.next('held');
    assert.equal(frame.preview, '{"type":"join","name":"alice"}');
    assert.equal(
      trace.has('invocationStarted', ({ cause }) => cause === frame.hold),
      false,
    );

    const edited = '{"type":"join","name":"bob"}';
    if (process.env['SCFWS_WINDOW'] === undefined) {
      await run(ids.commands.heldFrames, { hold: frame.hold, how: 'edited', data: edited });
    } else {
      // The session's trace is ahead of the editor: it must know of the frame before it can offer it.
      await window.waitFor('.statusbar-item >> text=frame held');
      const released = run(ids.commands.heldFrames);
      await window.waitFor('.quick-input-list >> text=Edit and release');
      await window.screenshot('held-frame-dark', { width: 1280, height: 800 });
      await window.click('.quick-input-list >> text=Edit and release');
      await window.waitFor('.quick-input-title >> text=Text');
      await window.fill('.quick-input-box input', edited);
      await window.press('Enter');
      await released;
    }
    await trace.next('releasedFrame', ({ how }) => how === 'edited');
    assert.equal(await client.next(), '{"type":"join","name":"bob"}');
    const after = await trace.next('push');
    assert.match(after.preview, /bob/);
  });

  it('begins a session with its frame breakpoints, and without values of the one before', async () => {
    client.close();
    ({ url, pushUrl } = await run<Addresses>(ids.commands.restart));
    const { breakpoints } = await trace.next('frameBreakpoints');
    assert.equal(breakpoints[0]?.condition, "$.type == 'join'");
    client = await Client.connect(url);
    client.send('warm');
    assert.equal(await client.next(), 'warm');
    if (process.env['SCFWS_WINDOW'] !== undefined) {
      await until('no inline value', async () => !(await styles()).includes('← hello'));
    }
  });

  it('steps into the handler that a held frame triggers', async () => {
    client.send('{"type":"join","name":"carol"}');
    const { frame } = await trace.next('held');
    await run(ids.commands.heldFrames, { hold: frame.hold, how: 'steppedInto' });
    const stopped = await stops.next();
    assert.equal(stopped.file, project.file(file));
    assert.equal(stopped.line, project.line(file, 'websocket = event["websocket"]'));
    await until('the breakpoint to go', () => vscode.debug.breakpoints.length === 0);
    await stops.go(stopped);
    assert.match(String(await client.next()), /carol/);
    await stopDebugging();
  });

  it('shows an error at the line that threw', async function () {
    await save(trace, project, {
      [file]: project.read(file).replace('text = websocket["data"]', 'text = websocket["nothing"]'),
    });
    const answer = await run<InvokeAnswer>(ids.commands.invoke, {
      function: 'python/Transmission',
      event: 'default',
    });
    assert.equal(answer?.outcome, 'userError');
    const ended = await trace.next('invocationEnded', ({ outcome }) => outcome === 'userError');
    assert.deepEqual(ended.place && [ended.place.file, ended.place.line], [
      project.file(file),
      project.line(file, 'websocket["nothing"]'),
    ]);
    window.skipUnlessThere(this);
    await run('workbench.action.closeAllEditors');
    await run('workbench.action.closePanel');
    await run('workbench.view.explorer');
    await vscode.window.showTextDocument(project.uri(file));
    await until('the error inline', async () => {
      return (await styles()).includes('KeyError');
    });
    await window.screenshot('inline-error-dark', { width: 1280, height: 800 });
    // Whoever mends it, and whatever has run since: it stands beside no line that it is not about.
    project.write({ [file]: `${project.read(file)}\n` });
    // An editor that hears late of files, or not at all, is asked to look.
    await run('workbench.action.files.revert');
    await until('no error inline', async () => !(await styles()).includes('KeyError'));
  });

  it('keeps its connections when debugging begins and ends with one key', async () => {
    await save(trace, project, { [file]: echoFiles('python')[file]! });
    await vscode.window.showTextDocument(project.uri(file));
    await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
      type: ids.debugTypes.container,
      request: 'attach',
      name: 'attach',
    });
    await until('debugging', isDebugging);
    client.send('still here');
    assert.equal(await client.next(), 'still here');
    await stopDebugging();
    client.send('and now');
    assert.equal(await client.next(), 'and now');
  });

  it('applies a changed setting of the emulator to the running gateway', async () => {
    const settings = vscode.workspace.getConfiguration(ids.settingsSection);
    const body = { action: 'data send', secConnectionID: 'nobody', dataType: 'text', data: '' };
    const status = async () => {
      const response = await fetch(pushUrl, {
        method: 'POST',
        body: JSON.stringify({ websocket: body }),
      });
      return response.status;
    };
    assert.equal(await status(), 200);
    const { Workspace } = vscode.ConfigurationTarget;
    await settings.update('emulator.pushErrorStatus', 418, Workspace);
    await until('the new status', async () => (await status()) === 418);
    await settings.update('emulator.pushErrorStatus', undefined, Workspace);
    await until('the old status', async () => (await status()) === 200);
  });

  it('breaks on a function error: the clock stands until a person has seen it', async function () {
    window.skipUnlessThere(this);
    await run('notifications.clearAll');
    await run(ids.commands.addFrameBreakpoint, { on: 'functionError' });
    await save(trace, project, { [file]: project.read(file).replace('["data"]', '["none"]') });
    client.send('fails');
    await trace.next('clock', ({ frozen, by }) => frozen && by.length === 1);
    await window.screenshot('paused-at-error-dark', { width: 1280, height: 800 });
    // Whether a toast is still up is the editor's affair; the list has what it said.
    await run('notifications.showList');
    await window.click('.notifications-center >> text=Continue');
    await trace.next('clock', ({ frozen }) => !frozen);
    await run('notifications.hideList');
  });

  it('says when its session dies, and starts a new one', async () => {
    const { pid } = trace
      .all()
      .filter((fact) => fact.kind === 'listening')
      .at(-1)!;
    process.kill(pid, 'SIGKILL');
    const { code } = await client.closed;
    assert.equal(code, 1006);
    const addresses = await until('another session', async () => {
      const started = await start();
      const pids = trace.all().flatMap((fact) => (fact.kind === 'listening' ? fact.pid : []));
      return pids.length === 3 && started;
    });
    assert.ok(addresses.url);
  });
});
