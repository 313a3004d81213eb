/**
 * One child session for each handler process that is debugged. A process that waits for its debugger is let go
 * when the breakpoints are set; a thread that stops freezes the gateway's clock until it goes on or is gone.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { UserError } from '../../core/errors';
import type { FunctionId } from '../../protocol/project';
import type { Log } from '../log';
import {
  breakpointsIn,
  hasThreads,
  holderPrefix,
  isAttached,
  keyOf,
  leave,
  leaveRunning,
  newChild,
  timeout,
  traceAnew,
} from './child';
import type { Child, ChildPlan } from './child';
import { markKey } from './childConfiguration';
import type { ChildMark } from './childConfiguration';
import type { ClockHold } from './clockHold';
import { chooseExceptions, hasChosenExceptions } from './exceptions';
import { OldCode } from './oldCode';
import type { IsOlder } from './oldCode';
import { StopQuestions } from './stopQuestions';
import { readStop } from './stops';

/** Milliseconds after which a process goes on without its debugger. */
const patience = 30_000;
/** Milliseconds that a debug adapter that is to leave has to arrive. */
const arrival = 10_000;
/** Milliseconds that a debug adapter has to say goodbye. */
const farewell = 2000;
/**
 * Milliseconds that the gateway's clock may run on while an adapter says where a thread stopped, so that it is stopped
 * once, and says where; the least limit of the contract is a second.
 */
const locating = 200;
/** Milliseconds in which the end of a process may be reported after the end of its debug session. */
const grace = 1500;

export class Children implements vscode.Disposable {
  private readonly children = new Map<string, Child>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly threadSessions = new Map<FunctionId, Set<vscode.DebugSession>>();
  private readonly nextStop = new Map<FunctionId, (() => void)[]>();

  constructor(
    /** The process may load its handler: the debugger is there, or will not come. */
    private readonly letGo: (id: FunctionId, instance: number) => Promise<unknown>,
    private readonly clock: ClockHold,
    private readonly log: Log,
    /** Its debugger is gone, unasked: at once when the session ends, and again when the process outlived it. */
    private readonly onLost: (child: Child, isCertain: boolean) => void,
    private readonly isOlder: (
      id: FunctionId,
      instance: number,
      ...of: Parameters<IsOlder>
    ) => boolean,
  ) {
    this.disposables.push(
      vscode.debug.registerDebugAdapterTrackerFactory('*', {
        createDebugAdapterTracker: (session) => this.track(session),
      }),
      vscode.debug.onDidTerminateDebugSession((session) => this.ended(session)),
    );
  }

  /** Resolves when the process may run under its debugger. The same process is attached once. */
  async attach(plan: ChildPlan): Promise<void> {
    const key = keyOf(plan.id, plan.instance);
    const known = this.children.get(key);
    if (known?.ending === true) {
      await Promise.race([known.gone, timeout(farewell)]);
      this.forget(known);
    }
    const other = this.children.get(key);
    if (other !== undefined) {
      return other.ready;
    }
    const child = newChild(plan);
    this.children.set(key, child);
    return this.start(child);
  }

  /** Detaches from every process of a function; they go on. */
  async detach(id: FunctionId): Promise<void> {
    await Promise.all(
      [...this.children.values()]
        .filter((child) => child.id === id)
        .map(async (child) => {
          child.ending = true;
          this.release(child);
          // An adapter that is left before it has answered tells of an error that is none, or stays for ever.
          await Promise.race([child.answered, child.gone, timeout(arrival)]);
          if (child.session !== undefined) {
            leave(child.session);
            // An adapter that does not answer is not waited for: closing its port in the process ends it.
            await Promise.race([child.gone, timeout(farewell)]);
          }
          this.forget(child);
        }),
    );
  }

  /** Every process is gone or going: an adapter that has not noticed after a while is ended. */
  async end(): Promise<void> {
    await Promise.all(
      [...this.children.values()].map(async (child) => {
        child.ending = true;
        this.release(child);
        await Promise.race([child.gone, timeout(farewell)]);
        if (
          child.session !== undefined &&
          this.children.get(keyOf(child.id, child.instance)) === child
        ) {
          await Promise.resolve(vscode.debug.stopDebugging(child.session)).catch(() => undefined);
        }
      }),
    );
  }

  /** The process is gone; its debug session ends by itself. */
  instanceEnded(id: FunctionId, instance: number): void {
    const child = this.children.get(keyOf(id, instance));
    if (child !== undefined) {
      child.ending = true;
      this.release(child);
    }
  }

  /**
   * Resolves when a process of the function has bound the breakpoint (that is about to be added), or after a
   * while: a breakpoint that is never bound must not hold what waits for it.
   */
  async whenBound(id: FunctionId, breakpoint: vscode.Breakpoint, ms = 5000): Promise<void> {
    const end = Date.now() + ms;
    while (Date.now() < end) {
      for (const session of this.threadSessions.get(id) ?? []) {
        const bound = (await Promise.resolve(session.getDebugProtocolBreakpoint(breakpoint)).catch(
          () => undefined,
        )) as DebugProtocol.Breakpoint | undefined;
        if (bound?.verified === true) {
          return;
        }
      }
      await timeout(50);
    }
  }

  /** Calls back once: when a process of the function stops, or the last one is not debugged any more. */
  onNextStop(id: FunctionId, callback: () => void): void {
    this.nextStop.set(id, [...(this.nextStop.get(id) ?? []), callback]);
  }

  dispose(): void {
    this.disposables.forEach((each) => each.dispose());
  }

  private async start(child: Child): Promise<void> {
    try {
      const started = await vscode.debug.startDebugging(
        // Its settings are those of the folder that the function is in.
        vscode.workspace.getWorkspaceFolder(vscode.Uri.file(child.folder)),
        child.configuration,
        {
          ...(child.parent === undefined
            ? {}
            : {
                parentSession: child.parent,
                // Restart, Stop and Disconnect mean all of it, whichever child has the focus.
                lifecycleManagedByParent: true,
                // One console for all of it: the editor shows that of the process which stopped, and what handlers
                // print must be in that one.
                consoleMode: vscode.DebugConsoleMode.MergeWithParent,
              }),
          ...(child.testRun === undefined ? {} : { testRun: child.testRun }),
          compact: true,
          suppressSaveBeforeStart: true,
        },
      );
      if (!started) {
        throw new Error(l10n.t('The debugger did not start.'));
      }
      await Promise.race([child.ready, timeout(patience)]);
    } catch (error) {
      this.forget(child);
      if (child.ending) {
        return; // It was left while it began.
      }
      throw new UserError(
        'attachFailed',
        l10n.t('{0} cannot be debugged: {1}', child.name, (error as Error).message),
        l10n.t('It goes on without a debugger.'),
      );
    } finally {
      // Also without a debugger: a client waits for its answer.
      const { id, instance } = child;
      await this.letGo(id, instance).catch(() => undefined);
    }
  }

  private childOf(session: vscode.DebugSession): Child | undefined {
    for (let each: vscode.DebugSession | undefined = session; each; each = each.parentSession) {
      const mark = each.configuration[markKey] as ChildMark | undefined;
      if (mark !== undefined) {
        return this.children.get(keyOf(mark.function, mark.instance));
      }
    }
    return undefined;
  }

  private track(session: vscode.DebugSession): vscode.DebugAdapterTracker | undefined {
    const child = this.childOf(session);
    if (child === undefined) {
      return undefined;
    }
    if (session.configuration[markKey] !== undefined) {
      child.session = session; // The editor announces it when it has attached, which is too late to leave it.
    }
    const oldCode = new OldCode(
      {
        frame: l10n.t('(before the save)'),
        breakpoint: l10n.t('This process still runs the code from before the save.'),
      },
      (...of) => this.isOlder(child.id, child.instance, ...of),
    );
    const questions = new StopQuestions();
    return {
      onWillReceiveMessage: (message: DebugProtocol.ProtocolMessage) => {
        leaveRunning(message);
        questions.toAdapter(message);
        oldCode.toAdapter(message);
      },
      onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => {
        chooseExceptions(message);
        questions.fromAdapter(message);
        oldCode.fromAdapter(message);
        this.hear(child, session, message);
      },
      onWillStopSession: () => this.clock.releaseAll(holderPrefix(child, session)),
      onExit: () => this.clock.releaseAll(holderPrefix(child, session)),
    };
  }

  private hear(
    child: Child,
    session: vscode.DebugSession,
    message: DebugProtocol.ProtocolMessage,
  ): void {
    if (isAttached(message) && hasThreads(child, session)) {
      child.setAnswered();
    }
    if (hasChosenExceptions(message) && this.threadSessions.get(child.id)?.has(session)) {
      traceAnew(child, session);
    }
    const change = readStop(message);
    if (change === undefined) {
      return;
    }
    const prefix = holderPrefix(child, session);
    switch (change.kind) {
      case 'configured':
        if (hasThreads(child, session)) {
          const sessions = this.threadSessions.get(child.id) ?? new Set();
          this.threadSessions.set(child.id, sessions.add(session));
          void this.configured(child, session);
        }
        return;
      case 'stopped':
        if (!child.ending) {
          const place = placeOf(child, session, change.thread);
          void this.clock.holdWhenKnown(`${prefix}${change.thread}`, place, child.name, locating);
          this.callNextStop(child.id);
        }
        return;
      case 'continued':
        if (change.thread === 'all') {
          this.clock.releaseAll(prefix);
        } else {
          this.clock.release(`${prefix}${change.thread}`);
        }
        return;
      case 'ended':
        this.clock.releaseAll(prefix);
        return;
    }
  }

  private async configured(child: Child, session: vscode.DebugSession): Promise<void> {
    if (child.configuration.type === 'node') {
      // One trip to the process and back: what was asked before it has been done then.
      const probe = { expression: '0', context: 'watch' };
      await Promise.race([session.customRequest('evaluate', probe), timeout(1000)]).then(
        undefined,
        () => undefined,
      );
    }
    if (child.loaded) {
      // Not longer: a breakpoint in a line that holds no code is never bound.
      await Promise.all(
        breakpointsIn(child.folder).map((each) => this.whenBound(child.id, each, 3000)),
      );
    }
    child.setReady();
  }

  private callNextStop(id: FunctionId): void {
    const callbacks = this.nextStop.get(id) ?? [];
    this.nextStop.delete(id);
    callbacks.forEach((each) => each());
  }

  private release(child: Child): void {
    this.clock.releaseAll(`${keyOf(child.id, child.instance)} `);
  }

  private ended(session: vscode.DebugSession): void {
    const child = this.childOf(session);
    if (child === undefined) {
      return;
    }
    this.clock.releaseAll(holderPrefix(child, session));
    const sessions = this.threadSessions.get(child.id);
    sessions?.delete(session);
    if (sessions?.size === 0) {
      this.callNextStop(child.id);
    }
    if (session.configuration[markKey] === undefined) {
      return;
    }
    this.forget(child);
    if (!child.ending) {
      this.onLost(child, false);
      setTimeout(() => {
        if (!child.ending) {
          this.log.info(l10n.t('The debugger left {0}.', child.name));
          this.onLost(child, true);
        }
      }, grace);
    }
  }

  private forget(child: Child): void {
    const key = keyOf(child.id, child.instance);
    if (this.children.get(key) === child) {
      this.children.delete(key);
    }
    child.setReady();
    child.setGone();
  }
}

/** Where a thread stands: `Transmission:12`; the function alone where the adapter does not say. */
async function placeOf(
  child: Child,
  session: vscode.DebugSession,
  thread: number,
): Promise<string> {
  const question = { threadId: thread, startFrame: 0, levels: 1 };
  const answer = (await Promise.resolve(session.customRequest('stackTrace', question)).catch(
    () => undefined,
  )) as DebugProtocol.StackTraceResponse['body'] | undefined;
  const line = answer?.stackFrames[0]?.line;
  return line === undefined ? child.name : `${child.name}:${line}`;
}
