/** Opens the fidelity ledger; with the id of a row, at that row. */
import * as vscode from 'vscode';
import { commands } from '../ids';
import { LedgerPage } from '../ledgerPage';
import type { Parts } from '../parts';
import { registerCommand } from './register';

export function registerLedger(parts: Parts): vscode.Disposable {
  const page = new LedgerPage(parts.context.extensionUri);
  const command = registerCommand(parts.log, commands.openLedger, (rule: unknown) =>
    page.show(typeof rule === 'string' ? rule : undefined),
  );
  return vscode.Disposable.from(page, command);
}
