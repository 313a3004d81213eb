/**
 * The editor asks about a stop a while after it: for the frames below the first, for the exception. If the person has
 * gone on by then, debugpy waits with its answer, for half a second or until the thread stops again, and meanwhile takes
 * up nothing else: a breakpoint that was set just now is not there for the next event. So what is asked of a thread that
 * runs is asked of none, which is refused at once. Changes the messages between editor and debug adapter of one session;
 * pure.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { isResuming, readStop } from './stops';

/** Adapters count threads from 0 or 1. */
const noThread = -1;

const aboutThreads = new Set(['exceptionInfo', 'stackTrace']);

export class StopQuestions {
  private readonly standing = new Set<number>();
  private allStand = false;

  /** A message that the editor is about to send. */
  toAdapter(message: DebugProtocol.ProtocolMessage): void {
    const request = message as DebugProtocol.Request;
    if (request.type !== 'request') {
      return;
    }
    if (isResuming(request.command)) {
      this.allRun();
    } else if (aboutThreads.has(request.command)) {
      const question = request.arguments as { threadId: number };
      if (!this.allStand && !this.standing.has(question.threadId)) {
        request.arguments = { ...question, threadId: noThread };
      }
    }
  }

  /** A message that the debug adapter sent. */
  fromAdapter(message: DebugProtocol.ProtocolMessage): void {
    const change = readStop(message);
    if (change?.kind === 'stopped') {
      this.standing.add(change.thread);
      this.allStand ||= change.all;
    } else if (change?.kind === 'continued') {
      if (change.thread === 'all') {
        this.allRun();
      } else {
        this.standing.delete(change.thread);
      }
    }
  }

  private allRun(): void {
    this.standing.clear();
    this.allStand = false;
  }
}
