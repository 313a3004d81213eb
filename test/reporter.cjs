// Mocha's "spec" report, and the counts as JSON in the file that SCFWS_RESULT names.
const fs = require('node:fs');
const Mocha = require('mocha');

class Reporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
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
          }),
        );
      }
    });
  }
}

module.exports = Reporter;
