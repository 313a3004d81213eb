/** What a run of the suite says about the ledger: each row once, counted by mark. */
import { type AreaRow, ledger, type Mark, marks } from '../protocol/ledger';
import type { CheckResult, Verdict } from './runConformance';

/** `none`: the row has no check that could have run here. */
export type RowVerdict = Exclude<Verdict, 'skipped'> | 'none';

export interface RowOutcome {
  row: AreaRow;
  verdict: RowVerdict;
  failures: CheckResult[];
}

export type Counts = Record<Mark, Record<RowVerdict, number>>;

export function summarise(results: readonly CheckResult[]): {
  rows: RowOutcome[];
  counts: Counts;
} {
  const rows = ledger.map((row): RowOutcome => {
    const mine = results.filter((result) => result.row.id === row.id);
    const failures = mine.filter(({ verdict }) => verdict === 'failed');
    const passed = mine.some(({ verdict }) => verdict === 'passed');
    const verdict = failures.length > 0 ? 'failed' : passed ? 'passed' : 'none';
    return { row, verdict, failures };
  });
  const counts = Object.fromEntries(
    marks.map((mark) => [mark, { passed: 0, failed: 0, none: 0 }]),
  ) as Counts;
  for (const { row, verdict } of rows) {
    counts[row.mark][verdict]++;
  }
  return { rows, counts };
}
