/** The fact of a row whose columns say all of it: plain frames and pushes are not kept twice. */
import type { Fact, FactOf } from '../../protocol/fact';
import { rowFlag as flag } from '../../protocol/facts/row';
import type { RowColumns } from './columns';

/** The columns, and the run that a row belongs to. */
export type RebuiltFrom = RowColumns & {
  invocationOf(row: number): { started: FactOf<'invocationStarted'> } | undefined;
};

export function rebuildFact(store: RebuiltFrom, row: number): Fact {
  const flags = store.flags(row);
  const common = {
    seq: store.seq(row),
    at: store.at(row),
    connection: store.connection(row),
    size: store.size(row) ?? 0,
    preview: store.text(row),
    ...(flags & flag.more ? { more: true as const } : {}),
  };
  const cause = store.cause(row);
  const kind = store.kind(row);
  if (kind === 'push') {
    const run = store.invocationOf(row);
    return {
      ...common,
      kind: 'push',
      service: run?.started.function.split('/')[0] ?? null,
      action: 'data send',
      type: flags & flag.binary ? 'binary' : 'text',
      invocation: run?.started.invocation ?? null,
      function: store.functionOf(row),
      status: 200,
      errNo: 0,
      errMsg: 'ok',
    };
  }
  return {
    ...common,
    kind: 'frame',
    direction: store.direction(row) ?? 'toServer',
    type: kind as FactOf<'frame'>['type'],
    ...(kind === 'close' && store.code(row) ? { code: store.code(row) } : {}),
    ...(store.direction(row) === 'toClient' && cause !== undefined
      ? { push: store.seq(cause) }
      : {}),
  };
}
