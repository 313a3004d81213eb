/** Plain HTTP at the gateway's port: pushes, the page for trying the projects, and everything that is neither. */
import * as l10n from '@vscode/l10n';
import type http from 'node:http';
import type { Duplex } from 'node:stream';
import { reportBug } from '../errors';
import { type Access, isPushAllowed } from './access';
import type { Gateway } from './gateway';
import { largestPush, pushErrors } from './pushRequest';
import { isHandshake, offersWebSocket, readTarget, refuseForm } from './requestForm';

export interface RequestOptions {
  access: Access;
  /** A page for trying the projects from a browser, shown at `/`. */
  readPage?(): Promise<Buffer | undefined>;
}

export function answerRequest(
  gateway: Gateway,
  options: RequestOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const { access } = options;
  const asked = readTarget(request.url ?? '/');
  const { target: url } = asked;
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  const answer = (
    status: number,
    body: string | Buffer,
    headers: http.OutgoingHttpHeaders = {},
  ): void => {
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      ...headers,
    });
    response.end(body);
    if (!request.complete) {
      request.resume();
    }
  };
  const say = (status: number, message: string, headers?: http.OutgoingHttpHeaders): void =>
    answer(status, JSON.stringify({ message }), headers);

  const malformed = refuseForm(request, asked, access);
  const key = keyOf(path);
  const refuse = (status: number, message: string, headers?: http.OutgoingHttpHeaders): void => {
    say(status, message, headers);
    tellRefusal(gateway, request.method, path, status, message);
    if (!request.complete) {
      refusedEarly.add(request.socket);
      request.once('end', () => refusedEarly.delete(request.socket));
    }
  };
  if (malformed !== undefined) {
    refuse(malformed.status, malformed.message, { connection: 'close' });
    return;
  }
  if (!gateway.pushes.isAddress(key)) {
    if (/^\/(release|prepub|test)\//.test(path)) {
      const { headers } = request;
      const message = isHandshake(headers)
        ? l10n.t(
            'The handshake came without {0}: a proxy on the way must pass both headers on (nginx: proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;).',
            offersWebSocket(headers) ? '"Connection: Upgrade"' : '"Upgrade: websocket"',
          )
        : 'This address speaks WebSocket: connect with ws://, not http://.';
      say(426, message, { upgrade: 'websocket' });
      return;
    }
    const nothing = `There is nothing at ${path.slice(0, 200)}. WebSocket clients connect to /<stage>/<path>, pushes go to the push address that the gateway printed.`;
    if (path !== '/' || request.method !== 'GET' || options.readPage === undefined) {
      refuse(404, nothing);
      return;
    }
    void options.readPage().then((page) => {
      if (page === undefined) {
        say(404, nothing);
        return;
      }
      answer(200, page, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    });
    return;
  }
  if (access.pushFrom?.(request) === false) {
    say(403, 'Pushes are not taken from this address.');
    return;
  }
  if (!isPushAllowed(request.headers, access)) {
    refuse(
      403,
      'This request was sent by a web page. Pushes come from functions: a page may not make them unless scfWebSocket.allowedOrigins names its origin.',
    );
    return;
  }
  if (request.method !== 'POST') {
    refuse(405, `The push address takes POST only, not ${request.method ?? ''}.`, {
      allow: 'POST',
    });
    return;
  }
  request.once('close', () => {
    if (!request.complete && !response.writableEnded) {
      tellRefusal(gateway, 'POST', path, 400, 'The request ended, or went wrong, within its body.');
    }
  });
  readBody(request, (body) => {
    if (body === undefined) {
      const errMsg = `the body is larger than ${largestPush} bytes`;
      answer(200, JSON.stringify({ errNo: pushErrors.tooLarge, errMsg }), { connection: 'close' });
      gateway.pushes.recordRefused(key, { status: 200, errNo: pushErrors.tooLarge, errMsg });
      return;
    }
    const fail = (error: unknown): void => {
      reportBug(error);
      say(500, 'The gateway failed at this push; its log says more.');
    };
    const push = (): Promise<void> =>
      gateway.pushes
        .answer(key, body, {
          contentType: request.headers['content-type'],
          contentEncoding: request.headers['content-encoding'],
          ...header(request, 'x-scfws-invocation', 'invocation'),
          ...header(request, 'x-scfws-redirected-from', 'redirectedFrom'),
          ...header(request, 'x-scfws-line', 'line'),
        })
        .then(({ status, body: text }) => answer(status, text));
    if (access.pushSigned === undefined) {
      push().catch(fail);
      return;
    }
    access
      .pushSigned(request.headers, body)
      .then((isGenuine) =>
        isGenuine
          ? push()
          : refuse(
              401,
              'This push is not signed with the secret of this gateway, is old, or came before: sign each one anew, also when it is tried again.',
            ),
      )
      .catch(fail);
  });
}

/** What an address means to the pushes: its path without slashes. */
export function keyOf(path: string): string {
  return path.slice(1, path.endsWith('/') ? -1 : undefined);
}

/** Sockets with the rest of a request that was refused: what is wrong with that, too, is not told. */
export const refusedEarly = new WeakSet<Duplex>();

/** Keys of push addresses, of this session or of another. */
const pushKey = /^api-[0-9a-z]{8}(\/\d+)?$/;

/** A request that was meant as a push, and refused by HTTP alone, is seen where pushes are. */
export function tellRefusal(
  gateway: Gateway,
  method: string | undefined,
  path: string,
  status: number,
  message: string,
): void {
  const key = keyOf(path);
  if (gateway.pushes.isAddress(key) || (method === 'POST' && pushKey.test(key))) {
    gateway.pushes.recordRefused(key, { status, errMsg: message });
  }
}

/** Hands over the whole body, or undefined when it is larger than a push may be. */
function readBody(request: http.IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > largestPush && !over) {
      over = true;
      chunks.length = 0;
      done(undefined);
    } else if (!over) {
      chunks.push(chunk);
    }
  });
  request.on('end', () => {
    if (!over) {
      const [only] = chunks;
      done(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    }
  });
}

function header<K extends string>(
  request: http.IncomingMessage,
  name: string,
  key: K,
): Partial<Record<K, string>> {
  const value = request.headers[name];
  return typeof value === 'string' && value !== ''
    ? ({ [key]: value.slice(0, 200) } as Record<K, string>)
    : {};
}
