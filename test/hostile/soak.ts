/**
 * Hundreds of clients that chat, join, leave and vanish, for a while. Every message carries its number, and each one
 * is accounted for: answered once, or sent by a client that vanished before the answer came.
 */
import fs from 'node:fs';
import { WebSocket } from 'ws';
import { connect, disposeServed, serve } from './served';

export interface SoakOptions {
  minutes: number;
  clients?: number;
  /** Milliseconds between an answer and the next message of a client. */
  pause?: number;
  print?: (line: string) => void;
}

export interface SoakAccount {
  sent: number;
  answered: number;
  /** Outstanding when their client vanished. */
  vanishedWith: number;
  lost: number;
  doubled: number;
  /** Answers to somebody else's message. */
  misdelivered: number;
  joins: number;
  leaves: number;
  vanishes: number;
  refused: number;
  /** Resident MB of the gateway, at ten moments. */
  memory: number[];
  /** Open descriptors of the gateway before the first client and after the last. */
  descriptors: [number, number];
  /** What must not be. */
  problems: string[];
}

export async function soak({
  minutes,
  clients = 500,
  pause = 250,
  print = () => undefined,
}: SoakOptions): Promise<SoakAccount> {
  // Small limits of the recorder are full early: from then on memory has no reason to grow.
  const served = await serve({ flags: ['--max-facts', '20000', '--memory-mb', '4'] });
  const account: SoakAccount = {
    ...{ sent: 0, answered: 0, vanishedWith: 0, lost: 0, doubled: 0, misdelivered: 0 },
    ...{ joins: 0, leaves: 0, vanishes: 0, refused: 0 },
    memory: [],
    descriptors: [0, 0],
    problems: [],
  };
  /** Connections that the gateway knows of. */
  let open = 0;
  let whenNone = (): void => undefined;
  served.onFact((fact) => {
    if (fact.kind === 'connecting') {
      open++;
    } else if (
      fact.kind === 'closed' ||
      (fact.kind === 'refused' && fact.connection !== undefined)
    ) {
      open--;
      if (open === 0) {
        whenNone();
      }
    }
  });
  const allGone = (): Promise<void> =>
    new Promise((resolve) => {
      whenNone = resolve;
      if (open === 0) {
        resolve();
      }
    });
  const first = await connect(served.url);
  await first.say('warm');
  first.socket.close();
  await first.closed;
  await allGone();
  account.descriptors[0] = descriptors(served.pid);
  const started = Date.now();
  const ends = started + minutes * 60_000;
  const watch = setInterval(
    () => {
      served.facts.length = 0; // The account is kept by the clients; the facts would only fill this process.
      account.memory.push(residentMb(served.pid));
      const { sent, answered, joins, leaves, vanishes } = account;
      print(
        `${Math.round((Date.now() - started) / 1000)} s: ${sent} sent, ${answered} answered, ${joins} joined, ` +
          `${leaves} left, ${vanishes} vanished, ${account.memory.at(-1)} MB`,
      );
    },
    (minutes * 60_000) / 10,
  );
  await Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      for (let life = 0; Date.now() < ends; life++) {
        await live(served.url, `${n}.${life}`, ends, pause, account);
      }
    }),
  );
  clearInterval(watch);
  await allGone();
  account.descriptors[1] = descriptors(served.pid);
  account.lost = account.sent - account.answered - account.vanishedWith;
  judge(account);
  await served.stop();
  await disposeServed();
  print(JSON.stringify(account, null, 1));
  return account;
}

/** One client's life: some messages, each sent when the one before was answered, then it leaves or vanishes. */
async function live(
  url: string,
  name: string,
  ends: number,
  pause: number,
  account: SoakAccount,
): Promise<void> {
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: 60_000 });
  const opened = await new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true));
    socket.on('error', () => resolve(false));
  });
  if (!opened) {
    account.refused++;
    return;
  }
  account.joins++;
  const messages = 1 + Math.floor(Math.random() * 40);
  const vanishes = Math.random() < 0.3;
  let expected = '';
  let awaited: (() => void) | undefined;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    if (awaited !== undefined && text === expected) {
      account.answered++;
      awaited();
    } else if (text.startsWith(`${name} `)) {
      account.doubled++;
    } else {
      account.misdelivered++;
    }
  });
  for (let n = 0; n < messages && Date.now() < ends; n++) {
    expected = `${name} ${n} ${'x'.repeat(Math.floor(Math.random() * 200))}`;
    const answered = new Promise<boolean>((resolve) => {
      awaited = () => {
        awaited = undefined;
        resolve(true);
      };
      void closed.then(() => resolve(false));
    });
    socket.send(expected);
    account.sent++;
    if (vanishes && n === messages - 1) {
      account.vanishes++;
      account.vanishedWith++;
      awaited = undefined;
      socket.removeAllListeners('message');
      socket.terminate();
      return;
    }
    if (!(await answered)) {
      return; // The gateway closed it: its message counts as lost.
    }
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
  }
  account.leaves++;
  socket.close(1000);
  await closed;
}

function judge(account: SoakAccount): void {
  const { problems, memory, descriptors: open } = account;
  for (const name of ['lost', 'doubled', 'misdelivered', 'refused'] as const) {
    if (account[name] !== 0) {
      problems.push(`${account[name]} ${name}`);
    }
  }
  // The first moments fill caches, compile and bring the recorder to its limits.
  const settled = memory.slice(2);
  const early = median(settled.slice(0, 3));
  const late = median(settled.slice(-3));
  if (late > early * 1.25 + 10) {
    problems.push(`memory grew from ${early} MB to ${late} MB`);
  }
  if (open[1] > open[0] + 2) {
    problems.push(`descriptors: ${open[0]} before, ${open[1]} after`);
  }
}

function descriptors(pid: number): number {
  return fs.readdirSync(`/proc/${pid}/fd`).length;
}

function residentMb(pid: number): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
