// Create Project… as a person goes through it: with Enter alone, and what the window shows after it has opened the folder.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { editor, person } from './editor';
import { registerCreateProject } from '../../../src/extension/commands/createProject';
import { welcomeOpened } from '../../../src/extension/commands/openProject';
import { commands } from '../../../src/extension/ids';

interface Pick {
  title: string;
  step: number;
  totalSteps: number;
  items: { label: string; value: string }[];
  activeItems: { value: string }[];
}

/** Pressing Enter takes what is marked; nothing is taken where nothing is. */
class FakePick {
  items: Pick['items'] = [];
  activeItems: Pick['activeItems'] = [];
  buttons: unknown[] = [];
  private accept = (): void => undefined;
  private hide = (): void => undefined;
  get selectedItems() {
    return this.activeItems;
  }
  onDidTriggerButton = () => ({ dispose: () => undefined });
  onDidHide = (listener: () => void) => ((this.hide = listener), { dispose: () => undefined });
  onDidAccept = (listener: () => void) => ((this.accept = listener), { dispose: () => undefined });
  show(): void {
    shown.push({ ...this } as unknown as Pick);
    setImmediate(() => {
      this.accept();
      this.hide();
    });
  }
  dispose(): void {}
}

let shown: Pick[] = [];

describe('Create Project', () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-home-'));
  const kept = new Map<string, unknown>();
  const parts = {
    context: {
      extensionPath: path.resolve(__dirname, '../../..'),
      globalState: {
        get: (key: string, otherwise: unknown) => kept.get(key) ?? otherwise,
        update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
      },
    },
    projects: { refresh: () => Promise.resolve() },
    gateway: { status: 'stopped' },
    log: { error: (text: string) => assert.fail(text) },
  } as never;
  const before_ = { HOME: process.env['HOME'], language: editor.env.language };

  before(() => {
    process.env['HOME'] = home;
    editor.window.createQuickPick = () => new FakePick();
    registerCreateProject(parts);
  });
  beforeEach(() => {
    shown = [];
    person.commands.length = person.messages.length = editor.opened.length = 0;
  });
  after(() => {
    process.env['HOME'] = before_.HOME;
    fs.rmSync(home, { recursive: true, force: true });
  });
  afterEach(() => {
    editor.workspace.workspaceFolders = undefined;
    editor.env.language = before_.language;
  });
  const create = (argument?: unknown) =>
    editor.registered.get(commands.createProject)!(argument) as Promise<string>;

  it('needs Enter three times in an empty window, counts right, and opens the folder at once', async () => {
    const folder = await create();
    assert.equal(path.dirname(folder), home);
    assert.deepEqual(
      shown.map(({ step, totalSteps }) => `${step}/${totalSteps}`),
      ['1/3', '2/3', '3/3'],
    );
    assert.ok(fs.existsSync(path.join(folder, 'scfws.json')));
    assert.deepEqual(person.messages, []);
    assert.match(person.commands.join(), /vscode\.openFolder/);

    // The window starts anew.
    person.commands.length = 0;
    assert.equal(await welcomeOpened(parts), false, 'another folder');
    editor.workspace.workspaceFolders = [{ uri: editor.Uri.file(folder), name: 'chat', index: 0 }];
    assert.equal(await welcomeOpened(parts), true);
    assert.deepEqual(editor.opened, [path.join(folder, 'Transmission', 'index.py')]);
    assert.match(person.commands.join(), /markdown\.showPreviewToSide .*README\.md/);
    assert.deepEqual(
      person.messages.map(({ text, buttons }) => [text, buttons]),
      [
        [
          `${path.basename(folder)} was created. Start the gateway to run it on this machine.`,
          ['Start Gateway'],
        ],
      ],
    );
    assert.equal(await welcomeOpened(parts), false, 'once');
  });

  it('shows the README in the language of the editor, and takes the next free name', async () => {
    editor.env.language = 'zh-cn';
    const folder = await create();
    assert.ok(fs.readdirSync(home).length > 1);
    editor.workspace.workspaceFolders = [{ uri: editor.Uri.file(folder), name: 'chat', index: 0 }];
    await welcomeOpened(parts);
    assert.match(person.commands.join(), /showPreviewToSide .*README\.zh-CN\.md/);
    const launch = fs.readFileSync(path.join(folder, '.vscode', 'launch.json'), 'utf8');
    assert.match(launch, /调试全部函数/);
    assert.match(fs.readFileSync(path.join(folder, 'index.html'), 'utf8'), /<html lang="zh-CN">/);
  });

  it('goes on with the walkthrough that led to it, beside the handler', async () => {
    const file = path.resolve(__dirname, '../../../package.nls.json');
    const texts = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>;
    const link = /command:([\w.]+)\?([^)]+)\)/.exec(texts['walkthrough.create.description']!)!;
    assert.equal(link[1], commands.createProject);
    const folder = await create(JSON.parse(decodeURIComponent(link[2]!)));
    editor.workspace.workspaceFolders = [{ uri: editor.Uri.file(folder), name: 'chat', index: 0 }];
    assert.equal(await welcomeOpened(parts), true);
    assert.match(person.commands.join(), /openWalkthrough scf-websocket\.scf-websocket#start true/);
    assert.doesNotMatch(person.commands.join(), /showPreviewToSide/);
  });
});
