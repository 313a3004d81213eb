/** What clients have not read yet, each for itself and all together. */
import { allWaitingBytes } from './allWaiting';
import type { Connection } from './connection';

export interface OutboundLimits {
  /** Bytes that may wait for one client that does not read; above, it is cut off. */
  one: number;
  /** Bytes that may wait for all of them; above, those for whom most waits are cut off. */
  all: number;
}

export const outboundLimits: OutboundLimits = {
  one: 16 * 1024 * 1024,
  all: allWaitingBytes,
};

/** What is left when room is made: so that it is not looked for again with the next message. */
const keptShare = 0.75;

/** Many clients that do not read can each stay below their limit, and leave no memory to the others. */
export class Outbound {
  private readonly limits: OutboundLimits;
  /** What waited for a client when something was sent to it last. What it has read since is not seen until it matters. */
  private readonly seen = new Map<Connection, number>();
  private sum = 0;

  constructor(limits: Partial<OutboundLimits>) {
    this.limits = { ...outboundLimits, ...limits };
  }

  /** Why no more can be kept for a client. Whatever its size, one message may always wait. */
  unread(waitingBytes: number, payload: string | Buffer): string | undefined {
    if (waitingBytes === 0) {
      return undefined;
    }
    const bytes = waitingBytes + Buffer.byteLength(payload);
    return bytes <= this.limits.one
      ? undefined
      : `client does not read: ${bytes} bytes would wait, the limit is ${this.limits.one}`;
  }

  /** Something was sent to a client. Returns for whom most waits, if it is too much for all, and what is said of them. */
  sent(connection: Connection): { slowest: Connection; reason: string }[] {
    this.look(connection);
    if (this.sum <= this.limits.all) {
      return [];
    }
    [...this.seen.keys()].forEach((each) => this.look(each));
    const cut: { slowest: Connection; reason: string }[] = [];
    if (this.sum > this.limits.all) {
      let left = this.sum;
      for (const [slowest, bytes] of [...this.seen].sort(([, a], [, b]) => b - a)) {
        if (left <= this.limits.all * keptShare) {
          break;
        }
        left -= bytes;
        const reason = `client does not read: ${bytes} bytes wait for it, ${this.sum} for all clients, the limit is ${this.limits.all}`;
        cut.push({ slowest, reason });
      }
    }
    return cut;
  }

  forget(connection: Connection): void {
    this.sum -= this.seen.get(connection) ?? 0;
    this.seen.delete(connection);
  }

  private look(connection: Connection): void {
    const bytes = connection.socket?.waitingBytes ?? 0;
    if (bytes === 0) {
      this.forget(connection);
    } else {
      this.sum += bytes - (this.seen.get(connection) ?? 0);
      this.seen.set(connection, bytes);
    }
  }
}
