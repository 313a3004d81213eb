// The packed extension in an editor as a person has it (connection token, trust question, no development flags), with
// a browser that looks at it. Used by `npm start -- --check` and by the package tests.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { playDemo, runningSession } from './demo.mjs';
import { root } from './toolchain.mjs';
import { startServer } from './vscode-server.mjs';
import { openWindow } from './vscode-window.mjs';

/**
 * Goes the way of a person: opens `folder`, leaves the question of trust open until the extension is at work, trusts,
 * lets the demo client talk to the sample, and waits until the first look of the editor shows what was said. Throws with the step that failed; out/screenshots/<name>.png shows the last state.
 */
export async function lookAtPanel({ vsix, folder, name, say = console.log }) {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-check-'));
  const trace = path.join(temporary, 'facts.jsonl');
  const ends = [() => fs.rmSync(temporary, { recursive: true, force: true, maxRetries: 5 })];
  let step = 'starting the VS Code server';
  let window;
  let server;
  const next = (what) => {
    step = what;
    say(`  … ${what}`);
  };
  try {
    next('starting VS Code with the packed extension');
    server = await startServer({
      vsix,
      dataFolder: path.join(temporary, 'server'),
      env: { SCFWS_AUTOSTART: '1', SCFWS_TRACE: trace },
    });
    ends.unshift(() => server.dispose());
    next('opening its window');
    window = await openWindow();
    ends.unshift(() => window.dispose());
    await window.load(server.address(folder));
    next('reading, while VS Code asks whether the folder is trusted');
    await window.asksForTrust();
    // The extension is at work by now, and nothing of the folder may run before the answer.
    const traffic = window.page.getByRole('tab', { name: 'Traffic' });
    await traffic.waitFor({ timeout: 90_000 });
    await window.screenshot(`${name}-asked`);
    if (runningSession(folder) !== undefined)
      throw new Error('The gateway runs before the answer.');
    next('trusting the folder');
    await window.trust();
    next('talking to the sample');
    const said = await playDemo(folder, trace, 90);
    next('looking for the conversation in the editor');
    await window.webview().getByText(said).first().waitFor({ timeout: 60_000 });
    if ((await window.page.locator('.editor-group-container.empty').count()) > 0) {
      throw new Error('The editor is empty.');
    }
    return await window.screenshot(name);
  } catch (error) {
    const picture = await window?.screenshot(`${name}-failed`).catch(() => undefined);
    const log = path.join(root, 'out', `${name}-server.log`);
    fs.writeFileSync(log, server?.log() ?? '');
    const seen = picture === undefined ? '' : ` The window then: ${picture}.`;
    throw new Error(`Failed while ${step}: ${error.message}\n${seen} The server's log: ${log}.`, {
      cause: error,
    });
  } finally {
    for (const end of ends) await end();
  }
}
