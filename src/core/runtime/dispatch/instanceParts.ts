/** What an instance is made of, and whom it tells what. */
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { FunctionId, FunctionSpec } from '../../../protocol/project';
import type { ChannelListener, CodeFailure, Notice } from '../channel/channel';
import type { InvocationRequest, InvocationResult, RuntimeDependencies } from '../contract';
import type { Instance } from './instance';

/** How one talks with a handler process; the families differ in this alone. */
export interface Conversation {
  /** It keeps an event that comes while another one runs, and takes it up after that. */
  readonly queues?: true;
  /** Called once, right after the process was spawned. */
  start(): void;
  /** Hands over an event; `event` contains no line feed. */
  event(id: string, frozenMs: number, event: string): void;
  /** Loads the handler of an instance that waited for its debugger. */
  load(): void;
  debug(enabled: boolean): void;
  /** Stops or goes on reading what the process sends. */
  hold(held: boolean): void;
  /** Nothing will come any more: the process should end by itself. */
  end(): void;
}

export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  stdio: StdioOptions;
  /** It opens a debug port and waits for a debugger before it loads the handler. */
  debug: boolean;
  /** What runs it, and why, for the log. */
  interpreter: string;
  converse(child: ChildProcess, listener: ChannelListener): Conversation;
  /** To be called instead of spawning it. */
  discard?(): void;
}

/** An event that waits for an instance. */
export interface Waiting {
  request: InvocationRequest;
  resolve(result: InvocationResult): void;
  /** Session time. */
  since: number;
}

/** Why an instance never became ready. */
export type StartFailure =
  | { why: 'code'; failure: CodeFailure }
  | { why: 'timeout' }
  | { why: 'exit'; code: number | null; signal: string | null }
  | { why: 'memory'; usedMb: number }
  /** The interpreter was not found, the build failed, or the program cannot be run. */
  | { why: 'spawn'; error: unknown };

export interface InstanceOwner {
  onReady(instance: Instance): void;
  /** It may take the next event. */
  onIdle(instance: Instance): void;
  onStartFailed(instance: Instance, failure: StartFailure): void;
  /** Its event was answered, but work of it goes on: the next one of that connection may run elsewhere. */
  onAnswered(): void;
  /** An event that was handed over ahead was not taken up: it waits again, before all others. */
  onReturned(waiting: Waiting): void;
  /** The process is gone; called once, also after a failed start. */
  onStopped(instance: Instance): void;
  onFiles(instance: Instance, files: string[]): void;
  onNotice(instance: Instance, invocation: string | null, notice: Notice): void;
  onCodeFailure(instance: Instance, invocation: string, failure: CodeFailure): void;
  onDebugPort(instance: Instance, answer: Parameters<ChannelListener['onDebugPort']>[0]): void;
}

export interface InstanceParts {
  number: number;
  version: number;
  functionId: FunctionId;
  spec: FunctionSpec;
  launch: Launch;
  dependencies: RuntimeDependencies;
  owner: InstanceOwner;
}
