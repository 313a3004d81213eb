/** `scfws push`: one reverse push to any push address, as a handler would make it. */
import * as l10n from '@vscode/l10n';
import fs from 'node:fs/promises';
import axios from 'axios';
import { UserError } from '../core/errors';

export interface PushOptions {
  url: string;
  id: string;
  text?: string;
  /** File name. */
  binary?: string;
  close?: boolean;
}

export async function push({ url, id, text, binary, close }: PushOptions): Promise<number> {
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new UserError(
      'badPushUrl',
      l10n.t('{0} is no push address.', url),
      l10n.t(
        'One looks like http://127.0.0.1:9480/api-abcdefgh; the gateway prints it when it starts.',
      ),
    );
  }
  const websocket: Record<string, string> = { action: 'data send', secConnectionID: id };
  if (close === true) {
    websocket['action'] = 'closing';
  } else if (binary !== undefined) {
    websocket['dataType'] = 'binary';
    websocket['data'] = (await readBinary(binary)).toString('base64');
  } else {
    websocket['dataType'] = 'text';
    websocket['data'] = text ?? '';
  }
  const answer = await post(url, { websocket });
  process.stdout.write(`${JSON.stringify(answer.data)}\n`);
  const errNo = (answer.data as { errNo?: unknown } | null)?.errNo;
  return answer.status === 200 && errNo === 0 ? 0 : 1;
}

async function post(url: string, body: object): Promise<{ status: number; data: unknown }> {
  try {
    return await axios.post(url, body, {
      validateStatus: () => true,
      proxy: false,
      timeout: 30_000,
    });
  } catch (error) {
    throw new UserError(
      'pushFailed',
      l10n.t('The push address {0} did not answer: {1}', url, (error as Error).message),
      l10n.t('Is the gateway running? Its push address is printed when it starts.'),
    );
  }
}

async function readBinary(file: string): Promise<Buffer> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    throw new UserError(
      'noFile',
      l10n.t('{0} cannot be read: {1}', file, (error as Error).message),
    );
  }
}
