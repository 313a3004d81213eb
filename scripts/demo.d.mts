/** A small project in `folder`, kept when it is there already. */
export function scaffoldSample(folder: string): void;
/** The session that serves `folder`, or undefined when none runs. */
export function runningSession(
  folder: string,
): { readonly url: string; readonly pushUrl: string; readonly pid: number } | undefined;
