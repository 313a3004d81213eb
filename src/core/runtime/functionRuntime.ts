/**
 * A function as the gateway sees it: events go in, results come out. Decides which instance takes which event, when
 * an instance is started or thrown away, and which version of the code serves.
 *
 * The platform's log lines of an invocation (START, END, Report …) are not recorded: they can be told from
 * `invocationStarted` and `invocationEnded` (see platformLog in the protocol), which cost two facts instead of six.
 */
import type { DiagnosticFix } from '../../protocol/fact';
import type { FunctionId, FunctionSpec } from '../../protocol/project';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../errors';
import { previewOf } from '../session/recorder';
import { startClockFile, type ClockFile } from './clockFile';
import type {
  FunctionRuntime,
  InvocationRequest,
  InvocationResult,
  RuntimeDependencies,
} from './contract';
import * as failures from './failures';
import { explainNotice, libraryFix } from './findings';
import {
  Instance,
  type InstanceOwner,
  type Launch,
  type StartFailure,
  type Waiting,
} from './instance';
import { prepareLaunch } from './prepare';
import type { CodeFailure } from './channel';

export function startFunctionRuntime(
  id: FunctionId,
  spec: FunctionSpec,
  dependencies: RuntimeDependencies,
): FunctionRuntime {
  return new RunningFunction(id, spec, dependencies);
}

class RunningFunction implements FunctionRuntime, InstanceOwner {
  readonly id: FunctionId;
  readonly spec: FunctionSpec;
  private readonly dependencies: RuntimeDependencies;
  private readonly clockFile: ClockFile;
  private readonly queue: Waiting[] = [];
  /** All that live, also those that only finish their last event. */
  private readonly alive = new Map<number, Instance>();
  private preparing = 0;
  private version = 1;
  private debugging = false;
  private readonly debugWaiters: {
    resolve(answer: { instance: number; port: number }): void;
    reject(error: Error): void;
  }[] = [];
  private disposed = false;

  constructor(id: FunctionId, spec: FunctionSpec, dependencies: RuntimeDependencies) {
    this.id = id;
    this.spec = spec;
    this.dependencies = dependencies;
    this.clockFile = startClockFile(dependencies.clock);
  }

  invoke(request: InvocationRequest): Promise<InvocationResult> {
    return new Promise((resolve) => {
      const waiting: Waiting = { request, resolve, since: this.dependencies.clock.now() };
      const { eventJson, invocation } = request;
      if (this.disposed) {
        this.refuse(waiting, 0, failures.failed(432, invocation, 'The function is being stopped'));
        return;
      }
      // A UTF-16 unit takes three bytes at most.
      if (eventJson.length * 3 > failures.largestPayload) {
        const size = Buffer.byteLength(eventJson);
        if (size > failures.largestPayload) {
          this.refuse(waiting, 0, failures.eventTooLarge(invocation, size));
          return;
        }
      }
      this.queue.push(waiting);
      this.dispatch();
    });
  }

  runningInvocation(instance: number): string | null {
    return this.alive.get(instance)?.runningInvocation ?? null;
  }

  async setDebug(enabled: boolean): Promise<{ instance: number; port: number } | null> {
    this.debugging = enabled;
    const pool = this.pool();
    if (!enabled) {
      for (const instance of pool) {
        instance.setDebug(false);
      }
      return null;
    }
    const [first, ...others] = pool;
    for (const other of others) {
      other.retire(l10n.t('one instance is enough while debugging'));
    }
    return new Promise((resolve, reject) => {
      this.debugWaiters.push({ resolve, reject });
      if (first === undefined) {
        if (this.preparing === 0) {
          this.startInstance();
        }
      } else if (first.debugPort !== undefined) {
        this.onDebugPort(first, { port: first.debugPort });
      } else {
        first.setDebug(true);
      }
    });
  }

  debuggerReady(instance: number): void {
    this.alive.get(instance)?.load();
  }

  restart(reason: string): void {
    for (const instance of this.pool()) {
      instance.retire(reason);
    }
    if (this.debugging || this.queue.length > 0) {
      this.startInstance();
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await Promise.all([...this.alive.values()].map((instance) => instance.stop(l10n.t('stopped'))));
    for (const waiting of this.queue.splice(0)) {
      const { invocation } = waiting.request;
      this.refuse(waiting, 0, failures.failed(432, invocation, 'The function is being stopped'));
    }
    this.clockFile.dispose();
  }

  // -- what instances tell

  onReady(): void {
    this.dispatch();
  }

  onIdle(instance: Instance): void {
    if (this.dependencies.service.emulator.coldStart) {
      instance.retire(l10n.t('every event gets a new instance'));
    }
    this.dispatch();
  }

  onStartFailed(instance: Instance, failure: StartFailure): void {
    this.findStartFailure(failure);
    for (const waiting of this.queue.splice(0)) {
      this.refuse(waiting, instance.number, startVerdict(waiting, failure, this.spec));
    }
    for (const waiter of this.debugWaiters.splice(0)) {
      waiter.reject(new UserError('debugFailed', startSentence(failure, this.spec)));
    }
  }

  onStopped(instance: Instance): void {
    this.alive.delete(instance.number);
    if (!this.disposed) {
      this.dispatch();
    }
  }

  onFiles(): void {
    // Watched by the source watch.
  }

  onNotice(
    instance: Instance,
    invocation: string | null,
    notice: Parameters<InstanceOwner['onNotice']>[2],
  ): void {
    void instance;
    const finding = explainNotice(notice, this.spec);
    this.dependencies.record({
      kind: 'diagnostic',
      function: this.id,
      ...finding,
      ...(invocation === null ? {} : { invocation }),
    });
  }

  onCodeFailure(_instance: Instance, invocation: string, failure: CodeFailure): void {
    void invocation;
    void failure;
  }

  onDebugPort(instance: Instance, answer: Parameters<InstanceOwner['onDebugPort']>[1]): void {
    const waiters = this.debugWaiters.splice(0);
    for (const waiter of waiters) {
      if ('port' in answer) {
        waiter.resolve({ instance: instance.number, port: answer.port });
      } else {
        waiter.reject(new UserError('debugFailed', answer.message));
      }
    }
  }

  // -- choosing instances

  private pool(): Instance[] {
    return [...this.alive.values()].filter((instance) => !instance.retired && !instance.stopped);
  }

  private dispatch(): void {
    let starting = this.preparing;
    let size = this.preparing;
    for (const instance of this.alive.values()) {
      if (this.queue.length === 0) {
        return;
      }
      if (instance.idle) {
        instance.run(this.queue.shift() as Waiting);
      }
      if (!instance.retired && !instance.stopped) {
        size++;
        starting += instance.starting ? 1 : 0;
      }
    }
    const most = this.debugging ? 1 : this.spec.maxInstances;
    for (; this.queue.length > starting && size < most; size++, starting++) {
      this.startInstance();
    }
  }

  private startInstance(): void {
    const number = this.dependencies.nextInstance();
    const { version, debugging } = this;
    this.preparing++;
    prepareLaunch(this.id, this.spec, number, debugging, this.clockFile.path, this.dependencies)
      .finally(() => this.preparing--)
      .then(
        (launch) => this.spawn(number, version, debugging, launch),
        (error: unknown) => this.onPrepareFailed(number, error),
      );
  }

  private spawn(number: number, version: number, debug: boolean, launch: Launch): void {
    if (this.disposed) {
      return;
    }
    const { id: functionId, spec, dependencies } = this;
    const parts = { number, version, functionId, spec, launch, debug, dependencies, owner: this };
    this.alive.set(number, new Instance(parts));
  }

  private onPrepareFailed(number: number, error: unknown): void {
    const message = sentenceOf(error);
    this.dependencies.record({
      kind: 'diagnostic',
      rule: 'runtime.cannotStart',
      severity: 'error',
      message: error instanceof Error ? error.message : message,
      advice: (error instanceof UserError && error.nextStep) || '',
      function: this.id,
    });
    for (const waiting of this.queue.splice(0)) {
      this.refuse(waiting, number, failures.failed(437, waiting.request.invocation, message));
    }
    for (const waiter of this.debugWaiters.splice(0)) {
      waiter.reject(error instanceof Error ? error : new Error(message));
    }
  }

  /** Ends an event that no instance ran, as visibly as any other. */
  private refuse(waiting: Waiting, instance: number, verdict: failures.Failed): void {
    const { clock, record } = this.dependencies;
    const { request } = waiting;
    record(
      {
        kind: 'invocationStarted',
        invocation: request.invocation,
        function: this.id,
        role: request.role,
        connection: request.connection,
        cause: request.cause,
        instance,
        cold: true,
        queuedMs: Math.round((clock.now() - waiting.since) * 1000) / 1000,
        initMs: 0,
        version: this.version,
        eventSize: Buffer.byteLength(request.eventJson),
      },
      request.eventJson,
    );
    const resultJson = JSON.stringify(verdict.error);
    const preview = previewOf(resultJson);
    record(
      {
        kind: 'invocationEnded',
        invocation: request.invocation,
        outcome: verdict.outcome,
        durationMs: 0,
        ...preview,
        error: verdict.error,
        place: verdict.place,
      },
      preview.more ? resultJson : undefined,
    );
    waiting.resolve({
      outcome: verdict.outcome,
      resultJson,
      error: verdict.error,
      place: verdict.place,
      durationMs: 0,
    });
  }

  private findStartFailure(failure: StartFailure): void {
    const code = failure.why === 'code' ? failure.failure : undefined;
    const { message, advice } =
      code === undefined
        ? { message: startSentence(failure, this.spec), advice: '' }
        : failures.explainLoad(code, this.spec);
    const fix: DiagnosticFix | undefined =
      code?.kind === 'missingModule' ? libraryFix(code.module ?? '', this.spec, '') : undefined;
    this.dependencies.record({
      kind: 'diagnostic',
      rule: 'runtime.load',
      severity: 'error',
      message,
      advice,
      function: this.id,
      place: code?.place,
      fix,
    });
  }
}

function startVerdict(
  waiting: Waiting,
  failure: StartFailure,
  spec: FunctionSpec,
): failures.Failed {
  const id = waiting.request.invocation;
  switch (failure.why) {
    case 'code':
      return failures.ofLoad(id, failure.failure, spec);
    case 'timeout':
      return failures.initTimedOut(id, spec.initTimeout);
    case 'exit':
      return failures.exited(id, failure.code, failure.signal);
    case 'memory':
      return failures.outOfMemory(id, spec.memory, failure.usedMb);
    case 'spawn':
      return failures.failed(437, id, failure.message);
  }
}

function startSentence(failure: StartFailure, spec: FunctionSpec): string {
  switch (failure.why) {
    case 'code':
      return failures.explainLoad(failure.failure, spec).message;
    case 'timeout':
      return l10n.t('{0} was not loaded after {1} seconds.', spec.name, spec.initTimeout);
    case 'exit':
      return l10n.t('The process of {0} ended while it was loading.', spec.name);
    case 'memory':
      return l10n.t(
        '{0} used {1} MB while it was loading; its limit is {2} MB.',
        spec.name,
        failure.usedMb,
        spec.memory,
      );
    case 'spawn':
      return l10n.t('{0} cannot be started: {1}', spec.name, failure.message);
  }
}
