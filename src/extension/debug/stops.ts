/**
 * Which threads of a debug session stand still, read from the messages between editor and debug adapter. Pure.
 * Adapters need not send `continued` after a request that resumes; the answer to the request says it.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';

export type StopChange =
  /** `all`: the other threads stand, too. */
  | { kind: 'stopped'; thread: number; reason: string; all: boolean }
  | { kind: 'continued'; thread: number | 'all' }
  /** Breakpoints and the like are set: what waits for the debugger may run. */
  | { kind: 'configured' }
  | { kind: 'ended' };

const resuming = new Set([
  'continue',
  'next',
  'stepIn',
  'stepOut',
  'stepBack',
  'reverseContinue',
  'goto',
  'restartFrame',
]);

/** A request after which a thread runs. */
export function isResuming(command: string): boolean {
  return resuming.has(command);
}

/** What a message from the adapter changes; undefined: nothing. */
export function readStop(message: DebugProtocol.ProtocolMessage): StopChange | undefined {
  if (message.type === 'event') {
    return readEvent(message as DebugProtocol.Event);
  }
  if (message.type === 'response') {
    const { command, success, body } = message as DebugProtocol.Response;
    if (!success) {
      return undefined;
    }
    if (command === 'configurationDone') {
      return { kind: 'configured' };
    }
    if (isResuming(command)) {
      const continued = body as DebugProtocol.ContinueResponse['body'] | undefined;
      // All threads unless the adapter says otherwise; steps of one thread let the others run as well.
      return continued?.allThreadsContinued === false
        ? undefined
        : { kind: 'continued', thread: 'all' };
    }
  }
  return undefined;
}

function readEvent({ event, body }: DebugProtocol.Event): StopChange | undefined {
  switch (event) {
    case 'stopped': {
      const stopped = body as DebugProtocol.StoppedEvent['body'];
      const { threadId = 0, reason, allThreadsStopped = false } = stopped;
      return { kind: 'stopped', thread: threadId, reason, all: allThreadsStopped };
    }
    case 'continued': {
      const continued = body as DebugProtocol.ContinuedEvent['body'];
      const all = continued.allThreadsContinued !== false;
      return { kind: 'continued', thread: all ? 'all' : continued.threadId };
    }
    case 'thread': {
      const { reason, threadId } = body as DebugProtocol.ThreadEvent['body'];
      return reason === 'exited' ? { kind: 'continued', thread: threadId } : undefined;
    }
    case 'terminated':
    case 'exited':
      return { kind: 'ended' };
    default:
      return undefined;
  }
}
