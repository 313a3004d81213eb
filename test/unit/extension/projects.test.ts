// Which projects a workspace has, what they are called, and which one a file belongs to.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { editor, person } from './editor';
import manifest from '../../../package.json';
import { Projects } from '../../../src/extension/projects';

describe('the projects of a workspace', () => {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-projects-')));
  const chat = { service: 'chat', functions: { transfer: { folder: 'say', runtime: 'Python3' } } };

  const write = (folder: string, text: string) => {
    fs.mkdirSync(path.join(root, folder, 'say'), { recursive: true });
    fs.writeFileSync(path.join(root, folder, 'scfws.json'), text);
    fs.writeFileSync(path.join(root, folder, 'say', 'index.py'), '');
    editor.found.push(path.join(root, folder, 'scfws.json'));
  };

  after(() => fs.rmSync(root, { recursive: true, force: true }));
  beforeEach(() => (editor.found.length = 0));
  afterEach(() => (editor.found.length = 0));

  it('differ by name and path as the session makes them differ, and the file says so', async () => {
    write('services/b', JSON.stringify(chat));
    write('services/a', JSON.stringify(chat));
    const projects = new Projects();
    await projects.refresh();
    assert.deepEqual(
      projects.all.map(({ value }) => [value?.name, value?.path]),
      [
        ['chat', '/websocket'],
        ['chat-2', '/chat-2/websocket'],
      ],
    );
    assert.deepEqual(
      projects.functions().map((info) => info.function),
      ['chat/say', 'chat-2/say'],
    );
    const second = projects.all[1]!;
    assert.deepEqual(
      second.problems.map((problem) => [problem.path, problem.severity, problem.file]),
      [
        ['service', 'warning', second.file.fsPath],
        ['path', 'warning', second.file.fsPath],
      ],
    );
  });

  it('go with a folder that is deleted, of which the editor tells the folder alone', async () => {
    write('kept', JSON.stringify(chat));
    write('above/gone', JSON.stringify(chat));
    const projects = new Projects();
    await projects.refresh();
    assert.equal(projects.all.length, 2);
    const changed = new Promise<void>((resolve) => projects.onDidChange(resolve));
    fs.rmSync(path.join(root, 'above'), { recursive: true });
    editor.found.pop();
    editor.deleted.fire(editor.Uri.file(path.join(root, 'above')));
    await changed;
    assert.deepEqual(
      projects.all.map(({ folder }) => folder),
      [path.join(root, 'kept')],
    );
    projects.dispose();
  });

  for (const count of [1, 25])
    it(`come with folders of which the editor tells the folders alone (${count})`, async () => {
      const projects = new Projects();
      await projects.refresh();
      const changed = new Promise<void>((resolve) => projects.onDidChange(resolve));
      for (let n = 0; n < count; n++) {
        write(`came-${count}/${n}/deep`, JSON.stringify(chat));
        editor.created.fire(editor.Uri.file(path.join(root, `came-${count}`, String(n))));
      }
      await changed;
      assert.equal(projects.all.length, count);
      projects.dispose();
    });

  it('are looked for again when a look failed that was asked for during another', async () => {
    write('late', JSON.stringify(chat));
    const projects = new Projects();
    const { findFiles } = editor.workspace;
    editor.workspace.findFiles = () => Promise.reject(new Error('the search ended'));
    const failed = [projects.refresh(), projects.refresh()];
    assert.deepEqual(
      (await Promise.allSettled(failed)).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    editor.workspace.findFiles = findFiles;
    const first = projects.refresh();
    editor.found.length = 0; // Gone once the first one has looked.
    await Promise.all([first, projects.refresh()]);
    assert.equal(projects.all.length, 0);
  });

  it('own a file by the innermost of them', async () => {
    write('.', JSON.stringify(chat));
    write('inner', JSON.stringify(chat));
    const projects = new Projects();
    await projects.refresh();
    const ownerOf = (file: string) => projects.ofFile(path.join(root, file))?.folder;
    assert.equal(ownerOf('inner/say/index.py'), path.join(root, 'inner'));
    assert.equal(ownerOf('say/index.py'), root);
    assert.equal(projects.ofFile(path.join(root, '..', 'elsewhere.py')), undefined);
  });

  it('cannot be served when a folder of theirs is a link that leads out', async () => {
    write(
      'linked',
      JSON.stringify({ functions: { transfer: { folder: 'out', runtime: 'Python3' } } }),
    );
    fs.symlinkSync(os.tmpdir(), path.join(root, 'linked', 'out'));
    const projects = new Projects();
    await projects.refresh();
    const [linked] = projects.all;
    assert.equal(linked?.value, undefined);
    assert.match(linked?.problems[0]?.message ?? '', /leaves the project folder/);
    assert.deepEqual(projects.folders, []);
  });

  it('are said to be missing only once they were looked for', async () => {
    const set: Record<string, boolean> = {};
    const welcome = () =>
      manifest.contributes.viewsWelcome
        .filter(({ view }) => view === 'scfWebSocket.functions')
        .filter(({ when }) =>
          when.split(' && ').every((each) => {
            const [, not, key = ''] = /^(!?)([\w.]+)$/.exec(each) ?? [];
            const folders = {
              'workspaceFolderCount == 0': false,
              'workspaceFolderCount > 0': true,
            };
            const known = { isWorkspaceTrusted: true, virtualWorkspace: false, ...set };
            return each in folders
              ? folders[each as keyof typeof folders]
              : (known[key as keyof typeof known] ?? false) === (not === '');
          }),
        )
        .map(({ contents }) => contents);
    assert.deepEqual(welcome(), ['%welcome.looking%']);
    person.commands.length = 0;
    await new Projects().refresh();
    for (const command of person.commands) {
      const [, key, value] = /^setContext (\S+) (true|false)$/.exec(command) ?? [];
      set[String(key)] = value === 'true';
    }
    assert.deepEqual(welcome(), ['%welcome.noProject%']);
  });
});
