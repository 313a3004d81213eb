// A recording replayed in the real editor: the same, then with another outcome as a diff, then kept as a scenario.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { ReplayEvent } from '../../../src/core/replay/events';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import { activate, echoFiles, run, TestProject, until } from '../support';

const size = { width: 1400, height: 860 };
const flow = `steps:
  - ann connects
  - ann sends: hello
  - ann receives: hello
  - ann sends: how are you?
  - ann receives: how are you?
`;

type Ended = Extract<ReplayEvent, { replay: 'ended' }>;

describe('replaying a recording in the editor', function () {
  this.bail(true);
  let project: TestProject;
  let recording: vscode.Uri;

  before(async function () {
    window.skipUnlessThere(this);
    await activate();
    project = new TestProject('replayed', {
      ...echoFiles('javascript', { path: '/replayed' }),
      'say.wsflow.yaml': flow,
    });
    const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
    const cli = path.join(extension?.extensionPath ?? '', 'dist', 'cli.js');
    await promisify(execFile)('node', [cli, 'test', project.folder, '--record', project.folder]);
    const name = fs.readdirSync(project.folder).find((each) => each.endsWith('.scfws.jsonl'));
    recording = project.uri(name ?? '');
  });

  after(async () => {
    await run('workbench.action.closeAllEditors');
    project.remove();
  });

  const replay = () =>
    run<Ended>(ids.commands.replay, recording, undefined, { project: project.folder });

  it('finds no difference where nothing changed, and says how much was compared', async () => {
    const { same, counts } = await replay();
    assert.equal(same, true);
    assert.match(counts, /3 moves with 1 handshakes, 3 invocations/);
  });

  it('opens what differs as a diff', async () => {
    const file = 'Transmission/index.js';
    project.write({ [file]: project.read(file).replace('data: text }', 'data: text + "!" }') });
    const { same, different } = await replay();
    assert.equal(same, false);
    assert.equal(different.length, 2);
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputTextDiff);
    await window.waitFor('.monaco-diff-editor.side-by-side, .monaco-diff-editor');
    await window.waitFor('text=/you\\?!/ >> nth=0');
    await window.screenshot('replay-diff-light', { ...size, theme: 'light' });
    await window.screenshot('replay-diff-dark', { ...size, theme: 'dark' });
    await window.screenshot('replay-diff-narrow', { width: 800, height: 860 });
    await window.screenshot('replay-diff-dark', size);
  });

  it('keeps that as a scenario', async () => {
    const file = project.file('kept.wsflow.yaml');
    await run(ids.commands.keepReplay, undefined, { file });
    assert.match(fs.readFileSync(file, 'utf8'), /ann receives exactly:\n\s+- hello/);
  });

  it('is a button of an open recording', async () => {
    await run('vscode.openWith', recording, ids.recordingEditors.recording);
    await window.waitFor('.editor-actions [aria-label^="Replay"]');
    await until('the recording', () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputCustom;
    });
    const answer = await run<Ended>(ids.commands.replay, undefined, undefined, {
      project: project.folder,
    });
    assert.equal(answer.different.length, 2);
  });

  it('goes back and on in it with the slider, which a pointer drags', async () => {
    await run('vscode.openWith', recording, ids.recordingEditors.recording);
    const editor = { in: 'editor' } as const;
    await window.click('[aria-label="Time travel"]', editor);
    await window.drag('.travel input', [0.98, 0.6, 0.02], editor);
    await window.waitFor('.travel-place >> text=/In the past: #\\d+, .*, 1 of /', editor);
    assert.match(await window.text('.moment', editor), /Connections then 1[^]*connecting/);
    await window.drag('.travel input', [0.02, 0.3, 0.7], editor);
    await window.waitFor('.moment >> text=/since/', editor);
    await window.screenshot('time-travel-editor-dark', { ...size, theme: 'dark' });
    await window.screenshot('time-travel-editor-light', {
      width: 800,
      height: 860,
      theme: 'light',
    });
    await window.click('.travel .act >> text=To the end', editor);
    await window.waitFor('.moment', editor, 'hidden');
  });
});
