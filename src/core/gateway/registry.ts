/** Who is connected, who has left and why, and whose last events still wait or run. */
import type { CloseCause } from '../../protocol/project';
import type { Clock } from '../clock';
import type { Connection } from './connection';

/** How many closed ids are remembered, so that a push to one can say when it left. */
const rememberedIds = 10_000;

/** Bytes of messages that may wait although their clients have left; above, nobody new comes in. */
const leavingLimit = 128 * 1024 * 1024;

export type LeaveCause = CloseCause | 'refused';

export class Registry {
  private readonly connections = new Map<string, Connection>();
  private readonly left = new Map<string, { at: number; cause: LeaveCause }>();
  /** Ended, but events that they caused wait or run. */
  private readonly leaving = new Set<Connection>();
  private leavingBytes = 0;

  constructor(
    private readonly clock: Clock,
    /** Called whenever one leaves, or the last event of one that left is over. */
    private readonly onLess: () => void,
  ) {}

  get all(): ReadonlyMap<string, Connection> {
    return this.connections;
  }

  get(id: string): Connection | undefined {
    return this.connections.get(id);
  }

  admit(connection: Connection): void {
    this.connections.set(connection.id, connection);
  }

  /** Its events go on; who comes in again is another. */
  forget(connection: Connection, cause: LeaveCause): void {
    connection.state = 'closed';
    connection.letGo();
    this.connections.delete(connection.id);
    this.left.set(connection.id, { at: this.clock.real(), cause });
    if (this.left.size > rememberedIds) {
      const [oldest] = this.left.keys();
      this.left.delete(oldest as string);
    }
    this.onLess();
  }

  /** Forgets it, and counts what it left behind until nothing of that waits or runs. `cleanUp` adds its last event. */
  leave(connection: Connection, cause: LeaveCause, cleanUp: () => void): void {
    const bytes = connection.waitingBytes;
    this.leavingBytes += bytes;
    this.leaving.add(connection);
    this.forget(connection, cause);
    cleanUp();
    void connection.settled().then(() => {
      this.leavingBytes -= bytes;
      this.leaving.delete(connection);
      this.onLess();
    });
  }

  whenLeft(id: string): { agoMs: number; cause: LeaveCause } | undefined {
    const left = this.left.get(id);
    return left && { agoMs: this.clock.real() - left.at, cause: left.cause };
  }

  /** Clients that come and leave again have more served than there is room for. */
  get congested(): boolean {
    return this.leavingBytes > leavingLimit;
  }

  /** Nothing is left of any client. */
  get empty(): boolean {
    return this.connections.size === 0 && this.leaving.size === 0;
  }
}
