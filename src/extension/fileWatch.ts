/** Follows the files of the workspace that a pattern names. */
import * as vscode from 'vscode';

/**
 * Calls back when one of them is made, changed or deleted. Of a folder that is deleted the editor tells the folder alone:
 * then for each of `known` that lay in it.
 */
export function watchFiles(
  pattern: string,
  known: () => Iterable<vscode.Uri>,
  onChange: (uri: vscode.Uri) => void,
): vscode.Disposable {
  const files = vscode.workspace.createFileSystemWatcher(pattern);
  files.onDidCreate(onChange);
  files.onDidChange(onChange);
  files.onDidDelete(onChange);
  const all = vscode.workspace.createFileSystemWatcher('**/*', true, true, false);
  all.onDidDelete(({ path }) =>
    [...known()].filter((each) => each.path.startsWith(`${path}/`)).forEach(onChange),
  );
  return {
    dispose() {
      files.dispose();
      all.dispose();
    },
  };
}
