/** Connections that have ended and that handlers still push to: ids that nobody took out of the store. Pure. */
import { type BackgroundKind, type Fact, leftOut, type SourcePlace } from './fact';
import type { CloseCause, FunctionId } from './project';

export interface Orphan {
  connection: string;
  service: string;
  /** Session time in milliseconds: when the connection ended. */
  closedAt: number;
  cause: CloseCause;
  /** What became of Delete for this connection. */
  cleanup: 'ok' | 'failed' | 'notRun';
  /** Who pushes to it, the busiest first; null: a process that is none of the functions. */
  pushers: {
    function: FunctionId | null;
    count: number;
    lastAt: number;
    lastPush: number;
    /** Lines that pushed, as far as they are known: a function is asked for them after its first push in vain. */
    places: SourcePlace[];
  }[];
}

/** From the facts of a session in their order; those with the most pushes first. */
export function findOrphans(facts: readonly Fact[]): Orphan[] {
  const services = new Map<string, string>();
  const ended = new Map<string, Orphan>();
  const cleanups = new Map<string, string>();
  for (const fact of facts) {
    switch (fact.kind) {
      case 'connecting':
        services.set(fact.connection, fact.service);
        break;
      case 'closed':
        ended.set(fact.connection, {
          connection: fact.connection,
          service: services.get(fact.connection) ?? '',
          closedAt: fact.at,
          cause: fact.cause,
          cleanup: 'notRun',
          pushers: [],
        });
        break;
      case 'invocationStarted':
        if (fact.role === 'cleanup' && fact.connection !== null) {
          cleanups.set(fact.invocation, fact.connection);
        }
        break;
      case 'invocationEnded': {
        const orphan = ended.get(cleanups.get(fact.invocation) ?? '');
        if (orphan !== undefined) {
          orphan.cleanup = fact.outcome === 'ok' ? 'ok' : 'failed';
        }
        break;
      }
      case 'push': {
        const orphan = fact.errNo === 0 ? undefined : ended.get(fact.connection);
        if (orphan === undefined) {
          break;
        }
        let pusher = orphan.pushers.find((each) => each.function === fact.function);
        if (pusher === undefined) {
          pusher = { function: fact.function, count: 0, lastAt: 0, lastPush: 0, places: [] };
          orphan.pushers.push(pusher);
        }
        Object.assign(pusher, { count: pusher.count + 1, lastAt: fact.at, lastPush: fact.seq });
        const { place } = fact;
        const known = pusher.places.some(
          ({ file, line }) => file === place?.file && line === place.line,
        );
        if (place !== undefined && !known) {
          pusher.places.push(place);
        }
        break;
      }
      default:
        leftOut<BackgroundKind | 'opened' | 'refused' | 'client' | 'frame' | 'log'>(fact);
    }
  }
  const pushes = ({ pushers }: Orphan) => pushers.reduce((sum, { count }) => sum + count, 0);
  const orphans = [...ended.values()].filter(({ pushers }) => pushers.length > 0);
  orphans.forEach(({ pushers }) => pushers.sort((one, other) => other.count - one.count));
  return orphans.sort((one, other) => pushes(other) - pushes(one));
}
