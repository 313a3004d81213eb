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

interface Waiter {
  /** Runs that may go on; undefined: none, and nothing else either. */
  but: ReadonlySet<Run> | undefined;
  resolve(): void;
}

export class Quiet {
  private waiters: Waiter[] = [];
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
    return this.wait(undefined);
  }

  /**
   * Resolves when the functions have nothing left to do but these runs: for whoever knows that they hang. Whoever waits
   * for that calls `noticed` at each fact: nothing else tells of the end of some runs among others.
   */
  untilOnly(these: ReadonlySet<Run>): Promise<void> {
    return this.wait(these);
  }

  private wait(but: Waiter['but']): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push({ but, resolve });
      this.noticed();
    });
  }

  /** What functions have at this moment. */
  get running(): ReadonlySet<Run> {
    return new Set(this.dispatcher.held);
  }

  /** A process is being started, or code is being looked at for which events wait. */
  get isStarting(): boolean {
    return this.dispatcher.starting;
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

  private isOver({ but }: Waiter): boolean {
    return but === undefined ? this.isQuiet : this.dispatcher.restsBut(but);
  }

  private async look(): Promise<void> {
    let since = -1;
    let over: Waiter[] = [];
    for (let turn = 0; turn < turns; turn++) {
      await new Promise(setImmediate);
      over = this.waiters.filter((each) => this.isOver(each));
      if (over.length === 0) {
        this.looking = false; // Whatever ends next calls again.
        return;
      }
      if (this.last() !== since) {
        since = this.last();
        turn = 0;
      }
    }
    this.looking = false;
    this.waiters = this.waiters.filter((each) => !over.includes(each));
    over.forEach(({ resolve }) => resolve());
  }
}
