/** The tracefile of lcov (geninfo(1)). */
import type { FileCoverage } from '../../protocol/coverage';
import { countsOfFile, linesOf } from './sum';

/** `pathOf` makes the names that its reader knows. */
export function renderLcov(
  files: readonly FileCoverage[],
  pathOf: (file: string) => string,
): string {
  return files
    .map((file) => {
      const { lines, branches, functions } = countsOfFile(file);
      const known = Object.entries(file.fnMap);
      return [
        'TN:',
        `SF:${pathOf(file.path)}`,
        ...known.map(([, { name, decl }]) => `FN:${decl.start.line},${name}`),
        ...known.map(([key, { name }]) => `FNDA:${file.f[key] ?? 0},${name}`),
        `FNF:${functions.total}`,
        `FNH:${functions.covered}`,
        ...Object.entries(file.branchMap).flatMap(([key, { line }], block) =>
          (file.b[key] ?? []).map((hits, branch) => `BRDA:${line},${block},${branch},${hits}`),
        ),
        `BRF:${branches.total}`,
        `BRH:${branches.covered}`,
        ...linesOf(file).map(([line, hits]) => `DA:${line},${hits}`),
        `LF:${lines.total}`,
        `LH:${lines.covered}`,
        'end_of_record\n',
      ].join('\n');
    })
    .join('');
}
