/** One handler process that is debugged, and what its sessions say of it. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { FunctionId } from '../../protocol/project';
import { debugTypes } from '../ids';
import { markKey } from './childConfiguration';
import type { ChildMark } from './childConfiguration';

export interface ChildPlan {
  id: FunctionId;
  name: string;
  instance: number;
  /** Ends with it. */
  parent?: vscode.DebugSession;
  /** The run of tests that it belongs to. */
  testRun?: vscode.TestRun;
  /** Its code is loaded already, so breakpoints in it can be bound before the next event. */
  loaded: boolean;
  folder: string;
  configuration: vscode.DebugConfiguration;
}

export interface Child extends ChildPlan {
  /** The session that we started: for Node.js the parent of the one that has the threads. */
  session?: vscode.DebugSession;
  /** Resolves when breakpoints are set. */
  ready: Promise<void>;
  setReady: () => void;
  /** Resolves when its adapter has answered the request to attach. */
  answered: Promise<void>;
  setAnswered: () => void;
  /** Resolves when its session is over. */
  gone: Promise<void>;
  setGone: () => void;
  ending: boolean;
}

export function newChild(plan: ChildPlan): Child {
  const [ready, setReady] = promise();
  const [answered, setAnswered] = promise();
  const [gone, setGone] = promise();
  return { ...plan, ready, setReady, answered, setAnswered, gone, setGone, ending: false };
}

export function breakpointsIn(folder: string): vscode.Breakpoint[] {
  return vscode.debug.breakpoints.filter(
    (each) =>
      each.enabled &&
      each instanceof vscode.SourceBreakpoint &&
      each.location.uri.fsPath.startsWith(folder + path.sep),
  );
}

/** Asks the adapter itself: what stops a child in the editor stops the whole. */
export function leave(session: vscode.DebugSession): void {
  session
    .customRequest('disconnect', { terminateDebuggee: false })
    .then(undefined, () => undefined);
}

/**
 * debugpy remembers which functions it need not trace, and forgets it only when a breakpoint comes: an error in one of
 * them would be passed over. So one comes, in a file that no handler process runs, and goes.
 */
export function traceAnew(child: Child, session: vscode.DebugSession): void {
  if (child.configuration.type !== debugTypes.python) {
    return;
  }
  const { neverRun } = child.configuration[markKey] as ChildMark;
  for (const breakpoints of [[{ line: 1 }], []]) {
    session
      .customRequest('setBreakpoints', { source: { path: neverRun }, breakpoints })
      .then(undefined, () => undefined);
  }
}

/**
 * Ending a debug session must not end the function. "Stop all" asks every adapter to end its process with it, also
 * where it only attached; this is the one place where that can be taken out of the request.
 */
export function leaveRunning(message: DebugProtocol.ProtocolMessage): void {
  const request = message as DebugProtocol.DisconnectRequest;
  if (request.type === 'request' && request.command === 'disconnect') {
    request.arguments = { ...request.arguments, terminateDebuggee: false };
  }
}

/** For Node.js the session that we start only waits for targets; its child has the threads. */
export function hasThreads(child: Child, session: vscode.DebugSession): boolean {
  return child.configuration.type !== 'node' || session.configuration[markKey] === undefined;
}

export function keyOf(id: FunctionId, instance: number): string {
  return `${id}#${instance}`;
}

export function holderPrefix(child: Child, session: vscode.DebugSession): string {
  return `${keyOf(child.id, child.instance)} ${session.id} `;
}

export function isAttached(message: DebugProtocol.ProtocolMessage): boolean {
  const { type, command } = message as DebugProtocol.Response;
  return type === 'response' && (command === 'attach' || command === 'launch');
}

function promise(): [promise: Promise<void>, resolve: () => void] {
  let resolve = (): void => undefined;
  return [new Promise<void>((done) => (resolve = done)), () => resolve()];
}

export function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
