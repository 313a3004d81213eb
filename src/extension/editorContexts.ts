/** Keys for when-clauses that depend on the active editor. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { watchFiles } from './fileWatch';
import { contexts } from './ids';
import type { Parts } from './parts';
import { knownFunctions } from './views/functionsView';

export class EditorContexts implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];

  constructor(private readonly parts: Parts) {
    const refresh = () => this.refresh();
    const launchFiles = () =>
      (vscode.workspace.workspaceFolders ?? []).map(({ uri }) =>
        vscode.Uri.joinPath(uri, '.vscode', 'launch.json'),
      );
    this.disposables.push(
      watchFiles('**/.vscode/launch.json', launchFiles, refresh),
      vscode.window.onDidChangeActiveTextEditor(refresh),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('launch')) {
          refresh();
        }
      }),
      parts.projects.onDidChange(refresh),
      parts.gateway.onDidChangeStatus(refresh),
      parts.gateway.onDidReceiveFacts((facts) => {
        if (facts.some(({ kind }) => kind === 'servicesChanged')) {
          refresh();
        }
      }),
    );
  }

  dispose(): void {
    this.disposables.forEach((each) => each.dispose());
  }

  private refresh(): void {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const file = uri?.scheme === 'file' ? uri.fsPath : undefined;
    const handler = knownFunctions(this.parts.gateway, this.parts.projects).some(
      (info) => info.file === file,
    );
    void vscode.commands.executeCommand('setContext', contexts.handlerEditor, handler);
    void vscode.commands.executeCommand('setContext', contexts.debugHere, this.debugHere(file));
  }

  /** Our F5 stands back where a launch configuration says what F5 does, and outside of our projects. */
  private debugHere(file: string | undefined): boolean {
    const { projects } = this.parts;
    const concerned =
      file === undefined ? projects.all.length > 0 : projects.ofFile(file) !== undefined;
    return concerned && !isConfigured(file);
  }
}

/** By the launch.json of the file's folder (without a file: of any), or by the .code-workspace file. */
function isConfigured(file: string | undefined): boolean {
  const all = vscode.workspace.workspaceFolders ?? [];
  const own = file && vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
  const folders = own ? [own] : all;
  const shared = vscode.workspace.getConfiguration('launch').inspect<unknown[]>('configurations');
  return (
    folders.some(({ uri }) => existsSync(path.join(uri.fsPath, '.vscode', 'launch.json'))) ||
    (vscode.workspace.workspaceFile !== undefined && (shared?.workspaceValue?.length ?? 0) > 0)
  );
}
