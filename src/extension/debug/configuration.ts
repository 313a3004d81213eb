/** F5 with and without a launch.json: initial, dynamic and empty configurations. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { showError } from '../commands/register';
import { debugTypes } from '../ids';
import type { Log } from '../log';
import type { Projects } from '../projects';
import { mustBeTrusted } from '../trust';
import type { Debugging } from './debugging';
import { canBeDebugged, withProject } from './wanted';

export class Configurations implements vscode.DebugConfigurationProvider {
  constructor(
    private readonly projects: Projects,
    private readonly debugging: Debugging,
    private readonly log: Log,
  ) {}

  async provideDebugConfigurations(
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<vscode.DebugConfiguration[]> {
    await this.projects.refresh();
    const all = { type: debugTypes.container, request: 'launch', name: 'SCF WebSocket' };
    const projects = this.projects.all.filter(
      ({ file, value }) =>
        value !== undefined &&
        (folder === undefined || vscode.workspace.getWorkspaceFolder(file) === folder),
    );
    const several = projects.length > 1;
    const each = projects.flatMap(({ value, file }) => {
      const functions = value?.functions.filter(canBeDebugged) ?? [];
      const project = several ? { project: writtenFolder(file) } : {};
      const prefix = several ? `SCF WebSocket: ${value?.name}` : 'SCF WebSocket';
      const whole = several && functions.length > 0 ? [{ ...all, name: prefix, ...project }] : [];
      const single = functions.map(({ name }) => ({
        ...all,
        name: several ? `${prefix}/${name}` : `${prefix}: ${name}`,
        ...project,
        functions: [name],
      }));
      return [...whole, ...single];
    });
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
    try {
      mustBeTrusted();
    } catch (error) {
      void showError(this.log, error);
      return undefined;
    }
    return complete;
  }

  /** With variables such as ${workspaceFolder} put in. What is being debugged already is not debugged twice. */
  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const base = folder ?? vscode.workspace.workspaceFolders?.[0];
    const complete = withProject(configuration, base?.uri.fsPath);
    if (!this.debugging.isActive) {
      return complete;
    }
    try {
      const more = this.debugging.notDebugged(complete);
      if (more.length > 0) {
        await this.debugging.debug(more);
      } else {
        void vscode.window.showInformationMessage(
          l10n.t('The functions are being debugged already.'),
        );
      }
    } catch (error) {
      void showError(this.log, error);
    }
    return undefined;
  }
}

/** The folder of a project as a launch.json names it, so that it means the same on another machine. */
function writtenFolder(file: vscode.Uri): string {
  const folder = path.dirname(file.fsPath);
  const home = vscode.workspace.getWorkspaceFolder(file);
  if (home === undefined) {
    return folder;
  }
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const inside = path.relative(home.uri.fsPath, folder).split(path.sep).join('/');
  const root = several ? `\${workspaceFolder:${home.name}}` : '${workspaceFolder}';
  return inside === '' ? root : `${root}/${inside}`;
}
