/** The fidelity ledger: every behaviour, its mark and its source, as a page in the editor. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { commands } from '../ids';
import { renderLedgerPage } from '../ledgerPage';
import type { Parts } from '../parts';
import { registerCommand } from './register';

export function registerLedger(parts: Parts): vscode.Disposable {
  let panel: vscode.WebviewPanel | undefined;
  /** With the id of a row: shows that one. */
  return registerCommand(parts.log, commands.openLedger, async (argument: unknown) => {
    const rule = typeof argument === 'string' ? argument : undefined;
    if (panel !== undefined) {
      panel.reveal();
      await panel.webview.postMessage({ rule });
      return;
    }
    panel = vscode.window.createWebviewPanel(
      'scf-websocket-ledger',
      l10n.t('Fidelity Ledger'),
      vscode.ViewColumn.Active,
      { enableScripts: true, enableFindWidget: true, localResourceRoots: [] },
    );
    panel.iconPath = vscode.Uri.joinPath(parts.context.extensionUri, 'media', 'activity.svg');
    panel.onDidDispose(() => (panel = undefined));
    const translate = (text: string): string => (vscode.l10n.bundle?.[text] as string) ?? text;
    panel.webview.html = renderLedgerPage({
      nonce: randomBytes(16).toString('base64url'),
      language: vscode.env.language,
      rule,
      translate,
    });
  });
}
