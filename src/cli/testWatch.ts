/** Notices that a flow or a handler was saved. */
import fs from 'node:fs';

/** Several events come for one save, milliseconds. */
const settleMs = 80;
const ignored =
  /(^|[/\\])(node_modules|\.git|\.scfws|dist|__pycache__|coverage)([/\\]|$)|\.pyc$|~$/;
const sources = /\.(ya?ml|py|js|cjs|mjs|ts|cts|mts|json|go|sh)$/;

export function watchForChanges(folders: string[]): { changed: Promise<void>; dispose(): void } {
  let settling: NodeJS.Timeout | undefined;
  const watchers: fs.FSWatcher[] = [];
  const changed = new Promise<void>((resolve) => {
    for (const folder of folders) {
      const watcher = fs.watch(folder, { recursive: true }, (_event, name) => {
        if (name !== null && sources.test(name) && !ignored.test(name)) {
          clearTimeout(settling);
          settling = setTimeout(resolve, settleMs);
        }
      });
      watcher.on('error', () => undefined); // The folder went away; what is there is run again by hand.
      watchers.push(watcher);
    }
  });
  return {
    changed,
    dispose() {
      clearTimeout(settling);
      watchers.forEach((watcher) => watcher.close());
    },
  };
}
