// Mocha's "spec" report, and as JSON in the file that SCFWS_RESULT names the counts and what failed, with what a window
// showed then (`seen` of a test, see host/index.ts): who has only the end of a long log has that, too.
const fs = require('node:fs');
const Mocha = require('mocha');

class Reporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test, error) => {
      const first = String(error?.message ?? error)
        .split('\n', 1)[0]
        .slice(0, 200);
      failed.push({ test, line: `${test.titlePath().join(' › ')}: ${first}` });
    });
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const unrun = runner.total - passes - failures - pending;
      if (unrun > 0) Mocha.reporters.Base.consoleLog('  %s tests did not run.', unrun);
      const file = process.env.SCFWS_RESULT;
      if (file) {
        fs.writeFileSync(
          file,
          JSON.stringify({
            passed: passes,
            failed: failures,
            skipped: pending + Math.max(unrun, 0),
            whatFailed: failed.map(({ test, line }) =>
              [line, ...(test.seen ?? [])].join('\n      │ '),
            ),
          }),
        );
      }
    });
  }
}

module.exports = Reporter;
