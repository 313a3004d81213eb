/** A function that runs elsewhere, as the gateway sees it: its events wait, are called, and are recorded as any other. */
import { previewOf } from '../../protocol/fact';
import type { FunctionId, FunctionSpec } from '../../protocol/project';
import type { Clock } from '../../core/clock';
import * as failures from '../../core/runtime/advice/failures';
import type {
  FunctionRuntime,
  InvocationRequest,
  InvocationResult,
  RecordFact,
  Run,
} from '../../core/runtime/contract';
import type { Dispatcher, Pool } from '../../core/runtime/dispatch/dispatcher';
import { refuse } from '../../core/runtime/dispatch/refuse';
import type { Answer, Backend } from './backend';

export interface RemoteDependencies {
  clock: Clock;
  dispatcher: Dispatcher<Run>;
  record: RecordFact;
  traceOf(request: InvocationRequest): string;
}

export class RemoteFunction implements FunctionRuntime {
  readonly version = 1;
  readonly debugging = false;
  readonly pool: Pool<Run>;
  private slots = 0;

  constructor(
    readonly id: FunctionId,
    readonly spec: FunctionSpec,
    private readonly backend: Backend,
    private readonly dependencies: RemoteDependencies,
  ) {
    const { concurrency, queue } = backend.limits;
    this.pool = dependencies.dispatcher.pool({
      rules: () => ({ most: concurrency, use: 'again', ahead: 'never', queue }),
      start: (slot) => {
        const number = ++this.slots;
        slot.employ({
          queues: false,
          take: (run) => {
            void this.run(run, number).then((ms) => slot.free(ms));
          },
          end: () => slot.gone(),
        });
        queueMicrotask(() => slot.ready());
      },
      refuse: (run, why) => {
        const message =
          why === 'full'
            ? `More than ${queue} events wait for this function`
            : 'The function is being stopped';
        const verdict = failures.failed(432, run.request.invocation, message);
        refuse(run, verdict, this.id, 0, this.version, this.dependencies);
      },
      why: (reason) => reason,
    });
  }

  invoke(request: InvocationRequest): Promise<InvocationResult> {
    return new Promise((end) => {
      const { clock, dispatcher } = this.dependencies;
      dispatcher.submit({
        connection: request.connection,
        order: 'inTurn',
        size: request.eventJson.length,
        foresee: () => this.pool,
        open: () => ({ pool: this.pool, run: { request, since: clock.now(), end } }),
      });
    });
  }

  /** Resolves with how long it took, milliseconds, once everything is told. */
  private async run({ request, since, end }: Run, instance: number): Promise<number> {
    const { clock, record, traceOf } = this.dependencies;
    const { invocation } = request;
    const started = clock.now();
    record({
      kind: 'invocationStarted',
      invocation,
      function: this.id,
      role: request.role,
      connection: request.connection,
      cause: request.cause,
      instance,
      cold: false,
      queuedMs: round(started - since),
      initMs: 0,
      version: this.version,
      eventSize: Buffer.byteLength(request.eventJson),
    });
    request.onStart?.();
    const seconds = this.spec.timeout;
    const about = { traceparent: traceOf(request), timeoutMs: seconds * 1000, seconds };
    const answer = await this.backend.call(request, about).catch((error: unknown): Answer => ({
      result: { failed: failures.failed(435, invocation, String(error)) },
    }));
    const durationMs = round(clock.now() - started);
    this.tellLog(answer, invocation, instance);
    const { result } = answer;
    if ('ok' in result) {
      const preview = previewOf(result.ok);
      record({ kind: 'invocationEnded', invocation, outcome: 'ok', durationMs, ...preview });
      end({ outcome: 'ok', resultJson: result.ok, durationMs });
    } else {
      const { outcome, error } = result.failed;
      const resultJson = JSON.stringify(error);
      const preview = previewOf(resultJson);
      record({ kind: 'invocationEnded', invocation, outcome, durationMs, ...preview, error });
      end({ outcome, resultJson, error, durationMs });
    }
    return durationMs;
  }

  private tellLog(answer: Answer, invocation: string, instance: number): void {
    const { log, platformRequestId } = answer;
    const lines = [
      ...(platformRequestId === undefined ? [] : [`RequestId: ${platformRequestId}`]),
      ...(log === undefined ? [] : [log.trimEnd()]),
    ];
    if (lines.length > 0) {
      this.dependencies.record({
        kind: 'log',
        function: this.id,
        instance,
        invocation,
        stream: 'platform',
        level: 'info',
        text: lines.join('\n'),
      });
    }
  }

  invocationOf(_instance: number, said: string | undefined): string | null {
    return said ?? null;
  }

  ended(): Promise<void> {
    return Promise.resolve();
  }

  looked(): Promise<void> {
    return Promise.resolve(); // Its code is not here.
  }

  rested(): Promise<void> {
    return Promise.resolve();
  }

  setDebug(): Promise<null> {
    return Promise.resolve(null);
  }

  debuggerReady(): void {
    // Nothing of it runs here.
  }

  namePushes(): void {
    // Its pushes come without a mark of ours.
  }

  restart(): void {
    // Whoever runs it decides.
  }

  retire(): Promise<void> {
    return this.dispose();
  }

  dispose(): Promise<void> {
    this.pool.stop();
    this.pool.forget();
    this.backend.dispose();
    return Promise.resolve();
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
