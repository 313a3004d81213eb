/** `scfws import`: a scfws.json for functions that another tool's files describe; nothing else is changed. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import { detectProject } from '../core/project/importers/detectProject';
import type { DetectedProject } from '../core/project/importers/detected';
import { reportLines } from '../core/project/importers/notes';
import { planProjectFile, type RoleAnswers } from '../core/project/importers/planProjectFile';
import { projectFileName } from '../core/project/projectFile';
import { projectsBelow } from '../core/project/projectSearch';
import { pasteable } from '../core/pasteable';
import { roles } from '../protocol/project';
import type { Role } from '../protocol/project';
import { existingFolder } from './existingFolder';

export interface ImportOptions {
  /** Name of the function that plays the role; the empty text: none does. */
  register?: string;
  transfer?: string;
  cleanup?: string;
}

export async function importProject(folder: string, options: ImportOptions): Promise<number> {
  const root = existingFolder(folder, 'import');
  if (fs.existsSync(path.join(root, projectFileName))) {
    throw exists(path.join(root, projectFileName)); // Before anything is asked about roles.
  }
  const [detected, ...others] = await detectProject(folder);
  if (detected === undefined) {
    const [served] = projectsBelow(root);
    throw new UserError(
      'nothingToImport',
      l10n.t('Nothing to import was found in {0}.', root),
      served === undefined
        ? l10n.t(
            'Looked for template.yaml, serverless.yml (or .json, .js, .ts), Terraform files (*.tf), and for folders or files with handlers that are named by their roles. A new project: scfws new <folder>.',
          )
        : l10n.t('A folder in it is a project already: {0}', pasteable('scfws', 'serve', served)),
    );
  }
  const answers: RoleAnswers = {};
  for (const role of roles) {
    if (options[role] !== undefined) {
      answers[role] = options[role] === '' ? null : options[role];
    }
  }
  const { text, notes } = planned(detected, answers);
  const file = path.join(detected.folder, projectFileName);
  try {
    fs.writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw exists(file);
    }
    fs.rmSync(file, { force: true }); // Half a file would stand in the way of the next attempt.
    throw new UserError(
      'notWritten',
      l10n.t('{0} could not be written: {1}', file, (error as Error).message),
    );
  }
  process.stderr.write(lines(reportLines(notes, detected.folder, 'relative')));
  for (const { sources } of others.filter((each) => each.functions.length > 0)) {
    const message = l10n.t(
      '{0} describes functions, too, and was not imported. To import it, move {1} away.',
      ...[sources.join(', '), detected.sources.join(', ')],
    );
    process.stderr.write(lines([message]));
  }
  const { functions } = JSON.parse(text) as { functions: Partial<Record<Role, unknown>> };
  for (const role of roles) {
    process.stdout.write(`  ${role}: ${nameOf(functions, role)}\n`);
  }
  process.stdout.write(
    `${l10n.t('Written: {0}. Start it with: {1}', file, pasteable('scfws', 'serve', folder))}\n`,
  );
  return 0;
}

/** What stands in the way is told with all that was seen, file and line first. */
function planned(
  detected: DetectedProject,
  answers: RoleAnswers,
): ReturnType<typeof planProjectFile> {
  try {
    return planProjectFile(detected, answers);
  } catch (error) {
    if (detected.functions.length > 0) {
      process.stderr.write(lines(reportLines(detected.notes, detected.folder, 'relative')));
    }
    throw error; // Without functions it names the notes itself.
  }
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

function nameOf(functions: Partial<Record<Role, unknown>>, role: Role): string {
  const entry = functions[role];
  return typeof entry === 'string'
    ? l10n.t('as {0}', entry)
    : ((entry as { name?: string } | undefined)?.name ?? '–');
}

function exists(file: string): UserError {
  return new UserError(
    'exists',
    l10n.t('{0} exists already.', file),
    l10n.t('Move it away to import again.'),
  );
}
