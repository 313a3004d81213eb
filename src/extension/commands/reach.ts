/** Whether an address can be reached at all: known before anything else is asked that would be in vain. */
import net from 'node:net';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';

/** Milliseconds. */
const longest = 3000;

export function unreachable(address: string, reason: string): UserError {
  return new UserError(
    'pushUnreachable',
    l10n.t('{0} cannot be reached: {1}.', address, reason),
    l10n.t('Check the address, and whether the gateway behind it runs.'),
  );
}

/** Rejects with a `UserError` when nobody takes a connection there. */
export async function mustBeReachable(address: string): Promise<void> {
  const { protocol, hostname, port } = new URL(address);
  const usual = /^(https|wss):$/.test(protocol) ? 443 : 80;
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = net.connect({ host, port: port === '' ? usual : Number(port) });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      socket.setTimeout(longest, () => reject(Object.assign(new Error(), { code: 'ETIMEDOUT' })));
    });
  } catch (error) {
    throw unreachable(address, (error as NodeJS.ErrnoException).code ?? String(error));
  } finally {
    socket.destroy();
  }
}

/** Whether a text is an address that can be tried. */
export function isAddress(text: string, schemes: RegExp): boolean {
  return schemes.test(text) && URL.canParse(text);
}
