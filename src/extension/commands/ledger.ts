/** The fidelity ledger: every behaviour, its mark and its source, as a page in the editor. */
import * as vscode from 'vscode';
import { commands } from '../ids';
import { LedgerPage } from '../ledgerPage';
import type { Parts } from '../parts';
import { registerCommand } from './register';

export function registerLedger(parts: Parts): vscode.Disposable {
  const page = new LedgerPage();
  const command = registerCommand(parts.log, commands.openLedger, (rule: unknown) =>
    page.show(typeof rule === 'string' ? rule : undefined),
  );
  return vscode.Disposable.from(page, command);
}
