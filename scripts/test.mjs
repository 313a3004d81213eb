// npm test                    every step, and their counts summed in the last line
// npm test -- unit host       only these steps (types build host unit webview conformance hostile soak vsix lint)
// npm test -- host --grep X   only the tests whose title contains X, in the steps that run Mocha
// npm test -- unit --repeat 9 all of it nine times; a table at the end says how each run went
// A step fails when its program fails, when a test of it fails, and when it ran no test at all.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  ensureBrowser,
  ensureDebugpy,
  ensurePackages,
  ensureTestPrograms,
  keepCertificatesForNpm,
  Missing,
  readJson,
  root,
  run,
} from './toolchain.mjs';

const node = process.execPath;
const bin = (...words) => path.join(root, 'node_modules', ...words);
const { named, grep, repeat } = readArguments(process.argv.slice(2));
const only = grep === undefined ? [] : ['--grep', grep];

function readArguments(words) {
  const wanted = { named: [], grep: undefined, repeat: 1 };
  for (let at = 0; at < words.length; at++) {
    if (words[at] === '--grep') wanted.grep = words[++at] ?? '';
    else if (words[at] === '--repeat') wanted.repeat = Number(words[++at]);
    else wanted.named.push(words[at]);
  }
  if (!Number.isInteger(wanted.repeat) || wanted.repeat < 1) {
    console.error('--repeat wants a number of runs, for example --repeat 10.');
    process.exit(2);
  }
  return wanted;
}

const heading = (text) => console.log(`\n── ${text} ${'─'.repeat(Math.max(70 - text.length, 3))}`);

/** A program without a count of its own: it passes or fails as one. */
const program = (label, args) => ({
  label,
  async run(options = {}) {
    const { code, output } = await run(node, args, options);
    tellOf(options, output);
    console.log(`  ${code === 0 ? '✔' : '✖'} ${label}`);
    const whatFailed = code === 0 ? [] : [label];
    return { passed: Number(code === 0), failed: Number(code !== 0), skipped: 0, whatFailed };
  },
});

/** What ran beside others is told when it has ended, whole. */
function tellOf({ quiet, title }, output) {
  if (!quiet) return;
  heading(title);
  process.stdout.write(output);
}

/** A program that leaves its counts, and what failed, in the file that SCFWS_RESULT names. */
async function counted(label, args, options = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-test-'));
  const file = path.join(folder, 'result.json');
  const env = { SCFWS_RESULT: file, ...options.env };
  // Against one that hangs; a machine that has much to do may be three times as slow as another.
  const limits = { seconds: 1800, results: file };
  const { code, output, lingered } = await run(node, args, { ...limits, ...options, env });
  tellOf(options, output);
  const counts = fs.existsSync(file) ? readJson(file) : { passed: 0, failed: 0, skipped: 0 };
  fs.rmSync(folder, { recursive: true, force: true });
  const wrong = lingered
    ? `${label} did not end after their last test: something that they started is left`
    : `${label} ended with code ${code}`;
  if (code !== 0 && (counts.failed === 0 || lingered)) {
    console.log(`  ✖ ${wrong}`);
    counts.failed += 1;
    counts.whatFailed = [...(counts.whatFailed ?? []), wrong];
  }
  return counts;
}

const mocha = (...args) => [bin('mocha', 'bin', 'mocha.js'), ...args, ...only];
const tests = (label, ...args) => ({
  label,
  run: (options) => counted(label, mocha(...args), options),
});
const inRooms = (...rooms) => rooms.map((room) => `test/unit/${room}/**/*.test.ts`);

/** Tests of a folder of test/host, in an editor's window. */
const inWindow = (label, folder, env) => ({
  label,
  window: true,
  run: (options) =>
    counted(label, ['test/host/run.mjs', ...only], {
      ...options,
      env: { SCFWS_SUITES: `test/host/${folder}`, ...env },
    }),
});

/** Rooms of the unit tests that take long, the longest first. */
const apart = {
  runtimes: ['runtime'],
  programs: ['cli', 'webFunction'],
  nodes: ['cluster'],
  orders: ['explore', 'replay'],
  scenarios: ['load', 'scenario'],
  'new projects': ['mcp', 'scaffold'],
};

/** The programs of each step. */
const steps = {
  types: [{ label: 'types', run: (options) => counted('types', ['scripts/types.mjs'], options) }],
  build: [program('dist/', ['scripts/build.mjs'])],
  host: [
    inWindow('tests in the editor', 'suite'),
    inWindow('tests of debugging', 'debugging'),
    inWindow('tests with several folders', 'multiRoot', { SCFWS_FOLDERS: 'chat,games' }),
  ],
  unit: [
    ...Object.entries(apart).map(([what, rooms]) =>
      tests(`unit tests of ${what}`, ...inRooms(...rooms)),
    ),
    tests(
      'other unit tests',
      ...inRooms(...Object.values(apart).flat()).flatMap((files) => ['--ignore', files]),
      ...['test/unit/**/*.test.ts', 'test/transcripts/*.test.ts'],
    ),
  ],
  conformance: [tests('conformance tests', 'test/conformance/**/*.test.ts')],
  webview: [
    tests('webview tests', '--config', 'test/webview/mocharc.json', 'test/webview/**/*.test.ts'),
  ],
  hostile: [tests('hostile tests', '--ignore', '**/soak.test.ts', 'test/hostile/**/*.test.ts')],
  soak: [tests('soak', 'test/hostile/soak.test.ts')],
  vsix: [{ ...tests('package tests', 'test/vsix/**/*.test.ts'), window: true }],
  lint: [
    program('eslint', [bin('eslint', 'bin', 'eslint.js'), '.', ...cached('eslint')]),
    program('prettier', [
      ...[bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'],
      ...cached('prettier'),
    ]),
  ],
};

/** What everything else needs, or what is wrong soonest. */
const first = ['types', 'build'];

/**
 * Programs at a time: tests wait half of their time, for processes, for the editor and for virtual minutes; a third one
 * takes what two leave of two cores. One window of an editor at a time: it takes a core for itself.
 */
const atATime = 3;

function cached(tool) {
  return ['--cache', '--cache-location', path.join('out', 'cache', `${tool}.json`)];
}

function sum(all) {
  const total = { passed: 0, failed: 0, skipped: 0, whatFailed: [] };
  for (const { passed, failed, skipped, whatFailed = [] } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    total.whatFailed.push(...whatFailed);
  }
  return total;
}

const unknown = named.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  console.error(
    `There is no step ${unknown.join(', ')}; the steps are ${Object.keys(steps).join(', ')}.`,
  );
  process.exit(2);
}
const chosen = named.length > 0 ? [...named] : Object.keys(steps);
// These steps try what is in dist/.
const builtFirst =
  named.length > 0 &&
  !named.includes('build') &&
  named.some((name) =>
    ['unit', 'conformance', 'hostile', 'soak', 'webview', 'host'].includes(name),
  );
if (builtFirst) chosen.unshift('build');

/** Runs the chosen steps once, and returns the counts of each, and the seconds of its programs together. */
async function runSteps(todo) {
  const results = {};
  const work = async (step, job, options) => {
    const started = performance.now();
    const counts = await job.run(options);
    const seconds = (performance.now() - started) / 1000;
    const before = results[step] ?? { ...sum([]), seconds: 0 };
    results[step] = { ...sum([before, counts]), seconds: before.seconds + seconds };
  };
  for (const step of first.filter((each) => todo.includes(each))) {
    heading(step);
    for (const job of steps[step]) await work(step, job);
  }
  const waiting = Object.keys(steps)
    .filter((step) => todo.includes(step) && !first.includes(step))
    .flatMap((step) => steps[step].map((job) => ({ step, job })));
  const alone = waiting.length === 1;
  const all = waiting.length;
  const running = new Set();
  let ended = 0;
  const take = () => {
    const hasWindow = [...running].some((job) => job.window);
    const at = waiting.findIndex(({ job }) => !(hasWindow && job.window));
    return at < 0 ? undefined : waiting.splice(at, 1)[0];
  };
  const takeTurns = async () => {
    // Whoever finds only windows while one is open leaves them to the one that has it.
    for (let next = take(); next !== undefined; next = take()) {
      const { step, job } = next;
      running.add(job);
      if (alone) heading(step);
      else console.log(`… ${job.label}`);
      await work(step, job, alone ? {} : { quiet: true, title: job.label });
      running.delete(job);
      ended += 1;
      const left = [...running].map(({ label }) => label).join(', ') || 'nothing more';
      if (!alone) console.log(`\n${ended} of ${all} ended; running: ${left}`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, takeTurns));
  for (const counts of Object.values(results)) {
    if (counts.passed + counts.failed > 0) continue;
    counts.failed = 1;
    counts.whatFailed = ['no test ran'];
  }
  return Object.fromEntries(
    Object.keys(steps)
      .filter((step) => step in results)
      .map((step) => [step, results[step]]),
  );
}

function summarise(results, whole) {
  heading('summary');
  for (const [name, { passed, failed, skipped, seconds }] of Object.entries(results)) {
    const mark = failed > 0 ? '✖' : '✔';
    console.log(
      `  ${mark} ${name.padEnd(11)} ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds.toFixed(0)} s)`,
    );
  }
  console.log(`  ${whole.toFixed(0)} s, with up to ${atATime} programs at a time`);
  // Again at the end: who reads the last screen of a long log sees what failed.
  for (const [name, { whatFailed = [] }] of Object.entries(results))
    for (const each of whatFailed) console.log(`  ✖ ${name}: ${each}`);
}

/** A row for each run: what failed, and how long it took beside what else the machine did. */
function tabulate(runs) {
  heading(`${runs.length} runs`);
  console.log('   run   passed   failed  skipped  seconds   load   failed in');
  runs.forEach(({ results, seconds, load }, index) => {
    const { passed, failed, skipped } = sum(Object.values(results));
    const where = Object.keys(results).filter((name) => results[name].failed > 0);
    const cells = [index + 1, passed, failed, skipped, seconds.toFixed(0), load.toFixed(1)];
    const widths = [6, 9, 9, 9, 9, 7];
    const row = cells.map((cell, column) => String(cell).padStart(widths[column])).join('');
    console.log(`${row}   ${where.join(' ')}`.trimEnd());
  });
}

const runs = [];
try {
  await ensurePackages();
  if (chosen.some((name) => !['types', 'lint', 'build'].includes(name))) await ensureTestPrograms();
  if (chosen.some((name) => ['hostile', 'host', 'webview', 'vsix'].includes(name)))
    await ensureBrowser();
  if (chosen.includes('host')) console.log(`Python with debugpy: ${await ensureDebugpy()}`);
  if (chosen.some((name) => ['host', 'vsix'].includes(name)))
    await (await import('./vscode-server.mjs')).ensureServer();
  keepCertificatesForNpm();
  fs.mkdirSync(path.join(root, 'out'), { recursive: true });
  while (runs.length < repeat) {
    if (repeat > 1) console.log(`\n════ run ${runs.length + 1} of ${repeat}`);
    // What is built once for single steps stays built.
    const todo = runs.length > 0 && builtFirst ? chosen.slice(1) : chosen;
    const started = performance.now();
    const results = await runSteps(todo);
    const seconds = (performance.now() - started) / 1000;
    runs.push({ results, seconds, load: os.loadavg()[0] });
    summarise(results, seconds);
  }
} catch (error) {
  console.error(error instanceof Missing ? error.message : error);
  runs.push({
    results: { setup: { passed: 0, failed: 1, skipped: 0, seconds: 0 } },
    seconds: 0,
    load: os.loadavg()[0],
  });
}

if (repeat > 1) tabulate(runs);
const total = sum(runs.flatMap(({ results }) => Object.values(results)));
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
