/** `Invoke | Debug | Event… | last: 31 ms ✓` above each handler, found from scfws.json first. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { FunctionInfo } from '../protocol/fact';
import { setting } from './configuration';
import { findHandler } from '../core/project/handlerPlace';
import { commands, settings } from './ids';
import type { Parts } from './parts';
import { knownFunctions, lastRun } from './views/functionsView';

export class Lenses implements vscode.CodeLensProvider {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(private readonly parts: Parts) {}

  refresh(): void {
    this.changed.fire();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!setting(settings.codeLens, true) || !vscode.workspace.isTrusted) {
      return [];
    }
    return knownFunctions(this.parts.gateway, this.parts.projects)
      .filter((info) => info.file === document.uri.fsPath)
      .flatMap((info) => this.lensesOf(info, document));
  }

  private lensesOf(info: FunctionInfo, document: vscode.TextDocument): vscode.CodeLens[] {
    const line = findHandler(document.getText(), info.handler, info.family)?.line ?? 0;
    const range = new vscode.Range(line, 0, line, 0);
    const lens = (title: string, command: string, tooltip: string, argument: object) =>
      new vscode.CodeLens(range, { title, command, tooltip, arguments: [argument] });
    const target = { function: info.function };
    const lenses = [
      lens(
        `$(play) ${l10n.t('Invoke')}`,
        commands.invoke,
        l10n.t('Runs {0} with the event that was used last, else with a sample', info.name),
        { ...target, event: 'default' },
      ),
      lens(
        this.parts.debugging.isDebugged(info.function)
          ? `$(debug-alt) ${l10n.t('Debugging')}`
          : `$(debug-alt) ${l10n.t('Debug')}`,
        commands.debugFunction,
        l10n.t('Stops at breakpoints of {0}, for real clients and for Invoke', info.name),
        target,
      ),
      lens(
        l10n.t('Event…'),
        commands.invokeWithEvent,
        l10n.t('Choose the event: a sample, a file, or the last real one'),
        target,
      ),
    ];
    const last = this.parts.runs.lastOf(info.function);
    if (last !== undefined) {
      lenses.push(
        lens(
          l10n.t('last: {0}', lastRun(last)),
          commands.runAgain,
          l10n.t('Run again with the same event, and compare'),
          target,
        ),
      );
    }
    return lenses;
  }
}
