/**
 * Starts and ends handler processes, always with everything that they started. The only file that knows how
 * process trees are killed.
 *
 * POSIX: each handler leads a process group of its own, so `kill(-pid)` reaches its forks, also those that outlive
 * it. Windows: `taskkill /T`. Should this process itself be killed without a chance to clean up, the guardian
 * (bootstrap/guardian.cjs, one for each session process, in a process group of its own) notices the end of its
 * stdin and kills the groups that are left: this also reaches handlers in an endless loop and programs that
 * know nothing of us (Go, custom runtimes), which no watchdog inside the handler could. Programs that a handler moved
 * to a group of their own (daemons) are found by a mark in their environment, made for this one start (where there is
 * a /proc).
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';

const windows = process.platform === 'win32';

export interface TreeOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdio: StdioOptions;
  bootstrapFolder: string;
}

/**
 * Spawns without a shell, as the leader of a process group. A program that cannot start emits `error`; where not even
 * that is possible (a folder that is a file, an environment that is too large, no free descriptors) it throws.
 */
export function spawnTree(command: string, args: string[], options: TreeOptions): ChildProcess {
  const { cwd, env, stdio, bootstrapFolder } = options;
  const mark = randomUUID();
  const child = spawn(command, args, {
    cwd,
    env: { ...env, SCFWS_PROCESS: mark },
    stdio,
    detached: !windows,
    windowsHide: true,
  });
  if ((child.stdio as unknown) === undefined) {
    child.once('error', () => undefined); // The same once more, and nobody would listen.
    const error = new Error('too many open files') as NodeJS.ErrnoException;
    error.code = 'EMFILE';
    throw error;
  }
  if (child.pid !== undefined) {
    guard(child.pid, mark, bootstrapFolder);
  }
  return child;
}

/** Kills the process and what it started. Safe to call for one that is gone. */
export function killTree(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  if (windows) {
    spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], {
      stdio: 'ignore',
      windowsHide: true,
    }).on('error', () => child.kill());
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing is left of the group.
  }
}

/** To be called once the tree is dead, so that a later process with the same number is left alone. */
export function forgetTree(child: ChildProcess): void {
  if (child.pid !== undefined && guarded.delete(child.pid)) {
    tellGuardian(`-${child.pid}\n`);
  }
}

/** Leaders of groups, and the mark in the environment of all that they start. */
const guarded = new Map<number, string>();
let guardian: ChildProcess | undefined;
let guardianDue: NodeJS.Timeout | undefined;
/** A guardian that died is replaced after so many milliseconds. */
const guardianPause = 1000;

function guard(pid: number, mark: string, bootstrapFolder: string): void {
  guarded.set(pid, mark);
  if (guardian !== undefined) {
    tellGuardian(`+${pid} ${mark}\n`);
  } else {
    startGuardian(bootstrapFolder);
  }
}

function startGuardian(bootstrapFolder: string): void {
  clearTimeout(guardianDue);
  guardianDue = undefined;
  if (guarded.size === 0) {
    return;
  }
  // This process is a Node.js already (or an Electron that plays one), so the same program can be the guardian.
  const started = spawn(process.execPath, [path.join(bootstrapFolder, 'guardian.cjs')], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' },
    detached: true,
    windowsHide: true,
  });
  guardian = started;
  if (started.pid !== undefined) {
    leaveProcessorTo(started.pid);
  }
  const gone = () => {
    if (guardian === started) {
      guardian = undefined;
      if (guarded.size > 0 && guardianDue === undefined) {
        guardianDue = setTimeout(() => startGuardian(bootstrapFolder), guardianPause);
        guardianDue.unref();
      }
    }
  };
  started.once('error', gone);
  started.once('exit', gone);
  started.stdin?.on('error', gone);
  started.unref();
  // Its pipe must not keep this process alive either.
  (started.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  tellGuardian([...guarded].map(([pid, mark]) => `+${pid} ${mark}\n`).join(''));
}

/** The handler that starts at the same moment is waited for; the guardian is not. */
function leaveProcessorTo(guardianPid: number): void {
  try {
    os.setPriority(guardianPid, os.constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Then both start a little slower.
  }
}

function tellGuardian(line: string): void {
  guardian?.stdin?.write(line);
}
