// Attach to Gateway Node in the real editor: a real node with a real function, refused, seen, and gone.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import { activate, Client, echoFiles, run, TestProject, until } from '../support';

const secret = 'a secret of whoever attaches';

describe('attaching to a node in the editor', function () {
  this.bail(true);
  let project: TestProject;
  let node: ChildProcess;
  let listening: { urls: string[]; operationsPort: number };

  before(async function () {
    window.skipUnlessThere(this);
    await activate();
    project = new TestProject('attached', echoFiles('javascript', { path: '/attached' }));
    const config = {
      listen: { port: 0 },
      operations: { port: 0 },
      drainSeconds: 0,
      services: [{ name: 'attached', project: '.' }],
    };
    project.write({ 'gateway.json': JSON.stringify(config) });
    const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
    const program = path.join(extension?.extensionPath ?? '', 'dist', 'gateway.js');
    node = spawn(
      process.execPath,
      [program, JSON.stringify({ file: project.file('gateway.json') })],
      {
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', SCFWS_ATTACH_SECRET: secret },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    assert.ok(node.stdout);
    for await (const line of readline.createInterface({ input: node.stdout })) {
      if (line.includes('"msg":"listening"')) {
        listening = JSON.parse(line) as typeof listening;
        break;
      }
    }
    node.stdout.resume();
  });

  after(async () => {
    await end();
    await run('notifications.clearAll');
    await run('workbench.action.closeAllEditors');
    project.remove();
  });

  const end = async (): Promise<void> => {
    if (node.exitCode === null && node.signalCode === null) {
      node.kill('SIGTERM');
      await once(node, 'exit');
    }
  };
  const attach = (given: string): Promise<unknown> => {
    const url = `http://127.0.0.1:${listening.operationsPort}`;
    return run(ids.commands.attachNode, { url, secret: given });
  };
  const title = (): string | undefined => vscode.window.tabGroups.activeTabGroup.activeTab?.label;

  it('says what to give where the secret is another', async () => {
    void attach('another');
    await window.waitFor('text=/lets nobody attach .HTTP 401.*SCFWS_ATTACH_SECRET/ >> nth=0');
    await run('notifications.clearAll');
  });

  it('shows what passes, and nothing of what is said', async () => {
    await attach(secret);
    const tab = `Node 127.0.0.1:${listening.operationsPort}`;
    await until('its tab', () => title() === tab);
    const client = await Client.connect(listening.urls[0] ?? '');
    client.send('very private');
    assert.equal(await client.next(), 'very private');
    const rows = 'document.querySelectorAll(".line.toClient:not([hidden])").length';
    await until('the frame of the answer', () => window.webview(rows, { in: 'editor' }));
    const page = (await window.webview('document.body.innerText', { in: 'editor' })) as string;
    assert.doesNotMatch(page, /very private/);
    const shot = { width: 1200, height: 760 };
    await window.screenshot('attach-light', { ...shot, theme: 'light' });
    await window.screenshot('attach-dark-narrow', { width: 640, height: 760, theme: 'dark' });
    client.close();
  });

  it('says that the node has gone, and keeps what it told', async () => {
    await end();
    await window.waitFor('text=/tells nothing more/ >> nth=0', {}, 'attached');
    await until('its title', () => title()?.endsWith('(ended)'));
  });
});
