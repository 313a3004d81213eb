/** `scfws import`: a scfws.json for functions that another tool's files describe; nothing else is changed. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import { detectProject } from '../core/project/importers/detectProject';
import { planProjectFile, type RoleAnswers } from '../core/project/importers/planProjectFile';
import { projectFileName } from '../core/project/projectFile';
import { roles } from '../protocol/project';

export interface ImportOptions {
  /** Name of the function that plays the role; the empty text: none does. */
  register?: string;
  transfer?: string;
  cleanup?: string;
}

export async function importProject(folder: string, options: ImportOptions): Promise<number> {
  const root = path.resolve(folder);
  if (!fs.existsSync(root)) {
    throw new UserError('noFolder', l10n.t('There is no folder {0}.', root));
  }
  if (fs.existsSync(path.join(root, projectFileName))) {
    throw exists(path.join(root, projectFileName)); // Before anything is asked about roles.
  }
  const [detected] = await detectProject(folder);
  if (detected === undefined) {
    const there = ['template.yaml', 'template.yml', 'serverless.yml', 'serverless.yaml'].find(
      (each) => fs.existsSync(path.join(root, each)),
    );
    if (there !== undefined) {
      throw new UserError(
        'nothingToImport',
        l10n.t('No function could be read from {0}.', path.join(root, there)),
        l10n.t('It must be valid YAML and describe functions of this vendor.'),
      );
    }
    throw new UserError(
      'nothingToImport',
      l10n.t('Nothing to import was found in {0}.', root),
      l10n.t(
        'Looked for template.yaml, serverless.yml, and folders with index.py or index.js: three, or fewer that are named by their roles.',
      ),
    );
  }
  for (const { message } of detected.problems) {
    process.stderr.write(`${message}\n`);
  }
  const answers: RoleAnswers = {};
  for (const role of roles) {
    if (options[role] !== undefined) {
      answers[role] = options[role] === '' ? null : options[role];
    }
  }
  const text = planProjectFile(detected, answers);
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
  for (const { role, guess } of detected.questions) {
    const name = answers[role] === undefined ? guess : answers[role];
    process.stdout.write(`  ${role}: ${name ?? '–'}\n`);
  }
  process.stdout.write(`${l10n.t('Written: {0}. Start it with: scfws serve {1}', file, folder)}\n`);
  return 0;
}

function exists(file: string): UserError {
  return new UserError(
    'exists',
    l10n.t('{0} exists already.', file),
    l10n.t('Move it away to import again.'),
  );
}
