// What people bring: functions of another tool, and recordings of somebody else.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { renderHar } from '../../../src/protocol/export/har';
import { renderJsonLines } from '../../../src/protocol/export/jsonLines';
import type { Recording } from '../../../src/protocol/export/recording';
import { window } from '../window';
import { activate, Client, nodeHandler, run, start, stop, TestProject, Trace } from '../support';

describe('what people bring', function () {
  this.bail(true);
  let project: TestProject;
  let trace: Trace;
  let recording: Recording;

  before(async () => {
    await activate();
    trace = new Trace();
    project = new TestProject('brought', {
      'on_connect/index.js': nodeHandler(
        `return { errNo: 0, errMsg: 'ok', websocket: { action: 'connecting', secConnectionID: websocket.secConnectionID } };`,
      ),
      'on_message/index.js': nodeHandler(
        `await push({ action: 'data send', secConnectionID: websocket.secConnectionID, dataType: 'text', data: 'brought: ' + websocket.data });`,
      ),
    });
  });

  after(async () => {
    await run('workbench.action.closeAllEditors');
    await stop();
    project.remove();
  });

  it('imports functions that know nothing of this extension, and serves them', async () => {
    const handlers = ['on_connect/index.js', 'on_message/index.js'];
    const before = handlers.map((file) => project.read(file));
    const file = await run<string>(ids.commands.importProject, {
      folder: project.folder,
      roles: { register: 'on_connect', transfer: 'on_message', cleanup: null },
    });
    assert.equal(file, project.file('scfws.json'));
    assert.deepEqual(fs.readdirSync(project.folder).sort(), [
      'on_connect',
      'on_message',
      'scfws.json',
    ]);
    assert.deepEqual(
      handlers.map((each) => project.read(each)),
      before,
    );
    const { url } = await start();
    const client = await Client.connect(url);
    client.send('hello');
    assert.equal(await client.next(), 'brought: hello');
    client.close();
    await trace.next('closed');
    recording = { facts: trace.all(), payloads: new Map() };
  });

  it('does not overwrite a project that is there', async () => {
    const before = project.read('scfws.json');
    const again = { folder: project.folder, roles: {} };
    assert.equal(await run(ids.commands.importProject, again), undefined);
    assert.equal(project.read('scfws.json'), before);
    // Nor does it ask for roles first: this would wait for an answer.
    assert.equal(await run(ids.commands.importProject, { folder: project.folder }), undefined);
  });

  const open = async (name: string, viewType: string) => {
    await run('workbench.action.closeAllEditors');
    await run('vscode.openWith', project.uri(name), viewType);
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputCustom, `${name} is not open in a custom editor`);
    assert.equal(input.viewType, viewType);
  };

  it('opens a recording in an editor of its own', async function () {
    window.skipUnlessThere(this);
    project.write({ 'chat.scfws.jsonl': renderJsonLines(recording) });
    await open('chat.scfws.jsonl', ids.recordingEditors.recording);
    await window.waitFor('text=brought: hello', { in: 'editor' });
    await window.screenshot('recording-dark', { width: 1280, height: 800, theme: 'dark' });
    await window.screenshot('recording-narrow-light', { width: 640, height: 800, theme: 'light' });
    await window.theme('dark');
  });

  it('opens a HAR file of somebody else', async function () {
    window.skipUnlessThere(this);
    project.write({ 'chat.har': renderHar(recording, '0.0.0') });
    await open('chat.har', ids.recordingEditors.archive);
    await window.waitFor('text=brought: hello', { in: 'editor' });
  });

  it('says of a file that is no recording where it is broken', async function () {
    window.skipUnlessThere(this);
    project.write({ 'broken.scfws.jsonl': '{"recording":1}\nnot json\n' });
    await run('workbench.action.closeAllEditors');
    await run('vscode.openWith', project.uri('broken.scfws.jsonl'), ids.recordingEditors.recording);
    await window.waitFor('text=/is not a recording. Line 2: /', { in: 'editor' });
    await run('notifications.showList');
    await window.waitFor('text=Open as Text');
    await window.screenshot('recording-broken', { width: 1280, height: 800, theme: 'dark' });
    await window.screenshot('recording-broken-light', { theme: 'light' });
    await window.theme('dark');
  });
});
