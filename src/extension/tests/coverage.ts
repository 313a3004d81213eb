/** What the handlers of a run ran, for the editor: for each file, its parts, and where it can, for each test. */
import * as vscode from 'vscode';
import { countsOfFile, CoverageSum } from '../../core/coverage/sum';
import type { CodePlace, CodeRange, Count, FileCoverage } from '../../protocol/coverage';

/** Editors after 1.95 ask for the part of one test, too; an older one does not look at these. */
interface ByTest {
  includesTests?: vscode.TestItem[];
}
interface ProfileByTest {
  loadDetailedCoverageForTest?: (
    run: vscode.TestRun,
    file: vscode.FileCoverage,
    item: vscode.TestItem,
  ) => Thenable<vscode.FileCoverageDetail[]>;
}

class CountedFile extends vscode.FileCoverage {
  constructor(
    readonly all: FileCoverage,
    readonly byTest: Map<vscode.TestItem, CoverageSum>,
  ) {
    const { lines, branches, functions } = countsOfFile(all);
    super(
      vscode.Uri.file(all.path),
      countOf(lines),
      branches.total === 0 ? undefined : countOf(branches),
      functions.total === 0 ? undefined : countOf(functions),
    );
    (this as ByTest).includesTests = [...byTest.keys()];
  }
}

/** Collects during a run; `show` gives all to the editor. */
export class RunCoverage {
  private readonly sum = new CoverageSum();
  private readonly byFile = new Map<string, Map<vscode.TestItem, CoverageSum>>();

  /** Scenarios that share warm processes share what they ran. */
  add(files: readonly FileCoverage[], items: readonly vscode.TestItem[]): void {
    this.sum.add(files);
    for (const each of files) {
      const byTest = this.byFile.get(each.path) ?? new Map<vscode.TestItem, CoverageSum>();
      this.byFile.set(each.path, byTest);
      for (const item of items) {
        const sum = byTest.get(item) ?? new CoverageSum();
        byTest.set(item, sum);
        sum.add([each]);
      }
    }
  }

  show(run: vscode.TestRun): void {
    for (const file of this.sum.files()) {
      run.addCoverage(new CountedFile(file, this.byFile.get(file.path) ?? new Map()));
    }
  }
}

/** Parts are shown when a file is opened. */
export function loadCoverage(profile: vscode.TestRunProfile): void {
  profile.loadDetailedCoverage = (_run, file) =>
    Promise.resolve(file instanceof CountedFile ? detailsOf(file.all) : []);
  (profile as ProfileByTest).loadDetailedCoverageForTest = (_run, file, item) => {
    const sum = file instanceof CountedFile ? file.byTest.get(item) : undefined;
    return Promise.resolve((sum?.files() ?? []).flatMap(detailsOf));
  };
}

function detailsOf(file: FileCoverage): vscode.FileCoverageDetail[] {
  const statements = new Map(
    Object.entries(file.statementMap).map(([key, range]) => [
      placeKey(range),
      new vscode.StatementCoverage(file.s[key] ?? 0, rangeOf(range)),
    ]),
  );
  for (const [key, { loc, type, locations }] of Object.entries(file.branchMap)) {
    const hits = file.b[key] ?? [];
    const statement =
      statements.get(placeKey(loc)) ??
      new vscode.StatementCoverage(Math.max(0, ...hits), rangeOf(loc));
    statements.set(placeKey(loc), statement);
    statement.branches.push(
      ...locations.map((each, at) => branchOf(each, at, type, hits[at] ?? 0)),
    );
  }
  const functions = Object.entries(file.fnMap).map(
    ([key, { name, loc }]) => new vscode.DeclarationCoverage(name, file.f[key] ?? 0, rangeOf(loc)),
  );
  return [...statements.values(), ...functions];
}

function branchOf(place: CodeRange, at: number, type: string, hits: number): vscode.BranchCoverage {
  const label = type === 'if' ? ['if', 'else'][at] : undefined;
  return new vscode.BranchCoverage(hits, isWritten(place) ? rangeOf(place) : undefined, label);
}

function isWritten({ start }: CodeRange): boolean {
  return typeof start.line === 'number';
}

function rangeOf({ start, end }: CodeRange): vscode.Range {
  return new vscode.Range(positionOf(start), positionOf(end));
}

function positionOf({ line, column }: CodePlace): vscode.Position {
  const endOfLine = column === null || !Number.isFinite(column);
  return new vscode.Position(line - 1, endOfLine ? Number.MAX_SAFE_INTEGER : column);
}

function placeKey({ start }: CodeRange): string {
  return `${start.line}:${start.column}`;
}

function countOf({ covered, total }: Count): vscode.TestCoverageCount {
  return new vscode.TestCoverageCount(covered, total);
}
