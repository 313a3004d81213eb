/** How the figures of nodes grow: with connections, with nodes, with the time of functions. */
import fs from 'node:fs';
import { quantile } from '../load.mjs';
import { Client, openMany } from './clients';
import { type NodeOptions, startNodes } from './contenders';
import { type Amounts, floodOf, settled } from './measure';
import { redisProgram } from '../../unit/cluster/redisServer';

export interface Table {
  title: string;
  rows: Record<string, number>[];
  notes: string[];
}

type Flood = Pick<Amounts, 'clients' | 'outstanding' | 'seconds'>;

export interface GrowthAmounts {
  connections: readonly number[];
  nodes: readonly number[];
  /** Milliseconds. */
  functionTimes: readonly number[];
  flood: Flood;
}

/** What a process needs beside its connections. */
const otherDescriptors = 500;

export async function* growthTables(amounts: GrowthAmounts): AsyncGenerator<Table> {
  yield await nodes(amounts, 0);
  yield await nodes(amounts, 10);
  yield await functionTime(amounts);
  yield await connections(amounts.connections);
}

async function nodes({ flood, nodes: counts }: GrowthAmounts, workMs: number): Promise<Table> {
  const table: Table = {
    title:
      workMs === 0
        ? 'Nodes, one function of 0 ms behind HTTP'
        : `Nodes, each with 4 processes of a function that waits ${workMs} ms`,
    rows: [],
    notes: redisProgram === undefined ? ['More nodes were not measured: no redis-server.'] : [],
  };
  for (const count of redisProgram === undefined ? [1] : counts) {
    const options: NodeOptions =
      workMs === 0
        ? { nodes: count, backend: 'http' }
        : { nodes: count, backend: 'process', instances: 4, workMs };
    table.rows.push({ nodes: count, ...(await flooded(options, flood)) });
  }
  return table;
}

async function functionTime({ flood, functionTimes }: GrowthAmounts): Promise<Table> {
  const { clients, seconds } = flood;
  const table: Table = {
    title: `Time of the function behind HTTP, one node, ${clients * 4} clients with one message each under way`,
    rows: [],
    notes: [],
  };
  for (const workMs of functionTimes) {
    const figures = await flooded(
      { nodes: 1, backend: 'http', workMs },
      { clients: clients * 4, outstanding: 1, seconds },
    );
    table.rows.push({ 'function, ms': workMs, ...figures });
  }
  return table;
}

async function flooded(options: NodeOptions, flood: Flood): Promise<Record<string, number>> {
  const running = await startNodes(options);
  try {
    const { perSecond, p50, p99, unanswered } = await floodOf(running, flood);
    return { 'messages/s': perSecond, 'p50, ms': p50, 'p99, ms': p99, unanswered };
  } finally {
    await running.stop();
  }
}

/** One node; the connections of a row are those of the row before and some more. */
async function connections(counts: readonly number[]): Promise<Table> {
  const most = descriptors() - otherDescriptors;
  const table: Table = { title: 'Connections of one node', rows: [], notes: [] };
  if (counts.some((count) => count > most)) {
    table.notes.push(
      `More than ${most} were not measured: a process may have ${descriptors()} descriptors here (\`ulimit -Hn\`).`,
    );
  }
  const running = await startNodes({ nodes: 1, backend: 'http' });
  const held: Client[] = [];
  try {
    const one = await Client.open(running.urls[0] as string, running.dialect);
    held.push(one);
    await roundTrips(one, 100);
    await settled(running);
    const before = running.kib();
    for (const count of [...new Set(counts.map((each) => Math.min(each, most)))]) {
      const missing = count - held.length;
      const { clients, perSecond } = await openMany(running.urls, running.dialect, missing);
      for (const client of clients) {
        held.push(client);
      }
      await settled(running);
      const kib = (running.kib() - before) / count;
      const times = await roundTrips(one, 300);
      table.rows.push({
        connections: count,
        'connections/s': perSecond,
        'KiB each': kib,
        'round trip beside them, p50, ms': quantile(times, 0.5),
        'p99, ms': quantile(times, 0.99),
      });
    }
  } finally {
    held.forEach((client) => client.end());
    await running.stop();
  }
  return table;
}

async function roundTrips(client: Client, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const started = performance.now();
    const answer = client.next();
    client.say(`${n} `.padEnd(64, 'x'));
    await answer;
    times.push(performance.now() - started);
  }
  return times;
}

/** Open files that a process may have: Node.js raises its own limit to the hard one. */
function descriptors(): number {
  const limits = fs.readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}
