/** What is measured of one contender that runs. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Flooded, flood, openMany, type Pushed, pushes } from './clients';
import type { Running } from './contenders';

export interface Amounts {
  /** Connections that are opened and held. */
  connections: number;
  /** Of the flood: clients, each with `outstanding` messages under way. */
  clients: number;
  outstanding: number;
  seconds: number;
  pushes: number;
}

export interface Figures {
  connectionsPerSecond: number;
  /** For each idle connection. */
  kib: number;
  messages: Flooded;
  push: Pushed;
}

/** Idle connections come first, on processes that are warm and not yet swollen; they stay open beside the rest. */
export async function measure(running: Running, amounts: Amounts): Promise<Figures> {
  const { urls, dialect } = running;
  const warmUp = await openMany(urls, dialect, Math.min(200, amounts.connections));
  warmUp.clients.forEach((client) => client.end());
  await settled(running);
  const before = running.kib();
  const { clients, perSecond } = await openMany(urls, dialect, amounts.connections);
  try {
    await settled(running);
    const kib = (running.kib() - before) / amounts.connections;
    const messages = await floodOf(running, amounts);
    const push = await pushes(urls[0] as string, dialect, running.push, amounts.pushes);
    return { connectionsPerSecond: perSecond, kib, messages, push };
  } finally {
    clients.forEach((client) => client.end());
  }
}

/** Clients that are opened for this alone. */
export async function floodOf(
  { urls, dialect }: Running,
  { clients: count, outstanding, seconds }: Pick<Amounts, 'clients' | 'outstanding' | 'seconds'>,
): Promise<Flooded> {
  const { clients } = await openMany(urls, dialect, count);
  try {
    return await flood(clients, { outstanding, seconds });
  } finally {
    clients.forEach((client) => client.end());
  }
}

/** Waits until memory has stopped growing and shrinking, 5 s at most. */
export async function settled({ kib }: Running): Promise<void> {
  for (let last = NaN, same = 0, n = 0; same < 2 && n < 20; n++) {
    await wait(250);
    const now = kib();
    same = Math.abs(now - last) < 512 ? same + 1 : 0;
    last = now;
  }
}
