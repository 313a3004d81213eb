/** A function that runs elsewhere: how it is called, and how many calls there may be. */
import type { InvocationRequest } from '../../core/runtime/contract';
import type { Failed } from '../../core/runtime/advice/failures';

export interface Backend {
  readonly limits: { concurrency: number; queue: number };
  /** Never rejects. `timeoutMs`: the whole time of the call, retries included. */
  call(request: InvocationRequest, about: CallContext): Promise<Answer>;
  dispose(): void;
}

export interface CallContext {
  /** W3C trace context of the call. */
  traceparent: string;
  timeoutMs: number;
  /** The time limit in seconds, for the words of the platform. */
  seconds: number;
}

export interface Answer {
  /** JSON text of the function's value, or how it failed. */
  result: { ok: string } | { failed: Failed };
  /** Lines that the platform gives of its log. */
  log?: string;
  /** The platform's own id of the call. */
  platformRequestId?: string;
}
