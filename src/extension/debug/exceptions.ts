/**
 * At which exceptions a debugger stops unless the person chose otherwise: at those that leave the code of the handler.
 * Our bootstrap catches them, so that an adapter that asks for nothing but uncaught ones never stops. And what may be
 * asked about one. Pure.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { isResuming, readStop } from './stops';

/** Filters of debugpy and of the editor's own debugger for JavaScript. */
const stopping = new Set(['uncaught', 'userUnhandled']);

/** Adapters count threads from 0 or 1. */
const noThread = -1;

/** Ticks them in what the adapter says of itself. */
export function chooseExceptions(message: DebugProtocol.ProtocolMessage): void {
  const response = message as DebugProtocol.InitializeResponse;
  if (response.type !== 'response' || response.command !== 'initialize') {
    return;
  }
  for (const filter of response.body?.exceptionBreakpointFilters ?? []) {
    if (stopping.has(filter.filter)) {
      filter.default = true;
    }
  }
}

/**
 * The editor asks about the exception a while after the stop. If the person has gone on by then, debugpy keeps the
 * question until the thread stops again, and answers no other one in between: nothing stops, not even the session.
 * So what is asked of a thread that runs is asked of none, which is refused at once.
 */
export class ExceptionQuestions {
  private readonly standing = new Set<number>();

  /** A message that the editor is about to send. */
  toAdapter(message: DebugProtocol.ProtocolMessage): void {
    const request = message as DebugProtocol.Request;
    if (request.type !== 'request') {
      return;
    }
    if (isResuming(request.command)) {
      this.standing.clear();
    } else if (request.command === 'exceptionInfo') {
      const question = request.arguments as DebugProtocol.ExceptionInfoArguments;
      if (!this.standing.has(question.threadId)) {
        request.arguments = { ...question, threadId: noThread };
      }
    }
  }

  /** A message that the debug adapter sent. */
  fromAdapter(message: DebugProtocol.ProtocolMessage): void {
    const change = readStop(message);
    if (change?.kind === 'stopped') {
      this.standing.add(change.thread);
    } else if (change?.kind === 'continued') {
      if (change.thread === 'all') {
        this.standing.clear();
      } else {
        this.standing.delete(change.thread);
      }
    }
  }
}
