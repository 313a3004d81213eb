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
  /** A file that was loaded has just been written; whether it changed is not known yet. */
  readonly unsettled: boolean;
  dispose(): void;
}

/** Several events come for one save, and the first may see an empty file. */
const settleMs = 40;
/** What is written again and again is looked at nevertheless. */
const longestSettleMs = 200;
/** Bytes; what is larger is told by its size and time. */
const largestSource = 64 * 1024 * 1024;
/** Where directories cannot be watched (the system's limit is reached), files are looked at. */
const pollMs = 1000;
const sources = /\.(py|js|cjs|mjs|ts|cts|mts|json|go)$/;

/** @param onSettled called whenever `unsettled` has become false, after `onChange` if that is called */
export function startSourceWatch(
  folder: string,
  onChange: (files: string[]) => void,
  onSettled: () => void,
): SourceWatch {
  const known = new Map<string, string>();
  /** By directory; with what tells the one that is watched from another that takes its place. */
  const watchers = new Map<string, { watcher: fs.FSWatcher; identity: string | undefined }>();
  /** Not there now (whoever builds or changes branches makes it again), or more than the system watches. */
  const unwatched = new Set<string>();
  const touched = new Set<string>();
  let settling: NodeJS.Timeout | undefined;
  let settlingSince = 0;
  let polling: NodeJS.Timeout | undefined;
  let unsettled = false;
  let broken = false;
  let disposed = false;

  const unwatch = (directory: string) => {
    watchers.get(directory)?.watcher.close();
    watchers.delete(directory);
  };
  /** A watch ends with its directory, silently. */
  const renewWatches = () => {
    for (const [directory, { identity }] of watchers) {
      if (identityOf(directory) !== identity) {
        unwatch(directory);
        watch(directory);
      }
    }
    [...unwatched].forEach(watch);
    if (unwatched.size === 0) {
      clearInterval(polling);
      polling = undefined;
    }
  };
  const look = () => {
    settling = undefined;
    renewWatches();
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
    if (unsettled) {
      unsettled = false;
      onSettled();
    }
  };
  const lookSoon = () => {
    if (disposed) {
      return;
    }
    if (settling === undefined) {
      settlingSince = performance.now();
    } else if (performance.now() - settlingSince > longestSettleMs) {
      return;
    }
    clearTimeout(settling);
    settling = setTimeout(look, settleMs);
  };
  const watch = (directory: string) => {
    if (watchers.has(directory) || disposed) {
      return;
    }
    try {
      const identity = identityOf(directory);
      const watcher = fs.watch(directory, { persistent: false }, (_event, name) => {
        if (name !== null) {
          const file = path.join(directory, name);
          touched.add(file);
          unsettled ||= known.has(file);
        }
        lookSoon();
      });
      watcher.on('error', () => {
        unwatch(directory);
        watch(directory);
        lookSoon();
      });
      watchers.set(directory, { watcher, identity });
      unwatched.delete(directory);
    } catch {
      unwatched.add(directory);
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
    get unsettled() {
      return unsettled;
    },
    setBroken(value) {
      broken = value;
      touched.clear();
    },
    dispose() {
      disposed = true;
      clearTimeout(settling);
      clearInterval(polling);
      [...watchers.keys()].forEach(unwatch);
    },
  };
}

/** undefined when there is none. A number alone is soon given to the next one. */
function identityOf(directory: string): string | undefined {
  try {
    const { ino, birthtimeMs } = fs.statSync(directory);
    return `${ino} ${birthtimeMs}`;
  } catch {
    return undefined;
  }
}

function contentOf(file: string): string {
  let descriptor: number | undefined;
  try {
    // What a handler names, or puts in the place of its code, may be a pipe or a device: reading it would never end.
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile()) {
      return '';
    }
    // Files without a size may have an endless content (/proc).
    return stat.size === 0 || stat.size > largestSource
      ? `${stat.size} ${stat.mtimeMs}`
      : createHash('sha1').update(fs.readFileSync(descriptor)).digest('base64');
  } catch {
    return ''; // Deleted, or just being replaced.
  } finally {
    if (descriptor !== undefined) {
      fs.closeSync(descriptor);
    }
  }
}

function savedAfter(file: string, since: number): boolean {
  try {
    // `since` is in whole milliseconds: what was saved in the same one was there when the process came to read it.
    const saved = Math.floor(fs.statSync(file).mtimeMs);
    // From another clock (an archive, a network folder, a virtual machine): it would be newer than every start.
    return saved > since && saved <= Date.now();
  } catch {
    return true;
  }
}
