/**
 * Everything that becomes visible is a fact: one thing that was observed, stamped with a number and a time at
 * the moment of observation, never changed afterwards. The session writes facts; hosts only listen.
 *
 * Causes are numbers of earlier facts, so the whole causal chain can be walked:
 *   frame(toServer).seq ← invocationStarted.cause;  invocationStarted.invocation ← push.invocation;
 *   push.seq ← frame(toClient).push.
 */
import type { CloseCause, FunctionId, Problem, Role, RuntimeFamily } from './project';

export type Direction = 'toServer' | 'toClient';
export type FrameType = 'text' | 'binary' | 'ping' | 'pong' | 'close';

/** How many characters of a payload travel with its fact; the rest is fetched with the `payload` intent. */
export const previewLength = 120;
/** Bytes behind a preview of binary data: base64 makes four characters of three. */
export const previewBytes = (previewLength / 4) * 3;

export interface ServiceInfo {
  name: string;
  folder: string;
  path: string;
  /** `ws://127.0.0.1:<port>/<stage><path>` of the first stage. */
  url: string;
  /** One address for each stage. */
  urls: string[];
  pushUrl: string;
  functions: FunctionInfo[];
}

export interface FunctionInfo {
  function: FunctionId;
  name: string;
  roles: Role[];
  runtime: string;
  family: RuntimeFamily;
  folder: string;
  handler: string;
  /** Absolute path of the file that should hold the handler. */
  file: string;
  /** Absolute path of the folder that its build writes into, if it has one. */
  buildFolder?: string;
  /** Seconds. */
  timeout: number;
  /** MB. */
  memory: number;
}

/** Whether one that is ready is at an event, the facts of its runs tell. */
export type InstanceState = 'starting' | 'ready' | 'stopped';

/** How an invocation ended. `ok` says nothing of the value: any value is legal except for Register. */
export type Outcome =
  /** A value came back. */
  | 'ok'
  /** The user's code failed: 430 exception, 433 time, 434 memory, 439 process exited. */
  | 'userError'
  /** The platform could not run it: 400, 406, 407, 432, 435, 437, 446. */
  | 'platformError';

/** Documented error object of an event function. */
export interface FunctionError {
  errorCode: number;
  errorMessage: string;
  requestId: string;
  statusCode: number;
  stackTrace?: string;
}

/** Places in user code, so that they can be clicked. Lines count from 1, as stack traces do. */
export interface SourcePlace {
  file: string;
  line: number;
  column?: number;
}

export type LogStream = 'stdout' | 'stderr' | 'platform';
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export type FactBody =
  /** First fact of a session: the gateway accepts connections. `kind` and the two addresses come first for scripts. */
  | {
      kind: 'listening';
      /** Address of the first service. */
      url: string;
      pushUrl: string;
      port: number;
      /** The port that was wished, when another one had to be taken. */
      wishedPort?: number;
      pid: number;
      /** Milliseconds since the epoch at session time 0. */
      epoch: number;
      services: ServiceInfo[];
    }
  /** A project file changed while running and was read again. */
  | { kind: 'servicesChanged'; services: ServiceInfo[] }
  /** All that is wrong with a project file now: at the start where there is something, and whenever it changes. */
  | { kind: 'projectProblems'; file: string; problems: Problem[] }
  | { kind: 'stopping'; reason: string }

  // -- connections
  /** A client asks to connect (after the path matched). */
  | {
      kind: 'connecting';
      connection: string;
      service: string;
      stage: string;
      /** Path of the request with its query, as sent. */
      target: string;
      remote: string;
      protocols?: string;
      extensions?: string;
      headers: Record<string, string>;
      /** Name of the test client that this connection belongs to. */
      client?: string;
    }
  | { kind: 'opened'; connection: string; protocol?: string; extensions?: string }
  /** The handshake ended without a connection. `connection` is absent when it was refused before Register. */
  | {
      kind: 'refused';
      connection?: string;
      service?: string;
      status: number;
      /** Body sent to the client. */
      body: string;
      /** For people. */
      reason: string;
      target: string;
      remote: string;
    }
  | {
      kind: 'closed';
      connection: string;
      cause: CloseCause;
      code: number;
      reason: string;
      /** Status that a Web function would give it, where one is played and counts it as failed. */
      counted?: number;
    }

  // -- frames
  | {
      kind: 'frame';
      connection: string;
      direction: Direction;
      type: FrameType;
      /** Bytes of payload. */
      size: number;
      /** Text (of binary: base64) of at most `previewLength` characters. */
      preview: string;
      /** True when the preview is not the whole payload. */
      more?: true;
      /** Close code, for `close`. */
      code?: number;
      /** toClient: number of the push fact that became this frame. */
      push?: number;
      /** Changed on its way by a frame breakpoint or the fault lab: what it was before. */
      edited?: { by: 'breakpoint' | 'fault'; before: number };
    }
  /** A frame that is not on its way now: held by a breakpoint. */
  | { kind: 'held'; frame: HeldFrame }
  | {
      kind: 'releasedFrame';
      hold: number;
      how: 'released' | 'edited' | 'dropped' | 'steppedInto';
    }

  // -- invocations
  | {
      kind: 'invocationStarted';
      /** The request id of the event, a UUID. */
      invocation: string;
      function: FunctionId;
      role: Role | null;
      connection: string | null;
      /** Number of the fact that caused it: a frame, a `connecting`, a `closed`; null: by hand. */
      cause: number | null;
      instance: number;
      cold: boolean;
      /** Milliseconds that the event waited for an instance; less than `initMs` where that started before the event. */
      queuedMs: number;
      /** Milliseconds of process start and module load, for a cold one. */
      initMs: number;
      /** Version of the code that serves it: counts up with each change of the files. */
      version: number;
      /** Bytes of the event's JSON. */
      eventSize: number;
    }
  | {
      kind: 'invocationEnded';
      invocation: string;
      outcome: Outcome;
      durationMs: number;
      /** MB, peak of the instance's resident memory as far as known. */
      memoryMb?: number;
      /** JSON text of the returned value, at most `previewLength` characters. */
      preview: string;
      more?: true;
      error?: FunctionError;
      place?: SourcePlace;
    }
  | {
      kind: 'log';
      function: FunctionId;
      instance: number;
      invocation: string | null;
      stream: LogStream;
      level: LogLevel;
      /** One line; several, joined by line feeds, when a handler floods. */
      text: string;
      /** True when the text is only the beginning of a very long line. */
      more?: true;
    }
  | {
      kind: 'instance';
      function: FunctionId;
      instance: number;
      state: InstanceState;
      version: number;
      pid?: number;
      /** Interpreter taken, and why. */
      interpreter?: string;
      /** Where a debugger can attach. */
      debugPort?: number;
      /** Waits for `debuggerReady` before it loads the handler. */
      waitsForDebugger?: true;
      reason?: string;
    }

  // -- pushes
  | {
      kind: 'push';
      service: string | null;
      /** As asked for; may be unknown, empty, or no string at all (then ''). */
      connection: string;
      action: 'data send' | 'closing' | null;
      type: 'text' | 'binary' | null;
      size: number;
      preview: string;
      more?: true;
      /** Invocation that made it; null: an external process. */
      invocation: string | null;
      function: FunctionId | null;
      status: number;
      /** Of the answer; of a refusal by HTTP alone, whose answer has none, the status. */
      errNo: number;
      errMsg: string;
      warnings?: string[];
      /** The handler aimed at a host of the vendor and was redirected. */
      redirectedFrom?: string;
      /** Line of the handler that made it; asked for once the function has pushed to a client that had left. */
      place?: SourcePlace;
    }

  // -- findings about the contract, for the Problems panel
  | {
      kind: 'diagnostic';
      /** Id of the row of the fidelity ledger that it is about. */
      rule: string;
      severity: 'error' | 'warning' | 'info';
      message: string;
      /** What to do next. */
      advice: string;
      function?: FunctionId;
      invocation?: string;
      connection?: string;
      place?: SourcePlace;
      /** Of the function's code, where the finding is about that and no run; it stays while that version serves. */
      version?: number;
      /** A repair that the editor can offer. */
      fix?: DiagnosticFix;
      /** A change of the project file, in which `place` is, that mends it. */
      change?: ProjectChange;
    }
  /** The function's code is good again: its findings can go. */
  | { kind: 'diagnosticsCleared'; function: FunctionId }

  // -- clock, debugging, faults
  | {
      kind: 'clock';
      frozen: boolean;
      by: string[];
      frozenMs: number;
      /** The session could not run for so long (the machine slept): that time is part of `frozenMs`. */
      stoodStillMs?: number;
    }
  | { kind: 'debugging'; function: FunctionId; enabled: boolean }
  | { kind: 'faults'; faults: FaultPlan | null }
  /** The fault lab acted, on the frame, push or event that `cause` numbers. */
  | {
      kind: 'faultStruck';
      fault: FaultRule['fault'];
      connection: string | null;
      cause: number | null;
      function?: FunctionId;
    }
  | { kind: 'frameBreakpoints'; breakpoints: FrameBreakpoint[] }

  // -- test clients
  | {
      kind: 'client';
      client: string;
      state: 'connecting' | 'open' | 'closed';
      url: string;
      connection?: string;
      detail?: string;
    }

  // -- the recorder
  /**
   * Oldest facts or payloads were given up to stay within the limits. `missed`: facts right before this one that were not
   * told to a reader that was too slow; the others are then 0.
   */
  | { kind: 'dropped'; facts: number; payloads: number; missed?: number }
  /** Everything recorded before was forgotten, by request; what is open or runs goes on. */
  | {
      kind: 'trafficCleared';
      /** Of `listening`, which was forgotten, too. */
      epoch: number;
    };

/** `seq` counts from 1 without gaps; `at` is milliseconds since the session's start, monotonic, fractional. */
export type Fact = { seq: number; at: number } & FactBody;
export type FactKind = FactBody['kind'];
export type FactOf<K extends FactKind> = Extract<Fact, { kind: K }>;

// -- for readers that leave kinds out

/** What is no traffic. */
export type BackgroundKind =
  // the session
  | 'listening'
  | 'servicesChanged'
  | 'projectProblems'
  | 'stopping'
  | 'clock'
  | 'dropped'
  | 'trafficCleared'
  // processes and code of functions
  | 'instance'
  | 'debugging'
  | 'diagnostic'
  | 'diagnosticsCleared'
  // what somebody does to frames, pushes and runs on purpose
  | 'held'
  | 'releasedFrame'
  | 'frameBreakpoints'
  | 'faults'
  | 'faultStruck';
/** About connections, and not what passes over them. */
export type ConnectionKind = 'connecting' | 'opened' | 'refused' | 'closed' | 'client';

/** What passes over connections, and what it causes. */
export type TransferKind = 'frame' | 'push' | 'invocationStarted' | 'invocationEnded' | 'log';

/** Stands in the `default` of a reader, and names the kinds that it leaves out: another one does not compile. */
export function leftOut<K extends FactKind>(_fact: FactOf<K>): void {
  // Nothing: that is the meaning.
}

export interface HeldFrame {
  /** Identifies the hold; the number of the `frame` fact that is held. */
  hold: number;
  connection: string;
  direction: Direction;
  type: 'text' | 'binary';
  size: number;
  preview: string;
  breakpoint: string;
}

export interface FrameBreakpoint {
  id: string;
  /** A filter of the list's language, e.g. `conn:alice $.type == 'join'`. */
  condition: string;
  direction: Direction | 'both';
  enabled: boolean;
}

/** One of these values at a path of scfws.json, the likeliest first. */
export interface ProjectChange {
  path: string[];
  values: string[];
}

export interface DiagnosticFix {
  kind: 'installLibrary';
  family: 'python' | 'node';
  /** The platform brings it along; any other name may be a slip for a module of the user's own. */
  isKnown: boolean;
  interpreter: string;
  /** A person named the interpreter, so that it runs whatever environment is made beside it. */
  isNamed?: boolean;
  /** Where to; absent: for the function alone. */
  folder?: string;
  /** None: all that the folder's package.json names. */
  packages: string[];
  command: string;
}

/** A repair for a function. */
export type Installation = DiagnosticFix & { function: FunctionId };

/** What the fault lab does to frames, pushes and functions; a seed reproduces the run exactly. */
export interface FaultPlan {
  seed: number;
  /** Name of a preset, when it came from one. */
  preset?: string;
  rules: FaultRule[];
}

export type FaultRule = {
  /** 0 … 1: how often it strikes. */
  rate: number;
  direction?: Direction;
} & (
  | { fault: 'latency'; ms: number; jitterMs?: number }
  | { fault: 'drop' }
  | { fault: 'duplicate' }
  | { fault: 'reorder'; window: number }
  | { fault: 'close'; code: number }
  | { fault: 'halfOpen' }
  | { fault: 'pushFails'; errNo: number }
  | { fault: 'pushHangs'; ms: number }
  | { fault: 'slowRegister'; ms: number }
  | { fault: 'functionError' }
  | { fault: 'functionTimeout' }
);

/** Milliseconds since the epoch at session time 0; undefined where none of the facts tells. */
export function epochOf(facts: readonly Fact[]): number | undefined {
  return facts.find((fact) => 'epoch' in fact)?.epoch;
}

/** Milliseconds that a date can stand for. */
export function isTime(value: number): boolean {
  return Math.abs(value) <= 8.64e15;
}

/** The part of a text that travels with its fact; never half of a character. */
export function previewOf(text: string): { preview: string; more?: true } {
  if (text.length <= previewLength) {
    return { preview: text };
  }
  const lastCode = text.charCodeAt(previewLength - 1);
  const cutsPair = lastCode >= 0xd800 && lastCode < 0xdc00;
  return { preview: text.slice(0, cutsPair ? previewLength - 1 : previewLength), more: true };
}
