// npm run bench                    every figure, interleaved, and the growth tables; writes out/bench.json
// npm run bench -- rtt flood       only these figures
// npm run bench -- --quick         fewer rounds and messages
// npm run bench -- --rounds 3 --no-offline
// npm run bench -- --keep          … and keeps its ratios in test/bench/ratios.json, to be compared with
// npm run bench -- --check         says which of the kept ratios got worse by more than this run's own noise
// npm run bench -- inspector       the traffic page with 200,000 frames in a real browser
// npm run bench -- soak            500 chatting clients for ten minutes (--minutes N)
// Nobody is given NODE_EXTRA_CA_CERTS: each Node.js would read that file as it starts, and the sides start several.
// Absolute figures move with the machine's load: only ratios inside one run mean anything. Each round runs every
// target on a fresh server, one after the other, and the medians of the rounds are compared.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { keepCertificatesForNpm, root, run } from '../../scripts/toolchain.mjs';
import { measureChannel } from './channel.mjs';
import { measureEditor } from './editor.mjs';
import { growthTables } from './growth.mjs';
import { broadcast, crowd, firstAnswer, flood, hold, median, roundTrips } from './load.mjs';
import { compareRatios, keepRatios, ratiosOf } from './ratios.mjs';
import { measureRecorder } from './recorder.mjs';
import { buildSilent } from './silent.mjs';
import { importSource } from './source.mjs';
import { ensureOffline, settle, targets, treeKib } from './targets.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    'no-offline': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const { quick } = flags;
const rounds = Number(flags.rounds ?? (quick ? 2 : 5));

const product = ['scfws-node', 'scfws-python'];
const bare = ['bare-node', 'bare-python'];
const offline = ['offline-worker', 'offline-inprocess', 'offline-python'];

/** A figure: what is measured on which targets. A goal is a ratio of medians, and which side of it is good. */
const figures = {
  rtt: {
    title: 'round trip, 1 connection, 64 B, p50',
    unit: 'ms',
    targets: [...bare, ...product, ...offline],
    async measure({ url }, name) {
      const { p50, p95, p99 } = await roundTrips(url, { count: quick ? 400 : 1500 });
      tell(name, 'rtt', { p50, p95, p99 });
      return p50;
    },
    goals: [
      ['scfws-node', 'bare-node', '≤', 1.2],
      ['scfws-python', 'bare-python', '≤', 1.2],
      ['scfws-node', 'offline-inprocess', '≤', 0.7],
      ['scfws-python', 'offline-python', '≤', 0.5],
    ],
  },
  requests: {
    title: 'round trip with requests.post, p50',
    unit: 'ms',
    targets: ['bare-requests', 'scfws-requests', 'scfws-requests-each', 'offline-requests'],
    async measure({ url }, name) {
      const { p50, p95, p99 } = await roundTrips(url, { count: quick ? 200 : 600 });
      tell(name, 'requests', { p50, p95, p99 });
      return p50;
    },
    goals: [
      ['scfws-requests', 'bare-requests', '≤', 1],
      ['scfws-requests', 'offline-requests', '≤', 0.5],
      ['scfws-requests', 'scfws-requests-each', '≤', 0.67],
    ],
  },
  requestsFlood: {
    title: '50 × 8, 64 B, with requests.post',
    unit: 'messages/s',
    targets: ['bare-requests', 'scfws-requests', 'scfws-requests-each'],
    measure: ({ url }) => checked(flood(url, { count: quick ? 1000 : 3000, seconds: 6 })),
    goals: [
      ['scfws-requests', 'bare-requests', '≥', 0.9],
      ['scfws-requests', 'scfws-requests-each', '≥', 1.5],
    ],
  },
  broadcast: {
    title: 'one message to 100 clients',
    unit: 'frames/s',
    targets: ['loop', ...bare, ...product],
    async measure({ url }, name) {
      const { perSecond, p50, p95, p99 } = await broadcast(url, { rounds: quick ? 10 : 40 });
      tell(name, 'broadcast', { p50, p95, p99 });
      return perSecond;
    },
    goals: [
      ['scfws-node', 'loop', '≥', 0.9],
      ['scfws-node', 'bare-node', '≥', 0.9],
      ['scfws-python', 'bare-python', '≥', 0.9],
    ],
  },
  flood: {
    title: '50 connections × 8 outstanding, 64 B',
    unit: 'messages/s',
    targets: [...bare, ...product, 'offline-worker', 'offline-inprocess'],
    measure: ({ url }) => checked(flood(url, { count: quick ? 2000 : 8000, seconds: 6 })),
    goals: [
      ['scfws-node', 'bare-node', '≥', 0.9],
      ['scfws-python', 'bare-python', '≥', 0.9],
      ['scfws-node', 'offline-inprocess', '≥', 1.6],
      ['scfws-node', 'offline-worker', '≥', 5],
    ],
  },
  flood16k: {
    title: '50 × 8, 16 KiB',
    unit: 'messages/s',
    targets: [...bare, ...product, 'offline-inprocess'],
    measure: ({ url }) =>
      checked(flood(url, { count: quick ? 1000 : 3000, size: 16_384, seconds: 6 })),
    goals: [
      ['scfws-node', 'offline-inprocess', '≥', 1.3],
      ['scfws-python', 'offline-inprocess', '≥', 1.3],
      ['scfws-node', 'bare-node', '≥', 0.9],
    ],
  },
  crowd: {
    title: '2,000 clients at once, Register for each',
    unit: 'ms',
    targets: [...bare, ...product, 'offline-inprocess'],
    async measure({ url }, name) {
      await firstAnswer(url);
      const { ms, failed } = await crowd(url, { clients: 2000 });
      tell(name, 'crowd', { failed });
      return ms;
    },
    goals: [
      ['scfws-node', 'bare-node', '≤', 1.1],
      ['scfws-python', 'bare-python', '≤', 1.1],
    ],
  },
  idle: {
    title: 'memory of all processes for each idle connection, 5,000 connections',
    unit: 'KiB',
    targets: ['echo', 'bare-node', 'scfws-node', 'scfws-silent'],
    rounds: 2,
    async measure({ url, pid }) {
      await firstAnswer(url);
      const warmUp = await hold(url, 200);
      warmUp.dispose();
      await settle(pid);
      const before = treeKib(pid);
      const count = quick ? 2000 : 5000;
      const held = await hold(url, count);
      await settle(pid);
      const each = (treeKib(pid) - before) / count;
      held.dispose();
      return each;
    },
    goals: [['scfws-node', 'echo', '≤', 1.2]],
  },
  loaded: {
    title: 'memory of all processes after 20,000 messages at 50 × 8, 64 B',
    unit: 'MiB',
    targets: [...bare, ...product],
    rounds: 2,
    async measure({ url, pid }) {
      await checked(flood(url, { count: quick ? 8000 : 20_000, seconds: 30 }));
      await settle(pid);
      return treeKib(pid) / 1024;
    },
    goals: [
      ['scfws-node', 'bare-node', '≤', 1.3],
      ['scfws-python', 'bare-python', '≤', 1.3],
    ],
  },
  start: {
    title: 'process start → listening',
    unit: 'ms',
    targets: [...bare, ...product, ...offline],
    measure: ({ startMs }) => startMs,
    goals: [
      ['scfws-node', 'bare-node', '≤', 1.3],
      ['scfws-node', 'offline-worker', '≤', 0.1],
      ['scfws-python', 'offline-python', '≤', 0.1],
    ],
  },
  cold: {
    title: 'process start → first answer',
    unit: 'ms',
    targets: [...bare, ...product, ...offline],
    measure: async ({ url, startMs }) => startMs + (await firstAnswer(url)),
    goals: [
      ['scfws-node', 'bare-node', '≤', 1.2],
      ['scfws-python', 'bare-python', '≤', 1.2],
      ['scfws-node', 'offline-worker', '≤', 0.1],
    ],
  },
  recording: {
    title: 'throughput with and without recording, 64 B',
    unit: 'messages/s',
    targets: ['scfws-node', 'scfws-silent'],
    measure: ({ url }) => checked(flood(url, { count: quick ? 2000 : 8000, seconds: 6 })),
    goals: [['scfws-node', 'scfws-silent', '≥', 0.9]],
  },
};

const notes = {};

function tell(name, figure, note) {
  (notes[`${figure} ${name}`] ??= []).push(note);
}

async function checked(measured) {
  const { perSecond, timeouts, strangers } = await measured;
  current.timeouts += timeouts;
  current.strangers += strangers;
  return perSecond;
}
const current = { timeouts: 0, strangers: 0 };

async function measureFigure(name, figure, withOffline, starters) {
  const chosen = figure.targets.filter((target) => withOffline || !target.startsWith('offline'));
  /** By target, one for each round; undefined: it failed. */
  const samples = Object.fromEntries(chosen.map((target) => [target, []]));
  const troubles = {};
  for (let round = 0; round < Math.min(rounds, figure.rounds ?? rounds); round++) {
    // The order changes from round to round, so that nobody always comes first.
    for (const target of round % 2 === 0 ? chosen : [...chosen].reverse()) {
      Object.assign(current, { timeouts: 0, strangers: 0 });
      let running;
      try {
        running = await starters[target]();
        samples[target][round] = await figure.measure(running, target);
      } catch (error) {
        (troubles[target] ??= []).push(error.message.split('\n')[0].slice(0, 120));
      }
      if (current.timeouts > 0) (troubles[target] ??= []).push(`${current.timeouts} time-outs`);
      if (current.strangers > 0) (troubles[target] ??= []).push(`${current.strangers} doubled`);
      await running?.dispose();
    }
  }
  const medians = Object.fromEntries(
    Object.entries(samples).map(([target, values]) => [
      target,
      median(values.filter((value) => value !== undefined)),
    ]),
  );
  const goals = figure.goals
    .filter(([, to]) => Number.isFinite(medians[to]) && medians[to] > 0)
    .map(([of, to, relation, limit]) => {
      const ratio = medians[of] / medians[to];
      const met = relation === '≤' ? ratio <= limit : ratio >= limit;
      return { of, to, relation, limit, ratio, met };
    });
  return { title: figure.title, unit: figure.unit, samples, medians, troubles, goals };
}

function print({ title, unit, medians, troubles, goals }) {
  console.log(`\n${title} (${unit})`);
  for (const [target, value] of Object.entries(medians)) {
    const trouble = troubles[target] ? `  ${troubles[target].join('; ')}` : '';
    console.log(`  ${target.padEnd(18)} ${format(value).padStart(10)}${trouble}`);
  }
  for (const { of, to, relation, limit, ratio, met } of goals) {
    console.log(
      `  ${met ? '✔' : '✖'} ${of} : ${to} = ${ratio.toFixed(2)} (goal ${relation} ${limit})`,
    );
  }
}

const format = (value) =>
  Number.isFinite(value) ? (value >= 100 ? value.toFixed(0) : value.toPrecision(3)) : '–';

const everything = [
  ...Object.keys(figures),
  ...(flags.check || flags.keep ? [] : ['channel', 'recorder', 'inspector', 'editor', 'growth']),
];
const wanted = positionals.length > 0 ? positionals : everything;
if (wanted.includes('soak')) {
  const { soak } = importSource('test/hostile/soak.ts');
  const account = await soak({ minutes: Number(flags.minutes), print: console.log });
  process.exit(account.problems.length === 0 ? 0 : 1);
}
const built = await run(process.execPath, ['scripts/build.mjs', '--production'], { quiet: true });
if (built.code !== 0) throw new Error(built.output);
const noOffline = flags['no-offline'] ? 'left out' : await ensureOffline();
if (noOffline) console.log(`Without serverless-offline: ${noOffline}`);
keepCertificatesForNpm();
const starters = {
  ...targets,
  'scfws-silent': () => targets['scfws-node']({ cli: silent }),
};
const silent =
  wanted.includes('recording') || wanted.includes('idle') ? await buildSilent() : undefined;
const machine = {
  date: new Date().toISOString(),
  processors: os.cpus().length,
  model: os.cpus()[0]?.model,
  node: process.version,
  load: os.loadavg()[0],
  rounds,
};
console.log(
  `${machine.date}, ${machine.processors} × ${machine.model}, Node.js ${machine.node}, load ${machine.load}, ${rounds} rounds`,
);
const results = {};
for (const name of wanted) {
  if (figures[name] !== undefined) {
    results[name] = await measureFigure(name, figures[name], !noOffline, starters);
    print(results[name]);
  }
}
if (wanted.includes('channel')) {
  results.channel = await measureChannel({ rounds, count: quick ? 1000 : 4000 });
  print(results.channel);
}
if (wanted.includes('recorder')) {
  results.recorder = await measureRecorder();
  console.log('\nrecorder, 100,000 frames of 200 B', results.recorder);
}
if (wanted.includes('inspector')) {
  const file = path.join(root, 'out', 'inspector.json');
  const program = 'test/bench/inspector/inspector.ts';
  console.log('\ninspector, many frames in a real browser');
  const { code } = await run(process.execPath, ['-r', './test/register.cjs', program, file]);
  if (code === 0) results.inspector = JSON.parse(fs.readFileSync(file, 'utf8'));
}
if (wanted.includes('editor')) {
  results.editor = await measureEditor({ rounds: Math.min(rounds, 3) });
  console.log('\nextension host', results.editor);
}
if (wanted.includes('growth')) {
  results.growth = await growthTables({ quick });
}
if (Object.keys(notes).length > 0) console.log('\n', notes);
fs.mkdirSync(path.join(root, 'out'), { recursive: true });
const file = path.join(root, 'out', 'bench.json');
fs.writeFileSync(file, `${JSON.stringify({ machine, results, notes }, null, 2)}\n`);
console.log(`\n${path.relative(root, file)} holds every sample.`);
const ratios = ratiosOf(results);
if (flags.keep) keepRatios(ratios, machine);
process.exit(flags.check && !compareRatios(ratios) ? 1 : 0);
