// What is measured: each target is a fresh process (with its children) that listens on loopback.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { npm, root, toolsFolder } from '../../scripts/toolchain.mjs';
import { freePort } from './ports.mjs';

const here = import.meta.dirname;
const offlineFolder = path.join(toolsFolder, 'bench');
const offlineVersions = { serverless: '3.40.0', 'serverless-offline': '13.9.0' };

/** Installs serverless-offline. Returns why it cannot be compared with, or undefined. */
export async function ensureOffline() {
  const installed = (name) =>
    fs.existsSync(path.join(offlineFolder, 'node_modules', name, 'package.json'));
  if (Object.keys(offlineVersions).every(installed)) return undefined;
  try {
    fs.mkdirSync(offlineFolder, { recursive: true });
    fs.writeFileSync(path.join(offlineFolder, 'package.json'), '{"name":"bench","private":true}\n');
    const packages = Object.entries(offlineVersions).map(([name, version]) => `${name}@${version}`);
    console.log(`Installing ${packages.join(' ')} …`);
    await npm(
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact', ...packages],
      {
        cwd: offlineFolder,
      },
    );
    return undefined;
  } catch (error) {
    return `serverless-offline could not be installed: ${error.message.split('\n')[0]}`;
  }
}

/** The targets by name; each starts a process and resolves when it accepts connections. */
export const targets = {
  echo: () => startBare('echo'),
  loop: () => startBare('loop'),
  'bare-node': () => startBare('node'),
  'bare-python': () => startBare('python'),
  'bare-requests': () => startBare('python', { BENCH_CLIENT: 'requests' }),
  'scfws-node': (options) => startProduct('node', options),
  'scfws-python': (options) => startProduct('python', options),
  'scfws-requests': () => startProduct('python', { project: pushingWithRequests }),
  /** Each push makes a connection of its own, as the library does. */
  'scfws-requests-each': () =>
    startProduct('python', {
      project(project) {
        pushingWithRequests(project);
        project.emulator = { ...project.emulator, reusePushConnections: false };
      },
    }),
  'offline-worker': () => startOffline('nodejs20.x', []),
  'offline-inprocess': () => startOffline('nodejs20.x', ['--useInProcess']),
  'offline-python': () => startOffline('python3.11', []),
  'offline-requests': () => startOffline('python3.11', [], { BENCH_CLIENT: 'requests' }),
};

function pushingWithRequests(project) {
  project.functions.transfer.environment = { BENCH_CLIENT: 'requests' };
}

async function startBare(kind, env = {}) {
  const started = performance.now();
  const child = launch(
    process.execPath,
    [path.join(here, 'bare.mjs'), kind, path.join(here, 'handlers', kind)],
    { env: { ...process.env, ...env } },
  );
  const { port } = JSON.parse(await firstLine(child, (line) => line.startsWith('{')));
  return running(child, `ws://127.0.0.1:${port}/`, started, () => child.stdin.end());
}

/**
 * As the editor runs it: with the recorder on, and every fact handed to the host. `projects`: as many copies of the
 * project are served, each with a function of its own.
 */
async function startProduct(
  kind,
  { cli = path.join(root, 'dist', 'cli.js'), flags = [], nodeFlags = [], project, projects } = {},
) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-bench-'));
  const folders = Array.from({ length: projects ?? 1 }, (_, n) => path.join(folder, `p${n}`));
  folders.forEach((each, n) => {
    fs.cpSync(path.join(here, 'handlers', kind), each, { recursive: true });
    const file = path.join(each, 'scfws.json');
    const whole = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (projects !== undefined) Object.assign(whole, { service: `bench-${n}`, path: `/p${n}` });
    project?.(whole);
    fs.writeFileSync(file, JSON.stringify(whole));
  });
  const started = performance.now();
  const child = launch(process.execPath, [
    ...nodeFlags,
    ...[cli, 'serve', ...folders, '--port', '0', '--stdio', ...flags],
  ]);
  const line = await firstLine(child, (text) => text.includes('"listening"'));
  const { url, pushUrl, services } = JSON.parse(line);
  const target = running(child, url, started, () => child.stdin.end());
  return {
    ...target,
    pushUrl,
    urls: services.map((service) => service.url),
    ask: asker(child),
    async dispose() {
      await target.dispose();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks for an intent, as the editor does: one line of JSON there, one back. */
function asker(child) {
  const waiting = new Map();
  let [asked, lines] = [0];
  return (kind, values) => {
    lines ??= readline.createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"reply"')) return;
      const { reply, value } = JSON.parse(line);
      waiting.get(reply)?.(value);
      waiting.delete(reply);
    });
    return new Promise((resolve) => {
      const id = ++asked;
      waiting.set(id, resolve);
      child.stdin.write(`${JSON.stringify({ id, kind, ...values })}\n`);
    });
  };
}

async function startOffline(runtime, flags, env = {}) {
  const folder = fs.mkdtempSync(path.join(offlineFolder, 'service-'));
  fs.cpSync(path.join(here, 'handlers', 'offline'), folder, { recursive: true });
  const [port, httpPort, lambdaPort] = [await freePort(), await freePort(), await freePort()];
  const handler = {
    handler: 'index.main',
    timeout: 30,
    events: ['$connect', '$disconnect', '$default'].map((route) => ({ websocket: { route } })),
  };
  const service = {
    service: 'bench',
    frameworkVersion: '3',
    provider: { name: 'aws', runtime, environment: { BENCH_PORT: String(port) } },
    functions: { echo: handler },
    plugins: ['serverless-offline'],
    custom: {
      'serverless-offline': { websocketPort: port, httpPort, lambdaPort, host: '127.0.0.1' },
    },
  };
  fs.writeFileSync(path.join(folder, 'serverless.json'), JSON.stringify(service));
  const program = path.join(offlineFolder, 'node_modules', 'serverless', 'bin', 'serverless.js');
  const started = performance.now();
  const child = launch(process.execPath, [program, 'offline', 'start', ...flags], {
    cwd: folder,
    env: {
      ...process.env,
      BENCH_PORT: String(port),
      ...env,
      SLS_TELEMETRY_DISABLED: '1',
      SLS_NOTIFICATIONS_MODE: 'off',
      SLS_DISABLE_AUTO_UPDATE: '1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
    },
  });
  await firstLine(child, (line) => line.includes('[http for websocket] listening'), [
    child.stdout,
    child.stderr,
  ]);
  const target = running(child, `ws://127.0.0.1:${port}`, started, () => child.kill('SIGINT'));
  return {
    ...target,
    async dispose() {
      await target.dispose();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

function launch(program, args, options = {}) {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    ...options,
  });
  child.stdin.on('error', () => undefined);
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

const living = new Set();
process.on('exit', () => {
  for (const child of living) killGroup(child);
});

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

function running(child, url, started, stop) {
  const ms = performance.now() - started;
  return {
    url,
    pid: child.pid,
    /** Milliseconds from the start of the process until it listens. */
    startMs: ms,
    async dispose() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      stop();
      const limit = setTimeout(() => killGroup(child), 5000);
      if (child.exitCode === null && child.signalCode === null) await gone;
      clearTimeout(limit);
      killGroup(child);
    },
  };
}

/** The first line that `wanted` accepts; after it, what the child prints is read and thrown away. */
function firstLine(child, wanted, streams = [child.stdout]) {
  return new Promise((resolve, reject) => {
    let output = '';
    const limit = setTimeout(() => fail('said nothing for 60 s'), 60_000);
    const fail = (why) => {
      killGroup(child);
      reject(new Error(`${child.spawnargs.slice(1, 4).join(' ')} ${why}:\n${output.slice(-2000)}`));
    };
    const ended = (code) => fail(`ended with ${code}`);
    child.once('exit', ended);
    for (const stream of [child.stdout, child.stderr]) {
      const lines = readline.createInterface({ input: stream });
      lines.on('line', (line) => {
        output += `${line}\n`;
        if (streams.includes(stream) && wanted(line)) {
          clearTimeout(limit);
          child.off('exit', ended);
          for (const each of [child.stdout, child.stderr]) {
            each.removeAllListeners('data');
            each.resume();
          }
          resolve(line);
        }
      });
    }
  });
}

/** Memory of a process and of all that it started, KiB: what they share is counted once (Pss, proc(5)). */
export function treeKib(pid) {
  return sumOfTree(pid, /^Pss:\s+(\d+)/m);
}

/**
 * … without what is read from files, KiB. The program's own pages are shared with whatever else runs it at the moment, so
 * `treeKib` also changes with other processes of the machine: of little weight in a ratio, but not in what grows by little.
 */
export function ownKib(pid) {
  return sumOfTree(pid, /^Anonymous:\s+(\d+)/m);
}

function sumOfTree(pid, line) {
  let sum = 0;
  for (const each of [pid, ...descendants(pid)]) {
    try {
      const rollup = fs.readFileSync(`/proc/${each}/smaps_rollup`, 'utf8');
      sum += Number(line.exec(rollup)?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}

function descendants(pid) {
  const found = [];
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
    const children = fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ');
    for (const child of children.filter(Boolean)) found.push(child, ...descendants(child));
  }
  return found;
}

/** Waits until a process and all that it started have stopped growing and shrinking. */
export async function settle(pid) {
  for (let last = NaN, same = 0, n = 0; same < 3 && n < 40; n++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = treeKib(pid);
    same = Math.abs(now - last) < 512 ? same + 1 : 0;
    last = now;
  }
}

/** Processor time of a process so far, milliseconds. */
export function processorMs(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
