/** Where a conversation takes place: at the emulator, whose every move is known, or at any other gateway. */
import type { Timer } from '../clock';
import type { Session } from '../session/session';
import type { Actor } from './actor';
import type { ClientOptions } from './flow';
import type { Conductor } from './order/conductor';
import type { Witness } from './witness';

export interface Place {
  /** undefined at another gateway. */
  readonly emulator?: { session: Session; witness: Witness };
  /** Decides the order of events; undefined: it is as it comes. */
  readonly conductor?: Conductor;
  /** Address of the push of the API; undefined: unknown. */
  readonly pushUrl: string | undefined;
  url(options: ClientOptions): string;
  introduce(port: number, name: string): Timer;
  /**
   * Resolves when nothing more can come to these clients. The emulator knows; at another gateway it is when nothing
   * has come for a while.
   */
  settled(actors: Iterable<Actor>): Promise<void>;
  /**
   * Resolves when what a step expects is not waited for any longer, or when `signal` is aborted. undefined: that is
   * when it has settled.
   */
  givenUp?(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the emulator has all that these clients sent, and its functions are at it: each event that can run has
   * a process that runs it.
   */
  begun?(actors: Iterable<Actor>): Promise<void>;
  /** Called whenever something came to a client. */
  happened(): void;
  /** Resolves when something came to a client, or was seen. */
  next(): Promise<void>;
}

/** Fills the query and path of a client into the address of the API. */
export function addressOf(base: string, options: ClientOptions): string {
  const url = new URL(base);
  if (options.path !== undefined) {
    const stage = url.pathname.split('/')[1] ?? '';
    url.pathname = `/${options.stage ?? stage}/${options.path.replace(/^\//, '')}`;
  } else if (options.stage !== undefined) {
    url.pathname = url.pathname.replace(/^\/[^/]*/, `/${options.stage}`);
  }
  for (const [name, value] of Object.entries(options.query ?? {})) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

/** The emulator: everything is counted, nothing is waited for in vain. */
export function emulatorPlace(
  session: Session,
  witness: Witness,
  conductor?: Conductor,
): Place & Timer {
  const { happened, next } = signal();
  const listening = session.onFact((fact) => {
    witness.add(fact);
    conductor?.see(fact);
    happened();
  });
  const [service] = session.services;
  const hasSpoken = ({ name, sent, wasOpen, closed }: Actor): boolean => {
    const seen = witness.connectionOf(name);
    const isOver = seen === undefined || seen.closed !== undefined || closed !== undefined;
    return isOver || !wasOpen || sent === seen.toServer;
  };
  const hasArrived = (actor: Actor): boolean => {
    const seen = witness.connectionOf(actor.name);
    if (seen === undefined || !actor.wasOpen) {
      return true;
    }
    if (seen.closed !== undefined || actor.closed !== undefined) {
      return seen.closed !== undefined && actor.isGone;
    }
    return actor.received === seen.toClient.length && actor.sent === seen.toServer;
  };
  return {
    emulator: { session, witness },
    ...(conductor === undefined ? {} : { conductor }),
    pushUrl: service?.pushUrl,
    url: (options) => addressOf(service?.url ?? '', options),
    introduce: (port, name) => session.introduce(port, name),
    happened,
    next,
    async begun(actors) {
      const all = [...actors];
      for (;;) {
        session.recorder.settle();
        if (all.every(hasSpoken) && !session.quiet.isStarting) {
          return;
        }
        await next();
      }
    },
    async settled(actors) {
      const all = [...actors];
      await conductor?.settled();
      for (;;) {
        await session.quiet.until();
        session.recorder.settle();
        if (all.every(hasArrived)) {
          return;
        }
        // On its way through this machine: a fact or a message comes.
        await next();
      }
    },
    dispose: () => listening.dispose(),
  };
}

/** Wakes everybody who waits. */
export function signal(): { happened(): void; next(): Promise<void> } {
  let waiting: (() => void)[] = [];
  return {
    happened() {
      const woken = waiting;
      waiting = [];
      woken.forEach((wake) => wake());
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
