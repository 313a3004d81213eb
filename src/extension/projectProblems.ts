/** What is wrong with each scfws.json, as squiggles. What its schema says already is left to the schema. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Problem } from '../protocol/project';
import type { Projects } from './projects';

export class ProjectProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('scfws.json');
  private readonly subscription: vscode.Disposable;

  constructor(private readonly projects: Projects) {
    this.subscription = projects.onDidChange(() => this.refresh());
  }

  refresh(): void {
    this.collection.clear();
    for (const { file, problems } of this.projects.all) {
      this.collection.set(
        file,
        problems.filter((each) => each.bySchema !== true).map(toDiagnostic),
      );
    }
  }

  dispose(): void {
    this.subscription.dispose();
    this.collection.dispose();
  }
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
