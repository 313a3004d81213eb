/** Follows the files of the workspace that a pattern names. */
import { statSync } from 'node:fs';
import * as vscode from 'vscode';

/** Milliseconds: folders that come within them are looked at together. */
const together = 300;
/** Where more come at once, the whole workspace is looked through. */
const mostFolders = 20;
const installed = /\/(node_modules|bower_components|site-packages|\.git|\.venv|venv)(\/|$)/;

/**
 * Calls back when one of them is made, changed or deleted. Of a folder that is deleted the editor tells the folder alone:
 * then for each of `known` that lay in it. Of one that comes whole (moved, cloned, unpacked) it may tell the folder alone,
 * too: then for each file that is found in it.
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
  const all = vscode.workspace.createFileSystemWatcher('**/*', false, true, false);
  all.onDidDelete(({ path }) =>
    [...known()].filter((each) => each.path.startsWith(`${path}/`)).forEach(onChange),
  );
  let came: vscode.Uri[] = [];
  let due: NodeJS.Timeout | undefined;
  const look = async () => {
    due = undefined;
    const folders = outermost(came);
    came = [];
    const places =
      folders.length > mostFolders
        ? [pattern]
        : folders.map((folder) => new vscode.RelativePattern(folder, pattern));
    for (const place of places) {
      (await vscode.workspace.findFiles(place)).forEach(onChange);
    }
  };
  all.onDidCreate((uri) => {
    if (isFolder(uri)) {
      came.push(uri);
      due ??= setTimeout(() => void look(), together);
    }
  });
  return {
    dispose() {
      clearTimeout(due);
      files.dispose();
      all.dispose();
    },
  };
}

function isFolder({ scheme, path, fsPath }: vscode.Uri): boolean {
  return (
    scheme === 'file' &&
    !installed.test(path) &&
    statSync(fsPath, { throwIfNoEntry: false })?.isDirectory() === true
  );
}

/** Without those that lie in another one. */
function outermost(folders: vscode.Uri[]): vscode.Uri[] {
  const sorted = folders.sort((one, other) => (`${one.path}/` < `${other.path}/` ? -1 : 1));
  const kept: vscode.Uri[] = [];
  for (const each of sorted) {
    const outer = kept.at(-1);
    if (outer === undefined || !`${each.path}/`.startsWith(`${outer.path}/`)) kept.push(each);
  }
  return kept;
}
