/** Writes what a command was asked to leave in a file, and makes the folders that lead there. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';

/** Throws a `UserError` where it cannot be written. */
export function writeText(file: string, text: string): void {
  try {
    fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    fs.writeFileSync(file, text);
  } catch (error) {
    throw new UserError(
      'cannotWrite',
      l10n.t('{0} cannot be written: {1}', file, (error as Error).message),
      l10n.t('Name another file, or make room.'),
    );
  }
}
