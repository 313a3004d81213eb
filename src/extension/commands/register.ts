/** How commands are registered, and the one place where their errors become messages. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sentenceOf, UserError } from '../../core/errors';
import type { Log } from '../log';

/** Thrown when the person closed an input: the command ends and nothing is said. */
export class Cancelled extends Error {}

export function registerCommand<A extends unknown[]>(
  log: Log,
  id: string,
  run: (...args: A) => unknown,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: A) => {
    try {
      return await run(...args);
    } catch (error) {
      void showError(log, error);
      return undefined;
    }
  });
}

/** A bug is logged with its stack; what the person must act on is a sentence; of what they cancelled nothing is said. */
export async function showError(log: Log, error: unknown): Promise<void> {
  if (error instanceof Cancelled) {
    return;
  }
  const isBug = !(error instanceof UserError);
  log.error(isBug && error instanceof Error ? (error.stack ?? error.message) : sentenceOf(error));
  const showLog = l10n.t('Show Log');
  const choice = await vscode.window.showErrorMessage(sentenceOf(error), showLog);
  if (choice === showLog) {
    log.show();
  }
}

/** The value, or the end of the command when the person closed the input. */
export function chosen<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Cancelled();
  }
  return value;
}
