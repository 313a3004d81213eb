/** What an instance is made of, and whom it tells what. */
import type { FunctionId, FunctionSpec } from '../../../protocol/project';
import type { ChannelListener, CodeFailure, Notice } from '../channel/channel';
import type { InvocationRequest, InvocationResult, RuntimeDependencies } from '../contract';
import type { Launch } from '../launch/launch';
import type { Instance } from './instance';

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
  onCodeFailure(instance: Instance, request: InvocationRequest, failure: CodeFailure): void;
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
