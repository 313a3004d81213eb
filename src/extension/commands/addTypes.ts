/** Add Types: language servers learn the contract; a wrong errNo is underlined before anything runs. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Change } from '../../core/project/changes';
import { applyChanges } from '../applyChanges';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { pickProject } from './pickProject';
import { chosen, registerCommand } from './register';

export function registerAddTypes(parts: Parts): vscode.Disposable {
  /** From a program: `{folder, annotate}`; resolves with the files that were written. */
  return registerCommand(parts.log, commands.addTypes, async (argument: unknown) => {
    const given = argument as { folder?: string; annotate?: boolean } | undefined;
    const project = await pickProject(parts, given?.folder);
    const { planTypes } = await import('../../core/project/typings');
    const { files, handlers } = await planTypes(project);
    const names = handlers.map(({ file }) => path.relative(project.folder, file)).join(', ');
    const annotate = given?.annotate ?? (handlers.length > 0 && (await askHandlers(names)));
    const changes: Change[] = [
      ...files.map((each): Change => ({
        kind: 'write',
        file: path.join(project.folder, each.path),
        text: each.text,
      })),
      ...(annotate ? handlers : []).map(({ file, after }): Change => ({
        kind: 'write',
        file,
        text: after,
      })),
    ];
    await applyChanges(changes);
    const written = changes.flatMap((each) => (each.kind === 'write' ? each.file : []));
    parts.log.info(l10n.t('Written: {0}', written.join(', ')));
    void vscode.window.showInformationMessage(
      l10n.t(
        '{0} of {1}: language servers now know the events and answers. Undo takes it back.',
        files.map((each) => each.path).join(', '),
        path.basename(project.folder),
      ),
    );
    return written;
  });
}

async function askHandlers(names: string): Promise<boolean> {
  const items = [
    {
      label: l10n.t('Types, and the lines that use them'),
      detail: l10n.t('Adds a comment to: {0}', names),
      annotate: true,
    },
    { label: l10n.t('Types only'), detail: l10n.t('No handler is changed.'), annotate: false },
  ];
  return chosen(await vscode.window.showQuickPick(items, { title: l10n.t('Add Types') })).annotate;
}
