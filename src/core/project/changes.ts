import fs from 'node:fs/promises';

/** Changes to the files of a project that belong together: a host makes them all, as one step that can be undone. */
export type Change =
  /** A new file, or the whole text of one that is there. Absolute paths, everywhere. */
  | { kind: 'write'; file: string; text: string }
  | { kind: 'move'; from: string; to: string }
  /** One file: of a folder the editor keeps nothing for an Undo. */
  | { kind: 'remove'; file: string }
  /** A folder that has lost its files, with what interpreters left in it. */
  | { kind: 'clear'; folder: string };

/** What comes again by itself. */
export const leftovers = /^(__pycache__|\.DS_Store)$/;

/** Removes a folder in which nothing else is left; an Undo that moves a file back makes it again. */
export async function clearFolder(folder: string): Promise<void> {
  const names = await fs.readdir(folder);
  if (names.every((name) => leftovers.test(name))) {
    await fs.rm(folder, { recursive: true });
  }
}
