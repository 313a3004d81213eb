/** Who is measured: each is started afresh, with limits out of the way, and its function in a process of its own. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { findProgram, npm, root } from '../../../scripts/toolchain.mjs';
import { freePort, redisProgram } from '../../unit/cluster/redisServer';
import { treeKib } from '../targets.mjs';
import { type Dialect, engineIo, post, raw } from './clients';
import { launch, makeFolder, type Program, remove } from './processes';
import { startPushpin } from './pushpin';

export interface Running {
  urls: string[];
  dialect: Dialect;
  /** Pss of all but the function's process, where that is outside; KiB. Redis counts where there is one. */
  kib(): number;
  /** Sends to a connection of the first server through the last one. */
  push(id: string, text: string): Promise<unknown>;
  stop(): Promise<void>;
}

export interface Contender {
  /** As the table says it. */
  name: string;
  /** What it was given. */
  given: string;
  /** Why it cannot be measured here; undefined: it can. */
  missing?(): Promise<string | undefined> | string | undefined;
  start(): Promise<Running>;
}

export interface NodeOptions {
  nodes: number;
  /** Where functions run: in one process that all nodes call, or in `instances` processes of each node. */
  backend: 'http' | 'process';
  instances?: number;
  /** How long a function works, milliseconds. */
  workMs?: number;
}

const here = __dirname;
const service = 'side';
const many = 1_000_000;
const secrets = {
  SCFWS_CLUSTER_SECRET: 'a secret of these nodes',
  SCFWS_PUSH_SECRETS: 'a secret of these pushes',
};

const startFunction = (workMs = 0): Promise<Program> =>
  launch(process.execPath, [path.join(here, 'functions.cjs')], (line) => line.startsWith('{'), {
    BENCH_WAIT_MS: String(workMs),
  });

const portOf = ({ line }: Program): number => (JSON.parse(line) as { port: number }).port;

async function startRedis(folder: string): Promise<{ program: Program; url: string }> {
  const port = await freePort();
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const ready = (line: string): boolean => line.includes('Ready to accept connections');
  const program = await launch(redisProgram as string, place, ready);
  return { program, url: `redis://127.0.0.1:${port}` };
}

/** What has been started so far is stopped when the rest cannot be. The gateways first, as they call the others. */
async function withPrograms<T extends object>(
  start: (programs: Program[], folder: string) => Promise<T>,
): Promise<T & { stop(): Promise<void> }> {
  const programs: Program[] = [];
  const folder = makeFolder();
  const stop = async (): Promise<void> => {
    for (const program of programs.reverse()) {
      await program.stop();
    }
    remove(folder);
  };
  try {
    return { ...(await start(programs, folder)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const sumOf = (programs: readonly Program[]): number =>
  programs.reduce((sum, { pid }) => sum + treeKib(pid), 0);

export function startNodes(options: NodeOptions): Promise<Running> {
  const { nodes, backend, instances = 1, workMs } = options;
  return withPrograms(async (programs, folder) => {
    const outside = backend === 'http' ? await startFunction(workMs) : undefined;
    programs.push(...(outside ? [outside] : []));
    const redis = nodes > 1 ? await startRedis(folder) : undefined;
    programs.push(...(redis ? [redis.program] : []));
    const url = outside && `http://127.0.0.1:${portOf(outside)}`;
    const functions = url
      ? { name: service, ...remote(`${url}/scfws`) }
      : { name: service, project: project(folder, instances, workMs) };
    const started: Program[] = [];
    for (let n = 0; n < nodes; n++) {
      const file = path.join(folder, `gateway-${n}.json`);
      fs.writeFileSync(file, JSON.stringify(gatewayConfig(functions, redis?.url)));
      const args = [path.join(root, 'dist/gateway.js'), JSON.stringify({ file })];
      const listening = (line: string): boolean => line.includes('"msg":"listening"');
      const node = await launch(process.execPath, args, listening, secrets);
      programs.push(node);
      started.push(node);
    }
    const said = started.map(({ line }) => JSON.parse(line) as { urls: string[]; pushUrl: string });
    const pushUrls = said.map(({ pushUrl }) => pushUrl);
    if (url) {
      await post(`${url}/told`, JSON.stringify(pushUrls));
    }
    const counted = [...started, ...(redis ? [redis.program] : [])];
    return {
      urls: said.map(({ urls }) => urls[0] as string),
      dialect: raw,
      kib: () => sumOf(counted),
      push: (id, data) => {
        const websocket = { action: 'data send', secConnectionID: id, dataType: 'text', data };
        return post(pushUrls.at(-1) as string, JSON.stringify({ websocket }));
      },
    };
  });
}

/** Limits that would end a client of this load, or make it wait, are raised. */
function gatewayConfig(functions: object, redis: string | undefined): object {
  return {
    listen: { port: 0 },
    operations: { port: 0 },
    drainSeconds: 0,
    log: { output: false },
    limits: {
      connections: many,
      connectionsPerAddress: many,
      handshakesPerSecond: many,
      messagesPerSecond: many,
    },
    services: [{ backendTimeout: 1800, ...functions }],
    ...(redis === undefined ? {} : { cluster: { redis, leaseSeconds: 10 } }),
  };
}

function remote(url: string): object {
  const each = { backend: 'http', url, timeout: 60, concurrency: 1000, queue: 20_000 };
  return { functions: { register: each, transfer: each, cleanup: each } };
}

function project(folder: string, instances: number, workMs = 0): string {
  const into = path.join(folder, 'project');
  fs.cpSync(path.join(here, '..', 'handlers', 'node'), into, { recursive: true });
  const file = path.join(into, 'scfws.json');
  const written = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    functions: { transfer: object };
  };
  const environment = { BENCH_WAIT_MS: String(workMs) };
  Object.assign(written.functions.transfer, { maxInstances: instances, environment });
  fs.writeFileSync(file, JSON.stringify(written));
  return into;
}

const versions = { 'socket.io': '4.8.4', '@socket.io/redis-adapter': '8.3.0' };
let packages: string | undefined;

/** Installs the packages of socket.io into a temporary folder, once. Returns why that is not possible, or undefined. */
async function installSocketIo(): Promise<string | undefined> {
  if (packages !== undefined) {
    return undefined;
  }
  const folder = makeFolder();
  try {
    fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
    const names = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts'];
    await npm(['install', ...flags, ...names], { cwd: folder, quiet: true, seconds: 60 });
    packages = folder;
    return undefined;
  } catch (error) {
    return `its packages could not be installed: ${(error as Error).message.split('\n')[0]}`;
  }
}

function startSocketIo(servers: number): Promise<Running> {
  return withPrograms(async (programs, folder) => {
    const outside = await startFunction();
    const redis = await startRedis(folder);
    programs.push(outside, redis.program);
    const started: Program[] = [];
    for (let n = 0; n < servers; n++) {
      const functionUrl = `http://127.0.0.1:${portOf(outside)}/plain`;
      const args = [path.join(here, 'socketio.cjs'), packages as string, redis.url, functionUrl];
      const program = await launch(process.execPath, args, (line) => line.startsWith('{'));
      programs.push(program);
      started.push(program);
    }
    const ports = started.map(portOf);
    return {
      urls: ports.map((port) => `ws://127.0.0.1:${port}`),
      dialect: engineIo,
      kib: () => sumOf([...started, redis.program]),
      push: (id, data) =>
        post(`http://127.0.0.1:${ports.at(-1)}/push`, JSON.stringify({ id, data })),
    };
  });
}

const needsRedis = (): string | undefined =>
  redisProgram === undefined ? 'no redis-server or valkey-server is installed' : undefined;

const pushpinProgram = findProgram(['pushpin']);
/** "pushpin 1.36.0" */
const pushpinVersion =
  pushpinProgram && execFileSync(pushpinProgram, ['--version']).toString().trim().split(' ').at(-1);

export const contenders: Record<string, Contender> = {
  'node-1': {
    name: 'scfws, 1 node',
    given: 'function behind HTTP, which pushes its answers',
    start: () => startNodes({ nodes: 1, backend: 'http' }),
  },
  'node-2': {
    name: 'scfws, 2 nodes',
    given: 'function behind HTTP, which pushes its answers to both nodes in turn; redis-server',
    missing: needsRedis,
    start: () => startNodes({ nodes: 2, backend: 'http' }),
  },
  'process-1': {
    name: 'scfws, 1 node, `process`',
    given: 'the function as one process of the node, which pushes its answers',
    start: () => startNodes({ nodes: 1, backend: 'process' }),
  },
  pushpin: {
    name: `Pushpin ${pushpinVersion ?? ''}`.trim(),
    given:
      'function behind WebSocket over HTTP, which answers in its responses; no limit of pushes a second (with one, they go out in beats)',
    missing: () => (pushpinProgram ? undefined : 'no program `pushpin` is installed'),
    start: () =>
      withPrograms(async (programs, folder) => {
        const outside = await startFunction();
        programs.push(outside);
        const { program, port, controlPort } = await startPushpin(folder, portOf(outside));
        programs.push(program);
        return {
          urls: [`ws://127.0.0.1:${port}/pushpin`],
          dialect: raw,
          kib: () => sumOf([program]),
          push: (channel, content) => {
            const items = [{ channel, formats: { 'ws-message': { content } } }];
            return post(`http://127.0.0.1:${controlPort}/publish/`, JSON.stringify({ items }));
          },
        };
      }),
  },
  'socket.io': {
    name: `socket.io ${versions['socket.io']}, 2 servers`,
    given: 'function behind HTTP, which answers in its responses; Redis adapter, redis-server',
    missing: async () => needsRedis() ?? (await installSocketIo()),
    start: () => startSocketIo(2),
  },
};
