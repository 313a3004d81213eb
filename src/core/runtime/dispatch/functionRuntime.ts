/**
 * A function as the gateway sees it: events go in, results come out. Decides which instance takes which event, when
 * an instance is started or thrown away, and which version of the code serves.
 *
 * The platform's log lines of an invocation (START, END, Report …) are not recorded: they can be told from
 * `invocationStarted` and `invocationEnded` (see platformLog in the protocol), which cost two facts instead of six.
 */
import * as l10n from '@vscode/l10n';
import type { FunctionId, FunctionSpec } from '../../../protocol/project';
import { UserError } from '../../errors';
import type { CodeFailure } from '../channel/channel';
import { startClockFile, type ClockFile } from '../process/clockFile';
import type {
  FunctionRuntime,
  InvocationRequest,
  InvocationResult,
  RuntimeDependencies,
} from '../contract';
import * as failures from '../advice/failures';
import { debugpyMissing } from '../advice/debugger';
import { explainBuild, explainFailure, explainNotice, type Finding } from '../advice/findings';
import { Instance } from './instance';
import type { Launch } from '../launch/launch';
import type { InstanceOwner, StartFailure, Waiting } from './instanceParts';
import type { Interpreter } from '../launch/interpreters';
import { refuse } from './refuse';
import { startPreparation, type Preparation } from '../launch/prepare';
import { startSourceWatch, type SourceWatch } from './sourceWatch';
import { explainStart, startVerdict } from '../advice/startFailures';

export function startFunctionRuntime(
  id: FunctionId,
  spec: FunctionSpec,
  dependencies: RuntimeDependencies,
  /** Had other settings; it is retired, and events wait until it has. */
  predecessor?: FunctionRuntime,
): FunctionRuntime {
  return new RunningFunction(id, spec, dependencies, predecessor);
}

/** More events than this do not wait: the rest is refused with 432. Each client may have two of them. */
export const longestQueue = 20_000;

/** How long running events may take once the function's settings changed, milliseconds. */
const retirementMs = 3000;

class RunningFunction implements FunctionRuntime, InstanceOwner {
  readonly id: FunctionId;
  readonly spec: FunctionSpec;
  private readonly dependencies: RuntimeDependencies;
  private readonly clockFile: ClockFile;
  private readonly preparation: Preparation;
  private readonly watch: SourceWatch;
  private readonly queue: Waiting[] = [];
  /** All that live, also those that only finish their last event. */
  private readonly alive = new Map<number, Instance>();
  /** Numbers of instances that are about to be spawned. */
  private readonly preparing = new Set<number>();
  version = 1;
  /** The instance that loads changed code while the others rest; it takes over once it is ready. */
  private fresh: number | undefined;
  /** There is a finding about the code that is on disk now. */
  private broken = false;
  /** It came from the build. */
  private buildBroken = false;
  debugging = false;
  private readonly debugWaiters: {
    resolve(answer: { instance: number; port: number }): void;
    reject(error: Error): void;
  }[] = [];
  private disposed = false;
  /** Runs its last events; until they have ended, nothing is run here, so that order holds. */
  private predecessor: FunctionRuntime | undefined;
  private successor: FunctionRuntime | undefined;
  private retirement: Promise<void> | undefined;
  private onEmpty: (() => void) | undefined;

  constructor(
    id: FunctionId,
    spec: FunctionSpec,
    dependencies: RuntimeDependencies,
    predecessor: FunctionRuntime | undefined,
  ) {
    this.id = id;
    this.spec = spec;
    this.dependencies = dependencies;
    this.clockFile = startClockFile(dependencies.clock);
    this.preparation = startPreparation(id, spec, this.clockFile.path, dependencies, {
      onProblem: ({ message, place }) => {
        // The build writes nothing then, so that the code before goes on serving.
        this.broken = true;
        this.buildBroken = true;
        this.find(explainBuild(message, place, spec), null);
      },
      onMended: () => {
        if (this.buildBroken) {
          this.clearFindings();
        }
      },
    });
    this.watch = startSourceWatch(
      spec.folder,
      () => this.onSourceChanged(),
      () => this.dispatch(),
    );
    if (predecessor !== undefined) {
      this.version = predecessor.version + 1;
      this.predecessor = predecessor;
      void predecessor.retire(this).then(() => {
        this.predecessor = undefined;
        this.dispatch();
      });
    }
    // Asking an interpreter for its version takes a while: better now than when the first event waits. And whoever
    // named one that is not there learns it at the start.
    setImmediate(() => {
      this.preparation.warmUp().catch((error: unknown) => {
        if (!this.disposed && !this.broken) {
          this.failStart(0, { why: 'spawn', error }, undefined);
        }
      });
    });
  }

  invoke(request: InvocationRequest): Promise<InvocationResult> {
    if (this.successor !== undefined) {
      return this.successor.invoke(request);
    }
    return new Promise((resolve) => {
      const waiting: Waiting = { request, resolve, since: this.dependencies.clock.now() };
      const { eventJson, invocation } = request;
      if (this.disposed) {
        this.refuse(waiting, failures.failed(432, invocation, 'The function is being stopped'));
        return;
      }
      if (this.queue.length >= longestQueue) {
        const message = `More than ${longestQueue} events wait for an instance`;
        this.refuse(waiting, failures.failed(432, invocation, message));
        return;
      }
      // A UTF-16 unit takes three bytes at most.
      if (eventJson.length * 3 > failures.largestPayload) {
        const size = Buffer.byteLength(eventJson);
        if (size > failures.largestPayload) {
          this.refuse(waiting, failures.eventTooLarge(invocation, size));
          return;
        }
      }
      this.queue.push(waiting);
      this.dispatch();
    });
  }

  get inOrder(): boolean {
    const { coldStart } = this.dependencies.service.emulator;
    return this.spec.maxInstances === 1 && !this.debugging && !coldStart;
  }

  runningInvocation(instance: number): string | null {
    const own = this.alive.get(instance);
    return own?.runningInvocation ?? this.predecessor?.runningInvocation(instance) ?? null;
  }

  untilRecorded(instance: number, invocation: string | undefined): Promise<void> | undefined {
    const own = this.alive.get(instance);
    return own === undefined
      ? this.predecessor?.untilRecorded(instance, invocation)
      : own.untilRecorded(invocation);
  }

  async setDebug(enabled: boolean): Promise<{ instance: number; port: number } | null> {
    if (enabled && this.spec.family !== 'python' && this.spec.family !== 'node') {
      throw new UserError(
        'debugFailed',
        l10n.t('{0} cannot be debugged: only Python and Node.js functions can.', this.spec.name),
      );
    }
    if (enabled !== this.debugging) {
      this.recordDebugging(enabled);
    }
    const pool = this.pool();
    if (!enabled) {
      for (const instance of this.alive.values()) {
        instance.setDebug(false);
      }
      const off = l10n.t('Debugging of {0} was switched off.', this.spec.name);
      this.rejectDebugWaiters(new UserError('debugFailed', off));
      this.dispatch();
      return null;
    }
    const [running, ...others] = pool;
    const first = running ?? this.alive.get(this.fresh ?? 0);
    for (const other of others) {
      other.retire(l10n.t('one instance is enough while debugging'));
    }
    return new Promise((resolve, reject) => {
      this.debugWaiters.push({ resolve, reject });
      if (first === undefined) {
        if (this.preparing.size === 0) {
          this.startInstance();
        }
      } else if (first.debugPort !== undefined) {
        this.onDebugPort(first, { port: first.debugPort });
      } else if (!first.opensDebugPort) {
        first.setDebug(true);
      }
    });
  }

  debuggerReady(instance: number): void {
    this.alive.get(instance)?.load();
  }

  restart(reason: string, now = false): void {
    this.preparing.clear(); // What is about to be spawned is thrown away, too.
    for (const instance of this.alive.values()) {
      if (now) {
        void instance.stop(reason);
      } else {
        instance.retire(reason);
      }
    }
    this.fresh = undefined;
    if (this.debugging) {
      this.startInstance();
    } else {
      this.dispatch();
    }
  }

  retire(successor?: FunctionRuntime): Promise<void> {
    this.retirement ??= this.end(successor);
    return this.retirement;
  }

  private async end(successor: FunctionRuntime | undefined): Promise<void> {
    this.successor = successor;
    this.preparing.clear();
    if (this.broken) {
      this.clearFindings();
    }
    for (const waiting of this.queue.splice(0)) {
      this.passOn(waiting);
    }
    for (const instance of this.alive.values()) {
      instance.retire(l10n.t('its settings changed'));
    }
    const empty = new Promise<void>((resolve) => (this.onEmpty = resolve));
    const limit = this.dependencies.clock.setTimer(retirementMs, () => this.onEmpty?.());
    this.noticeEmpty();
    await empty;
    limit.dispose();
    await this.predecessor?.retire();
    await this.dispose();
  }

  /** An event that will not run here any more. */
  private passOn(waiting: Waiting): void {
    if (this.successor !== undefined) {
      void this.successor.invoke(waiting.request).then(waiting.resolve);
    } else {
      const { invocation } = waiting.request;
      this.refuse(waiting, failures.failed(432, invocation, 'The function was removed'));
    }
  }

  private noticeEmpty(): void {
    if (this.alive.size === 0) {
      this.onEmpty?.();
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    this.watch.dispose();
    const stopping = l10n.t('{0} is being stopped.', this.spec.name);
    this.rejectDebugWaiters(new UserError('debugFailed', stopping));
    await Promise.all([...this.alive.values()].map((instance) => instance.stop(l10n.t('stopped'))));
    this.preparation.dispose();
    for (const waiting of this.queue.splice(0)) {
      const { invocation } = waiting.request;
      this.refuse(waiting, failures.failed(432, invocation, 'The function is being stopped'));
    }
    this.clockFile.dispose();
  }

  // -- what instances tell

  onReady(instance: Instance): void {
    if (instance.number === this.fresh) {
      this.fresh = undefined;
      for (const old of this.pool()) {
        if (old !== instance) {
          old.retire(l10n.t('its code changed'));
        }
      }
    }
    if (this.broken && instance.version === this.version) {
      this.clearFindings();
    }
    this.dispatch();
  }

  onIdle(instance: Instance): void {
    if (this.dependencies.service.emulator.coldStart) {
      instance.retire(l10n.t('every event gets a new instance'));
    }
    this.dispatch();
  }

  onStartFailed(instance: Instance, failure: StartFailure): void {
    this.failStart(instance.number, failure, instance.interpreter);
  }

  onAnswered(): void {
    this.dispatch();
  }

  onReturned(waiting: Waiting): void {
    if (this.retirement === undefined) {
      this.queue.unshift(waiting);
    } else {
      this.passOn(waiting);
    }
  }

  onStopped(instance: Instance): void {
    this.alive.delete(instance.number);
    if (this.disposed || this.retirement !== undefined) {
      this.noticeEmpty();
      return;
    }
    if (this.debugWaiters.length > 0 && this.pool().length === 0 && this.preparing.size === 0) {
      this.startInstance(); // It ended before it could be debugged.
    }
    this.dispatch();
  }

  onFiles(instance: Instance, files: string[]): void {
    // What is loaded while it starts may have been saved since; later loads read what is there now.
    this.watch.add(files, instance.starting ? instance.startedAt : undefined);
  }

  onNotice(
    _instance: Instance,
    invocation: string | null,
    notice: Parameters<InstanceOwner['onNotice']>[2],
  ): void {
    this.find(explainNotice(notice, this.spec), invocation);
  }

  onCodeFailure(
    { interpreter }: Instance,
    { invocation, role }: InvocationRequest,
    failure: CodeFailure,
  ): void {
    const about = { interpreter, project: this.dependencies.service.folder, role };
    const finding = explainFailure(failure, this.spec, about);
    if (finding !== undefined) {
      this.find(finding, invocation);
    }
  }

  onDebugPort(instance: Instance, answer: Parameters<InstanceOwner['onDebugPort']>[1]): void {
    if ('port' in answer) {
      for (const waiter of this.debugWaiters.splice(0)) {
        waiter.resolve({ instance: instance.number, port: answer.port });
      }
      return;
    }
    this.failDebug(
      answer.error === 'missing'
        ? debugpyMissing(this.spec, this.id, instance.program)
        : new UserError(
            'debugFailed',
            l10n.t('{0} cannot be debugged: {1}', this.spec.name, answer.message),
          ),
    );
  }

  // -- choosing instances

  /** Those that take events, now or later. */
  private pool(): Instance[] {
    return [...this.alive.values()].filter(
      (instance) => !instance.retired && !instance.stopped && instance.number !== this.fresh,
    );
  }

  private dispatch(): void {
    if (this.disposed || this.retirement !== undefined) {
      return;
    }
    if (this.fresh !== undefined || this.watch.unsettled || this.predecessor !== undefined) {
      return; // Events wait for the changed code or settings, or until it is known whether they changed.
    }
    let starting = this.preparing.size;
    let size = starting;
    for (const instance of this.alive.values()) {
      if (this.queue.length === 0) {
        return;
      }
      while (this.giveNext(instance));
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

  /** Returns whether there was an event that the instance could take. */
  private giveNext(instance: Instance): boolean {
    const at = this.firstFor(instance);
    const next = this.queue[at];
    if (next === undefined) {
      return false;
    }
    if (instance.idle) {
      this.queue.splice(at, 1);
      instance.run(next);
      return true;
    }
    if (this.inOrder && instance.takesAhead(next)) {
      this.queue.splice(at, 1);
      instance.handOver(next);
      return true;
    }
    return false;
  }

  /** Where in the queue the next event for an instance is; -1: nowhere. */
  private firstFor(instance: Instance): number {
    return this.alive.size === 1
      ? 0
      : this.queue.findIndex((waiting) => !this.mustWait(waiting, instance));
  }

  /** Whether an earlier event of its connection has not ended in another process, mostly one that is replaced. */
  private mustWait({ request }: Waiting, instance: Instance): boolean {
    const { connection, inTurn } = request;
    if (inTurn !== true || connection === null) {
      return false;
    }
    return [...this.alive.values()].some((other) => other !== instance && other.has(connection));
  }

  private startInstance(): number {
    const number = this.dependencies.nextInstance();
    const { version } = this;
    this.preparing.add(number);
    this.preparation
      .launch(number, () => this.debugging)
      .then(
        (launch) => {
          if (this.preparing.delete(number) && !this.disposed) {
            this.spawn(number, version, launch);
          } else {
            launch.discard?.();
          }
        },
        (error: unknown) => {
          if (this.preparing.delete(number) && !this.disposed) {
            this.failStart(number, { why: 'spawn', error }, undefined);
          }
        },
      );
    return number;
  }

  private spawn(number: number, version: number, launch: Launch): void {
    const { id: functionId, spec, dependencies } = this;
    const parts = { number, version, functionId, spec, launch, dependencies, owner: this };
    let instance: Instance;
    try {
      instance = new Instance(parts);
    } catch (error) {
      launch.discard?.();
      this.failStart(number, { why: 'spawn', error }, launch.found);
      return;
    }
    this.alive.set(number, instance);
    instance.start();
  }

  private onSourceChanged(): void {
    if (this.disposed || this.retirement !== undefined) {
      return;
    }
    this.version++;
    if (this.fresh !== undefined) {
      this.preparing.delete(this.fresh);
      this.alive.get(this.fresh)?.retire(l10n.t('its code changed'));
      this.fresh = undefined;
    }
    if (this.pool().length > 0 || this.broken || this.queue.length > 0) {
      this.fresh = this.startInstance();
    }
  }

  private failStart(
    number: number,
    failure: StartFailure,
    interpreter: Interpreter | undefined,
  ): void {
    if (this.fresh !== undefined && number !== this.fresh) {
      return; // Code that has changed since: the fresh instance will tell.
    }
    this.setBroken(true, failure);
    const served = this.pool().some((instance) => !instance.starting);
    const about = { interpreter, project: this.dependencies.service.folder };
    const finding = explainStart(failure, this.spec, about);
    if (served && failure.why === 'code') {
      finding.advice = l10n.t('The code before the change goes on serving. {0}', finding.advice);
    }
    this.find(finding, null);
    if (number === this.fresh) {
      this.fresh = undefined;
    }
    if (served) {
      this.dispatch();
    } else {
      for (const waiting of this.queue.splice(0)) {
        const { invocation } = waiting.request;
        this.refuse(waiting, startVerdict(invocation, failure, this.spec), number);
      }
    }
    if (this.debugWaiters.length > 0) {
      const { message, advice } = explainStart(failure, this.spec, about);
      this.failDebug(new UserError('debugFailed', message, advice === '' ? undefined : advice));
    }
  }

  private setBroken(broken: boolean, failure?: StartFailure): void {
    this.broken = broken;
    this.buildBroken = false;
    this.watch.setBroken(broken);
    if (failure?.why === 'code' && failure.failure.place !== undefined) {
      this.watch.add([failure.failure.place.file]);
    }
  }

  private clearFindings(): void {
    this.setBroken(false);
    this.dependencies.record({ kind: 'diagnosticsCleared', function: this.id });
  }

  private failDebug(error: UserError): void {
    this.recordDebugging(false);
    this.rejectDebugWaiters(error);
  }

  private rejectDebugWaiters(error: UserError): void {
    for (const waiter of this.debugWaiters.splice(0)) {
      waiter.reject(error);
    }
  }

  private recordDebugging(enabled: boolean): void {
    this.debugging = enabled;
    this.dependencies.record({ kind: 'debugging', function: this.id, enabled });
  }

  private find(finding: Finding, invocation: string | null): void {
    const about = invocation === null ? {} : { invocation };
    this.dependencies.record({ kind: 'diagnostic', function: this.id, ...finding, ...about });
  }

  private refuse(waiting: Waiting, verdict: failures.Failed, instance = 0): void {
    refuse(waiting, verdict, this.id, instance, this.version, this.dependencies);
  }
}
