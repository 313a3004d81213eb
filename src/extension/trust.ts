/** Nothing of a folder runs before a person trusts it. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../core/errors';

/** Throws a `UserError`, whose remedy is the editor's own question. */
export function mustBeTrusted(): void {
  if (!vscode.workspace.isTrusted) {
    throw new UserError(
      'untrusted',
      l10n.t('This workspace is not trusted, so none of its functions are run.'),
      l10n.t('Trust it with "Workspaces: Manage Workspace Trust".'),
    );
  }
}
