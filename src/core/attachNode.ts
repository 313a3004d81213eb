/** Reads what a node of `scfws gateway` tells to whoever is attached: facts, without payloads. */
import readline from 'node:readline';
import http from 'node:http';
import https from 'node:https';
import * as l10n from '@vscode/l10n';
import type { Fact } from '../protocol/fact';
import { parseLine } from '../protocol/wire';
import { UserError } from './errors';

export interface AttachOptions {
  /** Of the node's operations port, e.g. `http://127.0.0.1:9490`. */
  url: string;
  secret: string;
  /** Share of the connections, above 0 and up to 1. */
  sample?: number;
  onFact(fact: Fact): void;
}

export interface Attached {
  /** Resolves when the node ends it, or `detach` was called. */
  ended: Promise<void>;
  detach(): void;
}

/** Resolves once the node has let us in; rejects with a `UserError`. */
export function attachNode({ url, secret, sample = 1, onFact }: AttachOptions): Promise<Attached> {
  const address = nodeAddress(url);
  return new Promise((resolve, reject) => {
    const fail = (message: string, next: string): void =>
      reject(new UserError('cannotAttach', message, next));
    const request = (address.protocol === 'https:' ? https : http).get(
      new URL(`/attach?sample=${sample}`, address),
      { headers: { authorization: `Bearer ${secret}` } },
      (response) => {
        const { statusCode } = response;
        if (statusCode !== 200) {
          response.resume();
          fail(
            l10n.t('The node at {0} lets nobody attach (HTTP {1}).', address.host, statusCode ?? 0),
            statusCode === 401
              ? l10n.t('Give the secret that the node has in SCFWS_ATTACH_SECRET.')
              : l10n.t('Start the node with SCFWS_ATTACH_SECRET, and name its operations port.'),
          );
          return;
        }
        const lines = readline.createInterface({ input: response });
        lines.on('line', (line) => {
          const said = parseLine(line);
          if (said !== undefined && 'kind' in said) {
            onFact(said);
          }
        });
        for (const each of [response, lines]) {
          each.on('error', () => undefined); // Its end is told.
        }
        resolve({
          ended: new Promise((done) => response.once('close', done)),
          detach: () => request.destroy(),
        });
      },
    );
    request.on('error', (error) =>
      fail(
        l10n.t('The node at {0} cannot be reached: {1}', address.host, error.message),
        l10n.t('Name its operations port, or open a tunnel to it.'),
      ),
    );
  });
}

/** Throws a `UserError`. Without TLS only to this machine: the secret and what is told would be read on the way. */
export function nodeAddress(url: string): URL {
  let address: URL | undefined;
  try {
    address = new URL(url.includes('://') ? url : `http://${url}`);
  } catch {
    // Told below.
  }
  if (address === undefined || !/^https?:$/.test(address.protocol)) {
    throw new UserError(
      'noAddress',
      l10n.t('{0} is no address of a node.', url),
      l10n.t('It looks like http://127.0.0.1:9490.'),
    );
  }
  if (address.protocol === 'http:' && !/^(127\.|localhost$|\[::1\]$)/.test(address.hostname)) {
    throw new UserError(
      'notSecure',
      l10n.t('{0} is another machine, and http would show the secret on the way.', address.host),
      l10n.t('Use https, or a tunnel (ssh -L 9490:127.0.0.1:9490).'),
    );
  }
  return address;
}
