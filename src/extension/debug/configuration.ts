/** F5 with and without a launch.json: initial, dynamic and empty configurations. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { debugTypes } from '../ids';
import type { Projects } from '../projects';
import type { Debugging } from './debugging';

export class Configurations implements vscode.DebugConfigurationProvider {
  constructor(
    private readonly projects: Projects,
    private readonly debugging: Debugging,
  ) {}

  async provideDebugConfigurations(
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<vscode.DebugConfiguration[]> {
    await this.projects.refresh();
    const all = { type: debugTypes.container, request: 'launch', name: 'SCF WebSocket' };
    const each = this.projects.all
      .filter(
        ({ file }) => folder === undefined || vscode.workspace.getWorkspaceFolder(file) === folder,
      )
      .flatMap(({ value }) => value?.functions ?? [])
      .filter(({ family }) => family === 'python' || family === 'node')
      .map(({ name }) => ({ ...all, name: `SCF WebSocket: ${name}`, functions: [name] }));
    return [all, ...each];
  }

  resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    // F5 without launch.json: everything is missing.
    const complete = {
      ...configuration,
      type: debugTypes.container,
      request: configuration.request || 'launch',
      name: configuration.name || 'SCF WebSocket',
    };
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showErrorMessage(
        l10n.t('This workspace is not trusted, so none of its functions are run.'),
      );
      return undefined;
    }
    return complete;
  }

  /** With variables such as ${workspaceFolder} put in. A second F5 does not debug everything twice. */
  resolveDebugConfigurationWithSubstitutedVariables(
    _folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    if (this.debugging.isActive) {
      void vscode.window.showInformationMessage(
        l10n.t('The functions are being debugged already.'),
      );
      return undefined;
    }
    return configuration;
  }
}
