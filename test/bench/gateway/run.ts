/**
 * node -r ./test/register.cjs test/bench/gateway/run.ts [--quick] [--only NAME]… [--json FILE]
 * Nodes of `scfws gateway` beside Pushpin and socket.io, in one run, and how the nodes' figures grow (--only growth).
 * Prints Markdown. Linux: memory is read from /proc. --rounds, --connections and --seconds change the amounts.
 */
import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { must } from '../../../scripts/toolchain.mjs';
import { type Contender, contenders } from './contenders';
import { growthTables, type Table } from './growth';
import { type Amounts, type Figures, measure } from './measure';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    rounds: { type: 'string' },
    connections: { type: 'string' },
    seconds: { type: 'string' },
    /** dist/ is taken as it is. */
    built: { type: 'boolean', default: false },
  },
});
const { quick } = flags;
const rounds = Number(flags.rounds ?? (quick ? 1 : 2));
const amounts: Amounts = {
  connections: Number(flags.connections ?? (quick ? 500 : 5000)),
  clients: 50,
  outstanding: 8,
  seconds: Number(flags.seconds ?? (quick ? 1 : 5)),
  pushes: quick ? 100 : 500,
};
const growth = quick
  ? { connections: [500, 1000], nodes: [1, 2], functionTimes: [0, 10] }
  : { connections: [2000, 5000, 10_000, 20_000], nodes: [1, 2, 3, 4], functionTimes: [0, 10, 100] };

interface Measured {
  given: string;
  /** One for each round. */
  figures: Figures[];
  /** Why there are none, or fewer. */
  troubles: string[];
}

async function main(): Promise<void> {
  const known = [...Object.keys(contenders), 'growth'];
  const wanted = flags.only ?? known;
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`${unknown.join(', ')} is none of ${known.join(', ')}`);
  }
  if (!flags.built) {
    await must(process.execPath, ['scripts/build.mjs', '--production'], { quiet: true });
  }
  const machine = {
    date: new Date().toISOString(),
    processors: os.cpus().length,
    model: os.cpus()[0]?.model ?? 'unknown',
    node: process.version,
    load: os.loadavg()[0] as number,
  };
  const { date, processors, model, node, load } = machine;
  console.log(
    `${date}, ${processors} × ${model}, Node.js ${node}, load average ${load.toFixed(1)} at the start\n`,
  );
  const chosen = Object.entries(contenders).filter(([name]) => wanted.includes(name));
  const measured = await sideBySide(chosen.map(([, contender]) => contender));
  if (chosen.length > 0) {
    printSideBySide(measured);
  }
  const tables: Table[] = [];
  if (wanted.includes('growth')) {
    const { clients, outstanding, seconds } = amounts;
    const flood = { clients, outstanding, seconds };
    for await (const table of growthTables({ ...growth, flood })) {
      tables.push(table);
      printTable(table);
    }
  }
  console.log(`load average ${os.loadavg()[0]?.toFixed(1)} at the end`);
  if (flags.json !== undefined) {
    const results = { machine, amounts, measured: Object.fromEntries(measured), growth: tables };
    fs.writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`);
  }
}

/** Each round measures every contender once, in the other order than the round before. */
async function sideBySide(all: readonly Contender[]): Promise<Map<string, Measured>> {
  const measured = new Map<string, Measured>();
  const ready: Contender[] = [];
  for (const contender of all) {
    const missing = await contender.missing?.();
    const troubles = missing === undefined ? [] : [`not measured: ${missing}`];
    measured.set(contender.name, { given: contender.given, figures: [], troubles });
    if (missing === undefined) {
      ready.push(contender);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? ready : [...ready].reverse()) {
      const { figures, troubles } = measured.get(contender.name) as Measured;
      try {
        const running = await contender.start();
        try {
          const found = await measure(running, amounts);
          figures.push(found);
          if (found.messages.unanswered > 0) {
            troubles.push(`${found.messages.unanswered} messages without an answer`);
          }
          if (found.push.lost > 0) {
            troubles.push(`${found.push.lost} pushes did not arrive within a second`);
          }
        } finally {
          await running.stop();
        }
      } catch (error) {
        troubles.push(`not measured in round ${round + 1}: ${(error as Error).message}`);
      }
    }
  }
  return measured;
}

function printSideBySide(measured: ReadonlyMap<string, Measured>): void {
  const { connections, clients, outstanding } = amounts;
  console.log(
    `${connections} connections, opened 64 at a time and held; beside them ${clients} clients with ${outstanding} messages of 64 B each under way; ${amounts.pushes} pushes one after the other; rounds: ${rounds}, each on fresh processes, "/" between them. Memory is the Pss of all but the function behind HTTP, with Redis.\n`,
  );
  const columns: [string, (figures: Figures) => number][] = [
    ['connections/s', ({ connectionsPerSecond }) => connectionsPerSecond],
    ['KiB an idle connection', ({ kib }) => kib],
    ['messages/s', ({ messages }) => messages.perSecond],
    ['p50, ms', ({ messages }) => messages.p50],
    ['p99, ms', ({ messages }) => messages.p99],
    ['push p50, ms', ({ push }) => push.p50],
    ['push p99, ms', ({ push }) => push.p99],
  ];
  printRows(
    ['', ...columns.map(([title]) => title)],
    [...measured].map(([name, { figures }]) => [
      name,
      ...columns.map(([, pick]) => figures.map((each) => format(pick(each))).join(' / ') || '–'),
    ]),
  );
  for (const [name, { given, troubles }] of measured) {
    console.log(`- ${[`${name}: ${given}`, ...troubles].join('; ')}`);
  }
  console.log(
    '- Pushes to two nodes or servers go through the one that does not hold the connection, others through the only one. Messages of one client wait for each other but with socket.io.\n',
  );
}

function printTable({ title, rows, notes }: Table): void {
  console.log(`${title}:\n`);
  const heads = Object.keys(rows[0] ?? {});
  printRows(
    heads,
    rows.map((row) => heads.map((head) => format(row[head] ?? NaN))),
  );
  notes.forEach((note) => console.log(`${note}\n`));
}

function printRows(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const ruler = heads.map((_, column) => (column === 0 ? '---' : '---:'));
  console.log([heads, ruler, ...rows].map(line).join('\n'));
  console.log();
}

function format(value: number): string {
  if (!Number.isFinite(value)) {
    return '–';
  }
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
