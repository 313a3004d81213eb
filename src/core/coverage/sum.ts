/** Sums of several runs, by file. */
import coverage, { type FileCoverageData } from 'istanbul-lib-coverage';
import type { Count, CoverageCounts, FileCoverage } from '../../protocol/coverage';

export class CoverageSum {
  private readonly map = coverage.createCoverageMap();

  add(files: readonly FileCoverage[]): void {
    for (const each of files) {
      // A sum changes what it was given first.
      this.map.addFileCoverage(structuredClone(each) as FileCoverageData);
    }
  }

  /** By name. */
  files(): FileCoverage[] {
    return this.map
      .files()
      .sort()
      .map((file) => this.map.fileCoverageFor(file).data);
  }

  counts(): CoverageCounts {
    return countsOf(this.map.getCoverageSummary());
  }
}

export function countsOfFile(file: FileCoverage): CoverageCounts {
  return countsOf(coverage.createFileCoverage(file as FileCoverageData).toSummary());
}

/** How often each line ran that a statement begins on; lines count from 1. */
export function linesOf(file: FileCoverage): [line: number, hits: number][] {
  const lines = coverage.createFileCoverage(file as FileCoverageData).getLineCoverage();
  return Object.entries(lines).map(([line, hits]) => [Number(line), hits]);
}

function countsOf({ lines, branches, functions }: Record<keyof CoverageCounts, Count>) {
  const count = ({ total, covered }: Count): Count => ({ total, covered });
  return { lines: count(lines), branches: count(branches), functions: count(functions) };
}
