// Commands on the function of an editor, our F5 beside launch.json, and what an import leaves out.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { editor, person } from './editor';
import { noteAt } from '../../../src/core/project/importers/notes';
import { tellNotes } from '../../../src/extension/commands/importProject';
import { pickFunction } from '../../../src/extension/commands/pick';
import { EditorContexts } from '../../../src/extension/editorContexts';

describe('what an editor shows', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-editor-'));
  const changed = new editor.EventEmitter<void>();
  const facts = new editor.EventEmitter<object[]>();
  const info = (name: string, file: string) => ({ name, file, function: `s/${name}`, roles: [] });
  const functions = [info('A', '/p/a.py'), info('B', '/p/b.py'), info('C', '/p/b.py')];
  const parts = {
    gateway: {
      status: 'stopped',
      onDidChangeStatus: new editor.EventEmitter().event,
      onDidReceiveFacts: facts.event,
    },
    projects: {
      all: [{}],
      functions: () => functions,
      ofFile: () => ({}),
      onDidChange: changed.event,
    },
  } as never;

  afterEach(() => {
    editor.workspace.workspaceFolders = undefined;
    editor.window.activeTextEditor = undefined;
    person.commands.length = 0;
  });
  after(() => fs.rmSync(root, { recursive: true, force: true }));

  it('is the function that a button in its title means, unless it holds several', async () => {
    const uri = (file: string) => editor.Uri.file(file);
    assert.equal((await pickFunction(parts, uri('/p/a.py'), '')).name, 'A');
    editor.picks = [];
    await assert.rejects(pickFunction(parts, uri('/p/b.py'), ''));
    assert.equal(editor.picks.length, 1);
  });

  it('is looked at again when the served functions change, and minds the launch.json of its own folder', () => {
    const [one, two] = ['one', 'two'].map((name) => path.join(root, name));
    fs.mkdirSync(path.join(two!, '.vscode'), { recursive: true });
    fs.writeFileSync(path.join(two!, '.vscode', 'launch.json'), '{}');
    editor.workspace.workspaceFolders = [one!, two!].map((folder, index) => ({
      uri: editor.Uri.file(folder),
      name: path.basename(folder),
      index,
    }));
    const contexts = new EditorContexts(parts);
    const debugHere = (folder: string) => {
      editor.window.activeTextEditor = {
        document: { uri: editor.Uri.file(path.join(folder, 'index.py')) },
      };
      person.commands.length = 0;
      facts.fire([{ kind: 'servicesChanged' }]);
      return person.commands.find((each) => each.includes('debugHere'));
    };
    assert.equal(debugHere(one!), 'setContext scfWebSocket.debugHere true');
    assert.equal(debugHere(two!), 'setContext scfWebSocket.debugHere false');
    contexts.dispose();
  });
});

describe('an import', () => {
  beforeEach(() => (person.messages.length = 0));

  it('says what it could not take over, where, and nothing when that is nothing', async () => {
    const logged: string[] = [];
    const log = { info: (text: string) => logged.push(text) } as never;
    await tellNotes(log, path.resolve('/p'), []);
    assert.equal(person.messages.length, 0);
    const message = 'leave: its code (../x) is not a folder of this project.';
    const file = path.resolve('/p/template.yaml');
    const range = { line: 11, column: 0, endLine: 11, endColumn: 4 };
    const note = noteAt({ file, range }, 'leftOut', message);
    await tellNotes(log, path.resolve('/p'), [note]);
    assert.equal(
      person.messages[0]?.text,
      `Imported, but look at this: template.yaml:12: ${message}`,
    );
    assert.deepEqual(logged[0]?.split('\n').slice(1), ['Left out:', `  ${file}:12  ${message}`]);
    await tellNotes(log, path.resolve('/p'), [note, noteAt({ file }, 'guessed', 'More.')]);
    assert.match(person.messages[1]?.text ?? '', /^Imported\. 2 things .*template\.yaml:12: leave/);
  });
});
