/**
 * What a person sees of a new project: the handler that answers messages, its README, and Start. Whoever comes from the
 * walkthrough sees its next step instead of the README. Where another folder has to be opened first, the window starts
 * anew, and the extension that wakes in it goes on here.
 */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { commands, views, walkthrough } from '../ids';
import type { Parts } from '../parts';
import { chosen } from './register';

export interface NewProject {
  folder: string;
  /** Relative to the folder. */
  readme: string;
  handler: string;
  walkthrough: boolean;
}

const openingKey = 'createProject.opening';

/** Opens the folder at once in an empty window; asks in one that shows something else. */
export async function openProject(parts: Parts, project: NewProject): Promise<void> {
  const uri = vscode.Uri.file(project.folder);
  if (vscode.workspace.getWorkspaceFolder(uri) !== undefined) {
    await welcome(parts, project);
    return;
  }
  const open = async (options: { forceNewWindow: boolean }) => {
    await parts.context.globalState.update(openingKey, project);
    await vscode.commands.executeCommand('vscode.openFolder', uri, options);
  };
  if (vscode.workspace.workspaceFolders === undefined) {
    await open({ forceNewWindow: false });
    return;
  }
  const here = l10n.t('Open Folder');
  const there = l10n.t('Open in New Window');
  const add = l10n.t('Add to Workspace');
  const choice = chosen(
    await vscode.window.showInformationMessage(
      l10n.t('The project is in {0}.', project.folder),
      { modal: true, detail: l10n.t('It lies outside of the folders that this window shows.') },
      ...[here, there, add],
    ),
  );
  if (choice === add) {
    await parts.context.globalState.update(openingKey, project);
    const count = vscode.workspace.workspaceFolders.length;
    vscode.workspace.updateWorkspaceFolders(count, 0, { uri });
    // From one folder to several the window starts anew; from several to more it does not.
    await parts.projects.refresh();
    await welcomeOpened(parts);
  } else {
    await open({ forceNewWindow: choice === there });
  }
}

/** At the start of a window: true when it was opened for a project that was just created. */
export async function welcomeOpened(parts: Parts): Promise<boolean> {
  const { globalState } = parts.context;
  const project = globalState.get<NewProject>(openingKey);
  if (
    project === undefined ||
    vscode.workspace.getWorkspaceFolder(vscode.Uri.file(project.folder)) === undefined
  ) {
    return false;
  }
  await globalState.update(openingKey, undefined);
  await welcome(parts, project);
  return true;
}

async function welcome(parts: Parts, project: NewProject): Promise<void> {
  const at = (file: string) => vscode.Uri.file(path.join(project.folder, file));
  await vscode.commands.executeCommand(`workbench.view.extension.${views.container}`);
  if (project.walkthrough) {
    // In place of the walkthrough, or of another one that a new window begins with: as a preview it replaces previews.
    await vscode.window.showTextDocument(at(project.handler), {
      viewColumn: vscode.ViewColumn.One,
    });
    await vscode.commands.executeCommand('workbench.action.keepEditor');
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', walkthrough, true);
    return; // Its next step is the start.
  }
  await vscode.window.showTextDocument(at(project.handler), {
    viewColumn: vscode.ViewColumn.One,
    preview: false,
  });
  await vscode.commands.executeCommand('markdown.showPreviewToSide', at(project.readme));
  if (parts.gateway.status !== 'stopped' || !vscode.workspace.isTrusted) {
    return; // A restart that serves it is offered already; or the views ask for the trust first.
  }
  const start = l10n.t('Start Gateway');
  void vscode.window
    .showInformationMessage(
      // Not that it is ready: where Node.js takes no types away, one in TypeScript has to install a compiler first.
      l10n.t(
        '{0} was created. Start the gateway to run it on this machine.',
        path.basename(project.folder),
      ),
      start,
    )
    .then((choice) =>
      choice === start ? vscode.commands.executeCommand(commands.start) : undefined,
    );
}
