/** Create Project…: folder, language, template, names; then the files, all of them or none. */
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import {
  defaultFunctionNames,
  functionNameProblem,
  languages,
  planScaffold,
  templateNames,
} from '../../core/scaffold/planScaffold';
import type { Language, ScaffoldPlan, TemplateName } from '../../core/scaffold/planScaffold';
import { readTemplates } from '../../core/scaffold/templates';
import { findClashes, writeScaffold } from '../../core/scaffold/writeScaffold';
import type { Role } from '../../protocol/project';
import { sessionLocale } from '../configuration';
import { commands, projectFileName } from '../ids';
import type { Parts } from '../parts';
import { chosen, registerCommand } from './register';
import { answered, inputStep, pickStep, runSteps } from './steps';
import type { Choice, Step } from './steps';

interface Answers {
  folder: string;
  language: Language;
  template: TemplateName;
  names: Record<Role, string>;
}

const rememberedKey = 'createProject.answers';

export function registerCreateProject(parts: Parts): vscode.Disposable {
  /** From a program: `{folder, language, template, names}`; resolves with the folder. */
  return registerCommand(parts.log, commands.createProject, async (argument: unknown) => {
    const given = argument as Partial<Answers> | vscode.Uri | undefined;
    const initial = initialAnswers(parts, given instanceof vscode.Uri ? given.fsPath : undefined);
    const byProgram = given !== undefined && !(given instanceof vscode.Uri) && 'language' in given;
    const answers = byProgram
      ? { ...initial, ...given }
      : await runSteps(l10n.t('Create Project'), steps(), initial);
    await create(parts, answers, !byProgram);
    return answers.folder;
  });
}

function initialAnswers(parts: Parts, folder: string | undefined): Answers {
  const remembered = parts.context.globalState.get<Partial<Answers>>(rememberedKey, {});
  const open = vscode.workspace.workspaceFolders?.[0]?.uri;
  return {
    folder: folder ?? (open?.scheme === 'file' ? open.fsPath : path.join(os.homedir(), 'chat')),
    language: remembered.language ?? 'python',
    template: remembered.template ?? 'echo',
    names: { ...defaultFunctionNames },
  };
}

function steps(): Step<Answers>[] {
  const nameStep = (role: Role, prompt: string): Step<Answers> => ({
    show: async (answers, position) => {
      const before = (['register', 'transfer', 'cleanup'] as const).filter(
        (each) => order[each] < order[role],
      );
      const others = before.map((each) => answers.names[each]);
      return answered<string, Answers>(
        await inputStep(position, prompt, answers.names[role], (name) =>
          functionNameProblem(name, others),
        ),
        (name) => ({ names: { ...answers.names, [role]: name } }),
      );
    },
  });
  return [
    {
      show: async (answers, position) => {
        const items = folderChoices(answers.folder);
        const result = await pickStep(position, l10n.t('Where?'), items);
        return answered<string, Answers>(result, (folder) => ({ folder }));
      },
    },
    { show: async (answers, position) => askFolder(answers, position) },
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
    nameStep('register', l10n.t('Name of the function that runs when a client connects')),
    nameStep('transfer', l10n.t('Name of the function that runs for each message')),
    nameStep('cleanup', l10n.t('Name of the function that runs when a client has left')),
  ];
}

const order: Record<Role, number> = { register: 0, transfer: 1, cleanup: 2 };

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
    : [{ label: `$(folder) ${path.basename(folder)}`, detail: folder, value: folder }];
  return [
    ...here,
    ...given,
    {
      label: `$(folder-opened) ${l10n.t('Choose another folder…')}`,
      detail: l10n.t('It may be new: its name can be typed in the next step.'),
      value: '',
    },
  ];
}

/** Only after "another folder": a path to type, with the dialog's choice as its beginning. */
async function askFolder(answers: Answers, position: Parameters<Step<Answers>['show']>[1]) {
  if (answers.folder !== '') {
    return undefined;
  }
  const picked = await vscode.window.showOpenDialog({
    title: l10n.t('Folder of the project, or the one to make it in'),
    openLabel: l10n.t('Choose'),
    canSelectFolders: true,
    canSelectFiles: false,
  });
  const start = chosen(picked?.[0]).fsPath;
  return answered<string, Answers>(
    await inputStep(position, l10n.t('Folder of the project'), start, (text) =>
      path.isAbsolute(text) ? undefined : l10n.t('An absolute path'),
    ),
    (folder) => ({ folder }),
  );
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

async function create(parts: Parts, answers: Answers, ask: boolean): Promise<void> {
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
  const target = ask ? await resolveClashes(plan, folder) : folder;
  await writeScaffold(plan, target);
  answers.folder = target;
  await parts.context.globalState.update(rememberedKey, { language, template });
  await parts.projects.refresh();
  if (ask) {
    await openProject(parts, target, plan);
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
      validateInput: (text) =>
        /^[^\\/:*?"<>|]+$/.test(text) ? undefined : l10n.t('A name without slashes'),
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

async function openProject({ gateway }: Parts, folder: string, plan: ScaffoldPlan): Promise<void> {
  const uri = vscode.Uri.file(folder);
  if (vscode.workspace.getWorkspaceFolder(uri) !== undefined) {
    const readme = plan.files.find((file) => /^README(\.zh-CN)?\.md$/.test(file.path));
    if (readme !== undefined) {
      await vscode.commands.executeCommand(
        'markdown.showPreview',
        vscode.Uri.joinPath(uri, readme.path),
      );
    }
    if (gateway.status === 'running') {
      return; // A restart that serves it is offered already.
    }
    const start = l10n.t('Start Gateway');
    void vscode.window
      .showInformationMessage(l10n.t('The project is in {0}.', folder), start)
      .then((choice) =>
        choice === start ? vscode.commands.executeCommand(commands.start) : undefined,
      );
    return;
  }
  const open = l10n.t('Open Folder');
  const add = l10n.t('Add to Workspace');
  const choices = vscode.workspace.workspaceFolders === undefined ? [open] : [open, add];
  const choice = await vscode.window.showInformationMessage(
    l10n.t('The project is in {0}.', folder),
    ...choices,
  );
  if (choice === open) {
    await vscode.commands.executeCommand('vscode.openFolder', uri);
  } else if (choice === add) {
    const count = vscode.workspace.workspaceFolders?.length ?? 0;
    vscode.workspace.updateWorkspaceFolders(count, 0, { uri });
    await vscode.window.showTextDocument(vscode.Uri.joinPath(uri, projectFileName));
  }
}
