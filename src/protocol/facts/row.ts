/** What facts are in the list: rows, and what later facts change of them. Page and report read it the same way. */
import type { Direction } from '../fact';
import type { RowKind, RowStatus } from '../filter';
import type { FunctionId } from '../project';

/** Bits of a row's flags. */
export const rowFlag = {
  /** The text is only the beginning of the payload. */
  more: 1,
  cold: 2,
  edited: 4,
  external: 8,
  warned: 16,
  binary: 32,
  /** Told by a later row: a Close frame by the row of the connection's end. */
  folded: 64,
} as const;

export interface NewRow {
  kind: RowKind;
  connection: string;
  text: string;
  direction?: Direction;
  /** Default: ok. */
  status?: RowStatus;
  size?: number;
  /** HTTP status, close code, errNo or error code. */
  code?: number;
  flags?: number;
  function?: FunctionId | null;
  /** Number of the fact that caused it. */
  cause?: number | null;
  /** The run that made it. */
  madeBy?: string | null;
  /** The columns of the list tell all of it, so that the fact need not be kept beside them. */
  plain?: boolean;
}

export interface RowChange {
  /** The handshake of a connection that has not ended, the row of a fact, or the row of a run. */
  of: { handshake: string } | { fact: number } | { invocation: string };
  status?: RowStatus;
  code?: number;
  text?: string;
  durationMs?: number;
  /** Session time at which it ended, where the duration is the time since it began. */
  until?: number;
  /** Bits that are added. */
  flags?: number;
  /** What caused the row shows how long it took, and its failure. */
  reachesCause?: true;
}
