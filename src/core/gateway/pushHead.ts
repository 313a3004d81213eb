/**
 * The head of a push as HTTP clients of functions write it. It knows a small part of HTTP/1.1 and takes nothing that
 * could mean two things: what is not plain, ASCII, whole, and made of headers named here is left to `node:http`. The
 * test of it holds both against each other.
 */
import { charsetOf } from './pushBody';

export interface PushHead {
  /** The push address without its slash. */
  key: string;
  host: string;
  /** Where the body starts, and its length, bytes. */
  bodyStart: number;
  bodyLength: number;
  /** The client asked for the connection to end with the answer. */
  close: boolean;
  /** Headers of the bootstraps: see `PushOrigin`. */
  invocation: string | undefined;
  redirectedFrom: string | undefined;
  line: string | undefined;
}

/** Longer heads and bodies go the long way, which has limits of its own. */
const longestHead = 4096;
const longestBody = 256 * 1024;

const requestLine = /^POST \/([A-Za-z0-9-]{1,40})\/? HTTP\/1\.1\r\n/;
const headerLine = /([!#$%&'*+.^_`|~0-9A-Za-z-]+): *([\x20-\x7e]*)\r\n/y;
const headEnd = Buffer.from('\r\n\r\n');

/** Headers that change nothing about a push. Those of browsers (Origin, Sec-Fetch-…) are not among them. */
const harmless =
  /^(accept|accept-encoding|accept-language|authorization|cache-control|http2-settings|pragma|traceparent|user-agent|x-[a-z0-9-]+)$/;

/** undefined: not what this knows, or not here as a whole. */
export function readPushHead(bytes: Buffer): PushHead | undefined {
  const end = bytes.indexOf(headEnd);
  if (end < 0 || end > longestHead) {
    return undefined;
  }
  const text = bytes.toString('latin1', 0, end + 2);
  const first = requestLine.exec(text);
  if (first === null) {
    return undefined;
  }
  let host: string | undefined;
  let bodyLength: number | undefined;
  let connection: string | undefined;
  let contentType: string | undefined;
  let invocation: string | undefined;
  let redirectedFrom: string | undefined;
  let place: string | undefined;
  headerLine.lastIndex = first[0].length;
  while (headerLine.lastIndex < text.length) {
    const line = headerLine.exec(text);
    if (line === null) {
      return undefined;
    }
    const name = (line[1] as string).toLowerCase();
    const value = (line[2] as string).trimEnd();
    switch (name) {
      case 'host':
        if (host !== undefined) {
          return undefined;
        }
        host = value;
        break;
      case 'content-length':
        if (bodyLength !== undefined || !/^\d{1,6}$/.test(value)) {
          return undefined;
        }
        bodyLength = Number(value);
        break;
      case 'connection':
        if (
          connection !== undefined ||
          !/^(keep-alive|close|upgrade, *http2-settings)$/i.test(value)
        ) {
          return undefined;
        }
        connection = value.toLowerCase();
        break;
      case 'upgrade':
        // Clients of HTTP/2 offer it with their first request; whoever does not speak it answers as if they had not.
        if (value !== 'h2c') {
          return undefined;
        }
        break;
      case 'content-type':
        // Another charset is decoded on the long way.
        if (contentType !== undefined || !/^utf-?8$/i.test(charsetOf(value) ?? 'utf-8')) {
          return undefined;
        }
        contentType = value;
        break;
      case 'x-scfws-invocation':
        if (invocation !== undefined) {
          return undefined;
        }
        invocation = value;
        break;
      case 'x-scfws-redirected-from':
        if (redirectedFrom !== undefined) {
          return undefined;
        }
        redirectedFrom = value;
        break;
      case 'x-scfws-line':
        if (place !== undefined) {
          return undefined;
        }
        place = value;
        break;
      default:
        if (!harmless.test(name)) {
          return undefined;
        }
    }
  }
  if (host === undefined || bodyLength === undefined || bodyLength > longestBody) {
    return undefined;
  }
  return {
    key: first[1] as string,
    host,
    bodyStart: end + 4,
    bodyLength,
    close: connection === 'close',
    invocation: invocation || undefined,
    redirectedFrom: redirectedFrom || undefined,
    line: place || undefined,
  };
}
