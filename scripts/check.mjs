// The packed extension in an editor as a person has it (connection token, trust question, no development flags), with
// a browser that looks at it. Used by `npm start -- --check` and by the package tests.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { playDemo } from './demo.mjs';
import { root } from './toolchain.mjs';
import { startServer } from './vscode-server.mjs';
import { openWindow } from './vscode-window.mjs';

/**
 * Opens `folder`, trusts it, shows our views, lets the demo client talk to the sample, and waits until the Traffic
 * view shows what was said. Throws with the step that failed; out/screenshots/<name>.png shows the last state.
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
    next('trusting the folder');
    await window.trust();
    next('showing the views');
    await window.showViews();
    await window.webview().locator('body').waitFor({ state: 'attached', timeout: 60_000 });
    next('talking to the sample');
    const said = await playDemo(folder, trace, 60);
    next('looking for the conversation in the Traffic view');
    await window.webview().getByText(said).first().waitFor({ timeout: 30_000 });
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
