/**
 * What the gateway's facts tell of the messages of a load: for each frame to a client, how long its cause waited, ran and
 * was pushed; and what the functions cost. Keeps nothing that is over.
 */
import { type BackgroundKind, type Fact, type FunctionInfo, leftOut } from '../../protocol/fact';

/** How a frame came about. Times of the gateway, milliseconds. */
export interface Origin {
  /** Port of the client whose message it was, and the number of that message on its connection. */
  port: number;
  message: number;
  /** From its message to the frame. */
  inside: number;
  queue: number;
  handler: number;
  push: number;
}

interface Running {
  port: number;
  message: number;
  frameAt: number;
  startedAt: number;
  queuedMs: number;
}

interface Known {
  port: number;
  toServer: number;
  toClient: number;
}

export class GatewayView {
  cold = 0;
  invocations = 0;
  failed = 0;
  /** Of functions, by status and message. */
  readonly failures = new Map<string, number>();
  /** GB·s: memory of the function times the time that it ran, as the vendor counts. */
  gigabyteSeconds = 0;
  private readonly connections = new Map<string, Known>();
  private readonly memory = new Map<string, number>();
  private readonly frames = new Map<number, Omit<Running, 'startedAt' | 'queuedMs'>>();
  private readonly runs = new Map<string, Running>();
  private readonly functionOf = new Map<string, string>();
  private readonly pushes = new Map<number, { at: number; run: Running }>();

  constructor(
    private readonly onFrame: (port: number, number: number, origin: Origin | undefined) => void,
  ) {}

  know(functions: readonly FunctionInfo[]): void {
    functions.forEach((each) => this.memory.set(each.function, each.memory));
  }

  see(fact: Fact): void {
    switch (fact.kind) {
      case 'connecting': {
        const port = Number(fact.remote.split(':').at(-1));
        this.connections.set(fact.connection, { port, toServer: 0, toClient: 0 });
        return;
      }
      case 'frame': {
        const known = this.connections.get(fact.connection);
        if (known === undefined) {
          return;
        }
        if (fact.direction === 'toServer') {
          if (fact.type === 'text' || fact.type === 'binary') {
            known.toServer++;
            const { port } = known;
            this.frames.set(fact.seq, { port, message: known.toServer, frameAt: fact.at });
          } else if (fact.type === 'ping') {
            known.toServer++;
          }
        } else if (fact.type === 'text' || fact.type === 'binary') {
          known.toClient++;
          this.onFrame(known.port, known.toClient, this.originOf(fact.push, fact.at));
        }
        return;
      }
      case 'invocationStarted': {
        this.invocations++;
        this.cold += fact.cold && fact.initMs > 0 ? 1 : 0; // What no process ran started none.
        this.functionOf.set(fact.invocation, fact.function);
        const frame = fact.cause === null ? undefined : this.frames.get(fact.cause);
        if (frame !== undefined) {
          this.frames.delete(fact.cause as number);
          const { queuedMs } = fact;
          this.runs.set(fact.invocation, { ...frame, startedAt: fact.at, queuedMs });
        }
        return;
      }
      case 'push': {
        const run = this.runs.get(fact.invocation ?? '');
        if (run !== undefined && fact.errNo === 0) {
          this.pushes.set(fact.seq, { at: fact.at, run });
        }
        return;
      }
      case 'invocationEnded': {
        if (fact.outcome !== 'ok') {
          this.failed++;
          const { statusCode, errorMessage } = fact.error ?? { statusCode: 0, errorMessage: '' };
          const failure = `${statusCode} ${errorMessage.slice(0, 200)}`;
          this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
        }
        const id = this.functionOf.get(fact.invocation) ?? '';
        const megabytes = this.memory.get(id) ?? 128;
        this.gigabyteSeconds += (megabytes / 1024) * (Math.ceil(fact.durationMs) / 1000);
        this.functionOf.delete(fact.invocation);
        this.runs.delete(fact.invocation);
        return;
      }
      case 'closed':
        this.connections.delete(fact.connection);
        return;
      default:
        leftOut<BackgroundKind | 'opened' | 'refused' | 'client' | 'log'>(fact);
    }
  }

  private originOf(push: number | undefined, at: number): Origin | undefined {
    const known = push === undefined ? undefined : this.pushes.get(push);
    if (known === undefined) {
      return undefined;
    }
    this.pushes.delete(push as number);
    const { port, message, frameAt, startedAt, queuedMs } = known.run;
    return {
      port,
      message,
      inside: at - frameAt,
      queue: queuedMs,
      handler: known.at - startedAt,
      push: at - known.at,
    };
  }
}
