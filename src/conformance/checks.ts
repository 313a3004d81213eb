/** Every check of the suite. A row of the ledger may have several: one for each set-up in which it shows. */
import type { Check } from './bench';
import { addressChecks } from './checks/addresses';
import { cleanupChecks } from './checks/cleanup';
import { handshakeChecks } from './checks/handshake';
import { limitChecks } from './checks/limits';
import { pushChecks } from './checks/push';
import { registerChecks } from './checks/register';
import { runtimeChecks } from './checks/runtime';
import { runtimeErrorChecks } from './checks/runtimeErrors';
import { transferChecks } from './checks/transfer';

export const checks: readonly Check[] = [
  ...addressChecks,
  ...handshakeChecks,
  ...registerChecks,
  ...transferChecks,
  ...cleanupChecks,
  ...pushChecks,
  ...limitChecks,
  ...runtimeChecks,
  ...runtimeErrorChecks,
];
