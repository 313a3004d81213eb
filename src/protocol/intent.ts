/**
 * What a host asks of the session: the only way in. One JSON a line on the session's stdin:
 * `{"id": 7, "kind": "…", …}`; the answer is one line among the facts: `{"reply": 7, "value": …}` or
 * `{"reply": 7, "error": {code, message, nextStep}}`.
 */
import type {
  Fact,
  FaultPlan,
  FrameBreakpoint,
  FunctionError,
  Installation,
  Outcome,
} from './fact';
import type { DataType } from './event';
import type { FunctionId, EmulatorOptions } from './project';

/** A push of a dry run, and the answer that the function got. */
export interface CaughtPush {
  connection: string;
  action: 'data send' | 'closing' | null;
  type: DataType | null;
  preview: string;
  errNo: number;
  errMsg: string;
}

export interface IntentMap {
  /** Runs a function by hand. Resolves when it ended; facts tell the same story in between. */
  invoke: {
    ask: { function: FunctionId; /** JSON text */ event: string };
    answer: {
      invocation: string;
      outcome: Outcome;
      /** JSON text of the returned value; for errors the error object. */
      result: string;
      error?: FunctionError;
      durationMs: number;
    };
  };
  /** Runs a function by hand with its pushes caught: answered as they would be, and not sent. */
  dryRun: {
    ask: IntentMap['invoke']['ask'];
    answer: IntentMap['invoke']['answer'] & {
      pushes: CaughtPush[];
      /** Connections of the function's service that are open. */
      live: string[];
    };
  };
  /** The last real event that a function got, as JSON text. */
  lastEvent: { ask: { function: FunctionId }; answer: { event: string | null } };
  /** Sends to a connection from the gateway, as a push from outside would. `data` is base64 for `binary`. */
  push: {
    ask: {
      connections: string[];
      action: 'data send' | 'closing';
      dataType?: DataType;
      data?: string;
    };
    answer: { results: { connection: string; errNo: number; errMsg: string }[] };
  };
  /** Ends a connection from the gateway's side: with a Close frame, or by a bare reset. */
  closeConnection: {
    ask: { connection: string; code?: number; reason?: string; abrupt?: boolean };
    answer: null;
  };

  // -- test clients: real WebSocket clients that live in the session process
  openClient: {
    ask: {
      name?: string;
      url: string;
      protocols?: string[];
      headers?: Record<string, string>;
      reconnect?: boolean;
    };
    answer: { client: string; connection: string | null };
  };
  clientSend: { ask: { client: string; dataType: DataType; data: string }; answer: null };
  clientClose: {
    ask: { client: string; code?: number; reason?: string; abrupt?: boolean };
    answer: null;
  };

  // -- recordings
  /** The whole payload of a frame or push; the event of an `invocationStarted`, the result of an `invocationEnded`. */
  payload: {
    ask: { seq: number };
    answer: { data: string; encoding: 'text' | 'base64' } | null;
  };
  /** Sends the kept facts again, oldest first, as the answer (a page of them). */
  facts: {
    ask: { from: number; limit: number };
    answer: { facts: Fact[]; next: number | null; last: number };
  };
  /** Numbers of facts whose whole payload matches; for text beyond the previews. */
  search: {
    ask: {
      text: string;
      regex: boolean;
      caseSensitive: boolean;
      /** Only facts from this number on. */
      from?: number;
      /** A term of the filter language instead of `text`, e.g. `$.type == 'join'`. */
      condition?: string;
    };
    answer: { seqs: number[] };
  };
  /** Forgets what was recorded so far; `trafficCleared` tells every reader. */
  clear: { ask: Record<string, never>; answer: null };

  // -- functions
  /** Throws the instances away; the next event starts new ones. */
  /** `now`: also the running event ends, with error 439. */
  restartFunction: { ask: { function: FunctionId; now?: boolean }; answer: null };

  // -- debugging
  /** Makes the function's instances debuggable (attaching where they run) or stops doing so. */
  debug: {
    ask: { function: FunctionId; enabled: boolean };
    answer: { instance: number; port: number } | null;
  };
  /** The debugger is attached and its breakpoints are set: the instance may load and run. */
  debuggerReady: { ask: { function: FunctionId; instance: number }; answer: null };
  /** Freezes or continues every timer of the gateway, for a named reason (a debug session's thread). */
  freezeClock: { ask: { reason: string; frozen: boolean }; answer: null };

  /** Moves the clock of all limits ahead by milliseconds; resolves when what that causes has come to its end. */
  advanceClock: { ask: { ms: number }; answer: null };
  /** Resolves when nothing more can come unless somebody outside begins something. */
  untilQuiet: { ask: Record<string, never>; answer: null };

  // -- frame breakpoints
  setFrameBreakpoints: {
    ask: { breakpoints: FrameBreakpoint[] };
    answer: { problems: { id: string; message: string }[] };
  };
  releaseFrame: {
    ask: { hold: number; how: 'released' | 'edited' | 'dropped' | 'steppedInto'; data?: string };
    answer: null;
  };

  setFaults: { ask: { faults: FaultPlan | null }; answer: null };
  /** Changes options of running services. */
  setOptions: { ask: { service: string; emulator: Partial<EmulatorOptions> }; answer: null };

  /** Ends the session: sockets get a Close frame, handlers end, then the process exits. */
  stop: { ask: Record<string, never>; answer: null };
}

export type IntentKind = keyof IntentMap;
export type Ask<K extends IntentKind> = IntentMap[K]['ask'];
export type Answer<K extends IntentKind> = IntentMap[K]['answer'];

export interface IntentError {
  code: string;
  message: string;
  nextStep?: string | undefined;
  /** What the editor can install, so that it would work. */
  fix?: Installation | undefined;
}

export type Reply = { reply: number; value: unknown } | { reply: number; error: IntentError };
