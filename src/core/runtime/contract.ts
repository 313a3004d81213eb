/** What the gateway asks of a function's runtime, and what the runtime needs from the session. */
import type { FactBody, Fact, FunctionError, Outcome, SourcePlace } from '../../protocol/fact';
import type { FunctionId, FunctionSpec, Role, ServiceSpec } from '../../protocol/project';
import type { Clock } from '../clock';

export interface InvocationRequest {
  /** The request id, a UUID; the handler sees it as `context.request_id`. */
  invocation: string;
  /** The event as JSON text, handed to the handler without being parsed on the way. */
  eventJson: string;
  role: Role | null;
  connection: string | null;
  /** Not before the earlier events of its connection have ended, also where several processes could run it. */
  inTurn?: true;
  /** Number of the fact that caused it. */
  cause: number | null;
  /** Called when an instance takes the event up: what it waited before is not the handler's time. */
  onStart?: () => void;
}

export interface InvocationResult {
  outcome: Outcome;
  /** JSON text of the returned value (`null` for nothing); of the error object when it failed. */
  resultJson: string;
  error?: FunctionError;
  place?: SourcePlace;
  durationMs: number;
}

/** A function that can be invoked: its handler processes and their queue. */
export interface FunctionRuntime {
  readonly id: FunctionId;
  readonly spec: FunctionSpec;
  /** Of the code that new events get: counts up with each change of the files. */
  readonly version: number;
  /**
   * Runs the event in an instance, at once or when one is free. Never rejects: a failure is a result. Records
   * `invocationStarted`, `log`, `invocationEnded`, and the `instance` facts around them.
   */
  invoke(request: InvocationRequest): Promise<InvocationResult>;
  /**
   * A single process takes all events, one after the other: the next one of a connection can go nowhere else and may
   * wait there.
   */
  readonly inOrder: boolean;
  /** Number of the invocation that an instance is running or has un-awaited work of; null: none. */
  runningInvocation(instance: number): string | null;
  /**
   * For a push that came from an instance: resolves when the run that made it has been recorded. A process that was
   * handed its next event ahead may be at it before its channel, which says so, has been read. undefined: it has.
   */
  untilRecorded(instance: number, invocation: string | undefined): Promise<void> | undefined;
  /**
   * Makes instances debuggable. A running one opens its debug port in place, keeping its globals; new ones wait
   * for `debuggerReady` before they load the handler. Starts an instance when none runs. Resolves with the port,
   * null when debugging was switched off.
   */
  setDebug(enabled: boolean): Promise<{ instance: number; port: number } | null>;
  debuggerReady(instance: number): void;
  /** Throws the instances away; the running event ends on the old code, or, with `now`, at once with error 439. */
  restart(reason: string, now?: boolean): void;
  /** Whether its instances are made debuggable. */
  readonly debugging: boolean;
  /**
   * Ends in favour of its successor, whose settings are newer: what runs may end within a short time, what waits goes
   * over (without a successor it is refused with 432). Resolves when the processes are gone.
   */
  retire(successor?: FunctionRuntime): Promise<void>;
  dispose(): Promise<void>;
}

/** Records a fact, with the whole payload (or event, or result) when its preview is not everything. */
export type RecordFact = (body: FactBody, payload?: Buffer | string) => Fact;

export interface RuntimeDependencies {
  service: ServiceSpec;
  clock: Clock;
  record: RecordFact;
  /** Push address of an instance's own, so that whatever it pushes is known to be its. */
  pushUrl(functionId: FunctionId, instance: number): string;
  /** Session-wide number for a new instance, counting from 1. */
  nextInstance(): number;
  /**
   * Interpreters from the editor's settings; the project's own come first. `editorPython` is the environment that
   * is active in the editor, which nobody named for this: it comes after the project's virtual environment.
   */
  interpreters: { python?: string; node?: string; editorPython?: string };
  /** Folder with the bootstraps. */
  bootstrapFolder: string;
}
