/**
 * Projects that no file describes: folders side by side named by roles (`Register/index.py`, `src/reg/main.go`,
 * each maybe with a `config.json`), files side by side (`register.py`, `断开.js`), or one file that tells the events
 * apart by their action. Only what the names and the code say together is taken for a project.
 */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { newFinding } from './detected';
import type { DetectedFunction, Finding } from './detected';
import { functionEntry } from './functionEntry';
import { anyRuntime, handlerFilesIn, handlerOf } from '../handlerSearch';
import type { HandlerFile } from '../handlerSearch';
import { noteAt } from './notes';
import { readTextFile } from './readTextFile';
import { guessRole, roleOfWord } from './roleGuess';
import { rolesSpoken } from '../handlerNames';
import { resolvedText, writtenAt } from './written';
import { parseJsonSource } from './yamlText';
import type { TextFile } from './yamlText';

/** Undefined unless something looks like the functions of a WebSocket API. */
export async function findFolderLayout(
  root: string,
  subfolders: readonly string[],
  inner: (folder: string) => Promise<string[]>,
): Promise<Finding | undefined> {
  const parents = ['.', ...subfolders];
  for (const parent of parents) {
    const names = parent === '.' ? subfolders : await inner(parent);
    const found = looksLikeOne(await siblingFolders(root, parent, names));
    if (found !== undefined) {
      return found;
    }
  }
  for (const parent of parents) {
    const files = await handlerFilesIn(path.join(root, parent));
    const found = looksLikeOne(flatFiles(parent, files)) ?? oneForAll(parent, files);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** Two roles at least are named: one alone says too little. */
function looksLikeOne(finding: Finding): Finding | undefined {
  const playing = new Set(finding.functions.map(guessRole).filter((role) => role !== undefined));
  return finding.functions.length >= 2 && playing.size >= 2 ? finding : undefined;
}

async function siblingFolders(
  root: string,
  parent: string,
  names: readonly string[],
): Promise<Finding> {
  const finding = newFinding('folders');
  for (const name of names) {
    const folder = path.posix.join(parent, name);
    const [main] = await handlerFilesIn(path.join(root, folder));
    if (main === undefined) {
      continue;
    }
    finding.sources.push(`${folder}/${main.file}`);
    const config = await readTextFile(root, `${folder}/config.json`);
    const guessed = entryFor(name, folder, main, finding);
    const written = config === undefined ? undefined : readConfig(config, guessed, finding);
    finding.functions.push({
      ...guessed,
      ...Object.fromEntries(
        Object.entries(written ?? {}).filter(([, value]) => value !== undefined),
      ),
    });
  }
  return finding;
}

function flatFiles(parent: string, files: readonly HandlerFile[]): Finding {
  const finding = newFinding('folders');
  for (const file of files) {
    if (roleOfWord(file.stem) !== undefined && file.family !== 'go' && file.family !== 'custom') {
      finding.sources.push(path.posix.join(parent, file.file));
      finding.functions.push(entryFor(file.stem, parent, file, finding));
    }
  }
  return finding;
}

/** A handler that reads `event.websocket` and knows the actions needs no name that tells its roles. */
function oneForAll(parent: string, files: readonly HandlerFile[]): Finding | undefined {
  const main = files.find(
    ({ text, names }) => names.length > 0 && rolesSpoken(text).includes('register'),
  );
  if (main === undefined) {
    return undefined;
  }
  const finding = newFinding('folders');
  finding.sources.push(path.posix.join(parent, main.file));
  const name = parent === '.' ? main.stem : path.posix.basename(parent);
  finding.functions.push(entryFor(name, parent, main, finding));
  return finding;
}

function entryFor(
  name: string,
  folder: string,
  file: HandlerFile,
  finding: Finding,
): DetectedFunction {
  const place = { file: path.posix.join(folder, file.file) };
  const guessed = {
    name,
    folder,
    handler: handlerOf(file),
    runtime: anyRuntime[file.family],
    place,
  };
  const program = file.family === 'go' || file.family === 'custom';
  if (!program && file.names.length === 0) {
    const message = l10n.t(
      '{0} holds no function that takes an event and a context; scfws.json says {1}. Correct "handler" there.',
      file.file,
      guessed.handler,
    );
    finding.notes.push(noteAt(place, 'guessed', message));
  } else if (!program && file.names[0] !== 'main_handler') {
    const message = l10n.t(
      'The handler of {0} is {1}, by what the file holds.',
      name,
      guessed.handler,
    );
    finding.notes.push(noteAt(place, 'guessed', message));
  }
  if (file.family === 'go') {
    const message = l10n.t(
      'The handler of {0} is the program {1}: build it with "go build -o {1}".',
      name,
      'main',
    );
    finding.notes.push(noteAt(place, 'guessed', message));
  }
  return guessed;
}

/** What the vendor's command line keeps beside the code; undefined where it cannot be read. */
function readConfig(
  file: TextFile,
  guessed: DetectedFunction,
  finding: Finding,
): DetectedFunction | undefined {
  const { source, notes } = parseJsonSource(file);
  finding.notes.push(...notes);
  if (source === undefined) {
    return undefined;
  }
  const reading = { source, env: {}, notes: finding.notes };
  const name =
    resolvedText(reading, writtenAt(reading, [], 'FunctionName', 'name'), guessed.name) ??
    guessed.name;
  const entry = functionEntry(reading, name, guessed.folder, [[]]);
  // The code is where the file is, whatever folder it was deployed from.
  return entry === undefined
    ? undefined
    : { ...entry, folder: guessed.folder, place: { file: file.file } };
}
