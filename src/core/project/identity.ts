/** The service id and the secret part of the push address: made once for a project, kept in its `.scfws` folder. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { ignoreExisting, isExisting, privateFolder, writeDraft } from './privateFolder';

export interface Identity {
  /** `service-` and 8 lower-case letters or digits. */
  serviceId: string;
  /** `api-` and 8 lower-case letters or digits, from a secure random source. */
  pushKey: string;
}

/** A lock this old, milliseconds, is nobody's any more. */
const abandonedMs = 5000;

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

function randomName(): string {
  return Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

export function newIdentity(): Identity {
  return { serviceId: `service-${randomName()}`, pushKey: newPushKey() };
}

/** `api-` and eight lower-case letters or digits (documented form), drawn evenly. */
export function newPushKey(): string {
  return `api-${randomName()}`;
}

export function parseIdentity(value: unknown): Identity | undefined {
  const { serviceId, pushKey } = (value ?? {}) as Partial<Record<keyof Identity, unknown>>;
  return typeof serviceId === 'string' &&
    typeof pushKey === 'string' &&
    /^service-[a-z0-9]{8}$/.test(serviceId) &&
    /^api-[a-z0-9]{8}$/.test(pushKey)
    ? { serviceId, pushKey }
    : undefined;
}

/**
 * Reads the project's identity, or makes and keeps one. Two processes that start at once agree on one.
 * Rejects when it cannot be kept, e.g. in a read-only folder.
 */
export async function loadIdentity(folder: string): Promise<Identity> {
  const directory = await privateFolder(folder);
  const file = path.join(directory, 'identity.json');
  const kept = await readIdentity(file);
  if (kept !== undefined) {
    return kept;
  }
  const made = newIdentity();
  await writeDraft(directory, `${JSON.stringify(made, null, 2)}\n`, async (draft) => {
    // Unlike a rename, a link does not replace what another process just put there.
    for (let tries = 0; tries < 100 && !(await linked(draft, file)); tries++) {
      if ((await readIdentity(file)) !== undefined) {
        return;
      }
      await takeAway(file, directory);
    }
  });
  await fs
    .writeFile(path.join(directory, '.gitignore'), '*\n', { flag: 'wx' })
    .catch(ignoreExisting);
  return (await readIdentity(file)) ?? made;
}

/** False: there is a file of that name. */
async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await fs.link(draft, file);
  } catch (error) {
    if (isExisting(error)) {
      return false;
    }
    await fs.rename(draft, file); // A file system without hard links.
  }
  return true;
}

/** Removes a file that is no identity, if nobody else does: two who remove could remove what one has put there. */
async function takeAway(file: string, directory: string): Promise<void> {
  const lock = path.join(directory, 'identity.lock');
  try {
    await fs.mkdir(lock);
  } catch {
    await setTimeout(10);
    const age = Date.now() - ((await fs.stat(lock).catch(() => undefined))?.mtimeMs ?? Infinity);
    if (age > abandonedMs) {
      await fs.rmdir(lock).catch(() => undefined); // Of a process that died meanwhile.
    }
    return;
  }
  if ((await readIdentity(file)) === undefined) {
    await fs.rm(file, { recursive: true, force: true });
  }
  await fs.rmdir(lock);
}

async function readIdentity(file: string): Promise<Identity | undefined> {
  try {
    const stat = await fs.lstat(file);
    // A key that others can read may be known to others: it came with the project, or was copied loosely.
    const loose = process.platform !== 'win32' && (stat.mode & 0o077) !== 0;
    if (!stat.isFile() || stat.size > 10_000 || loose) {
      return undefined;
    }
    return parseIdentity(JSON.parse(await fs.readFile(file, 'utf8')));
  } catch {
    return undefined; // Absent or broken: a new one takes its place.
  }
}
