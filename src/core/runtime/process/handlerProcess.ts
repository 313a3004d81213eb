/** A handler's process: spawned as a tree of its own, and seen off with everything that it started. */
import type { ChildProcess } from 'node:child_process';
import type { Launch } from '../launch/launch';
import { forgetTree, killTree, spawnTree } from './processTree';

/** How long what a dead process wrote is waited for, milliseconds. */
const drainMs = 1000;

export interface ProcessEnd {
  code: number | null;
  signal: string | null;
  /** What it wrote last may not have been read. */
  unread: boolean;
  /** Why it could not be started. */
  error?: Error;
}

export class HandlerProcess {
  readonly child: ChildProcess;
  /** Once it is gone and what it wrote was read; never rejects. */
  readonly end: Promise<ProcessEnd>;
  private dead = false;

  /** Throws where not even an attempt to start is possible. */
  constructor({ command, args, cwd, env, stdio }: Launch, bootstrapFolder: string) {
    this.child = spawnTree(command, args, { cwd, env, stdio, bootstrapFolder });
    this.end = new Promise((resolve) => this.followEnd(resolve));
  }

  /** At once, with its forks. */
  kill(): void {
    if (!this.dead) {
      killTree(this.child); // Else its number may be another process's by now.
    }
  }

  private followEnd(resolve: (end: ProcessEnd) => void): void {
    const { child } = this;
    let code: number | null = null;
    let signal: string | null = null;
    child.once('error', (error) => {
      if (child.pid === undefined) {
        resolve({ code, signal, unread: false, error });
      }
    });
    child.once('exit', (exitCode, exitSignal) => {
      this.dead = true;
      code = exitCode;
      signal = exitSignal;
      killTree(child); // Its forks must not outlive it, nor keep its pipes open.
      forgetTree(child);
      setTimeout(() => resolve({ code, signal, unread: true }), drainMs).unref();
    });
    child.once('close', () => resolve({ code, signal, unread: false }));
  }
}
