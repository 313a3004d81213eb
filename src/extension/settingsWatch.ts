/**
 * Changed settings reach a running gateway: the emulator's at once, the others, and another Python environment, with a
 * restart that is offered.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { editorPython, environments } from './editorPython';
import { commands, settings, settingsSection } from './ids';
import type { Parts } from './parts';

const needRestart = [
  settings.port,
  settings.pythonPath,
  settings.nodePath,
  settings.allowedOrigins,
  settings.maxFacts,
  settings.memoryMb,
];

export function watchSettings(parts: Parts): vscode.Disposable {
  const projectFiles = parts.gateway.onDidReceiveFacts((facts) => {
    // A saved scfws.json is read with the settings of the start as its background.
    if (facts.some(({ kind }) => kind === 'servicesChanged')) {
      void applyEmulator(parts);
    }
  });
  const configuration = vscode.workspace.onDidChangeConfiguration((event) => {
    if (parts.gateway.status !== 'running') {
      return;
    }
    if (event.affectsConfiguration(`${settingsSection}.emulator`)) {
      void applyEmulator(parts);
    }
    if (needRestart.some((name) => event.affectsConfiguration(`${settingsSection}.${name}`))) {
      void offerRestart(l10n.t('The changed setting counts from the next start of the gateway.'));
    }
  });
  return vscode.Disposable.from(projectFiles, configuration);
}

/** What the project file says still wins: it was read with the settings as its background. */
async function applyEmulator({ projects, gateway }: Parts): Promise<void> {
  await projects.refresh();
  for (const { value } of projects.all) {
    if (value !== undefined) {
      const { folder, emulator } = value;
      const served = gateway.state.services.find((service) => service.folder === folder);
      if (served !== undefined) {
        const ask = { service: served.name, emulator };
        await gateway.ask('setOptions', ask).catch(() => undefined);
      }
    }
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

async function offerRestart(message: string): Promise<void> {
  const restart = l10n.t('Restart Gateway');
  const choice = await vscode.window.showInformationMessage(message, restart);
  if (choice === restart) {
    await vscode.commands.executeCommand(commands.restart);
  }
}
