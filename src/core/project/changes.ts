/** Changes to the files of a project that belong together: a host makes them all, as one step that can be undone. */
export type Change =
  /** A new file, or the whole text of one that is there. Absolute paths, everywhere. */
  | { kind: 'write'; file: string; text: string }
  | { kind: 'move'; from: string; to: string }
  | { kind: 'remove'; file: string };
