/** Tells when a project file was saved. Editors write in several steps, so a moment of quiet is waited for. */
import fs from 'node:fs';
import { projectFileName } from '../project/projectFile';
import type { Timer } from '../clock';

const quietMs = 100;

export function watchProject(folder: string, onSaved: () => void): Timer {
  let timer: NodeJS.Timeout | undefined;
  let watcher: fs.FSWatcher | undefined;
  try {
    // The folder, not the file: many editors save by replacing it.
    watcher = fs.watch(folder, (_event, name) => {
      if (name === null || name === projectFileName) {
        clearTimeout(timer);
        timer = setTimeout(onSaved, quietMs);
      }
    });
    watcher.on('error', () => watcher?.close()); // The folder is gone; there is nothing to read again.
  } catch {
    // No watches left on this machine: changes are taken up at the next start.
  }
  return {
    dispose() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
