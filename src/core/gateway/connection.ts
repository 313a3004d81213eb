/** One client of the gateway, from its handshake to its end. */
import { reportBug } from '../errors';
import type { FunctionRuntime } from '../runtime/contract';
import type { EmulatorOptions, Role, ServiceSpec, Stage } from '../../protocol/project';

/** The wire, as far as the gateway needs it. Implemented over `ws` in webSocketClient.ts. */
export interface ClientSocket {
  send(payload: string | Buffer, binary: boolean): void;
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

/** Bytes that may wait for a client that does not read; above, it is cut off. */
export const outboundLimit = 16 * 1024 * 1024;

/** Close code of a connection that ended without a Close frame (RFC 6455). */
export const noCloseFrame = 1006;

interface Task {
  bytes: number;
  atOnce(): number;
  run(): Promise<void>;
}

export class Connection {
  readonly id: string;
  readonly service: Service;
  readonly stage: Stage;
  state: ConnectionState = 'connecting';
  socket: ClientSocket | undefined;
  /** Clock time of the last message that counts for the idle limit. */
  lastActivity: number;
  /** Events that wait for those before them; undefined instead of empty. */
  private line: Task[] | undefined;
  private running = 0;
  /** Called when every event that this connection caused is done. */
  private settlers: (() => void)[] | undefined;
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
   * Runs `task` in its turn, as soon as fewer than `atOnce` of this connection's run. A client that sends faster than
   * its events are served is not read until the queue is half empty: TCP slows it down, nothing is lost, nothing grows.
   */
  enqueue(bytes: number, atOnce: () => number, run: () => Promise<void>): void {
    this.waiting++;
    this.waitingBytes += bytes;
    if (
      this.reading &&
      (this.waiting >= inboundLimits.messages || this.waitingBytes >= inboundLimits.bytes)
    ) {
      this.reading = false;
      this.socket?.pause();
    }
    const task = { bytes, atOnce, run };
    if (this.line === undefined && this.running < atOnce()) {
      void this.start(task);
    } else {
      (this.line ??= []).push(task);
    }
  }

  private async start(task: Task): Promise<void> {
    this.running++;
    try {
      await task.run();
    } catch (error) {
      reportBug(error); // It costs this event.
    } finally {
      this.running--;
      this.waiting--;
      this.waitingBytes -= task.bytes;
      this.goOn();
    }
  }

  /** Bytes of messages that wait or run. */
  get queuedBytes(): number {
    return this.waitingBytes;
  }

  /** Reads its socket again, for the last time: what is left in it must not keep it from ending. */
  letGo(): void {
    this.socket?.resume();
    this.socket = undefined;
  }

  private goOn(): void {
    if (
      !this.reading &&
      this.waiting <= inboundLimits.messages / 2 &&
      this.waitingBytes <= inboundLimits.bytes / 2
    ) {
      this.reading = true;
      this.socket?.resume();
    }
    while (this.line !== undefined) {
      const [next] = this.line as [Task];
      if (this.running >= next.atOnce()) {
        return;
      }
      this.line.shift();
      if (this.line.length === 0) {
        this.line = undefined;
      }
      void this.start(next);
    }
    if (this.running === 0) {
      this.settlers?.splice(0).forEach((settle) => settle());
    }
  }

  /** Resolves when no event of this connection is on its way, waits, or runs. */
  async settled(): Promise<void> {
    await this.detours.toServer;
    if (this.waiting > 0) {
      await new Promise<void>((resolve) => (this.settlers ??= []).push(resolve));
    }
  }
}
