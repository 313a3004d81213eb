/** One client of the gateway, from its handshake to its end. */
import type { FunctionRuntime } from '../runtime/contract';
import type { Role, ServiceSpec, Stage } from '../../protocol/project';

/** The wire, as far as the gateway needs it. Implemented over `ws` in server.ts. */
export interface ClientSocket {
  send(payload: string | Buffer, binary: boolean): void;
  /** Starts the closing handshake. */
  close(code: number, reason: string): void;
  /** Ends the TCP connection with a FIN and no Close frame. */
  fin(): void;
  /** Resets the TCP connection. */
  reset(): void;
  pause(): void;
  resume(): void;
  /** Bytes accepted by `send` that the client has not taken yet. */
  readonly waitingBytes: number;
  readonly alive: boolean;
}

export interface Service {
  spec: ServiceSpec;
  functions: Map<string, FunctionRuntime>;
  runtimeOf(role: Role): FunctionRuntime | undefined;
}

export type ConnectionState = 'connecting' | 'open' | 'closing' | 'closed';

/** Messages of one client that wait for its turn; above the limit the client's socket is not read any more. */
export const inboundLimits = { messages: 256, bytes: 8 * 1024 * 1024 };

/** Bytes that may wait for a client that does not read; above, it is cut off. */
export const outboundLimit = 16 * 1024 * 1024;

/** Close code of a connection that ended without a Close frame (RFC 6455). */
export const noCloseFrame = 1006;

export class Connection {
  readonly id: string;
  readonly service: Service;
  readonly stage: Stage;
  state: ConnectionState = 'connecting';
  socket: ClientSocket | undefined;
  /** Clock time of the last message that counts for the idle limit. */
  lastActivity: number;
  /** Settled when every event that this connection caused so far is done. */
  private tail: Promise<void> | undefined;
  private waiting = 0;
  private waitingBytes = 0;
  private reading = true;
  /** Frames on their way through breakpoints and faults, by direction; undefined: the way is free. */
  readonly detours: { toServer?: Promise<void>; toClient?: Promise<void> } = {};
  /** Pushes that came before the handshake was finished (`queueUntilOpen`). */
  early: { payload: string | Buffer; push: number }[] | undefined;

  constructor(id: string, service: Service, stage: Stage, now: number) {
    this.id = id;
    this.service = service;
    this.stage = stage;
    this.lastActivity = now;
  }

  /**
   * Runs `task` after those before it (`ordered`), or at once. A client that sends faster than its events are
   * served is not read until the queue is half empty: TCP slows it down, nothing is lost, nothing grows.
   */
  enqueue(bytes: number, ordered: boolean, task: () => Promise<void>): void {
    this.waiting++;
    this.waitingBytes += bytes;
    if (
      this.reading &&
      (this.waiting >= inboundLimits.messages || this.waitingBytes >= inboundLimits.bytes)
    ) {
      this.reading = false;
      this.socket?.pause();
    }
    const before = this.tail;
    const run = before === undefined || !ordered ? task() : before.then(task);
    const done = run.then(() => {
      this.waiting--;
      this.waitingBytes -= bytes;
      if (
        !this.reading &&
        this.waiting <= inboundLimits.messages / 2 &&
        this.waitingBytes <= inboundLimits.bytes / 2
      ) {
        this.reading = true;
        this.socket?.resume();
      }
      if (this.tail === tail) {
        this.tail = undefined;
      }
    });
    const tail: Promise<void> =
      before === undefined || ordered ? done : Promise.all([before, done]).then(() => undefined);
    this.tail = tail;
  }

  /** Resolves when the events that were queued so far are done. */
  async settled(): Promise<void> {
    await this.tail;
  }
}
