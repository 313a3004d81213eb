/** Where a project is that somebody looked for in another folder. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../errors';
import { projectFileName } from './projectFile';

/** How far below a folder it is looked for, and in how many folders at most: a home folder is large. */
const deepest = 3;
const mostFolders = 2000;
const mostShown = 5;
const notSearched = /^(\..*|node_modules|__pycache__|venv|site-packages|dist|out)$/;

/**
 * Says that a folder is no project, and which one was meant. Undefined: it has a scfws.json.
 * `command` is what a person types to do the same with another folder.
 */
export function notAProject(
  folder: string,
  command: (folder: string) => string,
): UserError | undefined {
  const root = path.resolve(folder);
  const say = (message: string) => new UserError('noProject', message, advice(root, command));
  const stat = fs.statSync(root, { throwIfNoEntry: false });
  if (stat === undefined) {
    return say(l10n.t('There is no folder {0}.', root));
  }
  if (!stat.isDirectory()) {
    return say(l10n.t('{0} is not a folder.', root));
  }
  return isProject(root)
    ? undefined
    : say(l10n.t('There is no {0} in {1}.', projectFileName, root));
}

/** Throws what `notAProject` says. */
export function mustBeProject(folder: string, command: (folder: string) => string): void {
  const elsewhere = notAProject(folder, command);
  if (elsewhere !== undefined) {
    throw elsewhere;
  }
}

function advice(root: string, command: (folder: string) => string): string {
  const below = projectsBelow(root).slice(0, mostShown).map(command);
  if (below.length > 1) {
    return `${l10n.t('Folders in it have one:')}\n  ${below.join('\n  ')}`;
  }
  if (below[0] !== undefined) {
    return l10n.t('A folder in it has one: {0}', below[0]);
  }
  const above = projectAbove(root);
  return above === undefined
    ? l10n.t(
        'Create a project with "SCF WebSocket: Create Project…" or `scfws new <folder>`, or import functions that exist with `scfws import <folder>`.',
      )
    : l10n.t('It is part of a project: {0}', command(above));
}

/** The nearest come first; each by a short name where it is below the folder that we run in. */
export function projectsBelow(folder: string): string[] {
  const found: string[] = [];
  let level = [folder];
  let looked = 0;
  for (let depth = 0; depth < deepest && level.length > 0; depth++) {
    const inside = level.flatMap(foldersIn).slice(0, mostFolders - looked);
    looked += inside.length;
    found.push(...inside.filter(isProject).sort());
    level = inside.filter((each) => !isProject(each));
  }
  return found.map(short);
}

/** A person who stands in the folder of a function, or names a file, means the project around it. */
function projectAbove(root: string): string | undefined {
  for (let each = root; each !== path.dirname(each);) {
    each = path.dirname(each);
    if (isProject(each)) {
      return short(each);
    }
  }
  return undefined;
}

function isProject(folder: string): boolean {
  return fs.existsSync(path.join(folder, projectFileName));
}

function foldersIn(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder, { withFileTypes: true })
      .filter((each) => each.isDirectory() && !notSearched.test(each.name))
      .map(({ name }) => path.join(folder, name));
  } catch {
    return []; // Not a folder, or not ours to read.
  }
}

function short(folder: string): string {
  const relative = path.relative(process.cwd(), folder);
  return relative.startsWith('..') ? folder : relative === '' ? '.' : relative;
}
