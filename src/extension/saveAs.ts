/** Asks where to save a file whose name ends in more than one part, as `chat.wsflow.yaml`. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { withEnding } from '../core/withEnding';

export interface SaveQuestion {
  title: string;
  /** What such files are, for a dialog that lists kinds. */
  kind: string;
  /** Such as `wsflow.yaml`. */
  ending: string;
  /** What is proposed, with its ending. */
  file: vscode.Uri | undefined;
}

/**
 * Undefined when the person thought better of it. The editor's own dialog (a remote window, a browser) knows an
 * extension by its last part alone: given more, it would append it once more.
 */
export async function askWhereToSave(question: SaveQuestion): Promise<vscode.Uri | undefined> {
  const { title, kind, ending } = question;
  const asked = await vscode.window.showSaveDialog({
    title,
    defaultUri: question.file,
    filters: { [kind]: [ending.slice(ending.lastIndexOf('.') + 1)] },
  });
  if (asked === undefined) {
    return undefined;
  }
  const named = asked.with({ path: withEnding(asked.path, ending) });
  // The dialog asked about the name that it gave, not about this one.
  return named.path === asked.path || (await mayReplace(named)) ? named : undefined;
}

async function mayReplace(file: vscode.Uri): Promise<boolean> {
  const isTaken = await vscode.workspace.fs.stat(file).then(
    () => true,
    () => false,
  );
  if (!isTaken) {
    return true;
  }
  const replace = l10n.t('Replace');
  const choice = await vscode.window.showWarningMessage(
    l10n.t('{0} exists already.', file.fsPath),
    { modal: true },
    replace,
  );
  return choice === replace;
}
