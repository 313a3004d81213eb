/** The environment that is active in the Python extension. */
import * as vscode from 'vscode';
import { setting } from './configuration';
import { settings } from './ids';

interface Environments {
  getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
  onDidChangeActiveEnvironmentPath?: vscode.Event<unknown>;
}

/** Its interpreter for a project's folder; undefined when there is none, or when our own setting comes first. */
export async function editorPython(folder: string | undefined): Promise<string | undefined> {
  if (folder === undefined || setting<string>(settings.pythonPath, '') !== '') {
    return undefined;
  }
  try {
    const chosen = (await environments())?.getActiveEnvironmentPath(vscode.Uri.file(folder)).path;
    // `python` alone means that nothing was chosen: our own search explains itself better.
    return chosen === 'python' ? undefined : chosen;
  } catch {
    return undefined;
  }
}

/** What the Python extension knows; starts it when it is there. */
export async function environments(): Promise<Environments | undefined> {
  const extension = vscode.extensions.getExtension<{ environments?: Environments }>(
    'ms-python.python',
  );
  return (await extension?.activate())?.environments;
}
