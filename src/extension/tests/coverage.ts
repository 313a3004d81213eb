/** What the handlers of a run ran, for the editor: for each file, its lines, and where it can, for each test. */
import * as vscode from 'vscode';
import { CoverageSum, type FileCoverage } from '../../protocol/coverage';

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
    const { lines, functions } = all;
    super(
      vscode.Uri.file(all.file),
      countOf(lines.map(([, hits]) => hits)),
      undefined,
      functions.length === 0 ? undefined : countOf(functions.map(({ hits }) => hits)),
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
      const byTest = this.byFile.get(each.file) ?? new Map<vscode.TestItem, CoverageSum>();
      this.byFile.set(each.file, byTest);
      for (const item of items) {
        const sum = byTest.get(item) ?? new CoverageSum();
        byTest.set(item, sum);
        sum.add([each]);
      }
    }
  }

  show(run: vscode.TestRun): void {
    for (const file of this.sum.files()) {
      run.addCoverage(new CountedFile(file, this.byFile.get(file.file) ?? new Map()));
    }
  }
}

/** Lines are shown when a file is opened. */
export function loadCoverage(profile: vscode.TestRunProfile): void {
  profile.loadDetailedCoverage = (_run, file) =>
    Promise.resolve(file instanceof CountedFile ? detailsOf(file.all) : []);
  (profile as ProfileByTest).loadDetailedCoverageForTest = (_run, file, item) => {
    const sum = file instanceof CountedFile ? file.byTest.get(item) : undefined;
    return Promise.resolve((sum?.files() ?? []).flatMap(detailsOf));
  };
}

function detailsOf({ lines, functions }: FileCoverage): vscode.FileCoverageDetail[] {
  return [
    ...lines.map(
      ([line, hits]) => new vscode.StatementCoverage(hits, new vscode.Position(line - 1, 0)),
    ),
    ...functions.map(
      ({ name, line, hits }) =>
        new vscode.DeclarationCoverage(name, hits, new vscode.Position(line - 1, 0)),
    ),
  ];
}

function countOf(hits: number[]): vscode.TestCoverageCount {
  return new vscode.TestCoverageCount(hits.filter((each) => each > 0).length, hits.length);
}
