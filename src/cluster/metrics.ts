/** Prometheus metrics of a node, made of its facts. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type BackgroundKind, type Fact, leftOut } from '../protocol/fact';
import type { Listener } from './observer';

/** Seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What is looked at when somebody asks. */
export interface Gauges {
  connections(): number;
  /** Events that wait, by function. */
  queues(): [name: string, waiting: number][];
  owed(): number;
  /** Seconds since the lease was renewed; undefined: this node has none. */
  leaseAge(): number | undefined;
}

export interface Metrics {
  listener: Listener;
  cleanupPaid(how: 'first' | 'again' | 'inherited'): void;
  text(): Promise<string>;
  readonly contentType: string;
  /** Process metrics measure the event loop all along. */
  dispose(): void;
}

export function startMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: T[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames: ['function'], buckets, registers });
  const gauge = (name: string, help: string, look: (gauge: Gauge) => void) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        look(this);
      },
    });

  gauge('scfws_connections', 'Connections that this node holds.', (it) =>
    it.set(gauges.connections()),
  );
  gauge('scfws_cleanups_owed', 'Connections whose Cleanup has not run yet.', (it) =>
    it.set(gauges.owed()),
  );
  gauge('scfws_lease_age_seconds', 'Seconds since the lease was renewed.', (it) =>
    it.set(gauges.leaseAge() ?? 0),
  );
  const queue = new Gauge({
    name: 'scfws_queue_events',
    help: 'Events that wait for their function.',
    labelNames: ['function'],
    registers,
    collect() {
      gauges.queues().forEach(([name, waiting]) => queue.set({ function: name }, waiting));
    },
  });
  const handshakes = counter('scfws_handshakes_total', 'Handshakes by HTTP status.', ['status']);
  const messages = counter('scfws_messages_total', 'Whole messages.', ['direction']);
  const bytes = counter('scfws_message_bytes_total', 'Their payloads.', ['direction']);
  const closed = counter('scfws_closed_total', 'Ends of connections.', ['cause']);
  const calls = counter('scfws_calls_total', 'Calls of functions.', [
    'function',
    'role',
    'outcome',
  ]);
  const pushes = counter('scfws_pushes_total', 'Pushes by errNo of the answer.', ['errno']);
  const paid = counter('scfws_cleanups_paid_total', 'Cleanups that have run.', ['how']);
  const duration = histogram('scfws_call_duration_seconds', 'How long calls took.');
  const waited = histogram('scfws_call_queue_seconds', 'How long events waited for their call.');

  const running = new Map<string, { function: string; role: string }>();
  return {
    listener(fact: Fact) {
      switch (fact.kind) {
        case 'opened':
          handshakes.inc({ status: '101' });
          break;
        case 'refused':
          handshakes.inc({ status: String(fact.status) });
          break;
        case 'closed':
          closed.inc({ cause: fact.cause });
          break;
        case 'frame':
          if (fact.type === 'text' || fact.type === 'binary') {
            messages.inc({ direction: fact.direction });
            bytes.inc({ direction: fact.direction }, fact.size);
          }
          break;
        case 'push':
          pushes.inc({ errno: String(fact.errNo) });
          break;
        case 'invocationStarted':
          running.set(fact.invocation, { function: fact.function, role: fact.role ?? '' });
          waited.observe({ function: fact.function }, fact.queuedMs / 1000);
          break;
        case 'invocationEnded': {
          const call = running.get(fact.invocation);
          running.delete(fact.invocation);
          if (call !== undefined) {
            calls.inc({ ...call, outcome: fact.outcome });
            duration.observe({ function: call.function }, fact.durationMs / 1000);
          }
          break;
        }
        default:
          leftOut<BackgroundKind | 'connecting' | 'client' | 'log'>(fact);
      }
    },
    cleanupPaid: (how) => paid.inc({ how }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    dispose: () => registry.clear(),
  };
}
