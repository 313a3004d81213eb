// Every row of the fidelity ledger that can be checked from outside, with each interpreter, over real sockets.
import assert from 'node:assert/strict';
import { checks } from '../../src/conformance/checks';
import type { Check } from '../../src/conformance/bench';
import { type CheckResult, runConformance } from '../../src/conformance/runConformance';
import { setupLanguages } from '../../src/conformance/setups';
import { findRow } from '../../src/protocol/ledger';
import { bootstrapFolder, fixtureFolder, runtimes } from './runtimes';

for (const { title, language, runtime, interpreter } of runtimes) {
  describe(`the ledger, with handlers in ${title}`, () => {
    const results = new Map<Check, CheckResult>();

    before(async function () {
      this.timeout(600_000);
      const program = await interpreter();
      if (program === undefined) {
        this.skip();
      }
      await runConformance({
        language,
        runtime,
        interpreter: program,
        fixtureFolder,
        bootstrapFolder,
        onResult: (result) => results.set(result.check, result),
      });
    });

    for (const check of checks) {
      const needed = check.language ?? setupLanguages[check.setup] ?? language;
      if (needed !== language || check.only?.(runtime.replace(/^\D+/, '')) === false) {
        continue;
      }
      it(`${check.row} (${check.setup}): ${findRow(check.row)?.then}`, () => {
        const { verdict, detail } = results.get(check) ?? { verdict: 'missing' };
        assert.equal(verdict, 'passed', detail);
      });
    }
  });
}
