/** The limits that protect a node: who may come in, and how fast those who are in may speak. */
import type { HandshakeRequest } from '../core/gateway/handshakes';
import { type Disturbances, noDisturbances, type PassingFrame } from '../core/gateway/disturbances';
import type { Refusal } from '../core/gateway/requestForm';
import type { Fact } from '../protocol/fact';
import type { Limits } from './config';

/** Lets so many through in each second, and as many at once. */
export class Bucket {
  private tokens: number;
  private filledAt: number;

  constructor(
    private readonly perSecond: number,
    now: number,
  ) {
    this.tokens = perSecond;
    this.filledAt = now;
  }

  /** `now`: milliseconds that never go back. */
  take(now: number): boolean {
    const fresh = ((now - this.filledAt) / 1000) * this.perSecond;
    this.tokens = Math.min(this.perSecond, this.tokens + fresh);
    this.filledAt = now;
    if (this.tokens < 1) {
      return false;
    }
    this.tokens--;
    return true;
  }
}

export class Admission {
  private readonly handshakes: Bucket;
  /** Address of each connection, and how many each address has. */
  private readonly addresses = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  private readonly speakers = new Map<string, Bucket>();

  constructor(
    private readonly limits: Limits,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.handshakes = new Bucket(limits.handshakesPerSecond, now());
  }

  /** Why this client may not come in. */
  refuse({ remote }: HandshakeRequest): Refusal | undefined {
    const { connections, connectionsPerAddress, handshakesPerSecond } = this.limits;
    if (this.addresses.size >= connections) {
      return { status: 503, message: `This node is full: it holds ${connections} connections.` };
    }
    if ((this.counts.get(addressOf(remote)) ?? 0) >= connectionsPerAddress) {
      const message = `This address has ${connectionsPerAddress} connections; more are not taken.`;
      return { status: 429, message };
    }
    if (!this.handshakes.take(this.now())) {
      const message = `More than ${handshakesPerSecond} handshakes a second: come again later.`;
      return { status: 503, message };
    }
    return undefined;
  }

  readonly listener = (fact: Fact): void => {
    if (fact.kind === 'connecting') {
      const address = addressOf(fact.remote);
      this.addresses.set(fact.connection, address);
      this.counts.set(address, (this.counts.get(address) ?? 0) + 1);
    }
    if ((fact.kind === 'closed' || fact.kind === 'refused') && fact.connection) {
      const address = this.addresses.get(fact.connection);
      this.addresses.delete(fact.connection);
      this.speakers.delete(fact.connection);
      if (address !== undefined) {
        const left = (this.counts.get(address) ?? 1) - 1;
        if (left === 0) {
          this.counts.delete(address);
        } else {
          this.counts.set(address, left);
        }
      }
    }
  };

  /** A client that sends more than it may is closed; what it sent too much goes nowhere. */
  disturbances(close: (connection: string, code: number, reason: string) => void): Disturbances {
    return {
      ...noDisturbances,
      intercept: ({ connection, direction }: PassingFrame) => {
        if (direction === 'toClient') {
          return undefined;
        }
        let bucket = this.speakers.get(connection);
        if (bucket === undefined) {
          bucket = new Bucket(this.limits.messagesPerSecond, this.now());
          this.speakers.set(connection, bucket);
        }
        if (bucket.take(this.now())) {
          return undefined;
        }
        const reason = `more than ${this.limits.messagesPerSecond} messages a second`;
        close(connection, 1008, reason);
        return Promise.resolve([]);
      },
    };
  }
}

function addressOf(remote: string): string {
  return remote.replace(/:\d+$/, '');
}
