/** How commands are registered, and the one place where their errors become messages. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sentenceOf, UserError } from '../../core/errors';
import { openPlace } from '../handlers';
import { commands } from '../ids';
import type { Log } from '../log';

/** Thrown when the person closed an input: the command ends and nothing is said. */
export class Cancelled extends Error {}

/** The command did its part, and the person goes on: the sentence says how. Nothing went wrong. */
export class Instruction extends Error {}

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

/**
 * `again` is what the person wanted, for when the remedy has worked. A bug is logged with its stack; what the person must act on is a sentence; of what they cancelled nothing is said. */
export async function showError(log: Log, error: unknown, again?: () => unknown): Promise<void> {
  if (error instanceof Cancelled) {
    return;
  }
  if (error instanceof Instruction) {
    void vscode.window.showInformationMessage(error.message);
    return;
  }
  const isBug = !(error instanceof UserError);
  log.error(isBug && error instanceof Error ? (error.stack ?? error.message) : sentenceOf(error));
  const showLog = l10n.t('Show Log');
  const remedy = error instanceof UserError ? remedyOf(error, again) : undefined;
  const buttons = remedy === undefined ? [showLog] : [remedy.title, showLog];
  const choice = await vscode.window.showErrorMessage(sentenceOf(error), ...buttons);
  if (choice === showLog) {
    log.show();
  } else if (choice !== undefined && choice === remedy?.title) {
    await remedy.run();
  }
}

/** A button that does what the sentence advises. */
function remedyOf(
  { code, place, fix }: UserError,
  again: (() => unknown) | undefined,
): { title: string; run: () => PromiseLike<unknown> } | undefined {
  if (place !== undefined) {
    return { title: l10n.t('Open {0}', path.basename(place.file)), run: () => openPlace(place) };
  }
  if (fix !== undefined) {
    const install = async () => {
      // True when all of it was installed; else it has said why, or the person did not want it.
      const done = await vscode.commands.executeCommand<boolean>(commands.installLibrary, fix);
      await (done === true ? again?.() : undefined);
    };
    return { title: l10n.t('Install {0}', fix.packages.join(', ')), run: install };
  }
  const command = (title: string, id: string) => ({
    title,
    run: () => vscode.commands.executeCommand(id),
  });
  switch (code) {
    case 'notRunning':
      return command(l10n.t('Start Gateway'), commands.start);
    case 'untrusted':
      return command(l10n.t('Manage Workspace Trust'), commands.manageTrust);
    case 'noProject':
      return command(l10n.t('Create Project…'), commands.createProject);
    default:
      return undefined;
  }
}

/** The value, or the end of the command when the person closed the input. */
export function chosen<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Cancelled();
  }
  return value;
}
