/** The processes and folders of a run: nothing of them outlives it, also not Ctrl+C. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { endTree, endWithUs } from '../../../scripts/toolchain.mjs';

const folders = new Set<string>();
process.on('exit', () => folders.forEach(remove));

/** A folder of its own, in the temporary folder. */
export function makeFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-side-'));
  folders.add(folder);
  return folder;
}

export function remove(folder: string): void {
  folders.delete(folder);
  fs.rmSync(folder, { recursive: true, force: true });
}

export interface Program {
  pid: number;
  /** The first line that was waited for. */
  line: string;
  stop(): Promise<void>;
}

/**
 * Starts a program in a group of its own and resolves with the first line that `wanted` accepts.
 * Rejects with what it printed when it ends before, or after 30 s.
 */
export async function launch(
  program: string,
  args: readonly string[],
  wanted: (line: string) => boolean,
  env: Record<string, string> = {},
): Promise<Program> {
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  endWithUs(child);
  const line = await firstLine(child, wanted).catch((error: unknown) => {
    endTree(child);
    throw error;
  });
  return { pid: child.pid as number, line, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    endTree(child, 'SIGTERM');
    await Promise.race([ended, wait(2000, undefined, { ref: false })]);
  }
  // Also what has been left behind of its group.
  endTree(child);
}

function firstLine(child: ChildProcess, wanted: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string): void =>
      reject(new Error(`${child.spawnargs.slice(0, 2).join(' ')} ${why}: ${output.slice(-500)}`));
    const limit = setTimeout(() => fail('was not ready within 30 s'), 30_000);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with ${code}`));
    const streams = [child.stdout, child.stderr] as NodeJS.ReadableStream[];
    const readers = streams.map((input) => readline.createInterface({ input }));
    const ready = (line: string): void => {
      clearTimeout(limit);
      resolve(line);
      // What comes later is thrown away unread: a log must not cost the load its time, and no pipe may fill.
      readers.forEach((reader) => reader.close());
      streams.forEach((stream) => stream.resume());
    };
    for (const reader of readers) {
      reader.on('line', (line) => {
        output += `${line}\n`;
        if (wanted(line)) {
          ready(line);
        }
      });
    }
  });
}
