/** Start, stop, restart, addresses, and the menu behind the status-bar item. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { FunctionId } from '../../protocol/project';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { pickConnection, pickFunction } from './pick';
import { chosen, registerCommand } from './register';

export function registerGatewayCommands(parts: Parts): vscode.Disposable[] {
  const { gateway, log, traffic } = parts;
  const command = <A extends unknown[]>(id: string, run: (...args: A) => unknown) =>
    registerCommand(log, id, run);
  return [
    command(commands.start, () => startGateway(parts)),
    command(commands.stop, () =>
      withProgress(l10n.t('Stopping the gateway …'), () => gateway.stop()),
    ),
    command(commands.restart, async () => {
      await withProgress(l10n.t('Restarting the gateway …'), () => gateway.restart());
      return addresses(parts);
    }),
    command(commands.restartFunction, async (argument: unknown) => {
      const info = await pickFunction(parts, argument, l10n.t('Restart Function'));
      await gateway.ask('restartFunction', { function: info.function, now: true });
    }),
    command(commands.copyUrl, async () => {
      const urls = gateway.state.services.flatMap((service) => service.urls);
      await copy(await pickText(urls, l10n.t('Copy WebSocket URL')));
    }),
    command(commands.copyPushUrl, async () => {
      const urls = gateway.state.services.map((service) => service.pushUrl);
      await copy(await pickText(urls, l10n.t('Copy Push URL')));
    }),
    command(commands.closeConnection, async (argument: unknown) => {
      const connection = await pickConnection(parts, argument, l10n.t('Close Connection'));
      await gateway.ask('closeConnection', { connection });
    }),
    command(commands.copyConnectionId, async (argument: unknown) =>
      copy(await pickConnection(parts, argument, l10n.t('Copy Connection Id'))),
    ),
    command(commands.showConnection, async (argument: unknown) => {
      const connection = await pickConnection(parts, argument, l10n.t('Show in Traffic'));
      await traffic.reveal({ connection });
    }),
    /** From a program or an entry of the tree: `{connection, file, again}`; resolves with the file. */
    command(commands.saveScenario, (argument: unknown) => {
      const given = (argument ?? {}) as { connection?: string; file?: string; again?: string };
      const { connection, file, again } = given;
      return traffic.saveScenario({
        ...(connection === undefined ? {} : { connection }),
        ...(file === undefined ? {} : { file }),
        ...(again === undefined ? {} : { again }),
      });
    }),
    command(commands.openTraffic, () => traffic.openEditor()),
    command(commands.clearTraffic, () => gateway.clear()),
    command(commands.showLog, () => log.show()),
    command(commands.showFact, (seq: number) => traffic.reveal({ seq })),
    command(commands.showInLog, (mark: number | string) =>
      log.reveal(typeof mark === 'number' ? `#${mark}]` : mark.slice(0, 8)),
    ),
    command(commands.manageTrust, () => vscode.commands.executeCommand('workbench.trust.manage')),
    command(commands.showMenu, () => showMenu(parts)),
  ];
}

/** Starts the gateway where it does not run; returns where it listens. Functions of `debug` wait for a debugger. */
export async function startGateway(
  parts: Parts,
  debug: readonly FunctionId[] = [],
): Promise<{ url: string; pushUrl: string }> {
  const { gateway } = parts;
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Starting the gateway …'),
      cancellable: true,
    },
    (_progress, token) => {
      token.onCancellationRequested(() => void gateway.stop());
      return gateway.start(debug);
    },
  );
  return addresses(parts);
}

function addresses(parts: Parts): { url: string; pushUrl: string } {
  const { url, pushUrl } = parts.gateway.state;
  return { url, pushUrl };
}

function withProgress(title: string, work: () => Promise<void>): Thenable<void> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work);
}

/** Without a question when there is only one. */
async function pickText(texts: string[], title: string): Promise<string> {
  const [first] = texts;
  return texts.length === 1 && first !== undefined
    ? first
    : chosen(await vscode.window.showQuickPick(texts, { title }));
}

async function copy(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(l10n.t('Copied: {0}', text), 4000);
}

interface MenuItem extends vscode.QuickPickItem {
  run(): unknown;
}

async function showMenu(parts: Parts): Promise<void> {
  const choice = await vscode.window.showQuickPick(menuItems(parts), { title: 'SCF WebSocket' });
  await chosen(choice).run();
}

/** What can be done now. */
function menuItems({ gateway, eventBreaks }: Parts): MenuItem[] {
  const item = (icon: string, label: string, command: string, detail?: string): MenuItem => ({
    label: `$(${icon}) ${label}`,
    detail,
    run: () => vscode.commands.executeCommand(command),
  });
  const showLog = item('output', l10n.t('Show Log'), commands.showLog);
  switch (gateway.status) {
    case 'starting':
      return [item('close', l10n.t('Cancel'), commands.stop), showLog];
    case 'stopping':
      return [showLog];
    case 'stopped':
      return vscode.workspace.isTrusted
        ? [
            item('play', l10n.t('Start Gateway'), commands.start),
            item('debug-alt', l10n.t('Debug All Functions'), commands.debugProject),
            showLog,
          ]
        : [
            item('workspace-untrusted', l10n.t('Manage Workspace Trust'), commands.manageTrust),
            showLog,
          ];
    case 'running':
      return [
        ...(eventBreaks.isHolding
          ? [{ label: `$(debug-continue) ${l10n.t('Continue')}`, run: () => eventBreaks.resume() }]
          : []),
        item('link', l10n.t('Copy WebSocket URL'), commands.copyUrl, gateway.state.url),
        item('link-external', l10n.t('Copy Push URL'), commands.copyPushUrl, gateway.state.pushUrl),
        item('plug', l10n.t('Connect Test Client…'), commands.connectClient),
        item('send', l10n.t('Push to Connection…'), commands.push),
        item('debug-alt', l10n.t('Debug All Functions'), commands.debugProject),
        item('open-preview', l10n.t('Open Traffic in Editor'), commands.openTraffic),
        showLog,
        item('debug-restart', l10n.t('Restart Gateway'), commands.restart),
        item('debug-stop', l10n.t('Stop Gateway'), commands.stop),
      ];
  }
}
