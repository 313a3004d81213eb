#!/usr/bin/env node
// A real VS Code where there is no desktop one: the server that the npm package code-server carries, in
// .vscode-test/. Any Chromium is its window. `node scripts/vscode-server.mjs` installs it and prints where it is.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  endTree,
  endWithUs,
  ensureNode,
  installInto,
  must,
  npm,
  readJson,
  root,
  toolsFolder,
  unpack,
} from './toolchain.mjs';

// 4.100.3 is Visual Studio Code 1.100.3 and runs on the Node.js 20 that everything else needs too.
const defaultVersion = '4.100.3';
// The Node.js major that a server needs when the one that runs us is older.
const neededNode = { '4.139.1': 24 };
// These need a compiler or are of no use to a server on a person's own machine.
const unneeded = [
  'kerberos',
  'ssh2',
  '@devcontainers/cli',
  '@github/copilot-sdk',
  '@microsoft/mxc-sdk',
  '@vscode/copilot-api',
  '@vscode/deviceid',
  '@vscode/fs-copyfile',
  '@vscode/sandbox-runtime',
  '@vscode/sqlite3',
  '@vscode/windows-process-tree',
  '@vscode/windows-registry',
];

/** A quiet editor: no welcome page, nothing sent, nothing looked up. */
export const quietSettings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'workbench.enableExperiments': false,
  'security.workspace.trust.banner': 'never',
};

/**
 * Installs the server unless it is there (SCFWS_VSCODE_SERVER names another version of code-server).
 * @returns {Promise<{node: string, main: string, version: string}>}
 */
export async function ensureServer(version = process.env.SCFWS_VSCODE_SERVER || defaultVersion) {
  const folder = path.join(toolsFolder, `code-server-${version}`);
  const main = path.join(folder, 'lib', 'vscode', 'out', 'server-main.js');
  if (!fs.existsSync(main)) {
    await installInto(folder, async (fresh) => {
      await unpack(`code-server@${version}`, fresh, ['package/lib/vscode']);
      const server = path.join(fresh, 'lib', 'vscode');
      const file = path.join(server, 'package.json');
      const manifest = readJson(file);
      for (const name of unneeded) delete manifest.dependencies[name];
      fs.writeFileSync(file, JSON.stringify(manifest, null, 2));
      // Its shrinkwrap names what was deleted, and is out of step with its package.json anyway.
      fs.rmSync(path.join(server, 'npm-shrinkwrap.json'), { force: true });
      console.log('Installing what the VS Code server needs …');
      await npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: server,
      });
    });
  }
  shareServiceWorker(path.join(path.dirname(main), 'vs/workbench/contrib/webview/browser/pre'));
  const needed = neededNode[version];
  const own = Number(process.versions.node.split('.')[0]);
  const node = needed === undefined || own >= needed ? process.execPath : await ensureNode(needed);
  return { node, main, version };
}

/**
 * Here all webviews are of one origin (elsewhere each has its own), so one service worker controls them all; but each
 * registers it with its own id in the address, which replaces it: of two webviews that load at once, one can wait for ever
 * for the answer of a worker that is gone, and stays empty. Without the id the worker is the same. (What the id is for are
 * workers that a webview starts; ours start none.)
 */
function shareServiceWorker(folder) {
  const file = path.join(folder, 'index.html');
  const html = fs.readFileSync(file, 'utf8');
  const mended = html.replace('&id=${ID}&remoteAuthority=', '&remoteAuthority=');
  if (mended === html) return;
  // The page names the one script that it may run.
  const hash = (page) =>
    createHash('sha256')
      .update(/<script async type="module">([^]*)<\/script>/.exec(page)[1])
      .digest('base64');
  fs.writeFileSync(`${file}.new`, mended.replace(hash(html), hash(mended)));
  fs.renameSync(`${file}.new`, file);
}

/** Installs a packed extension; its files are then in a folder of <dataFolder>/extensions. */
export async function installExtension(vsix, dataFolder) {
  const { node, main } = await ensureServer();
  const printed = await must(
    node,
    [
      ...[main, '--server-data-dir', dataFolder, '--accept-server-license-terms'],
      ...['--install-extension', vsix, '--force'],
    ],
    { env: cleanEnvironment({}) },
  );
  if (!printed.includes('successfully installed')) {
    throw new Error(`${vsix} was not installed:\n${printed}`);
  }
}

/**
 * Starts a server and waits until it listens.
 * @param {object} options
 * @param {string} [options.dataFolder] settings, state and installed extensions; a temporary one when left out
 * @param {Record<string, unknown>} [options.settings] user settings beside the quiet ones
 * @param {Record<string, string>} [options.env] the extension host inherits it
 * @param {string} [options.vsix] a packaged extension to install before the start
 * @param {string} [options.language] of the editor, such as zh-cn; its own texts stay English
 * @param {boolean} [options.forTests] no token, no trust question, development extensions from the URL
 * @returns {Promise<{port: number, log: () => string, address: Function, dispose: () => Promise<void>}>}
 */
export async function startServer({
  dataFolder,
  settings = {},
  env = {},
  vsix,
  language,
  forTests = false,
} = {}) {
  const { node, main } = await ensureServer();
  const data = dataFolder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-server-'));
  const user = path.join(data, 'data', 'User');
  fs.mkdirSync(user, { recursive: true });
  const settingsFile = path.join(user, 'settings.json');
  // A person's later changes are kept.
  if (!fs.existsSync(settingsFile)) {
    fs.writeFileSync(settingsFile, JSON.stringify({ ...quietSettings, ...settings }, null, 2));
  }
  if (language !== undefined) speak(language, path.join(data, 'data'));
  const common = ['--server-data-dir', data, '--accept-server-license-terms'];
  const clean = cleanEnvironment(env);
  if (vsix !== undefined) await installExtension(vsix, data);
  const token = forTests ? undefined : randomBytes(16).toString('hex');
  const child = spawn(
    node,
    [
      main,
      ...common,
      ...['--host', '127.0.0.1', '--port', '0', '--disable-telemetry'],
      ...(language === undefined ? [] : ['--locale', language]),
      ...(token === undefined ? ['--without-connection-token'] : ['--connection-token', token]),
      ...(forTests ? ['--disable-workspace-trust', '--enable-smoke-test-driver'] : []),
    ],
    { env: clean, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' },
  );
  endWithUs(child);
  let log = '';
  const closed = new Promise((resolve) => child.once('close', resolve));
  const port = await new Promise((resolve, reject) => {
    const read = (chunk) => {
      log += chunk;
      const found = /Extension host agent listening on (\d+)/.exec(log);
      if (found) resolve(Number(found[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`The VS Code server ended (${code}):\n${log}`)));
  });
  return {
    port,
    log: () => log,
    /** The address of a window on a folder or a `.code-workspace` file; `payload` are the pairs that load development extensions. */
    address(opened, payload = []) {
      const kind = opened.endsWith('.code-workspace') ? 'workspace' : 'folder';
      const query = new URLSearchParams({ [kind]: opened });
      if (token !== undefined) query.set('tkn', token);
      if (payload.length > 0) {
        const remote = ([key, file]) => [key, `vscode-remote://127.0.0.1:${port}${file}`];
        query.set('payload', JSON.stringify(payload.map(remote)));
      }
      return `http://127.0.0.1:${port}/?${query}`;
    },
    async dispose() {
      // SIGTERM first: the extension host deactivates extensions, which end their own children.
      endTree(child, 'SIGTERM');
      const hard = setTimeout(() => endTree(child), 5000);
      await closed;
      clearTimeout(hard);
      endTree(child);
      if (dataFolder === undefined)
        fs.rmSync(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Registers an empty language pack: enough for extensions to be asked for their own translations. */
function speak(language, folder) {
  const translations = path.join(folder, 'no-translations.json');
  fs.writeFileSync(translations, JSON.stringify({ contents: {} }));
  const pack = {
    hash: 'none',
    label: language,
    extensions: [{ extensionIdentifier: { id: `scf-websocket.${language}` }, version: '1.0.0' }],
    translations: { vscode: translations },
  };
  fs.writeFileSync(path.join(folder, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
}

/** Our environment without what an outer VS Code or npm run would leak into the server. */
function cleanEnvironment(env) {
  const own = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(VSCODE_|ELECTRON_|npm_)/.test(name) || /^npm_config_/i.test(name),
    ),
  );
  return { ...own, ...env };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { main, node } = await ensureServer(process.argv[2]);
  console.log(`${path.relative(root, main)} runs with ${node}`);
}
