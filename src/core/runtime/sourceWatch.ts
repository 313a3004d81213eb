/**
 * Notices when code that a function has loaded changed: by content, so that a save that changes nothing (or touches
 * a file only) keeps warm instances. Directories are watched, since editors replace files.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export interface SourceWatch {
  /** Files that an instance loaded. `since`: epoch ms of its start; a file saved later may be newer than what it read. */
  add(files: string[], since?: number): void;
  /** What is there cannot be loaded: any change nearby is worth a new try. */
  setBroken(broken: boolean): void;
  dispose(): void;
}

/** Several events come for one save, and the first may see an empty file. */
const settleMs = 40;
/** Where directories cannot be watched (the system's limit is reached), files are looked at. */
const pollMs = 1000;
const sources = /\.(py|js|cjs|mjs|ts|cts|mts|json|go)$/;

export function startSourceWatch(folder: string, onChange: (files: string[]) => void): SourceWatch {
  const known = new Map<string, string>();
  const watchers = new Map<string, fs.FSWatcher>();
  const touched = new Set<string>();
  let settling: NodeJS.Timeout | undefined;
  let polling: NodeJS.Timeout | undefined;
  let broken = false;
  let disposed = false;

  const look = () => {
    settling = undefined;
    const changed: string[] = [];
    for (const [file, before] of known) {
      const now = contentOf(file);
      if (now !== before) {
        known.set(file, now);
        changed.push(file);
      }
    }
    if (broken) {
      changed.push(...[...touched].filter((file) => sources.test(file) && !changed.includes(file)));
    }
    touched.clear();
    if (changed.length > 0) {
      onChange(changed);
    }
  };
  const lookSoon = () => {
    if (!disposed) {
      clearTimeout(settling);
      settling = setTimeout(look, settleMs);
    }
  };
  const watch = (directory: string) => {
    if (watchers.has(directory) || disposed) {
      return;
    }
    try {
      const watcher = fs.watch(directory, { persistent: false }, (_event, name) => {
        if (name !== null) {
          touched.add(path.join(directory, name));
        }
        lookSoon();
      });
      watcher.on('error', () => {
        watchers.delete(directory);
        watcher.close();
        lookSoon();
      });
      watchers.set(directory, watcher);
    } catch {
      polling ??= setInterval(look, pollMs).unref();
    }
  };
  watch(folder);

  return {
    add(files, since) {
      const suspects: string[] = [];
      for (const file of files) {
        known.set(file, contentOf(file));
        watch(path.dirname(file));
        if (since !== undefined && savedAfter(file, since)) {
          suspects.push(file);
        }
      }
      if (suspects.length > 0) {
        onChange(suspects);
      }
    },
    setBroken(value) {
      broken = value;
      touched.clear();
    },
    dispose() {
      disposed = true;
      clearTimeout(settling);
      clearInterval(polling);
      for (const watcher of watchers.values()) {
        watcher.close();
      }
    },
  };
}

function contentOf(file: string): string {
  try {
    return createHash('sha1').update(fs.readFileSync(file)).digest('base64');
  } catch {
    return ''; // Deleted, or just being replaced.
  }
}

function savedAfter(file: string, since: number): boolean {
  try {
    return fs.statSync(file).mtimeMs > since;
  } catch {
    return true;
  }
}
