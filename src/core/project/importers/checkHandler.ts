/** Whether the file that holds a function's handler is there, and where its handler is when it is not. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { handlerFiles, moduleOf } from '../handlerFile';
import { rolesSpoken } from '../handlerNames';
import { parseRuntime } from '../projectFile';
import type { DetectedFunction } from './detected';
import { handlerFilesIn, handlerOf } from '../handlerSearch';
import type { HandlerFile } from '../handlerSearch';
import { noteAt } from './notes';
import type { Note } from './notes';

const asNobodySaid = 'index.main_handler';

/** The function with a handler that is there, as far as exactly one file can be meant; anything else is noted. */
export async function checkHandler(
  detected: DetectedFunction,
  root: string,
  notes: Note[],
): Promise<DetectedFunction> {
  const folder = path.join(root, detected.folder);
  const place = detected.place ?? { file: detected.folder };
  if (!fs.existsSync(folder)) {
    const message = l10n.t(
      '{0}: there is no folder {1}. Put its code there.',
      detected.name,
      detected.folder,
    );
    notes.push(noteAt(place, 'unknown', message));
    return detected;
  }
  const files = await handlerFilesIn(folder);
  const family =
    detected.runtime === undefined ? undefined : parseRuntime(detected.runtime)?.family;
  const handler =
    detected.handler ??
    (family === 'custom' ? 'bootstrap' : family === 'go' ? 'main' : asNobodySaid);
  const there = (['python', 'node', 'custom', 'go'] as const)
    .filter((each) => family === undefined || each === family)
    .flatMap((each) => handlerFiles({ folder, handler, family: each }))
    .find((file) => fs.existsSync(file) && fs.statSync(file).isFile());
  if (there !== undefined) {
    const text = files.find(({ file }) => file === path.basename(there))?.text ?? '';
    return { ...detected, speaks: rolesSpoken(text) };
  }
  if (family === 'go') {
    return detected; // Built first; the folder layout says how, and so does the start.
  }
  const wanted = handler.slice(handler.lastIndexOf('.') + 1);
  const able = files.filter(
    (each) =>
      each.family === (family ?? each.family) &&
      (each.family === 'custom' || each.names.includes(wanted)),
  );
  const [only, ...others] = able;
  const missing = `${moduleOf(handler)}${family === 'node' ? '.js' : family === 'custom' ? '' : '.py'}`;
  if (only === undefined || others.length > 0) {
    notes.push(
      noteAt(
        place,
        'unknown',
        whatIsThere(detected, missing, wanted, only === undefined ? files : able),
      ),
    );
    return detected;
  }
  const found = handlerOf(only, wanted);
  notes.push(
    noteAt(
      place,
      'changed',
      l10n.t(
        'The handler of {0} is {1}, but there is no {2} in {3}; {4} there has it, so scfws.json says {5}.',
        detected.name,
        handler,
        missing,
        named(detected.folder),
        only.file,
        found,
      ),
    ),
  );
  return { ...detected, handler: found, speaks: rolesSpoken(only.text) };
}

function whatIsThere(
  { name, folder }: DetectedFunction,
  missing: string,
  wanted: string,
  files: readonly HandlerFile[],
): string {
  const choices = files.flatMap((each) =>
    each.names.length > 0
      ? [handlerOf(each, each.names.includes(wanted) ? wanted : undefined)]
      : [],
  );
  return choices.length === 0
    ? l10n.t(
        '{0}: there is no {1} in {2}, nor another file with a handler. Put its code there.',
        name,
        missing,
        named(folder),
      )
    : l10n.t(
        '{0}: there is no {1} in {2}. Say "handler" in scfws.json; what can be meant: {3}.',
        name,
        missing,
        named(folder),
        choices.join(', '),
      );
}

/** In a sentence, a dot alone would be its end. */
function named(folder: string): string {
  return folder === '.' ? l10n.t('the project folder') : folder;
}
