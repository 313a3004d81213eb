/** What the gateway asks of a function's runtime, and what the runtime needs from the session. */
import type { FactBody, Fact, FunctionError, Outcome, SourcePlace } from '../../protocol/fact';
import type { FunctionId, FunctionSpec, Role, ServiceSpec } from '../../protocol/project';
import type { Clock } from '../clock';
import type { Dispatcher, Pool } from './dispatch/dispatcher';

export interface InvocationRequest {
  /** The request id, a UUID; the handler sees it as `context.request_id`. */
  invocation: string;
  /** The event as JSON text, handed to the handler without being parsed on the way. */
  eventJson: string;
  role: Role | null;
  connection: string | null;
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

/** An event whose turn has come, and who waits for its end. */
export interface Run {
  request: InvocationRequest;
  /** Session time at which its turn came. */
  since: number;
  /** Called once, when its end has been recorded. */
  end(result: InvocationResult): void;
}

/** A function that can be invoked: its handler processes. */
export interface FunctionRuntime {
  readonly id: FunctionId;
  readonly spec: FunctionSpec;
  /** Of the code that new events get: counts up with each change of the files. */
  readonly version: number;
  /** Where its events wait for a process; the dispatcher decides when each runs. */
  readonly pool: Pool<Run>;
  /**
   * Submits one event, in the turn of its connection. Never rejects: a failure is a result. Records
   * `invocationStarted`, `log`, `invocationEnded`, and the `instance` facts around them.
   */
  invoke(request: InvocationRequest): Promise<InvocationResult>;
  /**
   * The invocation that made a push which came from an instance: what it runs or has un-awaited work of; null: none.
   * `said`: what the push itself says. A promise where the process may be at an event whose start, which its channel
   * tells, has not been read: what follows from the push must be recorded after that.
   */
  invocationOf(instance: number, said: string | undefined): string | null | Promise<string | null>;
  /** Resolves once no thread works that an event started and left behind, where the language tells. */
  rested(): Promise<void>;
  /** Resolves once the code that it has now was looked at, and what was found is told. */
  looked(): Promise<void>;
  /** Resolves once the processes that are being ended, for a limit that they crossed, are gone. */
  ended(): Promise<void>;
  /**
   * Makes instances debuggable. A running one opens its debug port in place, keeping its globals; new ones wait
   * for `debuggerReady` before they load the handler. Starts an instance when none runs. Resolves with the port,
   * null when debugging was switched off.
   */
  setDebug(enabled: boolean): Promise<{ instance: number; port: number } | null>;
  debuggerReady(instance: number): void;
  /** From now on its pushes say which line of the handler made them, where the language tells; that takes time. */
  namePushes(): void;
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
  /** File that tells handlers for how long the clock stood still (see clockFile.ts). */
  clockFile: string;
  /** The session's: it keeps the order of a connection also across functions. */
  dispatcher: Dispatcher<Run>;
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
  /** Folder that handlers leave their coverage in; undefined: nothing is counted. */
  coverage?: string;
}
