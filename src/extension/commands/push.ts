/** Push to Connection…: to connections of the emulator, or by HTTP to any push address. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { connectionItems } from './pick';
import { isAddress, mustBeReachable, unreachable } from './reach';
import { chosen, registerCommand } from './register';

type Content =
  { action: 'closing' } | { action: 'data send'; dataType: 'text' | 'binary'; data: string };

export function registerPushCommands(parts: Parts): vscode.Disposable[] {
  return [
    /** From a program: `{connection, content}`; resolves with the answers. */
    registerCommand(parts.log, commands.push, async (argument: unknown) => {
      const given = argument as { connection?: string; content?: Content } | undefined;
      const target =
        given?.connection === undefined
          ? await pickTarget(parts)
          : { connections: [given.connection] };
      const content = given?.content ?? (await pickContent());
      return 'address' in target
        ? pushByHttp(target.address, target.connection, content)
        : pushByIntent(parts, target.connections, content);
    }),
  ];
}

type Target = { connections: string[] } | { address: string; connection: string };

async function pickTarget(parts: Parts): Promise<Target> {
  const connections = parts.gateway.status === 'running' ? connectionItems(parts.gateway) : [];
  const all = { label: `$(broadcast) ${l10n.t('All connections')}`, all: true as const };
  const other = {
    label: `$(globe) ${l10n.t('Another push address…')}`,
    other: true as const,
    alwaysShow: true,
  };
  const items: (vscode.QuickPickItem & { all?: true; other?: true; connection?: string })[] = [
    ...connections,
    ...(connections.length > 1 ? [all] : []),
    other,
  ];
  const choice = chosen(
    await vscode.window.showQuickPick(items, {
      title: l10n.t('Push to Connection (1/3): to whom?'),
      matchOnDescription: true,
    }),
  );
  if (choice.all) {
    return { connections: connections.map(({ connection }) => connection) };
  }
  return choice.connection === undefined
    ? pickAddress(parts)
    : { connections: [choice.connection] };
}

async function pickAddress(parts: Parts): Promise<Target> {
  const address = chosen(
    await vscode.window.showInputBox({
      title: l10n.t('Push to Connection (1/3): push address'),
      value: parts.gateway.status === 'running' ? parts.gateway.state.pushUrl : 'http://',
      ignoreFocusOut: true,
      validateInput: (text) =>
        isAddress(text, /^https?:\/\/[^\s/]+/)
          ? undefined
          : l10n.t('An address that begins with http://'),
    }),
  );
  await mustBeReachable(address);
  const { connections, pushUrl } = parts.gateway.state;
  const isOwn = parts.gateway.status === 'running' && address.startsWith(pushUrl);
  const connection = chosen(
    await vscode.window.showInputBox({
      title: l10n.t('Push to Connection (2/3): connection id'),
      prompt: l10n.t('The secConnectionID that Register got.'),
      ignoreFocusOut: true,
      validateInput: (text) =>
        text.trim() === ''
          ? l10n.t('The secConnectionID that Register got.')
          : isOwn && !connections.has(text.trim())
            ? l10n.t('The gateway has no connection of this id.')
            : undefined,
    }),
  );
  return { address, connection: connection.trim() };
}

async function pickContent(): Promise<Content> {
  const kinds = [
    { label: `$(symbol-text) ${l10n.t('Text')}`, content: 'text' as const },
    { label: `$(json) ${l10n.t('JSON')}`, content: 'json' as const },
    { label: `$(file-binary) ${l10n.t('Bytes, as base64')}`, content: 'base64' as const },
    { label: `$(close) ${l10n.t('Close the connection')}`, content: 'close' as const },
  ];
  const { content: kind } = chosen(
    await vscode.window.showQuickPick(kinds, { title: l10n.t('Push to Connection (2/3): what?') }),
  );
  if (kind === 'close') {
    return { action: 'closing' };
  }
  const data = chosen(
    await vscode.window.showInputBox({
      title: l10n.t('Push to Connection (3/3): content'),
      value: kind === 'json' ? '{"type":"hello"}' : undefined,
      ignoreFocusOut: true,
      validateInput: (text) => contentProblem(kind, text),
    }),
  );
  return { action: 'data send', dataType: kind === 'base64' ? 'binary' : 'text', data };
}

function contentProblem(kind: 'text' | 'json' | 'base64', text: string): string | undefined {
  if (kind === 'json') {
    try {
      JSON.parse(text);
    } catch (error) {
      return l10n.t('Not JSON: {0}', (error as Error).message);
    }
  }
  const isBase64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
  return kind === 'base64' && !isBase64 ? l10n.t('Not base64.') : undefined;
}

async function pushByIntent(parts: Parts, connections: string[], content: Content) {
  const { results } = await parts.gateway.ask('push', { connections, ...content });
  const failed = results.filter(({ errNo }) => errNo !== 0);
  const [first] = failed;
  if (first !== undefined) {
    throw new UserError(
      'pushFailed',
      l10n.t(
        '{0} of {1} pushes failed. {2} answered errNo {3}: {4}',
        failed.length,
        results.length,
        first.connection,
        first.errNo,
        first.errMsg,
      ),
    );
  }
  vscode.window.setStatusBarMessage(
    results.length === 1 ? l10n.t('Pushed.') : l10n.t('Pushed to {0} connections.', results.length),
    4000,
  );
  return results;
}

/**
 * As a function would send it. The answer is shown whatever it is: that is what one wants to see. One that says
 * that nobody got the push is an error, whole and until it is closed.
 */
export async function pushByHttp(address: string, connection: string, content: Content) {
  const { default: axios, isAxiosError } = await import('axios');
  const websocket =
    content.action === 'closing'
      ? { action: content.action, secConnectionID: connection }
      : {
          action: content.action,
          secConnectionID: connection,
          dataType: content.dataType,
          data: content.data,
        };
  const response = await axios
    .post<unknown>(
      address,
      { websocket },
      { timeout: 15_000, proxy: false, validateStatus: () => true, maxRedirects: 0 },
    )
    .catch((error: unknown) => {
      const reason = isAxiosError(error) ? (error.code ?? error.message) : String(error);
      throw unreachable(address, reason);
    });
  const text = JSON.stringify(response.data);
  const answer = (longest: number) =>
    l10n.t('{0} answered with HTTP {1}: {2}', address, response.status, text.slice(0, longest));
  if (isRefused(response.status, response.data)) {
    throw new UserError(
      'pushFailed',
      answer(2000),
      l10n.t('Check the connection id, and whether its client is still connected.'),
    );
  }
  void vscode.window.showInformationMessage(answer(300));
  return [{ connection, status: response.status, body: text }];
}

/** Whether an answer tells that the push reached nobody: by its status, or by the errNo of its body. */
function isRefused(status: number, body: unknown): boolean {
  const errNo = (body as { errNo?: unknown } | null)?.errNo;
  return status >= 400 || (errNo !== undefined && Number(errNo) !== 0);
}
