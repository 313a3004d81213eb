/** What must be true before anything is published: undefined, or what is wrong and what to do. */
export const checks: Readonly<Record<string, (manifest: object) => Promise<string | undefined>>>;
/** Writes extension, npm package and their sums; the files, the sums last. */
export function writeRelease(folder: string): Promise<string[]>;
