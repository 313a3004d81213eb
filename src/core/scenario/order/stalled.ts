/** Whether nothing moves but what an order keeps back: no handler computes, no frame or handshake is on its way. */
import type { Gateway } from '../../gateway/gateway';
import type { Run } from '../../runtime/contract';
import type { Dispatcher } from '../../runtime/dispatch/dispatcher';
import type { Actor } from '../actor';
import type { Witness } from '../witness';
import type { Gate } from './gates';

export interface Scenery {
  gateway: Gateway;
  dispatcher: Dispatcher<Run>;
  witness: Witness;
  actors(): Iterable<Actor>;
  gates: readonly Gate[];
  /** Connections whose clients left while their handshake was under way, as the gateway saw it. */
  left: ReadonlySet<string>;
}

export function isStalled(scenery: Scenery): boolean {
  const { gateway, dispatcher, gates } = scenery;
  const pushGates = gates.filter(({ at }) => at === 'push' || at === 'pushed');
  const blocked = new Set(pushGates.map(({ invocation }) => invocation));
  return (
    !dispatcher.starting &&
    dispatcher.held.every(({ request }) => blocked.has(request.invocation)) &&
    gateway.pushes.unanswered === pushGates.length &&
    handshakesStand(scenery) &&
    [...scenery.actors()].every((actor) => hasArrived(scenery, actor))
  );
}

/** Each open handshake waits for Register, or for what its answer means. */
function handshakesStand({ gateway, dispatcher, gates }: Scenery): boolean {
  const waiting = new Set(
    gates.filter(({ role }) => role === 'register').map(({ connection }) => connection),
  );
  for (const { request } of dispatcher.held) {
    if (request.role === 'register') {
      waiting.add(request.connection);
    }
  }
  return gateway.underWay().handshakes <= waiting.size;
}

function hasArrived({ gateway, witness, left }: Scenery, actor: Actor): boolean {
  const seen = witness.connectionOf(actor.name);
  const isConnecting = seen !== undefined && gateway.connection(seen.id)?.state === 'connecting';
  if (actor.isConnecting) {
    return actor.attempts === witness.attemptsOf(actor.name) && isConnecting;
  }
  if (seen === undefined) {
    return true;
  }
  if (actor.hasLeft || !actor.wasOpen) {
    return !isConnecting || left.has(seen.id);
  }
  if (seen.closed !== undefined || actor.closed !== undefined) {
    return seen.closed !== undefined && actor.isGone;
  }
  return actor.received === seen.toClient.length && actor.sent === seen.toServer;
}
