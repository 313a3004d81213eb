// Create Project… as a person goes through it, for every language and template, and the first look after it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { languages, templateNames } from '../../../src/core/scaffold/planScaffold';
import { window } from '../window';
import { activate, Client, run, stop, Trace, until, workspaceFolder } from '../support';

const extensions = { python: 'py', python2: 'py', javascript: 'js', typescript: 'ts' };

describe('Create Project', function () {
  let folder = '';
  let trace: Trace;

  before(async function () {
    window.skipUnlessThere(this);
    await activate();
    delete process.env['SCFWS_PYTHON']; // One of version 3 is none for the other.
    trace = new Trace();
  });

  afterEach(async () => {
    await run('workbench.action.closeAllEditors');
    await stop();
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Takes an entry of the list that is asked now; the title tells which step it is. */
  async function take(step: number, index: number): Promise<void> {
    await window.waitFor(`.quick-input-title >> text=(${step}/3)`);
    await window.click(`.quick-input-list .monaco-list-row[data-index="${index}"]`);
  }

  /** Our findings in the files of the project. */
  const findings = (): string[] =>
    vscode.languages
      .getDiagnostics()
      .filter(([{ fsPath }]) => fsPath.startsWith(folder + path.sep))
      .flatMap(([, all]) => all)
      .filter(({ source }) => source === 'SCF WebSocket')
      .map(({ message }) => message);

  /** Whether Node.js takes the types away by itself. */
  const stripsTypes = (): boolean =>
    /strip|transform/.test(String(execFileSync('node', ['-p', 'process.features.typescript'])));

  for (const language of languages) {
    for (const template of templateNames) {
      it(`shows the handler, the README and Start of ${template} in ${language}, which answers then`, async () => {
        folder = path.join(workspaceFolder(), `${template}-${language}`);
        trace.mark();
        await run('notifications.clearAll'); // A list that scrolls moves its buttons away.
        // As from the menu of a folder; it waits for the person.
        const created = run<string>(ids.commands.createProject, vscode.Uri.file(folder));
        await take(1, 1); // The first is the folder that is open.
        await take(2, languages.indexOf(language));
        await take(3, templateNames.indexOf(template));
        assert.equal(await created, folder);

        const handler = path.join(folder, 'Transmission', `index.${extensions[language]}`);
        const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
        await until('the handler and the README', () => tabs().length === 2);
        const [shown, readme] = tabs();
        assert.equal((shown?.input as vscode.TabInputText).uri.fsPath, handler);
        assert.match(readme?.label ?? '', /README/);
        for (const [size, width] of [
          ['wide', 1440],
          ['narrow', 900],
        ] as const) {
          for (const theme of ['dark', 'light'] as const) {
            await window.screenshot(`created-${language}-${template}-${size}-${theme}`, {
              width,
              height: 800,
              theme,
            });
          }
        }
        assert.deepEqual(findings(), []);

        await run('notifications.showList');
        await window.click('.notifications-list-container .monaco-button');
        let { url } = await trace.next('listening');
        if (language === 'typescript' && !stripsTypes()) {
          await until('what is missing', () => findings().length > 0);
          assert.match(findings()[0] ?? '', /esbuild/);
          await window.screenshot(`started-${language}-${template}`);
          // What "npm install" in the project would fetch.
          const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket')!;
          const modules = path.join(extension.extensionPath, 'node_modules');
          fs.symlinkSync(modules, path.join(folder, 'node_modules'));
          trace.mark();
          await run(ids.commands.restart);
          ({ url } = await trace.next('listening'));
        }
        const client = await Client.connect(url);
        client.close();
      });
    }
  }
});
