/** Packs the extension; the absolute path of the .vsix. */
export function packExtension(): Promise<string>;
