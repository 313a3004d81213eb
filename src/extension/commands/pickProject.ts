/** Choosing a project, unless a program or the active editor already says which. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { ProjectFile } from '../../core/project/projectFile';
import type { Parts } from '../parts';
import { chosen } from './register';

export async function pickProject(
  { projects }: Pick<Parts, 'projects'>,
  folder?: string,
): Promise<ProjectFile> {
  await projects.refresh();
  const able = projects.all.flatMap(({ value }) => value ?? []);
  const [first, ...others] = able;
  if (first === undefined) {
    throw new UserError(
      'noProject',
      l10n.t('There is no project here whose scfws.json is without errors.'),
      l10n.t('Correct what Problems shows, or create or import one.'),
    );
  }
  const active = vscode.window.activeTextEditor?.document.uri.fsPath;
  const named = folder ?? (active === undefined ? undefined : projects.ofFile(active)?.folder);
  const found = able.find((each) => each.folder === named);
  if (found !== undefined || others.length === 0) {
    return found ?? first;
  }
  const items = able.map((each) => ({ label: each.name, description: each.folder, each }));
  const title = l10n.t('Which project?');
  return chosen(await vscode.window.showQuickPick(items, { title })).each;
}
