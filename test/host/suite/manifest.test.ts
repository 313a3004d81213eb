import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import { activate, echoFiles, TestProject } from '../support';

describe('the extension', () => {
  let project: TestProject;

  before(async () => {
    await activate();
    // Two of the three views are there only beside a project.
    project = new TestProject('views', echoFiles('javascript'));
  });

  after(() => project.remove());

  it('registers every command that package.json declares', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = Object.values(ids.commands).filter((command) => !registered.has(command));
    assert.deepEqual(missing, []);
  });

  it('shows its views behind its icon', async function () {
    window.skipUnlessThere(this);
    await vscode.commands.executeCommand(`workbench.view.extension.${ids.views.container}`);
    await window.waitFor('.part.sidebar .composite.title >> text=SCF WebSocket');
    await window.waitFor('body', { in: 'webview' }, 'attached');
    await window.screenshot('views', { width: 1280, height: 800 });
  });
});
