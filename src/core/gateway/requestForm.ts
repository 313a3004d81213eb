/** What every request must look like before anybody asks what it wants: the same for handshakes, pushes and the rest. */
import * as l10n from '@vscode/l10n';
import type http from 'node:http';
import { type Access, isHostAllowed } from './access';

export interface Refusal {
  status: number;
  message: string;
}

export interface RequestTarget {
  /** Named by clients that take the gateway for a proxy and write the whole address. */
  host: string | undefined;
  /** Path and query. */
  target: string;
}

/** Reads the target of a request line: `/path?query`, or an address as a whole. */
export function readTarget(url: string): RequestTarget {
  const [, host, rest = '/'] = /^(?:https?|wss?):\/\/([^/?#]*)(.*)$/is.exec(url) ?? [
    undefined,
    undefined,
    url,
  ];
  return { host, target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** `Upgrade` lists protocols, the preferred first (RFC 9110); several header lines of that name are one list. */
export function offersWebSocket({ upgrade = '' }: http.IncomingHttpHeaders): boolean {
  return upgrade.split(',').some((offer) => offer.trim().toLowerCase() === 'websocket');
}

/** Whether a request is meant as a WebSocket handshake, be it with something missing. */
export function isHandshake(headers: http.IncomingHttpHeaders): boolean {
  return offersWebSocket(headers) || headers['sec-websocket-key'] !== undefined;
}

/** Why a request is answered before its target is looked at; undefined: it is in order. */
export function refuseForm(
  request: http.IncomingMessage,
  { host: addressed }: RequestTarget,
  access: Access,
): Refusal | undefined {
  const { headers, httpVersion } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return {
      status: 400,
      message: l10n.t('The request line says HTTP/{0}; this port speaks HTTP/1.1.', httpVersion),
    };
  }
  const hosts = request.rawHeaders.filter((name, n) => n % 2 === 0 && /^host$/i.test(name));
  if (hosts.length > 1) {
    return { status: 400, message: l10n.t('The request has more than one Host header.') };
  }
  if (headers.host === undefined || headers.host.trim() === '') {
    return {
      status: 400,
      message: l10n.t('The request names no host: send a Host header, such as Host: localhost.'),
    };
  }
  const codings = headers['transfer-encoding'];
  if (codings !== undefined && codings.trim().toLowerCase() !== 'chunked') {
    return {
      status: 501,
      message: l10n.t(
        'Transfer-Encoding: {0} is not understood; only "chunked" is. Send the body as it is.',
        codings.slice(0, 100),
      ),
    };
  }
  for (const host of [headers.host, addressed ?? headers.host]) {
    if (!isHostAllowed(host, access)) {
      return {
        status: 403,
        message: l10n.t(
          'Host {0} is not this machine. Add its origin to scfWebSocket.allowedOrigins (in a terminal: --allow-origin) to let it in.',
          host ?? '(none)',
        ),
      };
    }
  }
  return undefined;
}
