/** Looks into folders for files that hold handlers. Reads files; never rejects. */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { RuntimeFamily } from '../../protocol/project';
import { handlerNames } from './handlerNames';

export interface HandlerFile {
  /** Name of the file, e.g. `index.py`. */
  file: string;
  family: RuntimeFamily;
  /** Without its extension. */
  stem: string;
  /** Names of functions in it that can be handlers; for programs none. */
  names: string[];
  text: string;
}

const largestFile = 300_000;
const mostFiles = 60;

const families: Record<string, RuntimeFamily> = {
  '.py': 'python',
  '.js': 'node',
  '.cjs': 'node',
  '.mjs': 'node',
  '.ts': 'node',
  '.cts': 'node',
  '.mts': 'node',
};
const usualStems = ['index', 'main', 'app', 'handler'];

/** Files of the folder that can hold a handler, the likeliest first: the usual names, the folder's own, the others. */
export async function handlerFilesIn(folder: string): Promise<HandlerFile[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((each) => each.isFile()).map(({ name }) => name);
  const own = path.basename(folder).toLowerCase();
  const rank = (name: string): number => {
    const stem = path.parse(name).name.toLowerCase();
    const usual = usualStems.indexOf(stem);
    return usual >= 0 ? usual : stem === own ? usualStems.length : usualStems.length + 1;
  };
  const found: HandlerFile[] = [];
  if (names.includes('bootstrap')) {
    found.push({ file: 'bootstrap', family: 'custom', stem: 'bootstrap', names: [], text: '' });
  }
  const go = names.find((name) => name.endsWith('.go') && !name.endsWith('_test.go'));
  if (go !== undefined) {
    const text = await textOf(path.join(folder, names.includes('main.go') ? 'main.go' : go));
    found.push({ file: go, family: 'go', stem: 'main', names: [], text });
  }
  const code = names
    .filter(
      (name) =>
        Object.hasOwn(families, path.extname(name)) &&
        !/\.d\.[cm]?ts$|\.(test|spec)\.\w+$|^(setup|conf\w*|test_\w*)\.\w+$/.test(name),
    )
    .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))
    .slice(0, mostFiles);
  for (const file of code) {
    const { ext, name: stem } = path.parse(file);
    const family = families[ext] as RuntimeFamily;
    const text = await textOf(path.join(folder, file));
    found.push({ file, family, stem, names: handlerNames(text, family), text });
  }
  return found;
}

async function textOf(file: string): Promise<string> {
  const stat = await fs.lstat(file).catch(() => undefined);
  return stat === undefined || stat.size > largestFile
    ? ''
    : fs.readFile(file, 'utf8').catch(() => '');
}

/** What scfws.json calls the handler of a file: `index.main_handler`, or the program itself. */
export function handlerOf(file: HandlerFile, name = file.names[0] ?? 'main_handler'): string {
  return file.family === 'custom' || file.family === 'go' ? file.stem : `${file.stem}.${name}`;
}

/** A runtime that any version satisfies: the files do not say which. */
export const anyRuntime: Record<RuntimeFamily, string> = {
  python: 'Python3',
  node: 'Nodejs',
  custom: 'CustomRuntime',
  go: 'Go1',
};
