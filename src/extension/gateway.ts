/** The one session of this window: starting, stopping, what is known of it, and asking it for things. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sentenceOf, UserError } from '../core/errors';
import type { Fact } from '../protocol/fact';
import type { Answer, Ask, IntentKind } from '../protocol/intent';
import type { FunctionId } from '../protocol/project';
import { applyFact, emptyState } from '../protocol/state';
import type { SessionState } from '../protocol/state';
import { Cancelled } from './commands/register';
import { emulatorSettings, sessionLocale, setting } from './configuration';
import { editorPython } from './editorPython';
import { commands, contexts, settings } from './ids';
import type { Log } from './log';
import type { Projects } from './projects';
import { planSession, SessionProcess } from './sessionProcess';
import type { SessionPlan } from './sessionProcess';
import { mustBeTrusted } from './trust';

export type GatewayStatus = 'stopped' | 'starting' | 'running' | 'stopping';

/** Facts of a stopped session that can still be looked at. */
const keptFacts = 5000;
/** Milliseconds in which a session that is to stop has to hand them over. */
const handOver = 2000;

/** One start, which may be cancelled until the session listens. */
interface Attempt {
  cancelled: boolean;
  cancel(): void;
  /** Rejects at once when it is cancelled, whatever the work waits for. */
  step<T>(work: Promise<T>): Promise<T>;
  done: Promise<void>;
}

export class Gateway implements vscode.Disposable {
  /** Of the running session; of the last one while stopped. */
  state: SessionState = emptyState();
  /** Counts sessions, so that a view knows when numbers start again. */
  session = 0;
  /** Why the last session ended or could not start, when nobody asked for it. */
  failure: string | undefined;
  readonly onDidChangeStatus: vscode.Event<GatewayStatus>;
  /** Facts that arrived together, after they were folded into `state`. */
  readonly onDidReceiveFacts: vscode.Event<Fact[]>;
  private current: GatewayStatus = 'stopped';
  private process: SessionProcess | undefined;
  /** What arrived while missed facts are fetched. */
  private behind: Fact[] | undefined;
  private kept: Fact[] = [];
  private attempt: Attempt | undefined;
  private stopping: Promise<void> | undefined;
  private readonly statusChanged = new vscode.EventEmitter<GatewayStatus>();
  private readonly factsReceived = new vscode.EventEmitter<Fact[]>();

  constructor(
    private readonly extensionPath: string,
    private readonly projects: Projects,
    private readonly log: Log,
  ) {
    this.onDidChangeStatus = this.statusChanged.event;
    this.onDidReceiveFacts = this.factsReceived.event;
    this.setStatus('stopped');
  }

  get status(): GatewayStatus {
    return this.current;
  }

  /** Whether the project in this folder is one of the running session. */
  serves(folder: string): boolean {
    return (
      this.current === 'running' && this.state.services.some((service) => service.folder === folder)
    );
  }

  /**
   * Resolves when clients can connect; functions of `debug` wait for a debugger then. Rejects with a `UserError`, or
   * with `Cancelled` when it is stopped before.
   */
  start(debug: readonly FunctionId[] = []): Promise<void> {
    if (this.current === 'running') {
      return Promise.resolve();
    }
    if (this.attempt === undefined) {
      const attempt = newAttempt();
      this.attempt = attempt;
      attempt.done = this.launch(attempt, debug).finally(() => {
        if (this.attempt === attempt) {
          this.attempt = undefined;
        }
      });
    }
    return this.attempt.done;
  }

  /** Ends the session, or the start of one. Resolves when its process is gone. */
  stop(): Promise<void> {
    this.attempt?.cancel();
    this.attempt = undefined;
    this.stopping ??= this.end().finally(() => (this.stopping = undefined));
    return this.stopping;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Asks the running session. Rejects with a `UserError` whose sentence can be shown. */
  async ask<K extends IntentKind>(kind: K, ask: Ask<K>): Promise<Answer<K>> {
    if (this.process === undefined) {
      throw new UserError(
        'notRunning',
        l10n.t('The gateway is not running.'),
        l10n.t('Start it with "SCF WebSocket: Start Gateway".'),
      );
    }
    return this.process.ask(kind, ask);
  }

  /** Forgets what was recorded; of a session that was stopped, what is kept of it here. */
  async clear(): Promise<null> {
    if (this.process !== undefined) {
      return this.ask('clear', {});
    }
    const { lastSeq, lastAt, epoch } = this.state;
    this.kept = [];
    this.apply([{ seq: lastSeq + 1, at: lastAt, kind: 'trafficCleared', epoch }]);
    return null;
  }

  /** A page of the session's facts; of the last ones of a session that was stopped. */
  async facts(from: number, limit: number): Promise<Answer<'facts'>> {
    if (this.process !== undefined) {
      return this.ask('facts', { from, limit });
    }
    const start = this.kept.findIndex(({ seq }) => seq >= from);
    const facts = start < 0 ? [] : this.kept.slice(start, start + limit);
    const last = this.kept.at(-1)?.seq ?? 0;
    const through = facts.at(-1)?.seq ?? last;
    return { facts, next: through < last ? through + 1 : null, last };
  }

  dispose(): void {
    this.process?.dispose();
    this.statusChanged.dispose();
    this.factsReceived.dispose();
  }

  private async launch(attempt: Attempt, debug: readonly FunctionId[]): Promise<void> {
    mustBeTrusted();
    if (this.stopping !== undefined) {
      await attempt.step(this.stopping);
    }
    this.failure = undefined;
    this.setStatus('starting');
    try {
      await attempt.step(this.projects.refresh());
      const plan = await attempt.step(this.plan(debug));
      await attempt.step(this.spawn(plan));
    } catch (error) {
      if (!attempt.cancelled) {
        this.failure = sentenceOf(error);
        this.setStatus('stopped');
      }
      throw error;
    }
    this.setStatus('running');
  }

  private async plan(debug: readonly FunctionId[]): Promise<SessionPlan> {
    const { folders } = this.projects;
    const [first] = folders;
    if (first === undefined) {
      throw noProject(this.projects);
    }
    const port = setting<number>(settings.port, 0);
    return planSession(
      {
        program: path.join(this.extensionPath, 'dist', 'cli.js'),
        folders,
        port: port === 0 ? undefined : port,
        locale: sessionLocale(),
        python: setting<string>(settings.pythonPath, ''),
        editorPython: await editorPython(first),
        node: setting<string>(settings.nodePath, ''),
        maxFacts: setting<number>(settings.maxFacts, 200_000),
        memoryMb: setting<number>(settings.memoryMb, 256),
        allowedOrigins: setting<string[]>(settings.allowedOrigins, []),
        emulator: emulatorSettings(),
        debug,
      },
      process.env,
    );
  }

  private async end(): Promise<void> {
    const session = this.process;
    if (session === undefined) {
      if (this.current === 'starting') {
        this.setStatus('stopped'); // It had no process yet.
      }
      return;
    }
    const answers = this.current === 'running';
    this.setStatus('stopping');
    if (answers) {
      // A session that hangs is ended all the same.
      await Promise.race([this.keepFacts().catch(() => undefined), timeout(handOver)]);
    }
    await session.stop();
  }

  /** The recorder goes with the process; what one may still want to look at stays here. */
  private async keepFacts(): Promise<void> {
    const from = Math.max(1, this.state.lastSeq - keptFacts + 1);
    const { facts } = await this.facts(from, keptFacts);
    // Exports need to know when the session began: the oldest fact tells, unless it was dropped.
    const oldest = (await this.facts(1, 1)).facts;
    const began = oldest.filter((fact) => 'epoch' in fact && fact.seq < from);
    this.kept = [...began, ...facts];
  }

  private spawn(plan: SessionPlan): Promise<void> {
    return new Promise((resolve, reject) => {
      let listening = false;
      this.session++;
      this.state = emptyState();
      this.behind = undefined;
      this.kept = [];
      const session = new SessionProcess(plan, {
        onFacts: (facts) => {
          this.receive(facts);
          if (!listening && this.state.status === 'listening') {
            listening = true;
            resolve();
          }
        },
        onLog: (line) => this.log.session(line),
        onExit: (code, said) => {
          if (this.process !== session) {
            return;
          }
          this.process = undefined;
          if (this.current === 'stopping') {
            this.setStatus('stopped');
          } else if (listening) {
            this.onEnd(code, said);
          } else {
            const reason = said === '' ? l10n.t('It ended with code {0}.', String(code)) : said;
            reject(new UserError('startFailed', l10n.t('The gateway did not start: {0}', reason)));
          }
        },
      });
      this.process = session;
    });
  }

  /** A session that was faster than this process left facts out; they are fetched before anything goes on. */
  private receive(facts: Fact[]): void {
    if (this.behind !== undefined) {
      this.behind.push(...facts);
      return;
    }
    const [first] = facts;
    if (first !== undefined && first.seq > this.state.lastSeq + 1) {
      this.behind = facts;
      void this.catchUp(first.seq);
      return;
    }
    this.apply(facts);
  }

  private async catchUp(until: number): Promise<void> {
    try {
      while (this.state.lastSeq < until - 1) {
        const from = this.state.lastSeq + 1;
        const { facts } = await this.facts(from, 2000);
        const missed = facts.filter(({ seq }) => seq < until);
        if (missed.length === 0) {
          break; // The recorder has given them up.
        }
        this.apply(missed);
      }
    } catch {
      // The session ended; what it said last is applied all the same.
    }
    const rest = this.behind ?? [];
    this.behind = undefined;
    this.apply(rest);
  }

  private apply(facts: Fact[]): void {
    for (const fact of facts) {
      applyFact(this.state, fact);
    }
    this.factsReceived.fire(facts);
  }

  /** Nobody asked for it. */
  private onEnd(code: number | null, said: string): void {
    this.failure = l10n.t('The gateway ended unexpectedly (code {0}).', String(code));
    this.log.error(`${this.failure} ${said}`);
    void this.offerRestart(this.failure);
    this.setStatus('stopped');
  }

  private async offerRestart(message: string): Promise<void> {
    const showLog = l10n.t('Show Log');
    const restart = l10n.t('Restart');
    const choice = await vscode.window.showErrorMessage(message, showLog, restart);
    if (choice === showLog) {
      this.log.show();
    } else if (choice === restart) {
      await vscode.commands.executeCommand(commands.start);
    }
  }

  private setStatus(status: GatewayStatus): void {
    this.current = status;
    void vscode.commands.executeCommand('setContext', contexts.gateway, status);
    this.statusChanged.fire(status);
  }
}

function newAttempt(): Attempt {
  let cancel = (): void => undefined;
  const end = new Promise<never>((_resolve, reject) => {
    cancel = () => reject(new Cancelled(l10n.t('Cancelled')));
  });
  end.catch(() => undefined);
  const attempt: Attempt = {
    cancelled: false,
    cancel: () => {
      attempt.cancelled = true;
      cancel();
    },
    step: (work) => Promise.race([end, work]),
    done: Promise.resolve(),
  };
  return attempt;
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function noProject(projects: Projects): UserError {
  const broken = projects.all.find(({ value }) => value === undefined);
  const problem = broken?.problems.find(({ severity }) => severity === 'error');
  return broken === undefined
    ? new UserError(
        'noProject',
        l10n.t('There is no scfws.json in this workspace.'),
        l10n.t('Create one with "SCF WebSocket: Create Project…" or "Import Project…".'),
      )
    : new UserError(
        'projectFileWrong',
        l10n.t('{0} has errors: {1}', broken.file.fsPath, problem?.message ?? ''),
        l10n.t('Correct it: the Problems panel shows where.'),
        { file: broken.file.fsPath, line: (problem?.range?.line ?? 0) + 1 },
      );
}
