/**
 * `.scfws` in a project: what a project's gateway keeps for itself and its owner. The project may have come from
 * somewhere else, with links and files of its own in the place; none of them is followed or written through.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

/** The folder, made if need be. Rejects when it cannot be made or is something else. */
export async function privateFolder(project: string): Promise<string> {
  const folder = path.join(project, '.scfws');
  await fs.mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
  if (!(await fs.lstat(folder)).isDirectory()) {
    throw new Error(`${folder} is not a folder`);
  }
  return folder;
}

/** Writes a file that only its owner may read, and hands it to `place`; nothing is left of it if that fails. */
export async function writeDraft(
  folder: string,
  text: string,
  place: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = path.join(folder, `${randomUUID()}.tmp`);
  try {
    await fs.writeFile(draft, text, { mode: 0o600, flag: 'wx' });
    await place(draft);
  } finally {
    await fs.rm(draft, { force: true });
  }
}

export function ignoreExisting(error: unknown): void {
  if (!isExisting(error)) {
    throw error;
  }
}

export function isExisting(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}
