/**
 * What is wrong with each scfws.json, as squiggles. What the editor's JSON support says, too (syntax, and what the schema
 * asks for), is left to that, which looks at files that are open, and at no others.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Problem } from '../protocol/project';
import type { Projects } from './projects';

export class ProjectProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('scfws.json');
  private readonly subscription: vscode.Disposable;

  constructor(private readonly projects: Projects) {
    this.subscription = vscode.Disposable.from(
      projects.onDidChange(() => this.refresh()),
      vscode.window.tabGroups.onDidChangeTabs(({ opened, closed }) => {
        const changed = pathsOf([...opened, ...closed]);
        if (projects.all.some(({ file }) => changed.has(file.fsPath))) {
          this.refresh();
        }
      }),
    );
  }

  refresh(): void {
    this.collection.clear();
    const open = pathsOf(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs));
    for (const { file, problems } of this.projects.all) {
      const told = problems.filter(({ bySchema }) => bySchema !== true || !open.has(file.fsPath));
      this.collection.set(file, told.map(toDiagnostic));
    }
  }

  dispose(): void {
    this.subscription.dispose();
    this.collection.dispose();
  }
}

/** The files that tabs show as text. */
function pathsOf(tabs: readonly vscode.Tab[]): Set<string> {
  return new Set(
    tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? input.uri.fsPath : [])),
  );
}

function toDiagnostic(problem: Problem): vscode.Diagnostic {
  const { line = 0, column = 0, endLine = 0, endColumn = 1 } = problem.range ?? {};
  const diagnostic = new vscode.Diagnostic(
    new vscode.Range(line, column, endLine, endColumn),
    problem.message,
    problem.severity === 'error'
      ? vscode.DiagnosticSeverity.Error
      : vscode.DiagnosticSeverity.Warning,
  );
  diagnostic.source = l10n.t('SCF WebSocket');
  return diagnostic;
}
