// The pictures of README, taken of the real editor: npm run pictures. Each waits for what it shall show.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import {
  activate,
  Client,
  type Files,
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
  isDebugging,
  usePythonWithDebugpy,
} from '../suite/support';

const size = { width: 1200, height: 700 };
const file = 'Transmission/index.py';

/** A new chat project, as a person gets it. */
function chat(): Files {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-pictures-'));
  const cli = path.join(
    vscode.extensions.all.find(({ id }) => id.endsWith('.scf-websocket'))!.extensionPath,
    'dist',
    'cli.js',
  );
  const { status, stderr } = spawnSync(
    'node',
    [cli, 'new', path.join(folder, 'chat'), '--language', 'python', '--template', 'chat'],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(stderr);
  }
  const files: Files = {};
  for (const name of fs.readdirSync(path.join(folder, 'chat'), { recursive: true }) as string[]) {
    const whole = path.join(folder, 'chat', name);
    if (fs.statSync(whole).isFile() && !name.startsWith('.vscode')) {
      files[name] = fs.readFileSync(whole, 'utf8');
    }
  }
  fs.rmSync(folder, { recursive: true });
  return files;
}

/** Without what other extensions have to say. */
async function shot(...picture: Parameters<typeof window.screenshot>): Promise<void> {
  await run('notifications.clearAll');
  await window.screenshot(...picture);
}

describe('pictures', function () {
  this.bail(true);
  this.timeout(300_000);
  let project: TestProject;
  let trace: Trace;
  let stops: Stops;
  let clients: Client[] = [];
  let url: string;

  before(async () => {
    await activate();
    usePythonWithDebugpy();
    trace = new Trace();
    stops = new Stops();
    const editor = vscode.workspace.getConfiguration('editor');
    await editor.update('minimap.enabled', false, vscode.ConfigurationTarget.Global);
    // Where it floats it covers a tab.
    const debug = vscode.workspace.getConfiguration('debug');
    await debug.update('toolBarLocation', 'commandCenter', vscode.ConfigurationTarget.Global);
    project = new TestProject('chat', chat());
    ({ url } = await start());
  });

  after(async () => {
    removeBreakpoints();
    clients.forEach((client) => client.close());
    await stopDebugging();
    await stop();
    stops.dispose();
    project.remove();
  });

  it('of a frame, the breakpoint that it hits, and the push that comes of it', async function () {
    window.skipUnlessThere(this);
    await window.theme('dark');
    await run('workbench.action.closePanel');
    await run('workbench.action.closeAuxiliaryBar');
    await run('workbench.action.closeAllEditors');
    const text = project.read(file).split('\n');
    const line = text.findIndex((each) => each.includes('if member !=')) + 1;
    const editor = await vscode.window.showTextDocument(project.uri(file), { preview: false });
    editor.revealRange(new vscode.Range(line, 0, line, 0), vscode.TextEditorRevealType.InCenter);
    await run(ids.commands.openTraffic);
    await run('workbench.action.moveEditorToRightGroup');
    await run('workbench.action.closeSidebar');
    clients = [await Client.connect(url), await Client.connect(url)];
    await window.waitFor('.line.kind-handshake >> nth=1', { in: 'webview' });
    await shot('push-1', size);
    await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
      type: ids.debugTypes.container,
      request: 'attach',
      name: 'chat',
    });
    await until('debugging', isDebugging);
    setBreakpoint(project.file(file), line);
    clients[0]!.send('{"type":"say","text":"Hello, everybody!"}');
    const stopped = await stops.next();
    await run('workbench.action.closeSidebar');
    await run('workbench.action.closePanel');
    await window.waitFor('text=Hello, everybody!', { in: 'webview' });
    await shot('push-2', size);
    trace.mark();
    removeBreakpoints();
    await stops.go(stopped);
    await clients[1]!.next();
    await trace.next('invocationEnded');
    await window.waitFor('text=Hello, everybody! >> nth=1', { in: 'webview' });
    await shot('push-3', size);
    await window.click('.line.toClient >> text=Hello, everybody!', { in: 'webview' });
    await window.click('role=tab[name="Trace"]', { in: 'webview' });
    await window.waitFor('.trace-tree', { in: 'webview' });
    await shot('push-4', size);
    await stopDebugging();
  });

  it('of Traffic, with what a frame caused', async function () {
    window.skipUnlessThere(this);
    for (const word of ['Is the build green?', 'Lunch at noon']) {
      clients[1]!.send(JSON.stringify({ type: 'say', text: word }));
      await clients[0]!.next();
    }
    clients.push(await Client.connect(url));
    clients.pop()!.close();
    await trace.next('closed');
    await run('workbench.action.closeEditorsInOtherGroups');
    await run(`workbench.view.extension.${ids.views.container}`);
    for (const index of [0, 1]) {
      await window.waitFor('text=closed by the client', { in: 'webview', index });
    }
    await shot('traffic-dark', { width: 1400, height: 800, theme: 'dark' });
    await shot('traffic-light', { theme: 'light' });
  });
});
