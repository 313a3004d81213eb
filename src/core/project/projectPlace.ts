/** Where scfws.json says something of a function: the place of what is wrong there, not in the code. */
import fs from 'node:fs';
import path from 'node:path';
import { findNodeAtLocation, getNodeValue, parseTree } from 'jsonc-parser';
import type { SourcePlace } from '../../protocol/fact';
import { roles } from '../../protocol/project';
import type { FunctionSpec } from '../../protocol/project';
import { moduleOf } from './handlerFile';
import { projectFileName } from './projectFile';

export interface ProjectPlace extends SourcePlace {
  /** Of the function's entry, e.g. `functions`, `transfer`. */
  path: string[];
}

/** The first of these keys that the function's entry has, else the entry; undefined when the file has none. */
export function placeInProject(
  projectFolder: string,
  spec: Pick<FunctionSpec, 'name' | 'folder'>,
  keys: readonly string[],
): ProjectPlace | undefined {
  const file = path.join(projectFolder, projectFileName);
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const root = parseTree(text);
  for (const role of root === undefined ? [] : roles) {
    const entry = findNodeAtLocation(root!, ['functions', role]);
    const written: unknown = entry && getNodeValue(entry);
    if (entry === undefined || typeof written !== 'object' || written === null) {
      continue;
    }
    const { name, folder } = written as { name?: unknown; folder?: unknown };
    const isIt =
      name === undefined
        ? typeof folder === 'string' && path.resolve(projectFolder, folder) === spec.folder
        : name === spec.name;
    if (isIt) {
      const node = keys
        .map((key) => findNodeAtLocation(entry, [key]))
        .find((each) => each !== undefined);
      const before = text.slice(0, (node ?? entry).offset).split('\n');
      const column = (before.at(-1) ?? '').length + 1;
      return { file, line: before.length, column, path: ['functions', role] };
    }
  }
  return undefined;
}

/** What `handler` may have meant: other functions of the file that it names, or another file with its function. */
export function likelyHandlers(
  spec: Pick<FunctionSpec, 'folder' | 'handler' | 'family'>,
  failure: { kind: string; message: string },
): string[] {
  const stem = moduleOf(spec.handler);
  if (failure.kind === 'missingEntry') {
    const names = failure.message.split(', ').filter((name) => name !== '');
    return names.map((name) => `${stem}.${name}`);
  }
  const entry = spec.handler.slice(stem.length + 1);
  const code = spec.family === 'python' ? /\.py$/ : /\.[cm]?[jt]s$/;
  return namesIn(spec.folder)
    .filter((name) => code.test(name) && hasWord(path.join(spec.folder, name), entry))
    .map((name) => `${name.replace(code, '')}.${entry}`);
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function hasWord(file: string, word: string): boolean {
  try {
    return fs
      .readFileSync(file, 'utf8')
      .split(/[^\w$]+/)
      .includes(word);
  } catch {
    return false;
  }
}
