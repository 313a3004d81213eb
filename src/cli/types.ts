/** `scfws types`: the types of events, answers and pushes for a project, and on demand the lines that use them. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import { pasteable } from '../core/pasteable';
import { readProject } from '../core/project/loadService';
import { mustBeProject } from '../core/project/projectSearch';
import { planTypes } from '../core/project/typings';

export async function types(folder: string, options: { annotate: boolean }): Promise<number> {
  mustBeProject(folder, (each) => pasteable('scfws', 'types', each));
  const { value, problems } = await readProject(folder);
  if (value === undefined) {
    throw new UserError('badProject', problems.map(({ message }) => message).join(' '));
  }
  const { files, handlers } = await planTypes(value);
  for (const { path: name, text } of files) {
    const file = path.join(value.folder, name);
    await fs.writeFile(file, text);
    process.stdout.write(`${l10n.t('Written: {0}', file)}\n`);
  }
  for (const { file, after } of handlers) {
    if (options.annotate) {
      await fs.writeFile(file, after);
      process.stdout.write(`${l10n.t('Uses the types now: {0}', file)}\n`);
    } else {
      process.stdout.write(`${l10n.t('Does not use them yet: {0}', file)}\n`);
    }
  }
  if (handlers.length > 0 && !options.annotate) {
    process.stdout.write(`${l10n.t('With --annotate the handlers are told to use them.')}\n`);
  }
  return 0;
}
