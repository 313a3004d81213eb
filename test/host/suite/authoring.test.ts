// Authoring in the real editor: the language server underlines mistakes, and changes of functions are made as one.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import { activate, run, TestProject, until } from '../support';

const handler = (returned: string) => `'use strict';

exports.main_handler = async (event, context) => {
  const { secConnectionId } = event.websocket;
  console.log(secConnectionId);
  return ${returned};
};
`;

describe('authoring', function () {
  this.bail(true);
  this.timeout(240_000); // A language server reads its libraries first.
  const typescript = vscode.workspace.getConfiguration('typescript');
  let project: TestProject;

  before(async () => {
    await activate();
    // The server that npm ships comes without the compiler that the desktop's has.
    const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
    const tsdk = path.join(extension?.extensionPath ?? '', 'node_modules/typescript/lib');
    await typescript.update('tsdk', tsdk, vscode.ConfigurationTarget.Global);
    project = new TestProject('authored', {
      'scfws.json': JSON.stringify(
        {
          functions: {
            register: { folder: 'Register', runtime: 'Nodejs' },
            transfer: { folder: 'Transmission', runtime: 'Nodejs' },
          },
        },
        null,
        2,
      ),
      'Register/index.js': handler("{ errNo: '0', errMsg: 'ok' }"),
      'Transmission/index.js': handler('null'),
    });
  });

  after(async () => {
    await run('workbench.action.closeAllEditors');
    await typescript.update('tsdk', undefined, vscode.ConfigurationTarget.Global);
    project.remove();
  });

  it('Add Types: mistakes are underlined before anything runs', async () => {
    const file = project.uri('Register/index.js');
    const errors = () =>
      vscode.languages
        .getDiagnostics(file)
        .filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error)
        .map(({ message }) => message);
    await vscode.window.showTextDocument(file);
    assert.deepEqual(errors(), []);
    await run(ids.commands.addTypes, { folder: project.folder, annotate: true });
    assert.match(project.read('scfws.d.ts'), /export interface RegisterEvent/);
    const found = await until('two underlined mistakes', () => errors().length >= 2 && errors());
    assert.match(found.join('\n'), /secConnectionId.*Connecting/);
    assert.match(found.join('\n'), /'string' is not assignable to type 'number'/);
    if (process.env['SCFWS_WINDOW'] !== undefined) {
      await run('workbench.action.closeSidebar');
      await run('editor.action.marker.next');
      await window.screenshot('types-underlined-dark', { width: 1000, height: 620, theme: 'dark' });
      await window.screenshot('types-underlined-light', { theme: 'light' });
    }
  });

  it('Rename Function, Add Function and Move to One Function are each taken back by one Undo', async () => {
    const { folder } = project;
    // Of folders that it made for a file the editor leaves the empty ones.
    const everything = () =>
      fs
        .readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => !name.startsWith('.') && fs.statSync(project.file(name)).isFile())
        .sort()
        .map((name) => `${name}: ${project.read(name)}`)
        .join('\n');
    const changes: [command: string, argument: object][] = [
      [ids.commands.renameFunction, { folder, function: 'Transmission', name: 'OnMessage' }],
      [ids.commands.addFunction, { folder, role: 'cleanup' }],
      [ids.commands.oneFunction, { folder }],
    ];
    // The one that goes, because Transmission has the same.
    project.write({
      'Register/own.js': '1;',
      'Register/same.js': '2;',
      'Transmission/same.js': '2;',
    });
    for (const [command, argument] of changes) {
      const before = everything();
      await run(command, argument);
      assert.notEqual(everything(), before, command);
      // Undo takes back what the file in front was part of.
      await vscode.window.showTextDocument(project.uri('scfws.json'));
      await run('undo');
      await until(`an undone ${command}`, async () => {
        await vscode.workspace.saveAll();
        return everything() === before;
      });
    }
    for (const name of ['Delete', 'Register/own.js', 'Register/same.js', 'Transmission/same.js']) {
      fs.rmSync(project.file(name), { recursive: true, force: true });
    }
  });

  it('Rename Function and Add Function change scfws.json and folders', async () => {
    const { folder } = project;
    const names = { folder, function: 'Transmission', name: 'OnMessage' };
    await run(ids.commands.renameFunction, names);
    assert.match(project.read('scfws.json'), /"folder": "OnMessage"/);
    assert.ok(fs.existsSync(project.file('OnMessage/index.js')));
    assert.ok(!fs.existsSync(project.file('Transmission')));
    await run(ids.commands.addFunction, { folder, role: 'cleanup' });
    assert.match(project.read('Delete/index.js'), /DeleteHandler/);
    assert.match(project.read('scfws.json'), /"cleanup": \{/);
  });

  it('Move to One Function: the others move beside the one that takes messages', async () => {
    await run(ids.commands.oneFunction, { folder: project.folder });
    const { functions } = JSON.parse(project.read('scfws.json')) as {
      functions: Record<string, unknown>;
    };
    assert.equal(functions['register'], 'transfer');
    assert.equal(functions['cleanup'], 'transfer');
    assert.deepEqual(fs.readdirSync(project.file('OnMessage')).sort(), [
      'cleanup.js',
      'index.js',
      'register.js',
      'transfer.js',
    ]);
    assert.match(project.read('OnMessage/index.js'), /case 'connecting':/);
    assert.ok(!fs.existsSync(project.file('Register')));
    assert.ok(!fs.existsSync(project.file('Delete')));
  });

  it('Make Event from Selection writes an event file that the editor checks', async () => {
    const text = `[INFO] {'websocket': {u'action': 'data send', 'secConnectionID': 'x==', 'dataType': 'txt', 'data': 'hi'}}`;
    const document = await vscode.workspace.openTextDocument({ content: text });
    const editor = await vscode.window.showTextDocument(document);
    editor.selection = new vscode.Selection(0, 0, 0, text.length);
    const [folder] = [project.folder];
    const file = await run<string>(ids.commands.makeEvent, { folder, text });
    const uri = vscode.Uri.file(file);
    await vscode.window.showTextDocument(uri);
    const [problem] = await until('a warning of the schema', () => {
      const all = vscode.languages.getDiagnostics(uri);
      return all.length > 0 && all;
    });
    assert.match(problem?.message ?? '', /"text", "binary"/);
  });
});
