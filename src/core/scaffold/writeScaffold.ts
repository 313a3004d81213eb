/** Puts a plan on disk: all of it or nothing, and never over anything that is there. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../errors';
import type { ScaffoldPlan } from './planScaffold';

/** Files of the plan that exist already (or cannot be made because a file stands where a folder must be). */
export async function findClashes(
  plan: Pick<ScaffoldPlan, 'files'>,
  folder: string,
): Promise<string[]> {
  const clashes = new Set<string>();
  for (const file of plan.files) {
    const segments = file.path.split('/');
    for (let length = 1; length <= segments.length; length++) {
      const relative = segments.slice(0, length).join('/');
      const stat = await fs.lstat(path.join(folder, relative)).catch(() => undefined);
      // A link to a folder would have us write somewhere else.
      if (stat !== undefined && (length === segments.length || !stat.isDirectory())) {
        clashes.add(relative);
      }
    }
  }
  return [...clashes];
}

/**
 * Writes the plan into the folder, which is made when it does not exist. Rejects with a `UserError` `fileExists`
 * before anything is written when something is in the way, and with `cannotWrite` when writing fails: then whatever
 * had been written is gone again.
 */
export async function writeScaffold(
  plan: Pick<ScaffoldPlan, 'files'>,
  folder: string,
): Promise<void> {
  const clashes = await findClashes(plan, folder);
  if (clashes.length > 0) {
    throw new UserError(
      'fileExists',
      l10n.t('{0} already has: {1}. Nothing was written.', folder, clashes.join(', ')),
      l10n.t('Choose another folder or other names, or move these away.'),
    );
  }
  const made: { path: string; kind: 'file' | 'folder' }[] = [];
  try {
    await makeFolder(folder, made);
    for (const file of plan.files) {
      const target = path.join(folder, ...file.path.split('/'));
      await makeFolder(path.dirname(target), made);
      // Noted first, since a full disk leaves half a file; `wx` never touches what appeared meanwhile.
      const handle = await fs.open(target, 'wx');
      made.push({ path: target, kind: 'file' });
      try {
        await handle.writeFile(file.text);
      } finally {
        await handle.close();
      }
    }
  } catch (error) {
    for (const { path: each, kind } of made.reverse()) {
      // A folder that somebody else has put something into stays.
      await (kind === 'file' ? fs.rm(each, { force: true }) : fs.rmdir(each)).catch(
        () => undefined,
      );
    }
    throw new UserError(
      'cannotWrite',
      l10n.t('The project could not be written to {0}: {1}', folder, sentenceOf(error)),
      l10n.t('Nothing of it was left behind. Correct this and try again.'),
    );
  }
}

async function makeFolder(
  folder: string,
  made: { path: string; kind: 'file' | 'folder' }[],
): Promise<void> {
  const missing: string[] = [];
  let current = path.resolve(folder);
  while ((await fs.stat(current).catch(() => undefined)) === undefined) {
    missing.push(current);
    const parent = path.dirname(current);
    if (parent === current) {
      break;
    }
    current = parent;
  }
  for (const each of missing.reverse()) {
    await fs.mkdir(each);
    made.push({ path: each, kind: 'folder' });
  }
}
