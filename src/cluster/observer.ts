/**
 * Everything that the gateway tells goes through here, as in a session; but nothing of it is kept: metrics, logs and
 * limits listen.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock';
import { reportBug } from '../core/errors';
import type { InvocationRequest, RecordFact } from '../core/runtime/contract';
import type { Fact } from '../protocol/fact';

/** Connections whose clients brought a trace; the oldest are forgotten, and get one of their own. */
const rememberedTraces = 100_000;

export type Listener = (fact: Fact) => void;

export class Observer {
  private seq = 0;
  private readonly listeners: Listener[] = [];
  /** Trace ids that clients brought along, by connection. */
  private readonly traces = new Map<string, string>();

  constructor(private readonly clock: Clock) {}

  readonly record: RecordFact = (body) => {
    const fact: Fact = { seq: ++this.seq, at: this.clock.real(), ...body };
    this.keepTrace(fact);
    for (const listener of [...this.listeners]) {
      try {
        listener(fact);
      } catch (error) {
        reportBug(error); // Whoever looks on must not stop what it looks at.
      }
    }
    return fact;
  };

  /** Returns what ends it. */
  onFact(listener: Listener): () => void {
    this.listeners.push(listener);
    return () => {
      this.listeners.splice(this.listeners.indexOf(listener), 1);
    };
  }

  /**
   * W3C trace context (version 00) of a call: the trace that the client's handshake named, else one for each connection;
   * the span is the call's.
   */
  readonly traceOf = ({ connection, invocation }: InvocationRequest): string => {
    const trace =
      (connection === null ? undefined : this.traces.get(connection)) ??
      createHash('sha256')
        .update(connection ?? invocation)
        .digest('hex')
        .slice(0, 32);
    const span = invocation.replaceAll('-', '').slice(0, 16);
    return `00-${trace}-${span}-01`;
  };

  private keepTrace(fact: Fact): void {
    if (fact.kind === 'connecting') {
      const given = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(
        fact.headers['traceparent'] ?? '',
      )?.[1];
      if (given !== undefined && !/^0+$/.test(given)) {
        this.traces.set(fact.connection, given);
        const [oldest] = this.traces.keys();
        if (this.traces.size > rememberedTraces && oldest !== undefined) {
          this.traces.delete(oldest);
        }
      }
    }
  }
}
