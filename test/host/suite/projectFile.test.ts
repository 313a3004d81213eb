// scfws.json and the snippets as an editor knows them: through what package.json contributes.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { until } from '../support';

describe('what package.json contributes', () => {
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-contributed-'))));
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    fs.rmSync(folder, { recursive: true });
  });

  const show = async (name: string, text: string) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    return document;
  };
  const labels = async (document: vscode.TextDocument, offset: number) => {
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      document.positionAt(offset),
    );
    return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
  };
  const offered = (what: string, ask: () => Promise<string[]>, wanted: string) =>
    until(`${wanted} among ${what}`, async () =>
      (await ask()).some((each) => each.includes(wanted)),
    );

  it('completes and checks scfws.json by the schema', async () => {
    const text = '{ "functions": { "transfer": { "folder": "f", "timeout": 9999 } }, "pa" }';
    const document = await show('scfws.json', text);
    await offered('the names', () => labels(document, text.indexOf('"pa"') + 3), 'path');
    await offered(
      'the problems',
      async () => vscode.languages.getDiagnostics(document.uri).map(({ message }) => message),
      '900',
    );
  });

  for (const [file, prefix] of [
    ['a.py', 'scfws-register'],
    ['a.js', 'scfws-push-text'],
    ['a.ts', 'scfws-transmission'],
    ['a.json', 'scfws-event-binary'],
  ] as const) {
    it(`offers ${prefix} in ${file}`, async () => {
      const document = await show(file, 'scfws');
      await offered(`the snippets of ${file}`, () => labels(document, 5), prefix);
    });
  }
});
