/**
 * Rounds of two nodes over one real Redis: clients come, speak and leave, one thing goes wrong, and in the end every
 * connection that Register accepted must have had its Cleanup. Everything that is drawn comes from the round's seed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from '../../../scripts/toolchain.mjs';
import { type Client, configOf, connect, push, startFunctions } from '../../unit/cluster/bed';
import { freePort, startRedis } from '../../unit/cluster/redisServer';
import { Random } from '../../hostile/random';
import { type Proxy, startProxy } from './proxy';

export const mishaps = [
  'kill -9',
  'SIGSTOP past the lease',
  'partition from Redis',
  'Redis holds its answers',
  'Redis is killed and keeps',
  'Redis is killed and forgets',
  'kill -9, and Redis forgets',
  'rolling restart',
] as const;
export type Mishap = (typeof mishaps)[number];

export interface Result {
  seed: number;
  mishap: Mishap;
  /** Connections whose Register said yes; how many had a Cleanup, more than one, or a second one of another key. */
  owed: number;
  paid: number;
  twice: number;
  /** Of those without a Cleanup: its node was killed, and Redis came back empty before another node could know. */
  lostByRedis: number;
  unpaid: number;
  otherKey: number;
  /** Messages that were pushed with errNo 0 and did not arrive: because their socket broke, or for no such reason. */
  lostOnTheirWay: number;
  lost: number;
  pushes: number;
  /** Answers to pushes that were not true. */
  wrong: string[];
  ms: number;
  /** What the nodes wrote about leases and debts, where the round is not as promised. */
  story: string[];
}

const leaseSeconds = 2;
/** Lines of a node's log that tell of leases and debts. */
const told = new Set(['fenced', 'reaped', 'joined', 'redisAway', 'cleanupPaid']);
const secrets = {
  SCFWS_CLUSTER_SECRET: 'a secret of the nodes',
  SCFWS_PUSH_SECRETS: 'a secret of the pushes',
};

interface Program {
  child: ChildProcess;
  port: number;
  url: string;
  pushUrl: string;
  operationsPort: number;
  proxy: Proxy;
}

interface Held {
  client: Client;
  id: string;
  received: Set<string>;
  sent: Set<string>;
  /** Said not to be sent, with what was answered. */
  unsent: Map<string, string>;
  gone: 'open' | 'leaving' | 'closed';
  code?: number;
}

export async function playRound(seed: number, mishap: Mishap): Promise<Result> {
  const started = performance.now();
  const dice = new Random(seed);
  const functions = await startFunctions();
  const redis = await startRedis({ appendOnly: !mishap.endsWith('forgets') });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-chaos-'));
  const programs: Program[] = [];
  const held: Held[] = [];
  const accepted = new Map<string, number>();
  const cleanups = new Map<string, string[]>();
  const wrong: string[] = [];
  const story: string[] = [];
  let pushes = 0;
  /** Connections that were owed when their node was killed, where Redis has forgotten them since. */
  const forgotten = new Set<string>();
  const idOfClient = new Map<string, string>();
  const portOfId = new Map<string, number>();
  let clients = 0;

  functions.register = (event) => {
    const id = event.websocket.secConnectionID;
    accepted.set(id, performance.now());
    const { who, port } = (event as unknown as { queryString: { who: string; port: string } })
      .queryString;
    idOfClient.set(who, id);
    portOfId.set(id, Number(port));
    return { errNo: 0, errMsg: 'ok' };
  };
  functions.cleanup = ({ websocket: { secConnectionID: id } }, headers) => {
    cleanups.set(id, [...(cleanups.get(id) ?? []), String(headers['idempotency-key'])]);
  };

  // A busy machine is no mishap of the round.
  const backend = { backend: 'http', url: functions.url, timeout: 30 };

  /** A port that somebody else took meanwhile, or a Redis that found no time, is no mishap of the round. */
  const startProgram = async (): Promise<Program> => {
    for (let tried = 1; ; tried++) {
      try {
        return await tryProgram();
      } catch (error) {
        if (tried === 5) {
          throw error;
        }
      }
    }
  };

  const tryProgram = async (): Promise<Program> => {
    const proxy = await startProxy(redis.port);
    const [port, operations] = [await freePort(), await freePort()];
    const file = path.join(folder, `gateway-${programs.length}-${port}.json`);
    const cluster = { redis: `redis://127.0.0.1:${proxy.port}`, leaseSeconds };
    const config = configOf(
      functions.url,
      { cluster, listen: { port }, operations: { port: operations } },
      { functions: { register: backend, transfer: backend, cleanup: backend } },
    );
    fs.writeFileSync(file, JSON.stringify(config));
    const child = spawn(
      process.execPath,
      [path.join(root, 'dist/gateway.js'), JSON.stringify({ file })],
      { env: { ...process.env, ...secrets }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const lines = readline.createInterface({ input: child.stdout as NodeJS.ReadableStream });
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => {
        proxy.dispose();
        reject(new Error(`a node ended with ${code} at its start`));
      });
      lines.on('line', (line) => {
        const said = JSON.parse(line) as { msg: string; urls: string[]; pushUrl: string };
        if (told.has(said.msg)) {
          story.push(line);
        }
        if (said.msg === 'listening') {
          const { urls, pushUrl } = said;
          resolve({ child, port, url: urls[0] ?? '', pushUrl, operationsPort: operations, proxy });
        }
      });
    });
  };

  const enter = async (program: Program): Promise<void> => {
    const who = String(++clients);
    const client = await connect(`${program.url}?who=${who}&port=${program.port}`).catch(
      () => undefined,
    );
    const id = idOfClient.get(who) ?? '';
    if (client === undefined) {
      return; // Refused, or its node is away: that is its right.
    }
    const entry: Held = {
      client,
      id,
      received: new Set(),
      sent: new Set(),
      unsent: new Map(),
      gone: 'open',
    };
    client.socket.on('message', (data: Buffer) => entry.received.add(data.toString()));
    client.socket.on('error', () => undefined);
    void client.closed.then((code) => {
      entry.gone = 'closed';
      entry.code = code;
    });
    held.push(entry);
  };

  /** One push to a connection through a node; what it answers must be true. */
  const say = async (through: Program, to: Held, text: string): Promise<void> => {
    pushes++;
    const before = to.gone;
    const answer = await Promise.race([
      push(through.pushUrl, to.id, text).catch(() => undefined),
      wait(3000, undefined, { ref: false }),
    ]);
    if (answer === undefined) {
      return; // The node that was asked is away: no answer is no wrong one.
    }
    if (answer.errNo === 0) {
      to.sent.add(text);
    } else if (answer.errNo !== 9008 || answer.errMsg.includes('was not sent')) {
      to.unsent.set(text, `${answer.errNo} ${answer.errMsg}`);
    }
    const silent = before === 'open' && to.gone === 'open' && cleanups.get(to.id) === undefined;
    // 9001 is right only for what has ended, or ends: looked at once more below, when all is still.
    if (answer.errNo === 9001 && silent) {
      doubtful.push({ to, answer: `${answer.errNo} ${answer.errMsg}` });
    } else if (![0, 9001, 9007, 9008].includes(answer.errNo)) {
      wrong.push(`${answer.errNo} ${answer.errMsg}`);
    }
  };
  const doubtful: { to: Held; answer: string }[] = [];

  const traffic = async (messages: number): Promise<void> => {
    for (let n = 0; n < messages; n++) {
      const to = held[dice.below(held.length)];
      const through = programs[dice.below(programs.length)];
      if (to !== undefined && through !== undefined && to.gone === 'open') {
        await say(through, to, `${seed}-${pushes}`);
      }
      if (dice.below(6) === 0 && to?.gone === 'open') {
        to.gone = 'leaving';
        to.client.socket.close(1000);
      }
    }
  };

  const stop = async ({ child, proxy }: Program, signal: NodeJS.Signals): Promise<void> => {
    const end = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    child.kill(signal);
    await end;
    proxy.dispose();
  };

  const lease = leaseSeconds * 1000;
  const strike = async (): Promise<void> => {
    const at = dice.below(2);
    const victim = programs[at] as Program;
    switch (mishap) {
      case 'kill -9':
        await stop(victim, 'SIGKILL');
        programs[at] = await startProgram();
        break;
      case 'SIGSTOP past the lease':
        victim.child.kill('SIGSTOP');
        await wait(lease * (1.3 + dice.below(100) / 100));
        victim.child.kill('SIGCONT');
        break;
      case 'partition from Redis':
        victim.proxy.cut();
        await wait(lease * (0.3 + dice.below(120) / 100));
        victim.proxy.mend();
        break;
      case 'Redis holds its answers':
        victim.proxy.hold(true);
        await wait(lease * (0.2 + dice.below(120) / 100));
        victim.proxy.hold(false);
        break;
      case 'Redis is killed and keeps':
      case 'Redis is killed and forgets':
        await redis.kill();
        await wait(dice.below(lease));
        await redis.restart();
        break;
      case 'kill -9, and Redis forgets': {
        await stop(victim, 'SIGKILL');
        const owed = [...accepted.keys()].filter(
          (id) => portOfId.get(id) === victim.port && !cleanups.has(id),
        );
        await wait(dice.below(lease * 3));
        await redis.kill();
        owed.filter((id) => !cleanups.has(id)).forEach((id) => forgotten.add(id));
        await redis.restart();
        programs[at] = await startProgram();
        break;
      }
      case 'rolling restart':
        for (const n of [0, 1]) {
          await stop(programs[n] as Program, 'SIGTERM');
          programs[n] = await startProgram();
          await Promise.all([enter(programs[n]), traffic(3)]);
        }
        break;
    }
  };

  try {
    programs.push(await startProgram(), await startProgram());
    for (let n = 0; n < 6; n++) {
      await enter(programs[n % 2] as Program);
    }
    await traffic(4);
    await Promise.all([
      wait(dice.below(300)).then(strike),
      traffic(12),
      wait(dice.below(600)).then(() => enter(programs[dice.below(2)] as Program)),
    ]);
    await traffic(4);
    // All is mended: nothing that is still open may be unknown.
    for (const { to, answer } of doubtful) {
      if (to.gone === 'open') {
        const again = await push((programs[0] as Program).pushUrl, to.id, 'still there?');
        if (again.errNo === 0) {
          wrong.push(`${answer}, of one that is open`);
        }
      }
    }
    held.forEach(({ client }) => client.socket.close(1000));
    await Promise.all(held.map(({ client }) => client.closed));
    await allPaid(accepted, cleanups, forgotten, lease);
    await Promise.all(programs.map((program) => stop(program, 'SIGTERM')));
  } finally {
    programs.forEach(({ child, proxy }) => (child.kill('SIGKILL'), proxy.dispose()));
    await redis.dispose();
    functions.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const ids = [...accepted.keys()];
  const counts = ids.map((id) => cleanups.get(id)?.length ?? 0);
  const without = ids.filter((id) => !cleanups.has(id));
  const missing = held.flatMap((each) =>
    [...each.sent].filter((text) => !each.received.has(text)).map(() => each),
  );
  for (const { unsent, received } of held) {
    for (const [text, answer] of unsent) {
      if (received.has(text)) {
        wrong.push(`${answer}, but it arrived`);
      }
    }
  }
  return {
    seed,
    mishap,
    owed: ids.length,
    paid: counts.filter((count) => count > 0).length,
    twice: counts.filter((count) => count > 1).length,
    lostByRedis: without.filter((id) => forgotten.has(id)).length,
    unpaid: without.filter((id) => !forgotten.has(id)).length,
    otherKey: ids.filter((id) => new Set(cleanups.get(id)).size > 1).length,
    lostOnTheirWay: missing.filter(({ code }) => code === 1006).length,
    lost: missing.filter(({ code }) => code !== 1006).length,
    pushes,
    wrong,
    story: [
      ...story,
      ...without.map((id) => `without: ${Buffer.from(id, 'base64').toString('hex')}`),
    ],
    ms: Math.round(performance.now() - started),
  };
}

/** Resolves when all is paid but what Redis may have lost (which gets the time of three leases), or it takes too long. */
async function allPaid(
  accepted: ReadonlyMap<string, number>,
  cleanups: ReadonlyMap<string, string[]>,
  forgotten: ReadonlySet<string>,
  lease: number,
): Promise<void> {
  const started = performance.now();
  for (;;) {
    const without = [...accepted.keys()].filter((id) => !cleanups.has(id));
    const late = performance.now() - started;
    const only = without.every((id) => forgotten.has(id));
    if (without.length === 0 || (only && late > lease * 3) || late > lease * 60) {
      return;
    }
    await wait(50);
  }
}
