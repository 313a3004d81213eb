/** Create Project…: folder, language, template; then the files, all of them or none. */
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import {
  defaultFunctionNames,
  languages,
  planScaffold,
  templateNames,
} from '../../core/scaffold/planScaffold';
import type { Language, ScaffoldPlan, TemplateName } from '../../core/scaffold/planScaffold';
import { readTemplates } from '../../core/scaffold/templates';
import { findClashes, writeScaffold } from '../../core/scaffold/writeScaffold';
import type { Role } from '../../protocol/project';
import { sessionLocale } from '../configuration';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { openProject } from './openProject';
import { chosen, registerCommand } from './register';
import { answered, inputStep, isBack, pickStep, runSteps } from './steps';
import type { Choice, Step, StepPosition } from './steps';

interface Answers {
  folder: string;
  language: Language;
  template: TemplateName;
  names: Record<Role, string>;
}

const rememberedKey = 'createProject.answers';

export function registerCreateProject(parts: Parts): vscode.Disposable {
  /** From a program: `{folder, language, template, names}`; resolves with the folder. From the walkthrough: `{walkthrough: true}`. */
  return registerCommand(parts.log, commands.createProject, async (argument: unknown) => {
    const given = argument as (Partial<Answers> & { walkthrough?: true }) | vscode.Uri | undefined;
    const initial = initialAnswers(parts, given instanceof vscode.Uri ? given.fsPath : undefined);
    const byProgram = given !== undefined && !(given instanceof vscode.Uri) && 'language' in given;
    const answers = byProgram
      ? { ...initial, ...given }
      : await runSteps(l10n.t('Create Project'), steps(initial), initial);
    const walkthrough = given !== undefined && 'walkthrough' in given;
    await create(parts, answers, byProgram ? undefined : { walkthrough });
    return answers.folder;
  });
}

function initialAnswers(parts: Parts, folder: string | undefined): Answers {
  const remembered = parts.context.globalState.get<Partial<Answers>>(rememberedKey, {});
  const open = vscode.workspace.workspaceFolders?.[0]?.uri;
  return {
    folder: folder ?? (open?.scheme === 'file' ? open.fsPath : freeFolder(os.homedir())),
    language: remembered.language ?? 'python',
    template: remembered.template ?? 'echo',
    names: { ...defaultFunctionNames },
  };
}

/** A name in a folder that nothing has yet. */
function freeFolder(parent: string): string {
  const name = 'websocket';
  const names = [name, ...Array.from({ length: 99 }, (_, index) => `${name}-${index + 2}`)];
  return path.join(parent, names.find((each) => !existsSync(path.join(parent, each))) ?? name);
}

/** The functions get the console's names: other names are a matter of scfws.json and of the folders. */
function steps(initial: Answers): Step<Answers>[] {
  return [
    { show: (answers, position) => askFolder(initial.folder, answers.folder, position) },
    {
      show: async (answers, position) =>
        answered<Language, Answers>(
          await pickStep(position, l10n.t('Language'), languageChoices(), answers.language),
          (language) => ({ language }),
        ),
    },
    {
      show: async (answers, position) =>
        answered<TemplateName, Answers>(
          await pickStep(position, l10n.t('Template'), templateChoices(), answers.template),
          (template) => ({ template }),
        ),
    },
  ];
}

/** A folder of the list, or "another": one from the dialog, then its path to confirm or to go on with. */
async function askFolder(
  initial: string,
  current: string,
  position: StepPosition,
): ReturnType<Step<Answers>['show']> {
  for (;;) {
    const picked = await pickStep(position, l10n.t('Where?'), folderChoices(initial), current);
    if (picked !== '') {
      return answered<string, Answers>(picked, (folder) => ({ folder }));
    }
    const [parent] =
      (await vscode.window.showOpenDialog({
        title: l10n.t('Folder of the project, or the one to make it in'),
        openLabel: l10n.t('Choose'),
        canSelectFolders: true,
        canSelectFiles: false,
      })) ?? [];
    if (parent === undefined) {
      continue; // The list is still the question.
    }
    const start = isEmpty(parent.fsPath) ? parent.fsPath : freeFolder(parent.fsPath);
    const typed = await inputStep(position, l10n.t('Folder of the project'), start, (text) =>
      path.isAbsolute(text) ? undefined : l10n.t('An absolute path'),
    );
    if (!isBack(typed)) {
      return { folder: typed };
    }
  }
}

function isEmpty(folder: string): boolean {
  return readdirSync(folder).every((name) => name.startsWith('.'));
}

function folderChoices(folder: string): Choice<string>[] {
  const workspace = (vscode.workspace.workspaceFolders ?? []).filter(
    ({ uri }) => uri.scheme === 'file',
  );
  const here = workspace.map(({ name, uri }) => ({
    label: `$(root-folder) ${name}`,
    detail: uri.fsPath,
    value: uri.fsPath,
  }));
  const given = workspace.some(({ uri }) => uri.fsPath === folder)
    ? []
    : [{ label: `$(new-folder) ${path.basename(folder)}`, detail: folder, value: folder }];
  return [
    ...here,
    ...given,
    {
      label: `$(folder-opened) ${l10n.t('Choose another folder…')}`,
      detail: l10n.t('It may be new: its name can be typed after that.'),
      value: '',
    },
  ];
}

function languageChoices(): Choice<Language>[] {
  const labels: Record<Language, [string, string]> = {
    python: ['Python 3', l10n.t('Python 3.6 and newer')],
    python2: ['Python 2.7', l10n.t('Runs on Python 2.7 and on Python 3')],
    javascript: ['JavaScript', l10n.t('Node.js, nothing to build')],
    typescript: ['TypeScript', l10n.t('Node.js; run as it is where Node.js can, else built')],
  };
  return languages.map((value) => {
    const [label, description] = labels[value];
    return { label, description, value };
  });
}

function templateChoices(): Choice<TemplateName>[] {
  const labels: Record<TemplateName, [string, string]> = {
    echo: [l10n.t('Echo'), l10n.t('Answers each message to its sender')],
    chat: [
      l10n.t('Chat room'),
      l10n.t('Sends each message to all others, and drops dead connections'),
    ],
  };
  return templateNames.map((value) => {
    const [label, description] = labels[value];
    return { label, description, value };
  });
}

/** @param person is not there where a program creates: nothing is asked or shown. */
async function create(
  parts: Parts,
  answers: Answers,
  person: { walkthrough: boolean } | undefined,
): Promise<void> {
  const { folder, language, template, names } = answers;
  const templates = await readTemplates(
    path.join(parts.context.extensionPath, 'dist', 'templates'),
  );
  const plan = planScaffold(
    {
      service: path.basename(folder),
      language,
      template,
      functionNames: names,
      locale: sessionLocale(),
    },
    templates,
  );
  const target = person !== undefined ? await resolveClashes(plan, folder) : folder;
  await writeScaffold(plan, target);
  answers.folder = target;
  await parts.context.globalState.update(rememberedKey, { language, template });
  await parts.projects.refresh();
  if (person !== undefined) {
    await openProject(parts, {
      folder: target,
      readme: plan.readme,
      handler: plan.handler,
      walkthrough: person.walkthrough,
    });
  }
}

/** Asks before anything is written when names are taken. */
async function resolveClashes(plan: ScaffoldPlan, folder: string): Promise<string> {
  const clashes = await findClashes(plan, folder);
  if (clashes.length === 0) {
    return folder;
  }
  const inside = l10n.t('Use a New Subfolder');
  const choice = await vscode.window.showWarningMessage(
    l10n.t('{0} already has: {1}. Nothing will be overwritten.', folder, clashes.join(', ')),
    { modal: true, detail: l10n.t('The project can be created in a new subfolder instead.') },
    inside,
  );
  chosen(choice);
  const name = chosen(
    await vscode.window.showInputBox({
      title: l10n.t('Create Project'),
      prompt: l10n.t('Name of the new subfolder'),
      value: 'websocket',
      validateInput: async (text) => {
        if (!/^[^\\/:*?"<>|]+$/.test(text)) {
          return l10n.t('A name without slashes');
        }
        const there = await findClashes(plan, path.join(folder, text));
        return there.length === 0
          ? undefined
          : l10n.t('{0} has these files too.', path.join(folder, text));
      },
    }),
  );
  const target = path.join(folder, name);
  if ((await findClashes(plan, target)).length > 0) {
    throw new UserError(
      'fileExists',
      l10n.t('{0} has these files too. Nothing was written.', target),
    );
  }
  return target;
}
