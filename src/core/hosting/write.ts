/** Puts an exported folder on disk: into a new folder, or an empty one; all of it or nothing. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../errors';
import type { PlannedFile } from './plan';

/** Rejects with a `UserError` when something is there, or it cannot be written. */
export async function writeFolder(files: readonly PlannedFile[], folder: string): Promise<void> {
  const there = await fs.readdir(folder).catch((error: NodeJS.ErrnoException) => {
    return error.code === 'ENOENT' ? [] : [path.basename(folder)];
  });
  if (there.length > 0) {
    throw new UserError(
      'exists',
      l10n.t('Nothing was written, because {0} is there and not empty.', folder),
      l10n.t('Name another folder with --out, or move this one away.'),
    );
  }
  // Beside its place, so that half of it is never taken for the whole.
  const draft = `${folder}.${process.pid}.new`;
  try {
    for (const file of files) {
      const target = path.join(draft, ...file.path.split('/'));
      await fs.mkdir(path.dirname(target), { recursive: true });
      if ('text' in file) {
        await fs.writeFile(target, file.text);
      } else {
        await fs.copyFile(file.from, target);
      }
      if (file.executable === true) {
        await fs.chmod(target, 0o755);
      }
    }
    await fs.rmdir(folder).catch(() => undefined);
    await fs.rename(draft, folder);
  } catch (error) {
    await fs.rm(draft, { recursive: true, force: true });
    throw new UserError(
      'cannotWrite',
      l10n.t('The folder {0} could not be written: {1}', folder, sentenceOf(error)),
      l10n.t('Nothing of it was left behind. Correct this and try again.'),
    );
  }
}
