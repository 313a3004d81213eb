/** A folder that a person named. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import { pasteable } from '../core/pasteable';

/** Its absolute path. Throws a `UserError` where there is none; `command` is what the person typed before it. */
export function existingFolder(folder: string, command: string): string {
  const root = path.resolve(folder);
  const stat = fs.statSync(root, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new UserError('noFolder', l10n.t('There is no folder {0}.', root));
  }
  if (!stat.isDirectory()) {
    throw new UserError(
      'noFolder',
      l10n.t('{0} is not a folder.', root),
      l10n.t(
        'Name the folder that holds it: {0}',
        pasteable('scfws', command, path.dirname(folder)),
      ),
    );
  }
  return root;
}
