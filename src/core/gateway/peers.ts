/**
 * What a gateway needs to know when it is not alone, or must not forget: names of connections that say who holds them,
 * Cleanups that are owed, and pushes to connections that other nodes hold. The emulator is alone, and remembers nothing.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Role } from '../../protocol/project';
import type { InvocationResult } from '../runtime/contract';
import type { PushRequest } from './pushRequest';

/**
 * `notOwed`: the settings say that this end of a connection has no Cleanup, or Register refused it. `unknown`: Register
 * gave no answer, and may have run all the same; its Cleanup has not been called.
 */
export type Settlement = InvocationResult | 'gatewayTimeout' | 'dropped' | 'notOwed' | 'unknown';

export interface Peers {
  /** Of a new connection: 24 characters, 16 bytes in standard base64 (seen). */
  newId(): string;
  /** Of an invocation; what is delivered twice is known by the same one. */
  requestId(role: Role, connection: string): string;
  /**
   * Before Register is asked: from now on a Cleanup is owed for this connection, whatever becomes of this process.
   * Resolves with why the connection cannot be taken, or with undefined; no promise where there is nothing to wait for.
   */
  owe(connection: string, service: string): Promise<string | undefined> | undefined;
  /** Register accepted it; it may have taken so long that its Cleanup ran before, by another node: then it is owed anew. */
  accepted(connection: string, service: string): void;
  /** Whether the connection may be open here; else it is closed at once. */
  holds(connection: string): boolean;
  /** Whether the Cleanup of a connection that ends here is this node's to run. */
  owes(connection: string): boolean;
  /** What came of the Cleanup of a connection that has ended; called once for each that was owed. */
  settle(connection: string, service: string, how: Settlement): void;
  /** A push to a connection that is not here: the answer of the node that holds it. undefined: no other does. */
  forward(
    service: string,
    request: PushRequest,
  ): Promise<{ errNo: number; errMsg: string } | undefined> | undefined;
}

export const alone: Peers = {
  newId: () => randomBytes(16).toString('base64'),
  requestId: () => randomUUID(),
  owe: () => undefined,
  accepted: () => undefined,
  holds: () => true,
  owes: () => true,
  settle: () => undefined,
  forward: () => undefined,
};
