/**
 * One handler process and the event that it runs: starts it, gives it one event after the other, collects its output,
 * and decides how each event ended, also when the process crossed a limit or died.
 */
import * as l10n from '@vscode/l10n';
import {
  type FunctionError,
  previewOf,
  type InstanceState,
  type SourcePlace,
} from '../../../protocol/fact';
import type { FunctionId, FunctionSpec } from '../../../protocol/project';
import type { ChannelListener, CodeFailure, Conversation, Notice } from '../channel/channel';
import type { InvocationRequest, InvocationResult, Run, RuntimeDependencies } from '../contract';
import * as failures from '../advice/failures';
import { HandlerProcess, type ProcessEnd } from '../process/handlerProcess';
import type { StartFailure } from '../advice/startFailures';
import type { Launch } from '../launch/launch';
import type { Slot, Worker } from './dispatcher';
import type { Interpreter } from '../launch/interpreters';
import { Limits, type LimitsListener } from '../process/limits';
import { PeakMemory } from '../process/memory';
import { InstanceOutput } from '../process/output';

export interface InstanceOwner {
  onReady(instance: Instance): void;
  onStartFailed(instance: Instance, failure: StartFailure): void;
  /** The process is gone; called once, also after a failed start. */
  onStopped(instance: Instance): void;
  /** Threads that were left behind began or ended. */
  onRest(): void;
  onFiles(instance: Instance, files: string[]): void;
  onNotice(instance: Instance, invocation: string | null, notice: Notice): void;
  onCodeFailure(instance: Instance, request: InvocationRequest, failure: CodeFailure): void;
  onDebugPort(instance: Instance, answer: Parameters<ChannelListener['onDebugPort']>[0]): void;
}

export interface InstanceParts {
  number: number;
  version: number;
  functionId: FunctionId;
  spec: FunctionSpec;
  launch: Launch;
  dependencies: RuntimeDependencies;
  owner: InstanceOwner;
  /** Says which event comes next. */
  slot: Slot<Run>;
}

/** How long a process may write what it has counted, milliseconds. */
const lastWordsMs = 5000;

/** An event that the process has. */
interface Held {
  run: Run;
  /**
   * `kept`: handed ahead, the process is at the one before · `begun`: that one is over, so the process is at this one,
   * which was not told yet · `running` · `answered`: un-awaited work of it goes on
   */
  stage: 'kept' | 'begun' | 'running' | 'answered';
  /** Session time; once it runs. */
  startedAt: number;
  /** Called when it runs. */
  whenRunning?: (() => void)[];
}

/** `waiting`: for its debugger, before it loads the handler. */
type State = 'starting' | 'waiting' | 'ready' | 'busy' | 'stopped';

export class Instance implements Worker<Run> {
  readonly number: number;
  readonly version: number;
  debugPort: number | undefined;
  /** Threads that its events left behind still work. */
  threadsWork = false;
  /** The program that runs it. */
  readonly program: string;
  readonly interpreter: Interpreter | undefined;
  /** Epoch ms. */
  readonly startedAt = Date.now();
  readonly slot: Slot<Run>;
  private state: State = 'starting';
  /** Debugging may be switched off before the port is known. */
  private waitsForDebugger = true;
  private running: Held | undefined;
  /** Handed over while the running one runs. */
  private next: Held | undefined;
  private lastInvocation: string | null = null;
  private readonly process: HandlerProcess;
  private readonly talk: Conversation;
  private readonly output: InstanceOutput;
  private readonly spawnedAt: number;
  private initMs = 0;
  private served = 0;
  private readonly limits: Limits;
  private readonly memory: PeakMemory;
  /** What ends the event that ran when the process was killed on purpose, once it is gone. */
  private verdict: { on: string | null; make: (id: string) => failures.Failed } | undefined;
  private startFailure: StartFailure | undefined;
  /** Where the user's code ended the process. */
  private exitPlace: SourcePlace | undefined;
  private readonly gone: Promise<void>;
  private readonly parts: InstanceParts;

  constructor(parts: InstanceParts) {
    this.parts = parts;
    this.number = parts.number;
    this.version = parts.version;
    this.slot = parts.slot;
    this.program = parts.launch.command;
    this.interpreter = parts.launch.found;
    const { launch, dependencies } = parts;
    this.spawnedAt = dependencies.clock.now();
    this.process = new HandlerProcess(launch, dependencies.bootstrapFolder);
    const { child } = this.process;
    this.talk = launch.converse(child, this.listener());
    this.output = new InstanceOutput(
      parts.functionId,
      parts.number,
      child,
      dependencies.record,
      () => this.lastInvocation,
      (held) => this.talk.hold(held),
    );
    this.memory = new PeakMemory(child.pid, parts.spec.memory, !launch.debug);
    this.limits = new Limits(parts.spec, dependencies.clock, this.memory, this.limitsListener());
    this.gone = this.process.end.then((end) => this.onGone(end));
  }

  /** Begins to talk with it; called once, when its owner knows it. */
  start(): void {
    const { launch } = this.parts;
    this.recordState('starting', {
      pid: this.process.child.pid,
      interpreter: launch.interpreter,
    });
    this.talk.start();
    if (!launch.debug) {
      this.limits.startBegins();
    }
  }

  /** Resolves once it is gone; undefined: nobody ends it. */
  get ending(): Promise<void> | undefined {
    const isEnding = this.verdict !== undefined || this.startFailure !== undefined;
    return isEnding ? this.gone : undefined;
  }

  get starting(): boolean {
    return this.state === 'starting' || this.state === 'waiting';
  }

  /** It was started for a debugger, and its port is not known yet. */
  get opensDebugPort(): boolean {
    return this.parts.launch.debug && this.state === 'starting';
  }

  private get runningInvocation(): string | null {
    return this.running?.run.request.invocation ?? null;
  }

  /** See `FunctionRuntime.invocationOf`. */
  invocationOf(said: string | undefined): string | null | Promise<string | null> {
    const { next } = this;
    if (next === undefined || (said !== undefined && said !== next.run.request.invocation)) {
      return said ?? this.runningInvocation;
    }
    if (said === undefined) {
      // What the process wrote to its channel before it pushed is read in the next round of the event loop.
      return new Promise((resolve) =>
        setImmediate(() => setImmediate(() => resolve(this.runningInvocation))),
      );
    }
    return new Promise((resolve) => (next.whenRunning ??= []).push(() => resolve(said)));
  }

  // -- what its slot says

  get queues(): boolean {
    // What comes past the channel is told apart only where one event runs at a time.
    return this.talk.queues === true && !this.output.comesRaw;
  }

  take(run: Run): void {
    this.send(run); // First, so that the process works while this is recorded.
    if (this.running === undefined) {
      this.begin({ run, stage: 'begun', startedAt: 0 });
    } else {
      this.next = { run, stage: 'kept', startedAt: 0 };
    }
  }

  end(): void {
    this.letGo();
  }

  private send({ request }: Run): void {
    const { clock } = this.parts.dependencies;
    this.talk.event(request.invocation, clock.frozenMs(), oneLine(request.eventJson));
  }

  private begin(held: Held): void {
    const { clock, record } = this.parts.dependencies;
    const { request, since } = held.run;
    const now = clock.now();
    const cold = this.served++ === 0;
    this.state = 'busy';
    this.output.flush(); // Of the one before.
    this.lastInvocation = request.invocation;
    record(
      {
        kind: 'invocationStarted',
        invocation: request.invocation,
        function: this.parts.functionId,
        role: request.role,
        connection: request.connection,
        cause: request.cause,
        instance: this.number,
        cold,
        queuedMs: rounded(now - since),
        initMs: cold ? rounded(this.initMs) : 0,
        version: this.version,
        eventSize: Buffer.byteLength(request.eventJson),
      },
      request.eventJson,
    );
    request.onStart?.();
    held.stage = 'running';
    held.startedAt = now;
    this.running = held;
    this.limits.eventBegins(now);
    held.whenRunning?.forEach((tell) => tell());
  }

  /** The debugger is attached: loads the handler. */
  load(): void {
    if (this.state === 'waiting') {
      this.state = 'starting';
      this.limits.startBegins();
      this.talk.load();
    }
  }

  namePushes(): void {
    this.talk.namePushes?.();
  }

  setDebug(enabled: boolean): void {
    if (enabled) {
      this.memory.stopCounting();
    }
    this.talk.debug(enabled);
    this.waitsForDebugger = enabled;
    if (!enabled) {
      this.debugPort = undefined;
      this.load();
    }
  }

  /** Ends at once, whatever runs. */
  async stop(reason: string): Promise<void> {
    this.slot.leave(reason);
    this.letGo();
    await this.gone;
  }

  /** One that has something to write at its end may do so, unless an event would go on meanwhile. */
  private letGo(): void {
    if (this.parts.launch.endsByItself === undefined || this.state !== 'ready') {
      this.kill();
      return;
    }
    this.slot.closes();
    this.talk.end();
    const limit = setTimeout(() => this.kill(), lastWordsMs);
    void this.gone.then(() => clearTimeout(limit));
  }

  private kill(): void {
    // One whose start failed is being started until it is gone: what waits hears of it then, and starts no other.
    if (this.startFailure === undefined) {
      this.slot.closes();
    }
    this.limits.stopTimer();
    this.talk.end();
    this.process.kill();
  }

  private listener(): ChannelListener {
    const { owner } = this.parts;
    return {
      onReady: () => {
        if (this.state === 'starting' && this.startFailure === undefined) {
          this.limits.startEnded();
          this.initMs = this.parts.dependencies.clock.now() - this.spawnedAt;
          this.state = 'ready';
          this.recordState('ready', { debugPort: this.debugPort });
          owner.onReady(this);
          this.slot.ready();
        }
      },
      onLoadFailed: (failure) => this.failStart({ why: 'code', failure }),
      onResult: (id, peakKb, json, more) => this.onAnswer(id, peakKb, json, undefined, more),
      onFailure: (id, peakKb, failure, more) => {
        const request = this.running?.run.request;
        if (request === undefined || !this.isAwaited(id)) {
          this.onLateAnswer(id, more);
        } else {
          owner.onCodeFailure(this, request, failure);
          const verdict = failures.ofInvocation(id, failure);
          this.onAnswer(id, peakKb, JSON.stringify(verdict.error), verdict, more);
        }
      },
      onDone: (id) => {
        if (this.runningInvocation !== id) {
          return;
        }
        if (this.running?.stage === 'answered') {
          this.release();
        } else {
          this.onBegun(); // The process is being killed, but it was done.
        }
      },
      onLog: (id, stream, level, text) => {
        this.output.log.line(id ?? this.runningInvocation, stream, level, text);
      },
      onRawOutput: () => (this.output.comesRaw = true),
      onThreads: (work) => {
        this.threadsWork = work;
        owner.onRest();
      },
      onFiles: (files) => owner.onFiles(this, files),
      onNotice: (id, notice) => {
        if (notice.notice === 'exits') {
          this.exitPlace = notice.place;
        }
        // While it loads, its end is told as what it is: the reason that it cannot be loaded.
        if (notice.notice !== 'exits' || !this.starting) {
          owner.onNotice(this, id, notice);
        }
      },
      onDebugPort: (answer) => {
        if ('port' in answer) {
          this.debugPort = answer.port;
          if (this.opensDebugPort) {
            this.state = 'waiting';
            this.recordState('starting', { debugPort: answer.port, waitsForDebugger: true });
            if (!this.waitsForDebugger) {
              this.load();
            }
          } else {
            this.recordState(this.starting ? 'starting' : 'ready', { debugPort: answer.port });
          }
        }
        if ('error' in answer && this.opensDebugPort) {
          this.state = 'waiting'; // It runs without a debugger then.
          this.load();
        }
        owner.onDebugPort(this, answer);
      },
      onSpent: () => {
        this.slot.leave(l10n.t('failed in a way that it cannot go on after'));
        this.kill();
      },
      onNonsense: (text) => {
        if (this.state === 'stopped') {
          return;
        }
        this.slot.leave(l10n.t('its channel carried nonsense: {0}', text));
        this.endBy((id) =>
          failures.failed(439, id, 'User process broke its channel to the gateway'),
        );
      },
    };
  }

  private isAwaited(id: string): boolean {
    const { running } = this;
    return (
      running?.stage === 'running' &&
      running.run.request.invocation === id &&
      this.verdict?.on !== id
    );
  }

  private onAnswer(
    id: string,
    peakKb: number | undefined,
    json: string,
    verdict: failures.Failed | undefined,
    more: boolean,
  ): void {
    const { running } = this;
    if (running === undefined || !this.isAwaited(id)) {
      this.onLateAnswer(id, more);
      return;
    }
    const durationMs = this.parts.dependencies.clock.now() - running.startedAt;
    if (peakKb !== undefined) {
      this.memory.note(peakKb);
    } else if (this.next === undefined) {
      this.memory.measureAfter(durationMs); // Else the process is at the next event already, and that is its memory.
    }
    if (this.memory.exceeded) {
      this.onLateAnswer(id, more);
      this.endBy((request) => this.outOfMemory(request));
      return;
    }
    running.stage = 'answered';
    this.answer(running, durationMs, json, verdict);
    if (more) {
      this.slot.answered(durationMs);
    } else {
      this.release(durationMs);
    }
  }

  /** The process is being killed, but it ended its event before it died. */
  private onLateAnswer(id: string, more: boolean): void {
    if (!more && id === this.runningInvocation) {
      this.onBegun();
    }
  }

  /** The running event is over, also if nobody waits for its answer any more: the process is at the next one. */
  private onBegun(): void {
    if (this.next !== undefined) {
      this.next.stage = 'begun';
    }
  }

  /** Records how the event ended and tells whoever waits for it. */
  private answer(
    { run }: Held,
    durationMs: number,
    json: string,
    verdict: failures.Failed | undefined,
  ): void {
    this.output.settle();
    const preview = previewOf(json);
    const result: InvocationResult = {
      outcome: verdict?.outcome ?? 'ok',
      resultJson: json,
      durationMs: rounded(durationMs),
    };
    if (verdict !== undefined) {
      result.error = verdict.error;
      result.place = verdict.place;
    }
    this.parts.dependencies.record(
      {
        kind: 'invocationEnded',
        invocation: run.request.invocation,
        outcome: result.outcome,
        durationMs: result.durationMs,
        memoryMb: this.memory.usedMb || undefined,
        ...preview,
        error: result.error && shownError(result.error),
        place: result.place,
      },
      preview.more ? json : undefined,
    );
    run.end(result);
  }

  /** Nothing of the event goes on: the next one may come. `durationMs`: unless it was answered before. */
  private release(durationMs?: number): void {
    const { next } = this;
    this.running = undefined;
    this.next = undefined;
    this.limits.eventEnded();
    if (next === undefined) {
      this.state = 'ready';
    } else {
      this.begin(next);
    }
    this.slot.free(durationMs);
  }

  private limitsListener(): LimitsListener {
    return {
      isWorking: () => this.state === 'busy' || this.state === 'starting',
      onStartTooLong: () => this.failStart({ why: 'timeout' }),
      onEventTooLong: () => this.onEventTooLong(),
      onTooMuchMemory: () => {
        if (this.verdict !== undefined) {
          return; // It is being killed.
        }
        if (this.state === 'starting') {
          this.failStart({ why: 'memory', usedMb: this.memory.usedMb });
        } else {
          this.endBy((id) => this.outOfMemory(id));
        }
      },
    };
  }

  private onEventTooLong(): void {
    const { timeout } = this.parts.spec;
    if (this.running?.stage === 'answered') {
      this.output.log.line(
        this.running.run.request.invocation,
        'platform',
        'warn',
        l10n.t(
          'Work that was not awaited still ran after {0} seconds, the time limit, and was ended.',
          timeout,
        ),
      );
    }
    this.slot.leave(l10n.t('ran longer than {0} seconds', timeout));
    this.endBy((id) => failures.timedOut(id, timeout));
  }

  /** Kills the process; the running event gets the verdict once all of its output is here. */
  private endBy(verdict: (id: string) => failures.Failed): void {
    this.verdict ??= { on: this.runningInvocation, make: verdict };
    this.kill();
  }

  private failStart(failure: StartFailure): void {
    this.startFailure ??= failure;
    this.kill();
  }

  private outOfMemory(id: string): failures.Failed {
    this.slot.leave(l10n.t('used more than {0} MB', this.parts.spec.memory));
    return failures.outOfMemory(id, this.parts.spec.memory, this.memory.usedMb);
  }

  private onGone({ code, signal, unread, error }: ProcessEnd): void {
    const wasStarting = this.starting;
    if (error !== undefined) {
      this.startFailure ??= { why: 'spawn', error };
    }
    if (unread) {
      this.onBegun(); // It may have been at it.
    }
    const wasLeaving = this.slot.state === 'leaving';
    this.slot.closes();
    this.talk.end();
    this.output.flush();
    this.concludeRunning(code, signal);
    const { next } = this;
    this.next = undefined;
    if (next?.stage === 'begun') {
      this.begin(next);
      this.concludeRunning(code, signal);
    }
    this.state = 'stopped';
    this.limits.dispose();
    const reason = this.slot.reason ?? exitReason(code, signal);
    this.recordState('stopped', { reason });
    if (wasStarting && (this.startFailure !== undefined || !wasLeaving)) {
      const failure: StartFailure = this.startFailure ?? {
        ...{ why: 'exit', code, signal },
        place: this.exitPlace,
      };
      this.parts.owner.onStartFailed(this, failure);
    }
    this.parts.owner.onStopped(this);
    this.slot.gone();
    next?.whenRunning?.forEach((tell) => tell()); // It runs elsewhere: nothing can be waited for here.
  }

  /** The running event gets its verdict: the process is gone. */
  private concludeRunning(code: number | null, signal: string | null): void {
    const { running } = this;
    this.running = undefined;
    if (running?.stage === 'running') {
      const id = running.run.request.invocation;
      const { verdict } = this;
      const failed = verdict?.on === id ? verdict.make(id) : this.exitVerdict(id, code, signal);
      running.stage = 'answered';
      const durationMs = this.parts.dependencies.clock.now() - running.startedAt;
      this.answer(running, durationMs, JSON.stringify(failed.error), failed);
    }
    if (running !== undefined) {
      this.slot.free();
    }
  }

  private exitVerdict(id: string, code: number | null, signal: string | null): failures.Failed {
    if (this.output.heapExhausted) {
      this.memory.note(this.parts.spec.memory * 1024);
      return this.outOfMemory(id);
    }
    return failures.exited(id, code, signal, this.exitPlace);
  }

  private recordState(
    state: InstanceState,
    more: {
      pid?: number;
      interpreter?: string;
      debugPort?: number;
      waitsForDebugger?: true;
      reason?: string;
    },
  ): void {
    this.parts.dependencies.record({
      kind: 'instance',
      function: this.parts.functionId,
      instance: this.number,
      state,
      version: this.version,
      ...more,
    });
  }
}

/** Its texts are the handler's: they travel with the fact in part; the payload has all of them. */
function shownError(error: FunctionError): FunctionError {
  const { errorMessage, stackTrace } = error;
  if (errorMessage.length <= longestText && (stackTrace?.length ?? 0) <= longestText) {
    return error;
  }
  return {
    ...error,
    errorMessage: cut(errorMessage),
    ...(stackTrace === undefined ? {} : { stackTrace: cut(stackTrace) }),
  };
}

const longestText = 8000;

function cut(text: string): string {
  return text.length <= longestText
    ? text
    : `${text.slice(0, longestText)} … [+${text.length - longestText}]`;
}

function exitReason(code: number | null, signal: string | null): string {
  return signal === null
    ? l10n.t('exited with code {0}', code ?? 0)
    : l10n.t('ended by {0}', signal);
}

/** In valid JSON a line feed stands between tokens only, where a space is as good. */
function oneLine(json: string): string {
  return json.includes('\n') || json.includes('\r') ? json.replace(/[\r\n]/g, ' ') : json;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
