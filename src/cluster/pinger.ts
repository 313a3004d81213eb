/** Pings clients, so that nothing on the way takes them for idle, and ends those that have not answered two of them. */
import type { Connection } from '../core/gateway/connection';
import type { Fact } from '../protocol/fact';

/** Each tick has its share of the clients: twenty thousand at once would be a burst. */
const ticks = 10;
const mostUnanswered = 2;

export class Pinger {
  private readonly unanswered = new Map<string, number>();
  private turn = 0;
  private readonly timer: NodeJS.Timeout | undefined;

  /** @param seconds between two pings to one client; 0: none */
  constructor(
    private readonly connections: () => Iterable<Connection>,
    seconds: number,
  ) {
    if (seconds > 0) {
      this.timer = setInterval(() => this.tick(), (seconds * 1000) / ticks);
    }
  }

  readonly listener = (fact: Fact): void => {
    if ((fact.kind === 'frame' && fact.direction === 'toServer') || fact.kind === 'closed') {
      this.unanswered.delete(fact.connection);
    }
  };

  tick(): void {
    const turn = this.turn++ % ticks;
    for (const connection of this.connections()) {
      if (connection.state === 'open' && shareOf(connection.id) === turn) {
        this.ping(connection);
      }
    }
  }

  private ping({ id, socket }: Connection): void {
    const unanswered = this.unanswered.get(id) ?? 0;
    if (unanswered >= mostUnanswered) {
      socket?.reset(); // Its end is told as that of a client that vanished.
      return;
    }
    this.unanswered.set(id, unanswered + 1);
    socket?.ping();
  }

  dispose(): void {
    clearInterval(this.timer);
  }
}

/** Ids end in random bytes; the last characters are padding. */
function shareOf(id: string): number {
  return (id.charCodeAt(18) + id.charCodeAt(20)) % ticks;
}
