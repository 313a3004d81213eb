// Projects where people put them, and while the gateway runs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import type { InvokeAnswer } from '../../../src/extension/commands/invoke';
import { activate, echoFiles, run, start, stop, TestProject, until } from '../support';

describe('a project that comes to the workspace whole', () => {
  let moved: TestProject;

  before(activate);
  after(() => moved.remove());

  it('is known without a start', async () => {
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-moved-'));
    const made = new TestProject('moved', echoFiles('javascript', { service: 'moved' }), elsewhere);
    moved = new TestProject('moved/deep');
    fs.mkdirSync(path.dirname(moved.folder), { recursive: true });
    fs.renameSync(made.folder, moved.folder);
    const handler = moved.uri('Register/index.js');
    await vscode.workspace.openTextDocument(handler);
    await until('the lenses over its handler', async () => {
      const lenses = await run<vscode.CodeLens[]>('vscode.executeCodeLensProvider', handler, 10);
      return lenses.some(({ command }) => command?.title.includes('Invoke'));
    });
    fs.rmSync(elsewhere, { recursive: true });
  });
});

describe('projects of a workspace', function () {
  this.bail(true);
  let deep: TestProject;
  let late: TestProject;

  before(activate);
  after(async () => {
    await stop();
    deep.remove();
    late.remove();
  });

  const invoke = (id: string) =>
    run<InvokeAnswer>(ids.commands.invoke, { function: id, event: 'default' });

  it('are served from deep in a folder', async () => {
    deep = new TestProject('services/chat/backend', echoFiles('javascript'));
    const { url } = await start();
    assert.match(url, /\/javascript$/);
    assert.equal((await invoke('javascript/Register'))?.outcome, 'ok');
  });

  it('that come while the gateway runs are served after a restart', async () => {
    const service = { service: 'late', path: '/late' };
    late = new TestProject('late', echoFiles('javascript', service));
    await run(ids.commands.restart);
    assert.equal((await invoke('late/Register'))?.outcome, 'ok');
  });

  it('tell in the Problems panel of folders that lead nowhere', async () => {
    const file = late.read('scfws.json').replace('"Delete"', '"Deleted"');
    late.write({ 'scfws.json': file });
    await until('the problem', () =>
      vscode.languages
        .getDiagnostics(late.uri('scfws.json'))
        .some(({ message }) => message.includes('There is no folder')),
    );
    // What the schema says is the editor's to tell, where the file is open.
    late.write({ 'scfws.json': file.replace('"functions"', '"function"') });
    await until('what its schema says', () =>
      vscode.languages
        .getDiagnostics(late.uri('scfws.json'))
        .some(({ message }) => message.includes('"functions" is missing')),
    );
  });
});
