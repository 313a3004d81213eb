// Runs the suites inside the extension host. The host's own log is noisy, so the report goes to a file in the
// folder SCFWS_RESULTS, from where run.mjs prints it; SCFWS_GREP limits the run to tests whose title matches.
import fs from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';
import { window } from './window';

/** @param suites what loads each suite, by its path in the repository */
export async function runSuites(
  root: string,
  suites: Readonly<Record<string, () => unknown>>,
): Promise<void> {
  const results = process.env['SCFWS_RESULTS'];
  if (results === undefined) {
    throw new Error(
      'SCFWS_RESULTS names no folder for the report; start these tests with npm test -- host.',
    );
  }
  const log = fs.openSync(path.join(results, 'report.txt'), 'a');
  Mocha.reporters.Base.consoleLog = (...words: unknown[]) => {
    const [format, ...values] = words;
    let next = 0;
    const line = String(format ?? '').replaceAll(/%[sd]/g, () => String(values[next++]));
    fs.writeSync(log, line + '\n');
  };
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 120_000,
    color: false,
    reporter: path.join(root, 'test', 'reporter.cjs'),
    grep: process.env['SCFWS_GREP'] || undefined,
  });
  for (const [file, load] of Object.entries(suites)) {
    mocha.suite.emit('pre-require', globalThis, file, mocha);
    load();
  }
  keepBailLocal(mocha.suite);
  tellWhatWasSeen(mocha.suite);
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  fs.closeSync(log);
  if (failures > 0) {
    throw new Error(`${failures} tests failed.`);
  }
}

/** After a test that failed: what the window shows, in the report and as a picture in out/screenshots. */
function tellWhatWasSeen(suite: Mocha.Suite): void {
  suite.afterEach('what the window shows', async function () {
    const test = this.currentTest;
    if (test?.isFailed() && process.env['SCFWS_WINDOW'] !== undefined) {
      const lines = await window.describe().catch((error: unknown) => [String(error)]);
      const name = `failed-${test.fullTitle().replaceAll(/\W+/g, '-').slice(0, 80)}`;
      await window.take(name).catch(() => undefined);
      const seen = lines.map((line) => line.replaceAll(/\s+/g, ' ').slice(0, 300));
      seen.forEach((line) => Mocha.reporters.Base.consoleLog(`      │ ${line}`));
      Object.assign(test, { seen }); // For the reporter.
    }
  });
}

/** Mocha's `bail` minds failures anywhere; a suite whose tests build on each other ends only with its own. */
function keepBailLocal(suite: Mocha.Suite): void {
  if (suite.bail()) {
    suite.bail(false);
    suite.beforeEach('nothing failed before', function () {
      if (suite.tests.some((test) => test.isFailed())) {
        this.skip();
      }
    });
  }
  suite.suites.forEach(keepBailLocal);
}
