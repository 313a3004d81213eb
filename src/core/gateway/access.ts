/**
 * Who may talk to the gateway. It listens on loopback only, but every web page that the user visits can reach
 * loopback too: a page of a foreign origin names itself in `Origin`, a rebound DNS name in `Host`.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface Access {
  /** Origins allowed besides local ones, e.g. `https://app.example.com`; `*` allows all. */
  allowedOrigins: readonly string[];
  /** It serves a network: requests may name it as they like. */
  anyHost?: true;
  /** Whether pushes may come from there; undefined: from everywhere. */
  pushFrom?(request: IncomingMessage): boolean;
  /** Whether a push is signed by somebody who may push; undefined: it need not be. */
  pushSigned?(headers: IncomingHttpHeaders, body: Buffer): Promise<boolean>;
}

const localHost = /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

export function isHostAllowed(host: string | undefined, access: Access): boolean {
  if (host === undefined) {
    return false;
  }
  return (
    access.anyHost === true ||
    localHost.test(host) ||
    access.allowedOrigins.some((origin) => origin === '*' || hostOf(origin) === host.toLowerCase())
  );
}

/**
 * For WebSocket handshakes: no origin (not a browser), a page or program of this machine, a page from disk, or one that
 * is allowed by name. No page of the web can say `file://`: what the user opens from disk is the user's own.
 */
export function isOriginAllowed(origin: string | undefined, access: Access): boolean {
  if (origin === undefined || origin === 'file://') {
    return true;
  }
  // `null` is what sandboxed frames of any site send, so it is foreign unless it was allowed by name.
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/]+)\/?$/i.exec(origin)?.[1];
  return (host !== undefined && localHost.test(host)) || isNamed(origin, access);
}

/**
 * For pushes: handlers are no browsers, so whatever carries a browser's marks was sent by a page (it needs no
 * preflight for a simple POST) and is refused unless its origin is allowed by name.
 */
export function isPushAllowed(
  headers: { origin?: string | undefined; 'sec-fetch-site'?: string | string[] | undefined },
  access: Access,
): boolean {
  if (headers.origin !== undefined) {
    return isNamed(headers.origin, access);
  }
  return headers['sec-fetch-site'] === undefined;
}

function isNamed(origin: string, access: Access): boolean {
  const wanted = plainOrigin(origin);
  return access.allowedOrigins.some((name) => name === '*' || plainOrigin(name) === wanted);
}

/** As browsers write it; programs add a slash, and people a port that goes without saying. */
function plainOrigin(origin: string): string {
  const plain = origin.trim().toLowerCase().replace(/\/$/, '');
  const port = plain.startsWith('https://') ? ':443' : plain.startsWith('http://') ? ':80' : '';
  return port !== '' && plain.endsWith(port) ? plain.slice(0, -port.length) : plain;
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
