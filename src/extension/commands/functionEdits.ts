/** Add Function…, Rename Function…, Move to One Function: scfws.json and folders in one step, which one Undo takes back. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Change } from '../../core/project/changes';
import type { ProjectFile } from '../../core/project/projectFile';
import { UserError } from '../../core/errors';
import { functionNameProblem } from '../../core/scaffold/planScaffold';
import { readTemplates, spokenTemplates } from '../../core/scaffold/templates';
import type { Role } from '../../protocol/project';
import { applyChanges } from '../applyChanges';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { roleNames } from '../views/functionsView';
import { pickProject } from './pickProject';
import { chosen, registerCommand } from './register';

/** Loaded when it is needed. */
const planner = () => import('../../core/project/functionEdits');

export function registerFunctionEdits(parts: Parts): vscode.Disposable[] {
  const { log } = parts;
  return [
    /** From a program: `{folder, role}`. */
    registerCommand(log, commands.addFunction, async (argument: unknown) => {
      const given = argument as { folder?: string; role?: Role } | undefined;
      const project = await pickProject(parts, given?.folder);
      const { missingRoles, planAddFunction } = await planner();
      const role = given?.role ?? (await pickRole(missingRoles(project)));
      const folder = path.join(parts.context.extensionPath, 'dist', 'templates');
      const templates = spokenTemplates(await readTemplates(folder), vscode.env.language);
      const changes = await planAddFunction(project, role, templates);
      await make(parts, project, changes);
      const [handler] = changes;
      if (given === undefined && handler?.kind === 'write') {
        await vscode.window.showTextDocument(vscode.Uri.file(handler.file));
      }
    }),
    /** From a program: `{folder, function, name}`. */
    registerCommand(log, commands.renameFunction, async (argument: unknown) => {
      const given = argument as
        { folder?: string; function?: string; name?: string; info?: { name: string } } | undefined;
      const project = await pickProject(parts, given?.folder);
      const { planRename } = await planner();
      const name = given?.function ?? given?.info?.name ?? (await pickName(project));
      const wished =
        given?.name ??
        chosen(
          await vscode.window.showInputBox({
            title: l10n.t('Rename Function'),
            value: name,
            validateInput: (text) => {
              const others = project.functions
                .map((each) => each.name)
                .filter((each) => each !== name);
              return functionNameProblem(text, others);
            },
          }),
        );
      if (wished !== name) {
        await make(parts, project, await planRename(project, name, wished));
      }
    }),
    /** From a program: `{folder}`. */
    registerCommand(log, commands.oneFunction, async (argument: unknown) => {
      const given = argument as { folder?: string } | undefined;
      const project = await pickProject(parts, given?.folder);
      const { planOneFunction } = await planner();
      await make(parts, project, await planOneFunction(project));
    }),
  ];
}

async function make(parts: Parts, project: ProjectFile, changes: Change[]): Promise<void> {
  await applyChanges(changes);
  await parts.projects.refresh();
  const files = changes
    .filter((change) => change.kind !== 'clear')
    .map((change) =>
      path.relative(project.folder, change.kind === 'move' ? change.to : change.file),
    )
    .join(', ');
  parts.log.info(l10n.t('Changed in {0}: {1}', project.folder, files));
  void vscode.window.showInformationMessage(
    l10n.t('Changed: {0}. Undo takes all of it back.', files),
  );
}

async function pickRole(missing: readonly Role[]): Promise<Role> {
  if (missing.length === 0) {
    throw new UserError(
      'allPlayed',
      l10n.t('Each of the three roles has its function already.'),
      l10n.t('To have another play a role, change "functions" in scfws.json.'),
    );
  }
  const items = missing.map((role) => ({ label: roleNames([role]), role }));
  const title = l10n.t('Add Function: for which role?');
  return chosen(await vscode.window.showQuickPick(items, { title })).role;
}

async function pickName(project: ProjectFile): Promise<string> {
  const items = project.functions.map(({ name, runtime }) => ({
    label: name,
    description: runtime,
  }));
  const title = l10n.t('Rename Function');
  return chosen(await vscode.window.showQuickPick(items, { title })).label;
}
