/** What is wrong with each flow, as squiggles at its place. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { FlowFile } from './flowFiles';

export class FlowProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('wsflow');

  show({ uri, read }: FlowFile): void {
    this.collection.set(
      uri,
      read.problems.map(({ message, severity, range }) => {
        const { line = 0, column = 0, endLine = 0, endColumn = 1 } = range ?? {};
        const diagnostic = new vscode.Diagnostic(
          new vscode.Range(line, column, endLine, endColumn),
          message,
          severity === 'error'
            ? vscode.DiagnosticSeverity.Error
            : vscode.DiagnosticSeverity.Warning,
        );
        diagnostic.source = l10n.t('SCF WebSocket');
        return diagnostic;
      }),
    );
  }

  clear(uri: vscode.Uri): void {
    this.collection.delete(uri);
  }

  dispose(): void {
    this.collection.dispose();
  }
}
