/** Tells handlers for how long the session's clock stood still, through a file that they read when they ask. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock';

export interface ClockFile {
  readonly path: string;
  dispose(): void;
}

/** `<ms frozen so far> <epoch ms since when it is frozen now, or 0>`; there is no file before the first freeze. */
export function startClockFile(clock: Clock): ClockFile {
  const file = path.join(os.tmpdir(), `scfws-clock-${process.pid}-${randomUUID()}`);
  let written = false;
  const listening = clock.onChange(() => {
    const since = clock.frozen ? Date.now() : 0;
    try {
      fs.writeFileSync(file, `${Math.round(clock.frozenMs())} ${since}`);
      written = true;
    } catch {
      // A full disk makes getRemainingTimeInMillis wrong at a breakpoint; nothing else depends on it.
    }
  });
  return {
    path: file,
    dispose() {
      listening.dispose();
      if (written) {
        fs.rmSync(file, { force: true });
      }
    },
  };
}
