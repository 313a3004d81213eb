/** Problems of project files as lines, and what is said when no project can be served. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Problem } from '../../protocol/project';
import { UserError } from '../errors';
import { pasteable } from '../pasteable';
import { notAProject } from '../project/projectSearch';

/** Why nothing can be served, with every place that is wrong. */
export function noProject(folders: string[], problems: Problem[]): UserError {
  const [first] = problems;
  const absent =
    folders.find((each) => !isFolder(each)) ??
    (first && !fs.existsSync(first.file) ? path.dirname(first.file) : undefined);
  const nowhere =
    absent === undefined
      ? undefined
      : notAProject(absent, (folder) => pasteable('scfws', 'serve', folder));
  if (nowhere !== undefined) {
    return nowhere;
  }
  if (first === undefined) {
    const advice = l10n.t('Name the folder of a project: the one with its scfws.json.');
    return new UserError('noProject', l10n.t('There is no project to serve.'), advice);
  }
  if (!isReadable(first.file)) {
    const advice = l10n.t('Make {0} readable and start again.', first.file);
    return new UserError('noProject', first.message, advice);
  }
  return new UserError(
    'noProject',
    problems.map(problemLine).join('\n'),
    `\n${l10n.t('Correct {0} and start again.', first.file)}`,
  );
}

function isFolder(place: string): boolean {
  return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isReadable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** `file:line:column: error: message`, lines and columns from 1. */
export function problemLine({ file, range, severity, message }: Problem): string {
  const place = range === undefined ? file : `${file}:${range.line + 1}:${range.column + 1}`;
  return `${place}: ${severity}: ${message}`;
}
