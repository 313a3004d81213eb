/**
 * Notices when code that a function has loaded changed: by content, so that a save that changes nothing (or touches
 * a file only) keeps warm instances. Directories are watched, since editors replace files. Files are read and hashed
 * off the event loop, in Node's own threads: the frames of the clients do not wait for a large project.
 */
import { webcrypto } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { reportBug } from '../../errors';

export interface SourceWatch {
  /** Files that an instance loaded. `since`: epoch ms of its start; a file saved later may be newer than what it read. */
  add(files: string[], since?: number): void;
  /** What is there cannot be loaded: any change nearby is worth a new try. */
  setBroken(broken: boolean): void;
  dispose(): void;
}

export interface SourceListener {
  /** A file was loaded and is being read, or was written; what it is, and whether it changed, is not known yet. */
  onTouched(): void;
  onChanged(files: string[]): void;
  /** What was touched has been looked at; `onChanged` came before this if that had changed. */
  onSettled(): void;
}

/** Several events come for one save, and the first may see an empty file. */
const settleMs = 40;
/** What is written again and again is looked at nevertheless. */
const longestSettleMs = 200;
/** Events do not wait longer than this for a loaded file that is written again and again. */
const longestDoubtMs = 1000;
/** Bytes; what is larger is told by its size and time. */
const largestSource = 64 * 1024 * 1024;
/** Files that are read at once. */
const atOnce = 8;
/** Where directories cannot be watched (the system's limit is reached), files are looked at. */
const pollMs = 1000;
const sources = /\.(py|js|cjs|mjs|ts|cts|mts|json|go)$/;

/** What is being done about events of directories. */
type Looking =
  | { is: 'resting' }
  /** Until nothing more comes. `since`: when the first came. */
  | { is: 'settling'; since: number; timer: NodeJS.Timeout }
  | { is: 'looking' }
  /** More came meanwhile. */
  | { is: 'lookingAgain' }
  | { is: 'disposed' };

export function startSourceWatch(folder: string, listener: SourceListener): SourceWatch {
  /** undefined: being read for the first time. */
  const known = new Map<string, string | undefined>();
  /** By directory; with what tells the one that is watched from another that takes its place. */
  const watchers = new Map<string, { watcher: fs.FSWatcher; identity: string | undefined }>();
  /** Not there now (whoever builds or changes branches makes it again), or more than the system watches. */
  const unwatched = new Set<string>();
  const touched = new Set<string>();
  let looking: Looking = { is: 'resting' };
  let polling: NodeJS.Timeout | undefined;
  /** When a loaded file was written of which it is not known whether that changed it. */
  let touchedAt: number | undefined;
  /** Lists of loaded files that are being read. */
  let reading = 0;
  let told: 'touched' | 'settled' = 'settled';
  let health: 'sound' | 'broken' = 'sound';

  /** Asked anew after each wait. */
  const disposed = (): boolean => looking.is === 'disposed';

  const tell = () => {
    const now = touchedAt === undefined && reading === 0 ? 'settled' : 'touched';
    if (now !== told && !disposed()) {
      told = now;
      if (now === 'touched') {
        listener.onTouched();
      } else {
        listener.onSettled();
      }
    }
  };
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
  const look = async () => {
    looking = { is: 'looking' };
    renewWatches();
    const near = [...touched];
    touched.clear();
    const changed = new Set<string>();
    await forEachOf([...known.keys()], async (file) => {
      const { hash: now } = await readSource(file);
      const before = known.get(file);
      // What is not known yet is compared by whoever reads it for the first time.
      if (before !== undefined && now !== before) {
        known.set(file, now);
        changed.add(file);
      }
    });
    if (disposed()) {
      return;
    }
    if (health === 'broken') {
      near.filter((file) => sources.test(file)).forEach((file) => changed.add(file));
    }
    if (changed.size > 0) {
      listener.onChanged([...changed]);
    }
    const again = isAgain(looking);
    looking = { is: 'resting' };
    if (again) {
      lookSoon();
    }
    const doubt = again && [...touched].some((file) => known.has(file));
    if (touchedAt !== undefined && !(doubt && performance.now() - touchedAt < longestDoubtMs)) {
      touchedAt = undefined;
      tell();
    }
  };
  const lookSoon = () => {
    const now = performance.now();
    switch (looking.is) {
      case 'resting':
        break;
      case 'disposed':
        return;
      case 'looking':
      case 'lookingAgain':
        looking = { is: 'lookingAgain' };
        return;
      case 'settling':
        if (now - looking.since > longestSettleMs) {
          return;
        }
        clearTimeout(looking.timer);
    }
    const since = looking.is === 'settling' ? looking.since : now;
    const timer = setTimeout(() => void look().catch(reportBug), settleMs);
    looking = { is: 'settling', since, timer };
  };
  const poll = () => {
    if (looking.is === 'resting') {
      void look().catch(reportBug);
    }
  };
  const watch = (directory: string) => {
    if (watchers.has(directory) || disposed()) {
      return;
    }
    try {
      const identity = identityOf(directory);
      const watcher = fs.watch(directory, { persistent: false }, (_event, name) => {
        if (name !== null) {
          const file = path.join(directory, name);
          touched.add(file);
          if (known.has(file) && touchedAt === undefined) {
            touchedAt = performance.now();
            tell();
          }
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
      polling ??= setInterval(poll, pollMs).unref();
    }
  };
  watch(folder);

  /** Compares with what other instances loaded, and with when this one did: epoch ms. */
  const read = async (files: string[], loadedAt: number) => {
    const suspects: string[] = [];
    await forEachOf(files, async (file) => {
      const { hash: now, savedAt } = await readSource(file);
      const before = known.get(file);
      known.set(file, now);
      // Saved in the same millisecond, it was there when the process came to read it. From another clock (an archive, a
      // network folder, a virtual machine), it would be newer than every start.
      const isNewer = savedAt > loadedAt && savedAt <= Date.now();
      if ((before !== undefined && before !== now) || isNewer) {
        suspects.push(file);
      }
    });
    if (suspects.length > 0 && !disposed()) {
      listener.onChanged(suspects);
    }
  };

  return {
    add(given, since = Date.now()) {
      const files = given.flatMap((file) => withTarget(file));
      for (const file of files) {
        known.set(file, known.get(file));
        watch(path.dirname(file));
        linksOn(file, folder).forEach((link) => watch(path.dirname(link)));
      }
      // Events wait: what is saved after they ran must be compared with what was loaded.
      reading++;
      tell();
      void read(files, since)
        .catch(reportBug)
        .finally(() => {
          reading--;
          tell();
        });
    },
    setBroken(value) {
      health = value ? 'broken' : 'sound';
      touched.clear();
    },
    dispose() {
      if (looking.is === 'settling') {
        clearTimeout(looking.timer);
      }
      looking = { is: 'disposed' };
      clearInterval(polling);
      [...watchers.keys()].forEach(unwatch);
    },
  };
}

/** The state may have changed while it was waited. */
function isAgain(looking: Looking): boolean {
  return looking.is === 'lookingAgain';
}

async function forEachOf(files: string[], act: (file: string) => Promise<void>): Promise<void> {
  const left = files.values();
  const work = async () => {
    for (const file of left) {
      await act(file);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** The file, and the one that a link on its path leads to: whoever saves that one touches another directory. */
function withTarget(file: string): string[] {
  try {
    const target = fs.realpathSync(file);
    return target === file ? [file] : [file, target];
  } catch {
    return [file];
  }
}

/** Links on the path of a file, below the folder of the function: one may be led elsewhere. */
function linksOn(file: string, folder: string): string[] {
  const links: string[] = [];
  for (let at = file; at.startsWith(folder + path.sep); at = path.dirname(at)) {
    if (fs.lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
      links.push(at);
    }
  }
  return links;
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

interface Source {
  hash: string;
  /** Whole epoch ms: of this very content. */
  savedAt: number;
}

async function readSource(file: string, tries = 3): Promise<Source> {
  let handle: fs.promises.FileHandle | undefined;
  try {
    // What a handler names, or puts in the place of its code, may be a pipe or a device: reading it would never end.
    handle = await fs.promises.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    const stat = await handle.stat();
    if (!stat.isFile()) {
      return absent;
    }
    const savedAt = Math.floor(stat.mtimeMs);
    // Files without a size may have an endless content (/proc).
    if (stat.size === 0 || stat.size > largestSource) {
      return { hash: `${stat.size} ${stat.mtimeMs}`, savedAt };
    }
    const digest = await webcrypto.subtle.digest('SHA-1', await handle.readFile());
    const after = await handle.stat();
    // Written while it was read: its time must be that of what was read, or the change is told twice or never.
    const still = after.mtimeMs === stat.mtimeMs && after.size === stat.size;
    return still || tries === 1
      ? { hash: Buffer.from(digest).toString('base64'), savedAt }
      : readSource(file, tries - 1);
  } catch {
    return absent; // Deleted, or just being replaced.
  } finally {
    await handle?.close();
  }
}

const absent: Source = { hash: '', savedAt: 0 };
