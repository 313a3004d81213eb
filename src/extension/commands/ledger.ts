/** The fidelity ledger: every behaviour, its mark and its source, as a page in the editor. */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { sessionLocale } from '../configuration';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { registerCommand } from './register';

export function registerLedger(parts: Parts): vscode.Disposable {
  return registerCommand(parts.log, commands.openLedger, async (rule: unknown) => {
    const { extensionUri } = parts.context;
    const names = sessionLocale() === 'zh-cn' ? ['ledger.zh-CN.md', 'ledger.md'] : ['ledger.md'];
    const file = names
      .map((name) => vscode.Uri.joinPath(extensionUri, 'docs', name))
      .find((uri) => existsSync(uri.fsPath));
    if (file !== undefined) {
      const fragment = typeof rule === 'string' ? rule.toLowerCase() : '';
      await vscode.commands.executeCommand('markdown.showPreview', file.with({ fragment }));
    }
  });
}
