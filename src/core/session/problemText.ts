/** Problems of project files as lines, and what is said when no project can be served. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Problem } from '../../protocol/project';
import { UserError } from '../errors';
import { pasteable } from '../pasteable';
import { projectFileName } from '../project/projectFile';

/** Why nothing can be served, with every place that is wrong. */
export function noProject(folders: string[], problems: Problem[]): UserError {
  const create = l10n.t(
    'Create a project with "SCF WebSocket: Create Project…" or `scfws new <folder>`, or import functions that exist with `scfws import <folder>`.',
  );
  const missing = folders
    .map((folder) => path.resolve(folder))
    .find((each) => !fs.existsSync(each));
  if (missing !== undefined) {
    return new UserError('noProject', l10n.t('There is no folder {0}.', missing), create);
  }
  const [first] = problems;
  if (first !== undefined && !isReadable(first.file) && fs.existsSync(first.file)) {
    const advice = l10n.t('Make {0} readable and start again.', first.file);
    return new UserError('noProject', first.message, advice);
  }
  if (first === undefined) {
    return new UserError('noProject', l10n.t('There is no project to serve.'), create);
  }
  if (!fs.existsSync(first.file)) {
    const [below] = projectsBelow(path.dirname(first.file));
    const advice =
      below === undefined
        ? create
        : l10n.t('A folder in it has one: {0}', pasteable('scfws', 'serve', below));
    return new UserError('noProject', first.message, advice);
  }
  return new UserError(
    'noProject',
    problems.map(problemLine).join('\n'),
    `\n${l10n.t('Correct {0} and start again.', first.file)}`,
  );
}

function isReadable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Folders in `folder` that are projects; those below the folder that we run in by their short names. */
function projectsBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((each) => each.isDirectory())
    .map(({ name }) => path.join(folder, name))
    .filter((each) => fs.existsSync(path.join(each, projectFileName)))
    .map((each) => {
      const short = path.relative(process.cwd(), each);
      return short.startsWith('..') ? each : short;
    })
    .sort();
}

/** `file:line:column: error: message`, lines and columns from 1. */
export function problemLine({ file, range, severity, message }: Problem): string {
  const place = range === undefined ? file : `${file}:${range.line + 1}:${range.column + 1}`;
  return `${place}: ${severity}: ${message}`;
}
