/**
 * A function as the gateway sees it: makes its processes, follows its code, its builds and its debugging, and tells a
 * person what went wrong. When events run, and in which process, is the dispatcher's (dispatcher.ts).
 *
 * The platform's log lines of an invocation (START, END, Report …) are not recorded: they can be told from
 * `invocationStarted` and `invocationEnded` (see platformLog in the protocol), which cost two facts instead of six.
 */
import * as l10n from '@vscode/l10n';
import type { FunctionId, FunctionSpec } from '../../../protocol/project';
import { UserError } from '../../errors';
import type { CodeFailure } from '../channel/channel';
import type {
  FunctionRuntime,
  InvocationRequest,
  InvocationResult,
  Run,
  RuntimeDependencies,
} from '../contract';
import * as failures from '../advice/failures';
import { debugpyMissing } from '../advice/debugger';
import { explainBuild, explainFailure, explainNotice, type Finding } from '../advice/findings';
import { longestQueue, type Pool, type PoolRules, type Refusal, type Slot } from './dispatcher';
import { Instance, type InstanceOwner } from './instance';
import type { Launch } from '../launch/launch';
import type { Interpreter } from '../launch/interpreters';
import { refuse } from './refuse';
import { startPreparation, type Preparation } from '../launch/prepare';
import { startSourceWatch, type SourceWatch } from './sourceWatch';
import { explainCheck, explainFailedStart, explainMisnamed, explainNewer } from '../advice/places';
import { startVerdict, type StartFailure } from '../advice/startFailures';

export function startFunctionRuntime(
  id: FunctionId,
  spec: FunctionSpec,
  dependencies: RuntimeDependencies,
  /** Had other settings; it is retired, and events wait until it has. */
  predecessor?: FunctionRuntime,
): FunctionRuntime {
  return new RunningFunction(id, spec, dependencies, predecessor);
}

/** Who connects at once learns from the event itself, milliseconds. */
const firstLookMs = 150;

type Health = 'sound' | 'buildFails' | 'startFails' | 'foreseen';

/** How long running events may take once the function's settings changed, milliseconds. */
const retirementMs = 3000;

class RunningFunction implements FunctionRuntime, InstanceOwner {
  readonly id: FunctionId;
  readonly spec: FunctionSpec;
  private readonly dependencies: RuntimeDependencies;
  private readonly preparation: Preparation;
  private readonly watch: SourceWatch;
  readonly pool: Pool<Run>;
  /** All that live, also those that only finish their last event. */
  private readonly alive = new Map<number, Instance>();
  version = 1;
  /** What is told about the code that is on disk now: nothing, or a finding, of the build, of a start, or of a look at it. */
  private health: Health = 'sound';
  /** Looks at the code that were begun: only the last one counts. */
  private looks = 0;
  private look: Promise<void> | undefined;
  private readonly firstLook: NodeJS.Timeout;
  /** What was told of the code that no run of it meets here: it needs a later version, or reads what is not there. */
  private unmet: Finding[] = [];
  debugging = false;
  private pushesNamed = false;
  private readonly debugWaiters: {
    resolve(answer: { instance: number; port: number }): void;
    reject(error: Error): void;
  }[] = [];
  private life: 'running' | 'retiring' | 'disposed' = 'running';
  /** Runs its last events. */
  private predecessor: FunctionRuntime | undefined;
  private successor: FunctionRuntime | undefined;
  private retirement: Promise<void> | undefined;
  private onEmpty: (() => void) | undefined;
  private readonly onRested: (() => void)[] = [];

  constructor(
    id: FunctionId,
    spec: FunctionSpec,
    dependencies: RuntimeDependencies,
    predecessor: FunctionRuntime | undefined,
  ) {
    this.id = id;
    this.spec = spec;
    this.dependencies = dependencies;
    this.preparation = startPreparation(id, spec, dependencies, {
      onProblem: (problem, interpreter) => {
        // The build writes nothing then, so that the code before goes on serving.
        this.health = 'buildFails';
        const about = { interpreter, project: dependencies.service.folder };
        this.find(explainBuild(problem, spec, about), null);
      },
      onMended: () => {
        if (this.health === 'buildFails') {
          this.clearFindings();
        }
      },
      onBuilt: () => this.lookAtCode(),
    });
    this.pool = dependencies.dispatcher.pool(
      {
        rules: () => this.rules(),
        start: (slot) => this.startInstance(slot),
        refuse: (run, why) => this.refuse(run, this.refusal(run.request.invocation, why)),
        why: (reason) =>
          reason === 'codeChanged'
            ? l10n.t('its code changed')
            : l10n.t('every event gets a new instance'),
      },
      predecessor === undefined ? 'open' : 'behindPredecessor',
    );
    this.watch = startSourceWatch(spec.folder, {
      onTouched: () => this.pool.touched(),
      onChanged: () => this.onSourceChanged(),
      onSettled: () => this.pool.known(),
    });
    if (predecessor !== undefined) {
      this.version = predecessor.version + 1;
      this.predecessor = predecessor;
      void predecessor.retire(this).then(() => {
        this.predecessor = undefined;
        this.pool.takeOver();
      });
    }
    // Asking an interpreter for its version takes a while: better now than when the first event waits. And whoever
    // named one that is not there learns it at the start.
    setImmediate(() => {
      this.preparation.warmUp().catch((error: unknown) => {
        if (this.life !== 'disposed' && this.health === 'sound') {
          this.failStart(undefined, 0, { why: 'spawn', error }, undefined);
          this.health = 'foreseen';
        }
      });
    });
    this.firstLook = setTimeout(() => this.lookAtCode(), firstLookMs);
  }

  invoke(request: InvocationRequest): Promise<InvocationResult> {
    if (this.successor !== undefined) {
      return this.successor.invoke(request);
    }
    const { dispatcher, clock } = this.dependencies;
    const { connection, eventJson, invocation } = request;
    return new Promise((end) => {
      dispatcher.submit({
        connection,
        order: 'inTurn',
        size: eventJson.length,
        foresee: () => this.pool,
        open: (over) => {
          const run = { request, since: clock.now(), end };
          const size = Buffer.byteLength(eventJson);
          if (size <= failures.largestPayload) {
            return { pool: this.pool, run };
          }
          this.refuse(run, failures.eventTooLarge(invocation, size));
          over();
          return null;
        },
      });
    });
  }

  private rules(): PoolRules {
    const { coldStart } = this.dependencies.service.emulator;
    return {
      most: this.debugging ? 1 : this.spec.maxInstances,
      use: coldStart ? 'once' : 'again',
      ahead: this.debugging ? 'never' : 'allowed',
    };
  }

  private refusal(invocation: string, why: Refusal): failures.Failed {
    switch (why) {
      case 'stopped':
        return failures.failed(432, invocation, 'The function is being stopped');
      case 'removed':
        return failures.failed(432, invocation, 'The function was removed');
      case 'full':
        return failures.failed(
          432,
          invocation,
          `More than ${longestQueue} events wait for an instance`,
        );
    }
  }

  invocationOf(instance: number, said: string | undefined): string | null | Promise<string | null> {
    const own = this.alive.get(instance) ?? this.predecessor;
    if (own === undefined) {
      return said ?? null;
    }
    return own instanceof Instance ? own.invocationOf(said) : own.invocationOf(instance, said);
  }

  private get threadsWork(): boolean {
    return [...this.alive.values()].some((instance) => instance.threadsWork);
  }

  rested(): Promise<void> {
    return new Promise((resolve) => {
      this.onRested.push(resolve);
      this.onRest();
    });
  }

  looked(): Promise<void> {
    clearTimeout(this.firstLook);
    if (this.look === undefined) {
      this.lookAtCode();
    }
    return this.look ?? Promise.resolve();
  }

  async ended(): Promise<void> {
    await Promise.all([...this.alive.values()].flatMap(({ ending }) => ending ?? []));
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
    if (!enabled) {
      for (const instance of this.alive.values()) {
        instance.setDebug(false);
      }
      const off = l10n.t('Debugging of {0} was switched off.', this.spec.name);
      this.rejectDebugWaiters(new UserError('debugFailed', off));
      this.pool.look();
      return null;
    }
    // What loads changed code takes over soon; any other one is enough while debugging.
    const [first = this.pool.loading, ...others] = this.pool.members;
    this.pool.dismiss(others, l10n.t('one instance is enough while debugging'));
    return new Promise((resolve, reject) => {
      this.debugWaiters.push({ resolve, reject });
      const instance = [...this.alive.values()].find(({ slot }) => slot === first);
      if (first === undefined) {
        this.pool.start();
      } else if (instance?.debugPort !== undefined) {
        this.onDebugPort(instance, { port: instance.debugPort });
      } else if (instance?.opensDebugPort === false) {
        instance.setDebug(true);
      }
    });
  }

  debuggerReady(instance: number): void {
    this.alive.get(instance)?.load();
  }

  namePushes(): void {
    if (!this.pushesNamed) {
      this.pushesNamed = true;
      this.alive.forEach((instance) => instance.namePushes());
    }
  }

  restart(reason: string, now = false): void {
    this.pool.restart(reason, now ? 'now' : 'afterLast');
    if (this.debugging && this.pool.members.length === 0) {
      this.pool.start();
    }
    this.lookAtCode(); // A library may have been installed.
  }

  retire(successor?: FunctionRuntime): Promise<void> {
    this.retirement ??= this.end(successor);
    return this.retirement;
  }

  private async end(successor: FunctionRuntime | undefined): Promise<void> {
    this.successor = successor;
    this.life = 'retiring';
    if (this.health !== 'sound' || this.unmet.length > 0) {
      this.clearFindings();
    }
    this.pool.retire(l10n.t('its settings changed'), successor?.pool);
    const empty = new Promise<void>((resolve) => (this.onEmpty = resolve));
    const limit = this.dependencies.clock.setTimer(retirementMs, () => this.onEmpty?.());
    this.noticeEmpty();
    await empty;
    limit.dispose();
    await this.predecessor?.retire();
    await this.dispose();
  }

  private noticeEmpty(): void {
    if (this.alive.size === 0) {
      this.onEmpty?.();
    }
  }

  async dispose(): Promise<void> {
    this.life = 'disposed';
    clearTimeout(this.firstLook);
    this.pool.stop();
    this.watch.dispose();
    const stopping = l10n.t('{0} is being stopped.', this.spec.name);
    this.rejectDebugWaiters(new UserError('debugFailed', stopping));
    await Promise.all([...this.alive.values()].map((instance) => instance.stop(l10n.t('stopped'))));
    this.preparation.dispose();
    this.pool.forget();
  }

  // -- what instances tell

  onRest(): void {
    if (!this.threadsWork) {
      this.onRested.splice(0).forEach((tell) => tell());
    }
  }

  onReady(instance: Instance): void {
    if (this.health !== 'sound' && instance.version === this.version) {
      this.clearFindings();
    }
  }

  onStartFailed(instance: Instance, failure: StartFailure): void {
    this.failStart(instance.slot, instance.number, failure, instance.interpreter);
  }

  onStopped(instance: Instance): void {
    this.alive.delete(instance.number);
    this.onRest();
    if (this.life !== 'running') {
      this.noticeEmpty();
    } else if (
      this.debugWaiters.length > 0 &&
      this.pool.members.length === 0 &&
      this.pool.loading === undefined
    ) {
      this.pool.start(); // It ended before it could be debugged.
    }
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
        ? debugpyMissing(this.spec, this.id, instance)
        : new UserError(
            'debugFailed',
            l10n.t('{0} cannot be debugged: {1}', this.spec.name, answer.message),
          ),
    );
  }

  // -- making instances

  private startInstance(slot: Slot<Run>): void {
    const number = this.dependencies.nextInstance();
    const { version } = this;
    this.preparation
      .launch(number, () => this.debugging)
      .then(
        (launch) => {
          if (slot.state !== 'gone' && this.life !== 'disposed') {
            this.spawn(slot, number, version, launch);
          } else {
            launch.discard?.();
          }
        },
        (error: unknown) => {
          if (slot.state !== 'gone' && this.life !== 'disposed') {
            this.failStart(slot, number, { why: 'spawn', error }, undefined);
            slot.gone();
          }
        },
      );
  }

  private spawn(slot: Slot<Run>, number: number, version: number, launch: Launch): void {
    const { id: functionId, spec, dependencies } = this;
    const parts = { number, version, functionId, spec, launch, dependencies, owner: this, slot };
    let instance: Instance;
    try {
      instance = new Instance(parts);
    } catch (error) {
      launch.discard?.();
      this.failStart(slot, number, { why: 'spawn', error }, launch.found);
      slot.gone();
      return;
    }
    slot.employ(instance);
    this.alive.set(number, instance);
    instance.start();
    if (this.pushesNamed) {
      instance.namePushes();
    }
  }

  private onSourceChanged(): void {
    if (this.life !== 'running') {
      return;
    }
    this.version++;
    const { pool } = this;
    const ran = this.health !== 'sound' && this.health !== 'foreseen';
    if (pool.members.length > 0 || pool.waiting > 0 || ran) {
      pool.renew();
    } else {
      pool.dropFresh();
    }
    this.lookAtCode();
  }

  private lookAtCode(): void {
    this.look = this.foresee();
  }

  /**
   * Tells what would fail with the first event: after the start, and at each save of a function that never ran. What
   * fails in the cloud alone, where the runtime is older, no run ever tells: that is looked for at every save, and so is
   * what no run met before.
   */
  private async foresee(): Promise<void> {
    const look = ++this.looks;
    const isOver = () => look !== this.looks || this.life !== 'running';
    const isPast = () =>
      isOver() ||
      this.alive.size + this.pool.members.length + this.pool.waiting > 0 ||
      (this.health !== 'sound' && this.health !== 'foreseen');
    const { version } = this;
    if (isPast() && this.unmet.length === 0 && !(await this.preparation.isRunByNewer())) {
      return;
    }
    const lookedAt = Date.now(); // What is saved later may not have been seen.
    let check: Awaited<ReturnType<Preparation['check']>>;
    try {
      check = await this.preparation.check();
    } catch (error) {
      if (!isPast() && this.health === 'sound') {
        this.failStart(undefined, 0, { why: 'spawn', error }, undefined);
        this.health = 'foreseen';
      }
      return;
    }
    if (isOver()) {
      return;
    }
    const toldBefore = this.unmet.length > 0;
    this.unmet = [...explainNewer(check, this.spec), ...explainMisnamed(check, this.spec)].map(
      (each) => ({ ...each, version }),
    );
    if (this.health === 'foreseen' || (toldBefore && this.health === 'sound')) {
      this.clearFindings();
    } else if (this.health === 'sound') {
      this.unmet.forEach((finding) => this.find(finding, null));
    }
    if (isPast()) {
      return;
    }
    this.watch.add(check.files, lookedAt);
    if (check.failures.length > 0) {
      this.setHealth('foreseen');
      const { folder } = this.dependencies.service;
      explainCheck(check, this.spec, folder).forEach((finding) => this.find(finding, null));
    }
  }

  /** @param slot undefined: it was not even tried, since its interpreter is missing */
  private failStart(
    slot: Slot<Run> | undefined,
    number: number,
    failure: StartFailure,
    interpreter: Interpreter | undefined,
  ): void {
    const left = this.pool.startFailed(slot);
    if (left === 'ignored') {
      return;
    }
    this.setHealth('startFails', failure);
    const { folder } = this.dependencies.service;
    const finding = explainFailedStart(failure, this.spec, folder, interpreter);
    const { advice } = finding;
    if (left === 'others' && failure.why === 'code') {
      finding.advice = l10n.t('The code before the change goes on serving. {0}', finding.advice);
    }
    this.find(finding, null);
    if (left === 'none') {
      this.pool.refuseAll((run) => {
        const verdict = startVerdict(run.request.invocation, failure, this.spec);
        this.refuse(run, verdict, number);
      });
    }
    if (this.debugWaiters.length > 0) {
      const { message } = finding;
      this.failDebug(new UserError('debugFailed', message, advice === '' ? undefined : advice));
    }
    this.pool.look();
  }

  private setHealth(health: Exclude<Health, 'buildFails'>, failure?: StartFailure): void {
    this.health = health;
    this.watch.setBroken(health !== 'sound');
    if (failure?.why === 'code' && failure.failure.place !== undefined) {
      this.watch.add([failure.failure.place.file]);
    }
  }

  private clearFindings(): void {
    this.setHealth('sound');
    this.dependencies.record({ kind: 'diagnosticsCleared', function: this.id });
    if (this.life === 'running') {
      this.unmet.forEach((finding) => this.find(finding, null));
    }
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

  private refuse(run: Run, verdict: failures.Failed, instance = 0): void {
    refuse(run, verdict, this.id, instance, this.version, this.dependencies);
  }
}
