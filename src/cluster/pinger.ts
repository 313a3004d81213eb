/** Pings clients, so that nothing on the way takes them for idle, and ends those that have not answered two of them. */
import type { Connection } from '../core/gateway/connection';
import type { Fact } from '../protocol/fact';

/** Each tick has its share of the clients: twenty thousand at once would be a burst. */
const ticks = 10;
const mostUnanswered = 2;
/** Turns for which a ping may wait behind what the client has yet to read: it cannot be answered before. */
const mostWaiting = 20;

/** What a client that has said nothing since was sent. */
interface Silence {
  unanswered: number;
  /** Turns since the last ping, which is not on the wire yet; undefined: it is. */
  waiting: number | undefined;
}

export class Pinger {
  private readonly silent = new Map<string, Silence>();
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
      this.silent.delete(fact.connection);
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
    let silence = this.silent.get(id);
    if (silence === undefined) {
      silence = { unanswered: 0, waiting: undefined };
      this.silent.set(id, silence);
    }
    const { unanswered, waiting } = silence;
    if (unanswered >= mostUnanswered || waiting === mostWaiting) {
      socket?.reset(); // Its end is told as that of a client that vanished.
    } else if (waiting !== undefined) {
      silence.waiting = waiting + 1;
    } else {
      silence.waiting = 0;
      socket?.ping(() => {
        silence.waiting = undefined;
        silence.unanswered++;
      });
    }
  }

  dispose(): void {
    clearInterval(this.timer);
  }
}

/** Ids end in random bytes; the last characters are padding. */
function shareOf(id: string): number {
  return (id.charCodeAt(18) + id.charCodeAt(20)) % ticks;
}
