/**
 * One handler process and the event that it runs: starts it, gives it one event after the other, collects its output,
 * and decides how each event ended, also when the process crossed a limit or died.
 */
import * as l10n from '@vscode/l10n';
import { type FunctionError, previewOf, type InstanceState } from '../../../protocol/fact';
import { Ahead } from './ahead';
import type { ChannelListener, Conversation } from '../channel/channel';
import type { InvocationResult } from '../contract';
import * as failures from '../advice/failures';
import { HandlerProcess, type ProcessEnd } from '../process/handlerProcess';
import type { InstanceParts, StartFailure, Waiting } from './instanceParts';
import type { Interpreter } from '../launch/interpreters';
import { Limits, type LimitsListener } from '../process/limits';
import { PeakMemory } from '../process/memory';
import { InstanceOutput } from '../process/output';

interface Running {
  waiting: Waiting;
  startedAt: number;
  answered: boolean;
}

type State = 'starting' | 'waiting' | 'ready' | 'busy' | 'stopped';

export class Instance {
  readonly number: number;
  readonly version: number;
  debugPort: number | undefined;
  /** The program that runs it. */
  readonly program: string;
  readonly interpreter: Interpreter | undefined;
  /** Epoch ms. */
  readonly startedAt = Date.now();
  /** Will take no further event. */
  retired = false;
  private state: State = 'starting';
  /** Debugging may be switched off before the port is known. */
  private waitsForDebugger = true;
  private running: Running | undefined;
  private readonly ahead = new Ahead();
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
  private stopReason: string | undefined;
  private readonly gone: Promise<void>;
  private readonly parts: InstanceParts;

  constructor(parts: InstanceParts) {
    this.parts = parts;
    this.number = parts.number;
    this.version = parts.version;
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

  get idle(): boolean {
    return this.state === 'ready' && !this.retired;
  }

  get starting(): boolean {
    return this.state === 'starting' || this.state === 'waiting';
  }

  get stopped(): boolean {
    return this.state === 'stopped';
  }

  /** It was started for a debugger, and its port is not known yet. */
  get opensDebugPort(): boolean {
    return this.parts.launch.debug && this.state === 'starting';
  }

  get runningInvocation(): string | null {
    return this.running?.waiting.request.invocation ?? null;
  }

  /** Whether an event of that connection runs in it, or will. */
  has(connection: string): boolean {
    const { running } = this;
    return (
      this.ahead.has(connection) ||
      (running?.answered === false && running.waiting.request.connection === connection)
    );
  }

  /** Whether it may have this event before it is idle; never while a person debugs. */
  takesAhead(waiting: Waiting): boolean {
    return (
      this.talk.queues === true &&
      this.state === 'busy' &&
      !this.retired &&
      this.debugPort === undefined &&
      this.ahead.fits(waiting)
    );
  }

  handOver(waiting: Waiting): void {
    this.ahead.put(waiting);
    this.send(waiting);
  }

  untilRecorded(invocation: string | undefined): Promise<void> | undefined {
    return this.ahead.untilRecorded(invocation);
  }

  /** Runs an event; only when idle. */
  run(waiting: Waiting): void {
    this.send(waiting); // First, so that the process works while this is recorded.
    this.begin(waiting);
  }

  private send({ request }: Waiting): void {
    const { clock } = this.parts.dependencies;
    this.talk.event(request.invocation, clock.frozenMs(), oneLine(request.eventJson));
  }

  private begin(waiting: Waiting): void {
    const { clock, record } = this.parts.dependencies;
    const { request } = waiting;
    const now = clock.now();
    const cold = this.served++ === 0;
    this.state = 'busy';
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
        queuedMs: rounded(now - waiting.since),
        initMs: cold ? rounded(this.initMs) : 0,
        version: this.version,
        eventSize: Buffer.byteLength(request.eventJson),
      },
      request.eventJson,
    );
    request.onStart?.();
    this.running = { waiting, startedAt: now, answered: false };
    this.limits.eventBegins(now);
  }

  /** The debugger is attached: loads the handler. */
  load(): void {
    if (this.state === 'waiting') {
      this.state = 'starting';
      this.limits.startBegins();
      this.talk.load();
    }
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

  /** Takes no further event and ends when the running one has ended. */
  retire(reason: string): void {
    this.retired = true;
    this.stopReason ??= reason;
    if (this.state !== 'busy') {
      this.kill();
    }
  }

  /** Ends at once, whatever runs. */
  async stop(reason: string): Promise<void> {
    this.stopReason ??= reason;
    this.retired = true;
    this.kill();
    await this.gone;
  }

  private kill(): void {
    this.retired = true;
    this.limits.stopTimer();
    this.talk.end();
    this.process.kill();
  }

  private listener(): ChannelListener {
    const { owner } = this.parts;
    return {
      onReady: () => {
        if (this.state === 'starting') {
          this.limits.startEnded();
          this.initMs = this.parts.dependencies.clock.now() - this.spawnedAt;
          this.state = 'ready';
          this.recordState('ready', { debugPort: this.debugPort });
          owner.onReady(this);
        }
      },
      onLoadFailed: (failure) => this.failStart({ why: 'code', failure }),
      onResult: (id, peakKb, json, more) => this.onAnswer(id, peakKb, json, undefined, more),
      onFailure: (id, peakKb, failure, more) => {
        const request = this.running?.waiting.request;
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
        if (this.running?.answered) {
          this.release();
        } else {
          this.ahead.take(); // The process is being killed, but it was done.
        }
      },
      onLog: (id, stream, level, text) => {
        this.output.log.line(id ?? this.runningInvocation, stream, level, text);
      },
      onFiles: (files) => owner.onFiles(this, files),
      onNotice: (id, notice) => owner.onNotice(this, id, notice),
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
            const state = this.starting
              ? 'starting'
              : this.running === undefined
                ? 'ready'
                : 'busy';
            this.recordState(state, { debugPort: answer.port });
          }
        }
        if ('error' in answer && this.opensDebugPort) {
          this.state = 'waiting'; // It runs without a debugger then.
          this.load();
        }
        owner.onDebugPort(this, answer);
      },
      onSpent: () => {
        this.stopReason ??= l10n.t('failed in a way that it cannot go on after');
        this.kill();
      },
      onNonsense: (text) => {
        if (this.state === 'stopped') {
          return;
        }
        this.stopReason ??= l10n.t('its channel carried nonsense: {0}', text);
        this.end((id) => failures.failed(439, id, 'User process broke its channel to the gateway'));
      },
    };
  }

  private isAwaited(id: string): boolean {
    const { running } = this;
    return (
      running !== undefined &&
      !running.answered &&
      running.waiting.request.invocation === id &&
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
    } else if (this.ahead.empty) {
      this.memory.measureAfter(durationMs); // Else the process is at the next event already, and that is its memory.
    }
    if (this.memory.exceeded) {
      this.onLateAnswer(id, more);
      this.end((request) => this.outOfMemory(request));
      return;
    }
    running.answered = true;
    this.ahead.ranFor(durationMs);
    this.answer(running, durationMs, json, verdict);
    if (more) {
      this.parts.owner.onAnswered();
    } else {
      this.release();
    }
  }

  /** The process is being killed, but it ended its event before it died. */
  private onLateAnswer(id: string, more: boolean): void {
    if (!more && id === this.runningInvocation) {
      this.ahead.take();
    }
  }

  /** Records how the event ended and tells whoever waits for it. */
  private answer(
    running: Running,
    durationMs: number,
    json: string,
    verdict: failures.Failed | undefined,
  ): void {
    this.output.log.flush();
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
        invocation: running.waiting.request.invocation,
        outcome: result.outcome,
        durationMs: result.durationMs,
        memoryMb: this.memory.usedMb || undefined,
        ...preview,
        error: result.error && shownError(result.error),
        place: result.place,
      },
      preview.more ? json : undefined,
    );
    running.waiting.resolve(result);
  }

  /** Nothing of the event goes on: the next one may come. */
  private release(): void {
    this.running = undefined;
    this.limits.eventEnded();
    if (this.state !== 'busy') {
      return;
    }
    this.ahead.take();
    if (this.settleAhead()) {
      if (!this.retired) {
        this.parts.owner.onIdle(this);
      }
      return;
    }
    this.state = 'ready';
    if (this.retired) {
      this.kill();
    } else {
      this.parts.owner.onIdle(this);
    }
  }

  /** Returns whether there was any. */
  private settleAhead(): boolean {
    return this.ahead.settle(
      (waiting) => this.begin(waiting),
      (waiting) => this.parts.owner.onReturned(waiting),
    );
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
          this.end((id) => this.outOfMemory(id));
        }
      },
    };
  }

  private onEventTooLong(): void {
    const { timeout } = this.parts.spec;
    if (this.running?.answered) {
      this.output.log.line(
        this.running.waiting.request.invocation,
        'platform',
        'warn',
        l10n.t(
          'Work that was not awaited still ran after {0} seconds, the time limit, and was ended.',
          timeout,
        ),
      );
    }
    this.stopReason ??= l10n.t('ran longer than {0} seconds', timeout);
    this.end((id) => failures.timedOut(id, timeout));
  }

  /** Kills the process; the running event gets the verdict once all of its output is here. */
  private end(verdict: (id: string) => failures.Failed): void {
    this.verdict ??= { on: this.runningInvocation, make: verdict };
    this.kill();
  }

  private failStart(failure: StartFailure): void {
    this.startFailure ??= failure;
    this.kill();
  }

  private outOfMemory(id: string): failures.Failed {
    this.stopReason ??= l10n.t('used more than {0} MB', this.parts.spec.memory);
    return failures.outOfMemory(id, this.parts.spec.memory, this.memory.usedMb);
  }

  private onGone({ code, signal, unread, error }: ProcessEnd): void {
    const wasStarting = this.starting;
    if (error !== undefined) {
      this.startFailure ??= { why: 'spawn', error };
    }
    if (unread) {
      this.ahead.take(); // It may have been at it.
    }
    this.talk.end();
    this.output.flush();
    this.concludeRunning(code, signal);
    if (this.settleAhead()) {
      this.concludeRunning(code, signal);
    }
    this.state = 'stopped';
    this.limits.dispose();
    const reason = this.stopReason ?? exitReason(code, signal);
    this.recordState('stopped', { reason });
    if (wasStarting && (this.startFailure !== undefined || !this.retired)) {
      const failure: StartFailure = this.startFailure ?? { why: 'exit', code, signal };
      this.parts.owner.onStartFailed(this, failure);
    }
    this.parts.owner.onStopped(this);
  }

  /** The running event gets its verdict: the process is gone. */
  private concludeRunning(code: number | null, signal: string | null): void {
    const { running } = this;
    this.running = undefined;
    if (running === undefined || running.answered) {
      return;
    }
    const id = running.waiting.request.invocation;
    const { verdict } = this;
    const failed = verdict?.on === id ? verdict.make(id) : this.exitVerdict(id, code, signal);
    running.answered = true;
    const durationMs = this.parts.dependencies.clock.now() - running.startedAt;
    this.answer(running, durationMs, JSON.stringify(failed.error), failed);
  }

  private exitVerdict(id: string, code: number | null, signal: string | null): failures.Failed {
    if (this.output.heapExhausted) {
      this.memory.note(this.parts.spec.memory * 1024);
      return this.outOfMemory(id);
    }
    return failures.exited(id, code, signal);
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
