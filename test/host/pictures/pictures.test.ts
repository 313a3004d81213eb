// The pictures of README and of the walkthrough, taken of the real editor: npm run pictures. Each waits for what it shall
// show. SCFWS_LANGUAGE=zh-cn takes them with Chinese texts, of which the editor itself has none.
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { chinese, extensionPath, newProject, shot } from './taking';
import { window } from '../window';
import {
  activate,
  Client,
  removeBreakpoints,
  run,
  start,
  stop,
  stopDebugging,
  Stops,
  TestProject,
  Trace,
  until,
  isDebugging,
  usePythonWithDebugpy,
} from '../support';

const size = { width: 1200, height: 700 };
/** Small enough to be read in the walkthrough, where it stands beside the steps. */
const tourSize = { width: 960, height: 600 };
const file = 'Transmission/index.py';
const translations = JSON.parse(
  chinese
    ? fs.readFileSync(path.join(extensionPath(), 'l10n/bundle.l10n.zh-cn.json'), 'utf8')
    : '{}',
) as Record<string, string>;
const shown = (text: string): string => translations[text] ?? text;
const words = chinese
  ? ['大家好！', '构建通过了吗？', '中午一起吃饭']
  : ['Hello, everybody!', 'Is the build green?', 'Lunch at noon'];
const said = (text: string): string => JSON.stringify({ type: 'say', text });

/** For the walkthrough: in its own size, light and dark. */
async function tour(step: string): Promise<void> {
  await shot(`${step}-light`, { ...tourSize, theme: 'light' });
  await shot(`${step}-dark`, { theme: 'dark' });
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
    project = new TestProject('chat', newProject('python', 'chat'));
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
    await run(ids.commands.debugProject);
    await until('debugging', isDebugging);
    await stops.bind(project.file(file), line);
    clients[0]!.send(said(words[0]!));
    const stopped = await stops.next();
    await run('workbench.action.closeSidebar');
    await run('workbench.action.closePanel');
    await window.waitFor(`text=${words[0]}`, { in: 'webview' });
    await shot('push-2', size);
    await tour('debug');
    await shot('push-2', size);
    trace.mark();
    removeBreakpoints();
    await stops.go(stopped);
    await clients[1]!.next();
    await trace.next('invocationEnded');
    await window.waitFor(`text=${words[0]} >> nth=1`, { in: 'webview' });
    await shot('push-3', size);
    await window.click(`.line.toClient >> text=${words[0]}`, { in: 'webview' });
    await window.click(`role=tab[name="${shown('Trace')}"]`, { in: 'webview' });
    await window.waitFor('.trace-tree', { in: 'webview' });
    await shot('push-4', size);
    await stopDebugging();
    await run('workbench.action.closePanel');
    await run('workbench.action.closeSidebar');
    await tour('push');
  });

  it('of the last event beside its handler', async function () {
    window.skipUnlessThere(this);
    await run('workbench.action.focusFirstEditorGroup');
    await run('workbench.action.closeEditorsInOtherGroups');
    trace.mark();
    clients[0]!.send(said(words[1]!));
    await clients[1]!.next();
    await trace.next('invocationEnded');
    await window.waitFor('.codelens-decoration');
    await shot('lens', { ...size, theme: 'dark' });
    await run(ids.commands.openTraffic);
  });

  it('of Traffic, with what a frame caused', async function () {
    window.skipUnlessThere(this);
    for (const word of words.slice(1)) {
      clients[1]!.send(said(word));
      await clients[0]!.next();
    }
    clients.push(await Client.connect(url));
    clients.pop()!.close();
    await trace.next('closed');
    await run('workbench.action.closeEditorsInOtherGroups');
    await run(`workbench.view.extension.${ids.views.container}`);
    for (const index of [0, 1]) {
      await window.waitFor(`text=${shown('closed by the client')}`, { in: 'webview', index });
    }
    await shot('traffic-dark', { width: 1400, height: 800, theme: 'dark' });
    await shot('traffic-light', { theme: 'light' });
    await tour('connect');
  });
});
