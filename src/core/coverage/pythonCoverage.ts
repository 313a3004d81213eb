/** The JSON report of Python's `coverage` (5 and newer), which knows lines, and ways from one line to another. */
import path from 'node:path';
import type { CodeRange, FileCoverage } from '../../protocol/coverage';

interface PythonFile {
  executed_lines: number[];
  missing_lines: number[];
  /** From a line to another; a way out of a function goes to a negative one. */
  executed_branches?: [from: number, to: number][];
  missing_branches?: [from: number, to: number][];
  /** By name, empty for the module; newer ones tell the line of each. */
  functions?: Record<string, { executed_lines: number[]; start_line?: number }>;
}

export interface PythonReport {
  /** Folder that the names of the files are relative to. */
  folder?: string;
  files?: Record<string, PythonFile>;
  /** `coverage` cannot be imported by this program. */
  missing?: { program: string; version: string };
}

export function coverageOfPython({ folder = '', files = {} }: PythonReport): FileCoverage[] {
  return Object.entries(files).map(([name, file]) => coverageOf(path.resolve(folder, name), file));
}

function coverageOf(file: string, report: PythonFile): FileCoverage {
  const { executed_lines, missing_lines } = report;
  const { executed_branches = [], missing_branches = [], functions = {} } = report;
  const found: FileCoverage = {
    path: file,
    ...{ statementMap: {}, fnMap: {}, branchMap: {}, s: {}, f: {}, b: {} },
  };
  for (const [lines, hits] of [
    [executed_lines, 1],
    [missing_lines, 0],
  ] as const) {
    for (const line of lines) {
      found.statementMap[line] = wholeLine(line);
      found.s[line] = hits;
    }
  }
  const ways = [
    ...executed_branches.map((way) => ({ way, hits: 1 })),
    ...missing_branches.map((way) => ({ way, hits: 0 })),
  ].sort((one, other) => one.way[0] - other.way[0] || one.way[1] - other.way[1]);
  for (const { way: [from], hits } of ways) {
    const branch = (found.branchMap[from] ??= {
      ...{ loc: wholeLine(from), type: 'branch', locations: [], line: from },
    });
    // The place that decides: several may lead to one line, and sums tell branches apart by their place.
    branch.locations.push(wholeLine(from));
    (found.b[from] ??= []).push(hits);
  }
  for (const [name, { executed_lines: ran, start_line: line }] of Object.entries(functions)) {
    if (name !== '' && line !== undefined) {
      const place = wholeLine(line);
      found.fnMap[name] = { name, decl: place, loc: place, line };
      found.f[name] = Number(ran.length > 0);
    }
  }
  return found;
}

function wholeLine(line: number): CodeRange {
  return { start: { line, column: 0 }, end: { line, column: null } };
}
