/** Debug Function…, Debug All Functions, Stop Debugging, and the inline values' switch. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { setting } from '../configuration';
import { wantedFunctions } from '../debug/wanted';
import { commands, settings, settingsSection } from '../ids';
import type { Parts } from '../parts';
import { openPlace, locateHandler } from '../handlers';
import { knownFunctions } from '../views/functionsView';
import { pickFunction } from './pick';
import { registerCommand } from './register';

export function registerDebugCommands(parts: Parts): vscode.Disposable[] {
  const { log, debugging } = parts;
  return [
    /** Resolves when breakpoints are set. */
    registerCommand(log, commands.debugFunction, async (argument: unknown) => {
      const info = await pickFunction(parts, argument, l10n.t('Debug Function'));
      await debugging.debug([info]);
    }),
    registerCommand(log, commands.debugProject, async () => {
      await parts.projects.refresh();
      const functions = wantedFunctions({}, knownFunctions(parts.gateway, parts.projects));
      await debugging.debug(functions, 'all');
    }),
    registerCommand(log, commands.stopDebugging, () => debugging.stop()),
    registerCommand(log, commands.openHandler, async (argument: unknown) => {
      const info = await pickFunction(parts, argument, l10n.t('Go to Handler'));
      const place = await locateHandler(info);
      await openPlace({ file: info.file, line: (place?.line ?? 0) + 1 });
    }),
    registerCommand(log, commands.toggleInlineValues, () =>
      vscode.workspace
        .getConfiguration(settingsSection)
        .update(
          settings.inlineValues,
          !setting(settings.inlineValues, true),
          vscode.ConfigurationTarget.Global,
        ),
    ),
  ];
}
