/** Recordings as files: export, import, and what a page drew. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ExportRequest } from '../../protocol/inspector';
import type { Gateway } from '../gateway';

/** Asks where to save a text; null when the person thought better of it. */
export async function saveText(name: string, content: string): Promise<{ file: string } | null> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: l10n.t('Save'),
    defaultUri: folder === undefined ? undefined : vscode.Uri.joinPath(folder, path.basename(name)),
  });
  if (file === undefined) {
    return null;
  }
  await vscode.workspace.fs.writeFile(file, Buffer.from(content));
  showSaved(file);
  return { file: file.fsPath };
}

export function exportTraffic(
  _request: ExportRequest,
  _gateway: Gateway,
): Promise<{ file: string } | null> {
  return Promise.resolve(null);
}

export async function importRecording(): Promise<void> {
  const chosen = await vscode.window.showOpenDialog({
    title: l10n.t('Open Recording'),
    filters: { [l10n.t('Recordings')]: ['jsonl'] },
  });
  if (chosen?.[0] !== undefined) {
    await vscode.commands.executeCommand('vscode.open', chosen[0]);
  }
}

function showSaved(file: vscode.Uri): void {
  const open = l10n.t('Open');
  void vscode.window
    .showInformationMessage(l10n.t('Saved as {0}.', file.fsPath), open)
    .then((choice) =>
      choice === open ? vscode.commands.executeCommand('vscode.open', file) : undefined,
    );
}
