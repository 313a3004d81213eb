/**
 * The fidelity ledger: one row for each behaviour of the platform that is emulated, and what is known about it.
 * The conformance suite, the ledger's page, the documentation and the Problems panel all read these rows.
 */
import { addressRows } from './ledger/addresses';
import { cleanupRows } from './ledger/cleanup';
import { limitRows } from './ledger/limits';
import { pushRows } from './ledger/push';
import { handshakeRows } from './ledger/handshake';
import { registerRows } from './ledger/register';
import { runtimeErrorRows } from './ledger/runtimeErrors';
import { runtimeRows } from './ledger/runtime';
import { transferRows } from './ledger/transfer';
import { webFunctionRows } from './ledger/webFunction';
import { type LedgerRow, type Mark, marks, type Source } from './ledger/row';

export { type LedgerRow, type Mark, marks, type Source };

export const areas = [
  'addresses',
  'handshake',
  'register',
  'transfer',
  'cleanup',
  'push',
  'limits',
  'webFunction',
  'runtime',
  'errors',
] as const;
export type Area = (typeof areas)[number];

export type AreaRow = LedgerRow & { area: Area };

const rowsByArea: Record<Area, readonly LedgerRow[]> = {
  addresses: addressRows,
  handshake: handshakeRows,
  register: registerRows,
  transfer: transferRows,
  cleanup: cleanupRows,
  push: pushRows,
  limits: limitRows,
  webFunction: webFunctionRows,
  runtime: runtimeRows,
  errors: runtimeErrorRows,
};

export const ledger: readonly AreaRow[] = areas.flatMap((area) =>
  rowsByArea[area].map((row) => ({ ...row, area })),
);

export const areaTitles: Record<Area, string> = {
  addresses: 'Addresses',
  handshake: 'Handshake and authentication',
  register: 'Register',
  transfer: 'Transfer',
  cleanup: 'Cleanup and the end of a connection',
  push: 'Reverse push',
  limits: 'Limits and timers',
  webFunction: 'As a Web function (platform webFunction)',
  runtime: 'Function runtime',
  errors: 'Errors and logs of functions',
};

export function findRow(id: string): AreaRow | undefined {
  return ledger.find((row) => row.id === id);
}

export function countByMark(rows: readonly LedgerRow[]): Record<Mark, number> {
  const counts: Record<Mark, number> = { documented: 0, seen: 0, assumed: 0 };
  for (const { mark } of rows) {
    counts[mark]++;
  }
  return counts;
}

export const markTitles: Record<Mark, string> = {
  documented: 'documented',
  seen: 'seen',
  assumed: 'assumed',
};

/** Every English text of the ledger that a person sees, so that each has its translation. */
export function ledgerTexts(): string[] {
  const texts = ledger.flatMap(({ source, given, when, then, fixed }) => [
    source,
    given,
    when,
    then,
    ...(fixed === undefined ? [] : [fixed]),
  ]);
  return [...new Set([...Object.values(areaTitles), ...Object.values(markTitles), ...texts])];
}

/** The row in another language: `t` translates one text. */
export function translatedRow(row: AreaRow, t: (text: string) => string): AreaRow {
  const { given, when, then, fixed } = row;
  const translated = { ...row, given: t(given), when: t(when), then: t(then) };
  return fixed === undefined ? translated : { ...translated, fixed: t(fixed) };
}
