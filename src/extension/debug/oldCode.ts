/**
 * A process that stands at a breakpoint goes on with the code from before a save, while the editor moves breakpoints
 * to the lines of the new one. It keeps the ones that it has, and what it shows is marked. Reads and changes the
 * messages between editor and debug adapter of one session; pure.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';

export interface OldCodeWords {
  /** Beside a frame whose source was saved since. */
  frame: string;
  /** Why a breakpoint of the new code is not bound here. */
  breakpoint: string;
}

/**
 * Whether the process has this file from before a save. The editor need not hear of one, and what it tells may come when
 * the process already has what was saved. `told`: it says that the file changed, so that no newer code need serve yet.
 */
export type IsOlder = (file: string, told: boolean) => boolean;

export class OldCode {
  /** What each file has here, by its path as the messages write it. */
  private readonly bound = new Map<string, DebugProtocol.SourceBreakpoint[]>();
  private readonly saved = new Set<string>();
  /** Number of breakpoints that the editor wanted, by request. */
  private readonly wanted = new Map<number, number>();

  constructor(
    private readonly words: OldCodeWords,
    private readonly isOlder: IsOlder,
  ) {}

  /** A message that the editor is about to send. */
  toAdapter(message: DebugProtocol.ProtocolMessage): void {
    const request = message as DebugProtocol.SetBreakpointsRequest;
    if (request.type !== 'request' || request.command !== 'setBreakpoints') {
      return;
    }
    const { source, breakpoints = [], sourceModified } = request.arguments;
    const path = source.path ?? '';
    const bound = this.bound.get(path);
    if (
      sourceModified === true &&
      bound !== undefined &&
      !sameLines(bound, breakpoints) &&
      this.isOlder(plain(path), true)
    ) {
      this.saved.add(path);
    }
    if (bound === undefined || !this.isSaved(path)) {
      this.bound.set(path, breakpoints);
      return;
    }
    const kept = breakpoints.length === 0 ? [] : bound;
    this.bound.set(path, kept);
    this.wanted.set(request.seq, breakpoints.length);
    request.arguments = {
      source,
      breakpoints: kept,
      lines: kept.map(({ line }) => line),
      sourceModified: false,
    };
  }

  /** A message that the debug adapter sent. */
  fromAdapter(message: DebugProtocol.ProtocolMessage): void {
    const response = message as DebugProtocol.Response;
    if (response.type !== 'response' || !response.success) {
      return;
    }
    if (response.command === 'setBreakpoints') {
      const wanted = this.wanted.get(response.request_seq);
      this.wanted.delete(response.request_seq);
      if (wanted !== undefined) {
        const unbound = { verified: false, message: this.words.breakpoint };
        response.body = { breakpoints: Array.from({ length: wanted }, () => ({ ...unbound })) };
      }
    } else if (response.command === 'stackTrace') {
      const { stackFrames } = response.body as DebugProtocol.StackTraceResponse['body'];
      for (const frame of stackFrames) {
        if (this.isSaved(frame.source?.path)) {
          frame.name = `${frame.name} ${this.words.frame}`;
        }
      }
    }
  }

  private isSaved(path: string | undefined): boolean {
    return (
      path !== undefined &&
      ([...this.saved].some((each) => plain(each) === plain(path)) ||
        this.isOlder(plain(path), false))
    );
  }
}

function sameLines(
  some: readonly DebugProtocol.SourceBreakpoint[],
  others: readonly DebugProtocol.SourceBreakpoint[],
): boolean {
  return (
    some.length === others.length && some.every(({ line }, index) => line === others[index]?.line)
  );
}

/** The adapters name a file by its path or by its address. */
function plain(path: string): string {
  const address = /^[\w-]{2,}:\/\/[^/]*(\/.*)$/.exec(path);
  return (address === null ? path : decodeURIComponent(address[1] ?? '')).replaceAll('\\', '/');
}
