/** The environment that is active in the Python extension, and what a change of it means to a running gateway. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { setting } from './configuration';
import { settings } from './ids';
import type { Parts } from './parts';
import { offerRestart } from './settingsWatch';

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

/** Offers a restart when another environment is chosen while Python functions are served. */
export function watchEditorPython({ gateway, projects }: Parts): vscode.Disposable {
  let subscription: vscode.Disposable | undefined;
  let current: string | undefined;
  const changed = async () => {
    const chosen = await editorPython(projects.folders[0]);
    if (gateway.status !== 'running' || chosen === current) {
      return;
    }
    current = chosen;
    const served = projects.all.flatMap(({ value }) => value?.functions ?? []);
    if (served.some(({ family }) => family === 'python')) {
      await offerRestart(
        l10n.t(
          'Another Python environment was chosen. Functions without an interpreter of their own take it from the next start of the gateway.',
        ),
      );
    }
  };
  // Not before a start, which activates the Python extension: that is not done for nothing.
  const started = gateway.onDidChangeStatus(async (status) => {
    if (status === 'running') {
      current = await editorPython(projects.folders[0]);
      const known = await environments().catch(() => undefined);
      subscription ??= known?.onDidChangeActiveEnvironmentPath?.(() => void changed());
    }
  });
  return vscode.Disposable.from(started, { dispose: () => subscription?.dispose() });
}

async function environments(): Promise<Environments | undefined> {
  const extension = vscode.extensions.getExtension<{ environments?: Environments }>(
    'ms-python.python',
  );
  return (await extension?.activate())?.environments;
}
