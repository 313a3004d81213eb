/** Brings together what clients measured and what the gateway told of the same frame, whichever comes first. Pure. */
import type { Origin } from './gatewayView';
import type { Samples } from './samples';

/** A frame that a client waited for. */
export interface Received {
  sample: number;
  /** The message that it answers: port of the client that sent it, and its number on that connection. */
  port: number;
  message: number;
  /** Milliseconds from when it should have been sent until it was, and from then until the answer came. */
  wait: number;
  travelled: number;
}

/** Frames of a connection that are told before the client has looked at them. */
const most = 256;

export class Ledger {
  private readonly received = new Map<string, Received>();
  private readonly origins = new Map<number, Map<number, Origin>>();

  constructor(private readonly samples: Samples) {}

  /** `number` counts the messages to the connection from that port. */
  came(port: number, number: number, received: Received): void {
    const origin = this.origins.get(port)?.get(number);
    if (origin === undefined) {
      this.received.set(`${port} ${number}`, received);
    } else {
      this.origins.get(port)?.delete(number);
      this.settle(received, origin);
    }
  }

  /** A connection begins: the port may have had another one. */
  begin(port: number): void {
    this.origins.delete(port);
  }

  readonly told = (port: number, number: number, origin: Origin | undefined): void => {
    if (origin === undefined) {
      return;
    }
    const key = `${port} ${number}`;
    const received = this.received.get(key);
    if (received !== undefined) {
      this.received.delete(key);
      this.settle(received, origin);
      return;
    }
    const known = this.origins.get(port) ?? new Map<number, Origin>();
    this.origins.set(port, known);
    known.set(number, origin);
    if (known.size > most) {
      const [oldest] = known.keys();
      known.delete(oldest as number);
    }
  };

  private settle({ sample, port, message, wait, travelled }: Received, origin: Origin): void {
    if (origin.port !== port || origin.message !== message) {
      return; // It answers another message than the last one of its group.
    }
    const { inside, queue, handler, push } = origin;
    // Both clocks tell a span, never a moment: they need not agree. The gateway looks at its own once it has sent.
    const wire = Math.max(0, travelled - inside);
    this.samples.explain(sample, { wait, wire, queue, handler, push });
  }
}
