/** `Explore Orders` above each scenario of a flow, and `Run as Load` above the first. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ScenarioInfo } from '../../protocol/testEvent';
import { setting } from '../configuration';
import { commands, settings } from '../ids';
import { type FlowFiles, flowPattern } from './flowFiles';

export function registerFlowLenses(files: FlowFiles): vscode.Disposable[] {
  const changed = new vscode.EventEmitter<void>();
  const scenarios = new Map<string, ScenarioInfo[]>();
  return [
    changed,
    files.onDidChange(({ uri, file }) => {
      if (file === undefined) {
        scenarios.delete(uri.toString());
      } else if (!file.read.problems.some(({ severity }) => severity === 'error')) {
        scenarios.set(uri.toString(), file.scenarios);
      }
      changed.fire();
    }),
    vscode.languages.registerCodeLensProvider(
      { scheme: 'file', pattern: flowPattern },
      {
        onDidChangeCodeLenses: changed.event,
        provideCodeLenses({ uri }) {
          return setting(settings.codeLens, true) && vscode.workspace.isTrusted
            ? lensesOf(uri, scenarios.get(uri.toString()) ?? [])
            : [];
        },
      },
    ),
  ];
}

/** Cases of a matrix share their line, and the first of them its lens. */
function lensesOf(uri: vscode.Uri, scenarios: readonly ScenarioInfo[]): vscode.CodeLens[] {
  const lines = new Set<number>();
  return scenarios.flatMap(({ id, range: { line } }) => {
    if (lines.has(line)) {
      return [];
    }
    lines.add(line);
    const range = new vscode.Range(line, 0, line, 0);
    const explore = new vscode.CodeLens(range, {
      title: `$(git-compare) ${l10n.t('Explore Orders')}`,
      tooltip: l10n.t('Looks for an order of events in which this scenario fails'),
      command: commands.exploreOrders,
      arguments: [{ id, uri }],
    });
    const load = new vscode.CodeLens(range, {
      title: `$(graph-line) ${l10n.t('Run as Load')}`,
      tooltip: l10n.t('Runs the scenarios of this file with many clients at once'),
      command: commands.runLoad,
      arguments: [uri],
    });
    return lines.size === 1 ? [explore, load] : [explore];
  });
}
