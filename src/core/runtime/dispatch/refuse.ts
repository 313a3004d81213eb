/** The end of an event that no instance ran, as visible as any other. */
import { previewOf } from '../../../protocol/fact';
import type { FunctionId } from '../../../protocol/project';
import type { Run, RuntimeDependencies } from '../contract';
import type { Failed } from '../advice/failures';

/** @param instance the one that could not be started; 0: none */
export function refuse(
  { request, since, end }: Run,
  verdict: Failed,
  functionId: FunctionId,
  instance: number,
  version: number,
  { clock, record }: Pick<RuntimeDependencies, 'clock' | 'record'>,
): void {
  const { invocation } = request;
  record(
    {
      kind: 'invocationStarted',
      invocation,
      function: functionId,
      role: request.role,
      connection: request.connection,
      cause: request.cause,
      instance,
      cold: true,
      queuedMs: Math.round((clock.now() - since) * 1000) / 1000,
      initMs: 0,
      version,
      eventSize: Buffer.byteLength(request.eventJson),
    },
    request.eventJson,
  );
  const { outcome, error, place } = verdict;
  const resultJson = JSON.stringify(error);
  const preview = previewOf(resultJson);
  record(
    { kind: 'invocationEnded', invocation, outcome, durationMs: 0, ...preview, error, place },
    preview.more ? resultJson : undefined,
  );
  end({ outcome, resultJson, error, place, durationMs: 0 });
}
