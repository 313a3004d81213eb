/** One client of the gateway, from its handshake to its end. */
import type { FunctionRuntime } from '../runtime/contract';
import type { EmulatorOptions, Role, ServiceSpec, Stage } from '../../protocol/project';

/** The wire, as far as the gateway needs it. Implemented over `ws` in webSocketClient.ts. */
export interface ClientSocket {
  send(payload: string | Buffer, binary: boolean): void;
  /** `sent`: once it is on the wire, behind all that waits. */
  ping(sent: () => void): void;
  pong(data: Buffer): void;
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
  /** From now on, also when the project file is read again. */
  setOptions(options: Partial<EmulatorOptions>): void;
}

export type ConnectionState = 'connecting' | 'open' | 'closing' | 'closed';

/** Messages of one client that wait for its turn; above the limit the client's socket is not read any more. */
export const inboundLimits = { messages: 256, bytes: 8 * 1024 * 1024 };

/** Why its socket is not read, as bits: too much of it waits, or of all clients together. */
const unreadFor = { own: 1, all: 2 };

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
  /** Events that it caused and that are not over, and bytes of their messages. */
  private waiting = 0;
  waitingBytes = 0;
  /** Called when every one of them is. */
  private settlers: (() => void)[] | undefined;
  private unread = 0;
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

  /** An event of it waits. */
  add(bytes: number): void {
    this.waiting++;
    this.waitingBytes += bytes;
    if (this.waiting >= inboundLimits.messages || this.waitingBytes >= inboundLimits.bytes) {
      this.stopReading('own');
    }
  }

  /** It waits no more, and does not run. */
  over(bytes: number): void {
    this.waiting--;
    this.waitingBytes -= bytes;
    if (
      this.waiting <= inboundLimits.messages / 2 &&
      this.waitingBytes <= inboundLimits.bytes / 2
    ) {
      this.readAgain('own');
    }
    if (this.waiting === 0) {
      this.settlers?.splice(0).forEach((settle) => settle());
    }
  }

  stopReading(why: keyof typeof unreadFor): void {
    const before = this.unread;
    this.unread |= unreadFor[why];
    if (before === 0) {
      this.socket?.pause();
    }
  }

  readAgain(why: keyof typeof unreadFor): void {
    const before = this.unread;
    this.unread &= ~unreadFor[why];
    if (before !== 0 && this.unread === 0) {
      this.socket?.resume();
    }
  }

  /** Reads its socket again, for the last time: what is left in it must not keep it from ending. */
  letGo(): void {
    this.socket?.resume();
    this.socket = undefined;
  }

  /** Resolves when no event of this connection is on its way, waits, or runs. */
  async settled(): Promise<void> {
    await this.detours.toServer;
    if (this.waiting > 0) {
      await new Promise<void>((resolve) => (this.settlers ??= []).push(resolve));
    }
  }
}
