import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  ensureBrowser,
  ensurePackages,
  findProgram,
  Missing,
  must,
  root,
  run,
} from './toolchain.mjs';

const usage = `npm start                the extension at work on a sample project, in sample/: in the desktop VS Code (code on
                         the PATH), else in a VS Code server whose address is printed, for any browser
npm start -- --browser   the server also where there is a desktop VS Code
npm start -- --check     the same without a person: opens the address, answers the trust question after a look,
                         and ends with 0 when the conversation is shown; says which step failed otherwise
npm start -- --help      this text

A demo client says one thing as soon as the gateway runs; the terminal prints the conversation, and Traffic shows it.
Delete sample/ to begin with a new sample. SCFWS_BROWSER names the Chromium or Chrome that --check looks with.`;
const words = process.argv.slice(2);
const unknown = words.filter((word) => !['--check', '--browser', '--help', '-h'].includes(word));
if (unknown.length > 0) {
  console.error(`npm start does not know ${unknown.join(' ')}.\n\n${usage}`);
  process.exit(2);
}
if (words.includes('--help') || words.includes('-h')) {
  console.log(usage);
  process.exit(0);
}
const check = words.includes('--check');
const sample = path.join(root, 'sample');

async function prepare() {
  await ensurePackages();
  console.log('Building …');
  await must(process.execPath, ['scripts/build.mjs']);
  const { scaffoldSample } = await import('./demo.mjs');
  scaffoldSample(sample);
}

async function packed() {
  console.log('Packing the extension …');
  const { packExtension } = await import('./package.mjs');
  return packExtension();
}

async function checkPanel() {
  await ensureBrowser();
  const { lookAtPanel } = await import('./check.mjs');
  const picture = await lookAtPanel({ vsix: await packed(), folder: sample, name: 'start' });
  console.log(`\nTraffic, in the editor, shows the conversation: ${path.relative(root, picture)}`);
}

async function open() {
  const trace = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-start-')), 'facts.jsonl');
  const env = { SCFWS_AUTOSTART: '1', SCFWS_TRACE: trace };
  const desktop = words.includes('--browser')
    ? undefined
    : findProgram(process.platform === 'win32' ? ['code.cmd'] : ['code']);
  let server;
  if (desktop !== undefined) {
    console.log('Opening VS Code …');
    const { code } = await run(
      desktop,
      ['--new-window', `--extensionDevelopmentPath=${root}`, sample],
      { env },
    );
    if (code !== 0) throw new Error(`${desktop} ended with code ${code}.`);
  } else {
    const { ensureServer, startServer } = await import('./vscode-server.mjs');
    await ensureServer();
    server = await startServer({
      vsix: await packed(),
      dataFolder: path.join(root, '.vscode-test', 'home'),
      env,
    });
    console.log(`\nOpen this address in a browser:\n\n  ${server.address(sample)}\n`);
  }
  const end = async () => {
    await server?.dispose();
    fs.rmSync(path.dirname(trace), { recursive: true, force: true });
    process.exit(0);
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  console.log('When VS Code asks, trust the sample folder: its functions run from then on.');
  console.log(server ? 'Ctrl-C here ends everything.' : 'Closing the window ends everything.');
  const { playDemo } = await import('./demo.mjs');
  await playDemo(sample, trace, 24 * 3600);
  console.log(
    '\nThe same conversation is in the editor "Traffic". Connect clients of your own, or change a handler',
  );
  console.log(
    `in ${path.relative(process.cwd(), sample) || '.'} and save it: the next message runs the new code.`,
  );
  if (server === undefined) await end();
}

try {
  await prepare();
  await (check ? checkPanel() : open());
  if (check) process.exit(0);
} catch (error) {
  console.error(error instanceof Missing ? error.message : error.message || error);
  process.exit(1);
}
