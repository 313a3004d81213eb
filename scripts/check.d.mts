/** Lets a browser look at the packed extension at work on `folder`; the path of the picture it took. */
export function lookAtPanel(options: {
  readonly vsix: string;
  readonly folder: string;
  readonly name: string;
  readonly say?: (line: string) => void;
}): Promise<string>;
