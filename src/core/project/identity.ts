/** The service id and the secret part of the push address: made once for a project, kept in its `.scfws` folder. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { randomInt, randomUUID } from 'node:crypto';

export interface Identity {
  /** `service-` and 8 lower-case letters or digits. */
  serviceId: string;
  /** `api-` and 8 lower-case letters or digits, from a secure random source. */
  pushKey: string;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

function randomName(): string {
  return Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

export function newIdentity(): Identity {
  return { serviceId: `service-${randomName()}`, pushKey: `api-${randomName()}` };
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
  const directory = path.join(folder, '.scfws');
  await fs.mkdir(directory, { mode: 0o700 }).catch(ignoreExisting);
  const stat = await fs.lstat(directory);
  if (!stat.isDirectory()) {
    // A link would let a project that came from elsewhere have us write where it likes.
    throw new Error(`${directory} is not a folder`);
  }
  const file = path.join(directory, 'identity.json');
  const kept = await readIdentity(file);
  if (kept !== undefined) {
    return kept;
  }
  const made = newIdentity();
  const draft = path.join(directory, `identity-${randomUUID()}.tmp`);
  await fs.writeFile(draft, JSON.stringify(made, null, 2) + '\n', { mode: 0o600, flag: 'wx' });
  try {
    await fs.rm(file, { force: true });
    await fs.link(draft, file);
  } catch (error) {
    if (!isExisting(error)) {
      await fs.rename(draft, file); // A file system without hard links.
      return made;
    }
  } finally {
    await fs.rm(draft, { force: true });
  }
  await fs
    .writeFile(path.join(directory, '.gitignore'), '*\n', { flag: 'wx' })
    .catch(ignoreExisting);
  return (await readIdentity(file)) ?? made;
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

function isExisting(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

function ignoreExisting(error: unknown): void {
  if (!isExisting(error)) {
    throw error;
  }
}
