/** Makes the changes of a plan in one step of the editor, which one Undo takes back. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { clearFolder } from '../core/project/changes';
import type { Change } from '../core/project/changes';
import { UserError } from '../core/errors';

export async function applyChanges(changes: readonly Change[]): Promise<void> {
  refuseUnsaved(changes);
  const edit = new vscode.WorkspaceEdit();
  const touched: vscode.Uri[] = [];
  const emptied: string[] = [];
  for (const change of changes) {
    switch (change.kind) {
      case 'write': {
        const uri = vscode.Uri.file(change.file);
        touched.push(uri);
        const document = await vscode.workspace.openTextDocument(uri).then(
          (found) => found,
          () => undefined,
        );
        if (document === undefined) {
          edit.createFile(uri, { contents: new TextEncoder().encode(change.text) });
        } else {
          const end = document.lineAt(document.lineCount - 1).range.end;
          edit.replace(uri, new vscode.Range(new vscode.Position(0, 0), end), change.text);
        }
        break;
      }
      case 'move':
        edit.renameFile(vscode.Uri.file(change.from), vscode.Uri.file(change.to));
        break;
      case 'remove':
        edit.deleteFile(vscode.Uri.file(change.file));
        break;
      case 'clear':
        emptied.push(change.folder);
        break;
    }
  }
  if (!(await vscode.workspace.applyEdit(edit, { isRefactoring: true }))) {
    throw new UserError(
      'notChanged',
      l10n.t('The editor did not make the changes; nothing was changed.'),
      l10n.t('Save or close the files that they touch, and try again.'),
    );
  }
  // The gateway and other programs read what is on disk.
  for (const document of vscode.workspace.textDocuments) {
    if (document.isDirty && touched.some((uri) => uri.toString() === document.uri.toString())) {
      await document.save();
    }
  }
  await Promise.all(emptied.map(clearFolder));
}

/** The plan was made of what is on disk: what is only in an editor would be lost. */
function refuseUnsaved(changes: readonly Change[]): void {
  const paths = changes.map((change) => {
    switch (change.kind) {
      case 'move':
        return change.from;
      case 'clear':
        return change.folder;
      case 'write':
      case 'remove':
        return change.file;
    }
  });
  const unsaved = vscode.workspace.textDocuments.find(
    ({ isDirty, uri }) =>
      isDirty &&
      uri.scheme === 'file' &&
      paths.some((each) => uri.fsPath === each || uri.fsPath.startsWith(each + path.sep)),
  );
  if (unsaved !== undefined) {
    throw new UserError(
      'unsaved',
      l10n.t('{0} has changes that are not saved; nothing was changed.', unsaved.uri.fsPath),
      l10n.t('Save it and try again.'),
    );
  }
}
