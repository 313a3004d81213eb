/** Choosing a function or connections, unless a tree or a lens already says which. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { FunctionInfo } from '../../protocol/fact';
import type { Gateway } from '../gateway';
import type { Parts } from '../parts';
import { liveConnections, shortId } from '../views/connectionsView';
import { knownFunctions, roleNames } from '../views/functionsView';
import { chosen } from './register';

export async function pickFunction(
  parts: Parts,
  argument: unknown,
  title: string,
): Promise<FunctionInfo> {
  const functions = knownFunctions(parts.gateway, parts.projects);
  if (argument instanceof vscode.Uri) {
    // From the title of an editor: the function in it, where there is only one.
    const [here, ...others] = functions.filter((info) => info.file === argument.fsPath);
    if (here !== undefined && others.length === 0) {
      return here;
    }
  }
  const named = nameIn(argument);
  if (named !== undefined) {
    const found = functions.find((info) => info.function === named || info.name === named);
    if (found === undefined) {
      throw new UserError('unknownFunction', l10n.t('There is no function {0}.', named));
    }
    return found;
  }
  const active = vscode.window.activeTextEditor?.document.uri.fsPath;
  const items = functions.map((info) => ({
    label: info.name,
    description: [roleNames(info.roles), info.runtime].join(' · '),
    detail: functions.length > 3 ? info.function : undefined,
    info,
  }));
  items.sort((one, other) => Number(other.info.file === active) - Number(one.info.file === active));
  return chosen(await vscode.window.showQuickPick(items, { title, matchOnDescription: true })).info;
}

function nameIn(argument: unknown): string | undefined {
  if (typeof argument === 'string') {
    return argument;
  }
  if (typeof argument === 'object' && argument !== null) {
    const { info, function: id } = argument as { info?: FunctionInfo; function?: unknown };
    return info?.function ?? (typeof id === 'string' ? id : undefined);
  }
  return undefined;
}

/** The function whose handler file the active editor shows. */
export function functionOfEditor(parts: Parts): FunctionInfo | undefined {
  const file = vscode.window.activeTextEditor?.document.uri.fsPath;
  const functions = knownFunctions(parts.gateway, parts.projects);
  return file === undefined ? undefined : functions.find((info) => info.file === file);
}

export function connectionItems(
  gateway: Gateway,
): (vscode.QuickPickItem & { connection: string })[] {
  return liveConnections(gateway)
    .reverse()
    .map((state) => ({
      label: state.client ?? shortId(state.connection),
      description: `${state.connection} · ${state.target}`,
      iconPath: new vscode.ThemeIcon('plug'),
      connection: state.connection,
    }));
}

export async function pickConnection(
  parts: Parts,
  argument: unknown,
  title: string,
): Promise<string> {
  const given = (argument as { connection?: unknown } | undefined)?.connection;
  if (typeof given === 'string') {
    return given;
  }
  const items = connectionItems(parts.gateway);
  if (items.length === 0) {
    throw new UserError('noConnection', l10n.t('No client is connected.'));
  }
  return chosen(await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))
    .connection;
}
