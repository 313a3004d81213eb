/** What is done without being asked when a window opens: starting the gateway where that is wanted, or a first offer. */
import * as vscode from 'vscode';
import { startGateway } from './commands/gatewayCommands';
import { offerImport } from './commands/importProject';
import { showError } from './commands/register';
import { setting } from './configuration';
import { settings, settingsSection, trafficPanel } from './ids';
import type { Parts } from './parts';

/** `npm start` wants the gateway, and Traffic in the editor. */
const isDemo = process.env['SCFWS_AUTOSTART'] === '1';

/**
 * Starts the gateway once where it is wanted. Nothing of a folder runs before it is trusted, and the trust may come
 * at any time: it is waited for, and so is the setting, which an untrusted folder cannot give.
 * @param opened whether the window was just opened on a new project, which has said what comes next
 */
export function beginWhenTrusted(parts: Parts, opened: boolean): vscode.Disposable {
  let begun = false;
  const begin = async (): Promise<void> => {
    const wanted = isDemo || setting(settings.autoStart, false);
    if (begun || !wanted || !vscode.workspace.isTrusted) {
      return;
    }
    if (parts.projects.all.length === 0) {
      await parts.projects.refresh();
    }
    if (begun || parts.projects.all.length === 0) {
      return;
    }
    begun = true;
    await startGateway(parts).catch((error: unknown) => showError(parts.log, error));
  };
  if (isDemo && !isTrafficOpen()) {
    parts.traffic.openEditor();
  }
  const first = async (): Promise<void> => {
    await begin();
    if (!begun && !opened) {
      await offerImport(parts);
    }
  };
  void first();
  return vscode.Disposable.from(
    vscode.workspace.onDidGrantWorkspaceTrust(() => void first()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(`${settingsSection}.${settings.autoStart}`)) {
        void begin();
      }
    }),
  );
}

/** An editor of it may come back with the window. */
function isTrafficOpen(): boolean {
  return vscode.window.tabGroups.all.some(({ tabs }) =>
    tabs.some(
      ({ input }) =>
        input instanceof vscode.TabInputWebview && input.viewType.includes(trafficPanel),
    ),
  );
}
