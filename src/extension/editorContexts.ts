/** Keys for when-clauses that depend on the active editor. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { contexts } from './ids';
import type { Parts } from './parts';
import { knownFunctions } from './views/functionsView';

export class EditorContexts implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];

  constructor(private readonly parts: Parts) {
    const refresh = () => this.refresh();
    const launchFiles = vscode.workspace.createFileSystemWatcher('**/.vscode/launch.json');
    launchFiles.onDidCreate(refresh);
    launchFiles.onDidDelete(refresh);
    this.disposables.push(
      launchFiles,
      vscode.window.onDidChangeActiveTextEditor(refresh),
      parts.projects.onDidChange(refresh),
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

  /** Our F5 stands back where a launch.json says what F5 does, and outside of our projects. */
  private debugHere(file: string | undefined): boolean {
    const { projects } = this.parts;
    const concerned =
      file === undefined ? projects.all.length > 0 : projects.ofFile(file) !== undefined;
    const configured = (vscode.workspace.workspaceFolders ?? []).some(({ uri }) =>
      existsSync(path.join(uri.fsPath, '.vscode', 'launch.json')),
    );
    return concerned && !configured;
  }
}
