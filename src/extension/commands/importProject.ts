/** Import Project…: functions that exist already get a scfws.json; nothing else is changed. */
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { DetectedProject, RoleQuestion } from '../../core/project/importers/detected';
import { reportLines } from '../../core/project/importers/notes';
import type { Note } from '../../core/project/importers/notes';
import type { RoleAnswers } from '../../core/project/importers/planProjectFile';
import type { Role } from '../../protocol/project';
import { commands, projectFileName } from '../ids';
import type { Log } from '../log';
import type { Parts } from '../parts';
import { chosen, registerCommand } from './register';
import { answered, pickStep, runSteps } from './steps';
import type { Choice, Step } from './steps';

/** Loaded when it is needed: the parser of YAML is large. */
async function detectProject(folder: string): Promise<DetectedProject[]> {
  const importer = await import('../../core/project/importers/detectProject');
  return importer.detectProject(folder);
}

const offeredKey = 'importProject.offered';

export function registerImportProject(parts: Parts): vscode.Disposable {
  /** From a program: `{folder, roles}`; resolves with the file that was written. */
  return registerCommand(parts.log, commands.importProject, async (argument: unknown) => {
    const given = argument as { folder?: string; roles?: RoleAnswers } | undefined;
    const folder = given?.folder ?? (await pickFolder());
    const detected = await detect(folder, given?.folder === undefined);
    const file = vscode.Uri.file(path.join(detected.folder, projectFileName));
    if (existsSync(file.fsPath)) {
      throw fileExists(file.fsPath); // Before anything is asked in vain.
    }
    const roles = given?.roles ?? (await askRoles(detected));
    const { planProjectFile } = await import('../../core/project/importers/planProjectFile');
    const { text, notes } = planProjectFile(detected, roles);
    await write(file.fsPath, text);
    await parts.projects.refresh();
    void tellNotes(parts.log, detected.folder, notes);
    if (given === undefined) {
      await vscode.window.showTextDocument(file);
    }
    return file.fsPath;
  });
}

/** Asked once for a workspace that has functions of another tool and no project of ours. */
export async function offerImport(parts: Parts): Promise<void> {
  const { workspaceState } = parts.context;
  if (parts.projects.all.length > 0 || !vscode.workspace.isTrusted) {
    return;
  }
  if (workspaceState.get(offeredKey, false)) {
    return;
  }
  const all = await Promise.all(localFolders().map(({ uri }) => detectProject(uri.fsPath)));
  const found = all.flat().find(({ functions }) => functions.length > 0);
  if (found === undefined) {
    return;
  }
  await workspaceState.update(offeredKey, true);
  const yes = l10n.t('Import');
  const choice = await vscode.window.showInformationMessage(
    l10n.t(
      '{1} functions are described in {0}. Import them to run them here as a WebSocket API? Only scfws.json is added.',
      found.sources.join(', '),
      found.functions.length,
    ),
    yes,
  );
  if (choice === yes) {
    await vscode.commands.executeCommand(commands.importProject);
  }
}

function localFolders(): vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
}

async function pickFolder(): Promise<string> {
  const folders = localFolders();
  const [first] = folders;
  if (first !== undefined && folders.length === 1) {
    return first.uri.fsPath;
  }
  const picked = chosen(await vscode.window.showWorkspaceFolderPick());
  return picked.uri.fsPath;
}

async function detect(folder: string, ask: boolean): Promise<DetectedProject> {
  const all = await detectProject(folder);
  const found = all.filter(({ functions }) => functions.length > 0);
  const [first] = found;
  if (first === undefined && all[0] !== undefined) {
    return all[0]; // Planning it says what was seen, with its place.
  }
  if (first === undefined) {
    throw new UserError(
      'nothingToImport',
      l10n.t(
        'No functions were found in {0}: there is no template.yaml, no serverless.yml (or .json, .js, .ts), no Terraform file (*.tf), and no folders or files with handlers that are named by their roles.',
        folder,
      ),
      l10n.t('Create a project with "SCF WebSocket: Create Project…".'),
    );
  }
  if (found.length === 1 || !ask) {
    return first;
  }
  const items = found.map((each) => ({
    label: each.sources.join(', '),
    description: each.functions.map(({ name }) => name).join(', '),
    each,
  }));
  const title = l10n.t('Import Project: from what?');
  return chosen(await vscode.window.showQuickPick(items, { title })).each;
}

async function askRoles(detected: DetectedProject): Promise<RoleAnswers> {
  const prompts: Record<Role, string> = {
    register: l10n.t('Which function runs when a client connects?'),
    transfer: l10n.t('Which function runs for each message?'),
    cleanup: l10n.t('Which function runs when a client has left?'),
  };
  const steps = detected.questions.map((question): Step<RoleAnswers> => ({
    show: async (answers, position) =>
      answered<string | null, RoleAnswers>(
        await pickStep(
          position,
          prompts[question.role],
          candidates(question),
          answers[question.role] ?? question.guess,
        ),
        (name) => ({ [question.role]: name }),
      ),
  }));
  return runSteps(l10n.t('Import Project'), steps, {});
}

function candidates({ role, candidates: names }: RoleQuestion): Choice<string | null>[] {
  const items: Choice<string | null>[] = names.map((name) => ({ label: name, value: name }));
  return role === 'transfer' ? items : [...items, { label: l10n.t('None'), value: null }];
}

async function write(file: string, text: string): Promise<void> {
  try {
    await fs.writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw fileExists(file);
    }
    throw error;
  }
}

function fileExists(file: string): UserError {
  return new UserError(
    'fileExists',
    l10n.t('{0} is there already. Nothing was written.', file),
    l10n.t('Edit it, or move it away and import again.'),
  );
}

/** What was left out, changed or guessed: how much in the notification, each with its place in the log. */
export async function tellNotes(log: Log, folder: string, notes: readonly Note[]): Promise<void> {
  if (notes.length === 0) {
    return;
  }
  log.info([l10n.t('Imported {0}:', folder), ...reportLines(notes, folder, 'absolute')].join('\n'));
  const [first] = notes;
  const showLog = l10n.t('Show All');
  const choice = await vscode.window.showWarningMessage(
    notes.length === 1 && first !== undefined
      ? l10n.t('Imported, but look at this: {0}', `${placeOf(folder, first)} ${first.message}`)
      : l10n.t(
          'Imported. {0} things are not as the files say, or had to be guessed; the first: {1}',
          notes.length,
          first === undefined ? '' : `${placeOf(folder, first)} ${first.message}`,
        ),
    showLog,
  );
  if (choice === showLog) {
    log.show();
  }
}

function placeOf(folder: string, { file, range }: Note): string {
  const line = range === undefined ? '' : `:${range.line + 1}`;
  return `${path.relative(folder, file)}${line}:`;
}
