// What the language servers that people have underline in a new project: pictures for README.
import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { window } from '../window';
import { activate, run, TestProject, until } from '../support';
import { chinese, extensionPath, newProject, shot } from './taking';
import { LanguageServer } from './languageServer';

const size = { width: 1000, height: 560 };

describe('pictures', function () {
  this.timeout(240_000); // A language server reads its libraries first.
  const typescript = vscode.workspace.getConfiguration('typescript');

  before(async () => {
    await activate();
    const tsdk = path.join(extensionPath(), 'node_modules/typescript/lib');
    await typescript.update('tsdk', tsdk, vscode.ConfigurationTarget.Global);
  });

  for (const [language, file, wrong] of [
    [
      'python',
      'Register/index.py',
      [
        [/'errNo': 0/g, "'errNo': '0'"],
        [/\['secConnectionID'\]/, "['secConnectionId']"],
      ],
    ],
    [
      'typescript',
      'Register/index.ts',
      [
        [/errNo: 0/g, "errNo: '0'"],
        [/secConnectionID,/, 'secConnectionId: secConnectionID,'],
      ],
    ],
  ] as const) {
    it(`of mistakes in ${language}, underlined before anything runs`, async function () {
      window.skipUnlessThere(this);
      if (chinese) {
        this.skip(); // The sentences are the servers' own.
      }
      const files = newProject(language, 'echo');
      for (const [from, to] of wrong) {
        files[file] = files[file]!.replace(from, to);
      }
      const project = new TestProject(`types-${language}`, files);
      const server =
        language === 'python'
          ? new LanguageServer(
              'Pyright',
              path.join(extensionPath(), 'node_modules/pyright/langserver.index.js'),
            )
          : undefined;
      try {
        await run('workbench.action.closeAllEditors');
        const editor = await vscode.window.showTextDocument(project.uri(file), { preview: false });
        await server?.open(vscode.Uri.file(project.folder), editor.document);
        const found = await until('mistakes', () => {
          const all = vscode.languages.getDiagnostics(project.uri(file));
          return all.length >= 2 && all;
        });
        const [first] = found.sort((a, b) => a.range.start.compareTo(b.range.start));
        assert.match(found.map(({ message }) => message).join('\n'), /secConnectionId/);
        editor.selection = new vscode.Selection(first!.range.start, first!.range.start);
        await run('workbench.action.closePanel');
        await run('workbench.action.closeSidebar');
        await run('workbench.action.closeAuxiliaryBar');
        await run('editor.action.marker.next');
        await window.waitFor('.marker-widget');
        await shot(`types-${language}`, {
          ...size,
          theme: language === 'python' ? 'light' : 'dark',
        });
      } finally {
        server?.dispose();
        await run('workbench.action.closeAllEditors');
        project.remove();
      }
    });
  }

  after(async () => {
    await typescript.update('tsdk', undefined, vscode.ConfigurationTarget.Global);
  });
});
