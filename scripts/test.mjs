// npm test                    every step, in order, and their counts summed in the last line
// npm test -- unit host       only these steps (types lint build unit conformance hostile soak host webview vsix)
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

/** A program without a count of its own: it passes or fails as one. */
async function whole(label, command, args) {
  const { code } = await run(command, args);
  console.log(`  ${code === 0 ? '✔' : '✖'} ${label}`);
  const whatFailed = code === 0 ? [] : [label];
  return { passed: Number(code === 0), failed: Number(code !== 0), skipped: 0, whatFailed };
}

/** A program that leaves its counts, and what failed, in the file that SCFWS_RESULT names. */
async function counted(label, args, options) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-test-'));
  const file = path.join(folder, 'result.json');
  const env = { SCFWS_RESULT: file, ...options?.env };
  // Against one that hangs; a machine that has much to do may be three times as slow as another.
  const { code, output } = await run(node, args, { seconds: 1800, ...options, env });
  if (options?.quiet) process.stdout.write(output);
  const counts = fs.existsSync(file) ? readJson(file) : { passed: 0, failed: 0, skipped: 0 };
  fs.rmSync(folder, { recursive: true, force: true });
  if (code !== 0 && counts.failed === 0) {
    console.log(`  ✖ ${label} ended with code ${code}`);
    counts.failed = 1;
    counts.whatFailed = [`${label} ended with code ${code}`];
  }
  return counts;
}

const mocha = (...args) => [bin('mocha', 'bin', 'mocha.js'), ...args, ...only];

const steps = {
  types: () => counted('types', ['scripts/types.mjs']),
  // One core each.
  lint: async () =>
    sum(
      await Promise.all([
        whole('eslint', node, [bin('eslint', 'bin', 'eslint.js'), '.', ...cached('eslint')]),
        whole('prettier', node, [
          ...[bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'],
          ...cached('prettier'),
        ]),
      ]),
    ),
  build: () => whole('dist/', node, ['scripts/build.mjs']),
  unit: ({ beside } = {}) => {
    const inRooms = (...rooms) => rooms.map((room) => `test/unit/${room}/**/*.test.ts`);
    const runtimes = inRooms('runtime');
    const apart = {
      programs: inRooms('cli', 'webFunction'),
      nodes: inRooms('cluster'),
      orders: inRooms('explore', 'replay'),
      scenarios: inRooms('load', 'scenario'),
      'new projects': inRooms('mcp', 'scaffold'),
    };
    const others = [runtimes, ...Object.values(apart)].flatMap((files) =>
      files.flatMap((each) => ['--ignore', each]),
    );
    const small = [...others, 'test/unit/**/*.test.ts', 'test/transcripts/*.test.ts'];
    return twoAtATime([
      // The longest first.
      () => counted('unit tests of runtimes', mocha(...runtimes)),
      beside,
      () => counted('other unit tests', mocha(...small), { quiet: true }),
      ...Object.entries(apart).map(
        ([what, files]) =>
          () =>
            counted(`unit tests of ${what}`, mocha(...files), { quiet: true }),
      ),
    ]);
  },
  conformance: (options) =>
    counted('conformance tests', mocha('test/conformance/**/*.test.ts'), options),
  hostile: () => {
    const all = ['--ignore', '**/soak.test.ts', 'test/hostile/**/*.test.ts'];
    return counted('hostile tests', mocha(...all));
  },
  soak: () => counted('soak', mocha('test/hostile/soak.test.ts')),
  host: async ({ beside } = {}) => {
    const python = await ensureDebugpy();
    console.log(`  Python with debugpy: ${python}`);
    const inWindow = (label, folder, options) => {
      const env = { SCFWS_SUITES: `test/host/${folder}`, ...options?.env };
      return counted(label, ['test/host/run.mjs', ...only], { ...options, env });
    };
    const quiet = { quiet: true };
    const several = { ...quiet, env: { SCFWS_FOLDERS: 'chat,games' } };
    return twoAtATime([
      () => inWindow('tests in the editor', 'suite'),
      beside,
      () => inWindow('tests of debugging', 'debugging', quiet),
      () => inWindow('tests with several folders', 'multiRoot', several),
    ]);
  },
  webview: (options) =>
    counted(
      'webview tests',
      mocha('--config', 'test/webview/mocharc.json', 'test/webview/**/*.test.ts'),
      options,
    ),
  vsix: () => counted('package tests', mocha('test/vsix/**/*.test.ts')),
};

/** The second of each pair runs beside the first, quietly, and is told in its turn. */
const besides = { unit: 'conformance', host: 'webview' };

/**
 * What waits a part of the time, for processes and for the editor, runs beside each other: the next one begins when one of
 * two ends. There are two cores: more at a time, and everything waits for a core.
 */
async function twoAtATime(jobs) {
  const results = [];
  const left = jobs.filter((job) => job !== undefined);
  const work = async () => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) results.push(await job());
  };
  await Promise.all([work(), work()]);
  return sum(results);
}

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

/** Runs the chosen steps once, and returns the counts and seconds of each. */
async function runSteps(todo) {
  const results = {};
  const early = {};
  for (const name of todo) {
    const started = performance.now();
    console.log(`\n── ${name} ${'─'.repeat(70 - name.length)}`);
    const beside = besides[name];
    const startBeside = async () => {
      await (early[beside] = steps[beside]({ quiet: true }));
      return sum([]);
    };
    const counts = await (early[name] ??
      steps[name](todo.includes(beside) ? { beside: startBeside } : {}));
    if (counts.passed + counts.failed === 0) {
      console.log(`  ✖ ${name} ran no test`);
      counts.failed = 1;
      counts.whatFailed = ['no test ran'];
    }
    results[name] = { ...counts, seconds: (performance.now() - started) / 1000 };
  }
  return results;
}

function summarise(results) {
  console.log(`\n── summary ${'─'.repeat(63)}`);
  for (const [name, { passed, failed, skipped, seconds }] of Object.entries(results)) {
    const mark = failed > 0 ? '✖' : '✔';
    console.log(
      `  ${mark} ${name.padEnd(8)} ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds.toFixed(0)} s)`,
    );
  }
  // Again at the end: who reads the last screen of a long log sees what failed.
  for (const [name, { whatFailed = [] }] of Object.entries(results))
    for (const each of whatFailed) console.log(`  ✖ ${name}: ${each}`);
}

/** A row for each run: what failed, and how long it took beside what else the machine did. */
function tabulate(runs) {
  console.log(`\n── ${runs.length} runs ${'─'.repeat(64)}`);
  console.log('   run   passed   failed  skipped  seconds   load   failed in');
  runs.forEach(({ results, load }, index) => {
    const { passed, failed, skipped } = sum(Object.values(results));
    const seconds = Object.values(results).reduce((all, each) => all + each.seconds, 0);
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
  fs.mkdirSync(path.join(root, 'out'), { recursive: true });
  while (runs.length < repeat) {
    if (repeat > 1) console.log(`\n════ run ${runs.length + 1} of ${repeat}`);
    // What is built once for single steps stays built.
    const todo = runs.length > 0 && builtFirst ? chosen.slice(1) : chosen;
    const results = await runSteps(todo);
    runs.push({ results, load: os.loadavg()[0] });
    summarise(results);
  }
} catch (error) {
  console.error(error instanceof Missing ? error.message : error);
  runs.push({
    results: { setup: { passed: 0, failed: 1, skipped: 0, seconds: 0 } },
    load: os.loadavg()[0],
  });
}

if (repeat > 1) tabulate(runs);
const total = sum(runs.flatMap(({ results }) => Object.values(results)));
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
