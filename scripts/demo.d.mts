/** A small project in `folder`, kept when it is there already. */
export function scaffoldSample(folder: string): void;
