import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';

describe('the extension', () => {
  before(async () => {
    const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
    assert.ok(extension, 'the editor does not know the extension');
    await extension.activate();
  });

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
