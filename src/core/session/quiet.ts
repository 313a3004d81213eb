/**
 * Knows when nothing more can come: no handshake is open, no event waits or runs, no handler has work left, no push is
 * unanswered, no frame is on a detour. Whoever waits for that is told at once; nobody looks at a watch.
 *
 * What it does not count: threads that a handler left behind (`untilOver` does), processes, and pushes from outside.
 */
import type { Gateway } from '../gateway/gateway';
import type { FunctionRuntime, Run } from '../runtime/contract';
import type { Dispatcher } from '../runtime/dispatch/dispatcher';

/** What is under way; everything 0 when it is quiet. */
export interface UnderWay {
  handshakes: number;
  frames: number;
  pushes: number;
  /** Events wait or run, a process has work left or starts. */
  functionsWork: boolean;
  /** Ids of those whose processes run an event, have work left, or start. */
  functions: string[];
}

/** Turns of the event loop in which what has arrived already is read: an accepted socket, then its bytes. */
const turns = 3;

export class Quiet {
  private waiters: (() => void)[] = [];
  private looking = false;

  constructor(
    private readonly gateway: () => Gateway,
    private readonly dispatcher: Dispatcher<Run>,
    private readonly runtimes: () => FunctionRuntime[],
    /** Number of the last fact. */
    private readonly last: () => number,
  ) {
    dispatcher.onQuiet(this.noticed);
  }

  /** Something may have ended. */
  readonly noticed = (): void => {
    if (this.waiters.length > 0 && !this.looking) {
      this.looking = true;
      void this.look();
    }
  };

  /** Resolves when nothing more can come. */
  until(): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push(resolve);
      this.noticed();
    });
  }

  /** Resolves when it is quiet and threads that handlers left behind, where their language tells, have ended, too. */
  async untilOver(): Promise<void> {
    await this.until();
    await Promise.all(this.runtimes().map((runtime) => runtime.rested()));
    await this.until(); // What they pushed last.
  }

  underWay(): UnderWay {
    const functions = this.runtimes()
      .filter((runtime) => !runtime.pool.quiet)
      .map(({ id }) => id);
    return { ...this.gateway().underWay(), functionsWork: !this.dispatcher.quiet, functions };
  }

  get isQuiet(): boolean {
    const { handshakes, frames, pushes, functionsWork } = this.underWay();
    return !functionsWork && handshakes + frames + pushes === 0;
  }

  private async look(): Promise<void> {
    let since = -1;
    for (let turn = 0; turn < turns; turn++) {
      await new Promise(setImmediate);
      if (!this.isQuiet) {
        this.looking = false; // Whatever ends next calls again.
        return;
      }
      if (this.last() !== since) {
        since = this.last();
        turn = 0;
      }
    }
    this.looking = false;
    this.waiters.splice(0).forEach((resolve) => resolve());
  }
}
