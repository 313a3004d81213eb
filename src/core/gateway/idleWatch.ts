/**
 * Closes connections that were silent for longer than the backend timeout (documented: that is the idle limit).
 * One timer for all of them: activity only moves a connection's due time later, so it is enough to look again
 * at the earliest one.
 */
import type { Clock, Timer } from '../clock';
import type { Connection } from './connection';

/** Milliseconds between two looks at least; an idle connection may live this much longer. */
const grain = 50;
/** Milliseconds: a timer that fires on the dot must find its connection due, whatever sums of fractions make of it. */
const slack = 1;

export class IdleWatch {
  private readonly clock: Clock;
  private readonly connections: ReadonlyMap<string, Connection>;
  private readonly onIdle: (connection: Connection) => void;
  private timer: Timer | undefined;
  private due = Infinity;

  constructor(
    clock: Clock,
    connections: ReadonlyMap<string, Connection>,
    onIdle: (connection: Connection) => void,
  ) {
    this.clock = clock;
    this.connections = connections;
    this.onIdle = onIdle;
  }

  watch(connection: Connection): void {
    this.lookAt(dueOf(connection));
  }

  /** Limits may have changed. */
  lookAgain(): void {
    for (const connection of this.connections.values()) {
      this.watch(connection);
    }
  }

  /** Time that is to be nobody's silence, milliseconds. */
  forgive(ms: number): void {
    for (const connection of this.connections.values()) {
      connection.lastActivity += ms;
    }
  }

  dispose(): void {
    this.timer?.dispose();
    this.timer = undefined;
  }

  private lookAt(due: number): void {
    if (due >= this.due) {
      return;
    }
    this.timer?.dispose();
    this.due = due;
    this.timer = this.clock.setTimer(Math.max(grain, due - this.clock.now()), () => this.look());
  }

  private look(): void {
    const now = this.clock.now();
    this.due = Infinity;
    this.timer = undefined;
    let next = Infinity;
    for (const connection of [...this.connections.values()]) {
      if (connection.state !== 'open') {
        continue;
      }
      const due = dueOf(connection);
      if (due <= now + slack) {
        this.onIdle(connection);
      } else if (due < next) {
        next = due;
      }
    }
    this.lookAt(next);
  }
}

function dueOf(connection: Connection): number {
  const { backendTimeout, emulator } = connection.service.spec;
  const seconds = emulator.platform === 'webFunction' ? emulator.webFunctionIdle : backendTimeout;
  return connection.lastActivity + seconds * 1000;
}
