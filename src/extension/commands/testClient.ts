/** Connect Test Client…: a real WebSocket client in the session's process, driven from the Traffic view. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { startGateway } from './gatewayCommands';
import { isAddress, mustBeReachable } from './reach';
import { chosen, registerCommand } from './register';

export function registerTestClientCommands(parts: Parts): vscode.Disposable[] {
  return [
    /** From a program: `{url, protocols, name}`; resolves with the client. */
    registerCommand(parts.log, commands.connectClient, async (argument: unknown) => {
      if (parts.gateway.status !== 'running') {
        await startGateway(parts);
      }
      const given = argument as { url?: string; protocols?: string[]; name?: string } | undefined;
      const ask =
        given?.url === undefined
          ? await pickClient(parts)
          : { url: given.url, protocols: given.protocols, name: given.name };
      const opened = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: l10n.t('Connecting {0} …', ask.url) },
        () => parts.gateway.ask('openClient', ask),
      );
      if (given?.url === undefined) {
        await parts.traffic.reveal({ compose: { client: opened.client } });
      }
      return opened;
    }),
  ];
}

async function pickClient(
  parts: Parts,
): Promise<{ url: string; protocols?: string[]; name?: string }> {
  const urls = parts.gateway.state.services.flatMap((service) => service.urls);
  const customize = `$(settings) ${l10n.t('With query, sub-protocols or a name…')}`;
  const choice = chosen(
    await vscode.window.showQuickPick(
      // Also for whoever types an address that is not in the list.
      [
        ...urls.map((url) => ({ label: url })),
        { label: customize, customize: true, alwaysShow: true },
      ],
      { title: l10n.t('Connect Test Client') },
    ),
  );
  if (!('customize' in choice)) {
    return { url: choice.label };
  }
  const input = async (step: number, title: string, options: vscode.InputBoxOptions) =>
    chosen(
      await vscode.window.showInputBox({
        ...options,
        title: l10n.t('Connect Test Client ({0}/3): {1}', step, title),
        ignoreFocusOut: true,
      }),
    );
  const url = await input(1, l10n.t('address'), {
    value: urls[0],
    validateInput: (text) =>
      isAddress(text, /^wss?:\/\/[^\s/]+/)
        ? undefined
        : l10n.t('An address that begins with ws://'),
  });
  await mustBeReachable(url);
  const protocols = await input(2, l10n.t('sub-protocols'), {
    placeHolder: l10n.t('None, or names separated by commas'),
    validateInput: (text) =>
      /^[\w.+-]*(\s*,\s*[\w.+-]+)*$/.test(text.trim())
        ? undefined
        : l10n.t('Names separated by commas'),
  });
  const name = await input(3, l10n.t('name'), {
    placeHolder: l10n.t('Optional, e.g. alice: it can be used in filters as conn:alice'),
    validateInput: (text) => {
      const known = parts.gateway.state.clients.get(text.trim());
      return known === undefined || known.state === 'closed'
        ? undefined
        : l10n.t('There is a test client named {0} already.', known.client);
    },
  });
  const list = protocols.split(',').flatMap((each) => each.trim() || []);
  return {
    url,
    protocols: list.length === 0 ? undefined : list,
    name: name.trim() === '' ? undefined : name.trim(),
  };
}
