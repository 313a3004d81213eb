/** Looks for a module among the files of a project, before a stranger's package is named. */
import fs from 'node:fs';
import path from 'node:path';

/** Folders that hold other people's code, or none. */
const skipped = /^(\..*|node_modules|__pycache__|venv|env|site-packages|dist-packages)$/;
const mostEntries = 5000;
const deepest = 8;

const extensions = {
  python: ['.py'],
  node: ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts', '.json'],
} as const;

/**
 * Absolute path of the file (or the package's folder) that a module with this path is, e.g. `dao` or `lib/dao`; the
 * nearest to `folder` first, then anywhere in the project.
 */
export function findModule(
  module: string,
  family: 'python' | 'node',
  folder: string,
  project: string,
): string | undefined {
  const parts = module.split('/');
  let entries = 0;
  const searched = new Set<string>();
  const search = (root: string): string | undefined => {
    let level = [root];
    for (let depth = 0; depth <= deepest && level.length > 0; depth++) {
      const next: string[] = [];
      for (const directory of level) {
        if (searched.has(directory)) {
          continue;
        }
        searched.add(directory);
        const found = moduleAt(path.join(directory, ...parts), family);
        if (found !== undefined) {
          return found;
        }
        for (const entry of entriesOf(directory)) {
          if (++entries > mostEntries) {
            return undefined;
          }
          if (entry.isDirectory() && !skipped.test(entry.name)) {
            next.push(path.join(directory, entry.name));
          }
        }
      }
      level = next;
    }
    return undefined;
  };
  return search(folder) ?? search(project);
}

/** The file of a module at a path without its extension; a folder counts when it holds code of the language. */
export function moduleAt(base: string, family: 'python' | 'node'): string | undefined {
  const files: readonly string[] = extensions[family];
  const file = files.map((extension) => base + extension).find(isFile);
  if (file !== undefined || family === 'node') {
    return file ?? files.map((extension) => path.join(base, 'index' + extension)).find(isFile);
  }
  const inside = entriesOf(base);
  return inside.some((entry) => entry.isFile() && entry.name.endsWith('.py')) ? base : undefined;
}

/** A file of this folder whose name differs by letter case, or by `-` for `_`, alone. */
export function likeNamed(
  name: string,
  folder: string,
  family: 'python' | 'node',
): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', '_');
  const wanted = ['', ...extensions[family]].map((extension) => plain(name) + extension);
  const found = entriesOf(folder).find(
    (entry) => entry.isFile() && entry.name !== name && wanted.includes(plain(entry.name)),
  );
  return found && path.join(folder, found.name);
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // Not a folder, or not readable.
  }
}
