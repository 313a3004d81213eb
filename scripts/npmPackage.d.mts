/** Packs the command line and its API for npm; the absolute path of the tarball. */
export function packNpm(): Promise<string>;
