/** Packs the command line and its API for npm; the absolute path of the tarball. */
export function packNpm(): Promise<string>;
export const besides: string[];
export function packBeside(name: string): Promise<string>;
