/** Which nodes there are, who holds which connection, and what is owed: in this process, or in Redis for several. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from './log';
import type { PushRequest } from '../core/gateway/pushRequest';

export interface Debt {
  connection: string;
  service: string;
}

export type PushVerdict = { errNo: number; errMsg: string };

export interface NodeRegistry {
  /** Name of this node's present life, for logs. */
  readonly node: string;
  /** Why this node cannot take new connections; undefined: it can. */
  readonly unready: string | undefined;
  /** Seconds since the lease was renewed; undefined: there is none. */
  readonly leaseAge: number | undefined;
  /** Whether no other can have taken the lease until now. */
  readonly certain: boolean;
  newId(): string;
  /** Whether a connection belongs to this node's present life. */
  holds(connection: string): boolean;
  /** Writes down that a Cleanup will be owed; resolves with why that is not possible. */
  owe(debt: Debt): Promise<string | undefined> | undefined;
  /** It was paid, or is not owed. */
  paid(connection: string): void;
  /**
   * Whether no node has met this before; each asks once. `forMs`: as long it is remembered. True also where the others
   * cannot be asked: what exists goes on without them.
   */
  isFirst(name: string, forMs: number): Promise<boolean>;
  forward(service: string, request: PushRequest): Promise<PushVerdict | undefined> | undefined;
  /** Answers another node; undefined: there are none. */
  readonly peer?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Joins the others, once this node can be reached; rejects with a `UserError`. */
  start(): Promise<void>;
  /** Leaves the others, who take over what is still owed. Last of all. */
  leave(): Promise<void>;
}

/** What a registry of several nodes asks of this one. */
export interface RegistryPorts {
  log: Log;
  /** Port for operators and other nodes. */
  operationsPort(): number;
  /** A push that another node forwards. */
  push(
    connection: string,
    service: string,
    payload: string | Buffer | null,
  ): { errNo: number; errMsg: string };
  debts(): Debt[];
  inherit(debt: Debt): Promise<boolean>;
  /** The lease is lost: nothing of the connections that were held under it may go on. Returns what was owed for them. */
  fence(reason: string): Debt[];
}

/** One node: what it owes is lost with its process. */
export function memoryRegistry(): NodeRegistry {
  return {
    node: randomBytes(4).toString('hex'),
    unready: undefined,
    leaseAge: undefined,
    certain: true,
    holds: () => true,
    newId: () => randomBytes(16).toString('base64'),
    owe: () => undefined,
    paid: () => undefined,
    isFirst: () => Promise.resolve(true),
    forward: () => undefined,
    start: () => Promise.resolve(),
    leave: () => Promise.resolve(),
  };
}
