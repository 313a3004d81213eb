/** A function behind an address: the event as the body of a POST, its value as the body of the answer. */
import { createHmac } from 'node:crypto';
import type { InvocationRequest } from '../../core/runtime/contract';
import {
  answerText,
  failed,
  type Failed,
  largestPayload,
  timedOut,
} from '../../core/runtime/advice/failures';
import type { Answer, Backend, CallContext } from './backend';
import { postAgain, Poster, PostError, type Reply } from './post';

export interface HttpTarget {
  url: string;
  headers: Record<string, string>;
  /** Signs each body. */
  secret: string | undefined;
}

/** Answers of what stands in front of a function: it did not run, or nobody knows. */
const platformStatuses = new Set([404, 429, 502, 503, 504]);

export function httpBackend(target: HttpTarget, limits: Backend['limits']): Backend {
  const poster = new Poster(target.url, limits.concurrency);
  return {
    limits,
    dispose: () => poster.dispose(),
    async call(request, about) {
      const body = Buffer.from(request.eventJson);
      try {
        const reply = await postAgain(
          about.timeoutMs,
          (leftMs) => poster.post(body, headersOf(target, request, about, body), leftMs),
          () => false,
        );
        return { result: resultOf(request.invocation, reply) };
      } catch (error) {
        return { result: { failed: failureOf(request.invocation, error, about) } };
      }
    },
  };
}

function headersOf(
  { headers, secret }: HttpTarget,
  request: InvocationRequest,
  { traceparent }: CallContext,
  body: Buffer,
): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  return {
    'content-type': 'application/json; charset=utf-8',
    'x-scfws-request-id': request.invocation,
    'x-scfws-role': request.role ?? '',
    'idempotency-key': request.invocation,
    traceparent,
    ...(secret === undefined
      ? {}
      : {
          'x-scfws-timestamp': timestamp,
          'x-scfws-signature': `v1=${signatureOf(secret, timestamp, body)}`,
        }),
    ...headers,
  };
}

/** HMAC-SHA256, hexadecimal, of `<seconds since 1970>.<body>`. */
export function signatureOf(secret: string, timestamp: string, body: Buffer | string): string {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
}

function resultOf(invocation: string, { status, body }: Reply): Answer['result'] {
  if (status >= 200 && status < 300) {
    return Buffer.byteLength(body) > largestPayload
      ? {
          failed: failed(
            407,
            invocation,
            `Response size exceeds the limit of ${largestPayload} bytes`,
          ),
        }
      : { ok: answerText(body) };
  }
  const said = body.length > 1000 ? `${body.slice(0, 1000)}…` : body;
  return platformStatuses.has(status)
    ? { failed: failed(435, invocation, `The backend answered HTTP ${status}: ${said}`) }
    : {
        failed: failed(430, invocation, `The function answered HTTP ${status}: ${said}`, said),
      };
}

/** Of a call that had no answer. */
export function failureOf(invocation: string, error: unknown, { seconds }: CallContext): Failed {
  if (!(error instanceof PostError)) {
    return failed(435, invocation, `The backend could not be called: ${String(error)}`);
  }
  if (error.why === 'timeout' && error.ran === 'maybe') {
    return timedOut(invocation, seconds);
  }
  if (error.why === 'tooLarge') {
    return failed(407, invocation, error.message);
  }
  return error.ran === 'no'
    ? failed(435, invocation, `The backend cannot be reached: ${error.message}`)
    : failed(439, invocation, `The backend ended the call without an answer: ${error.message}`);
}
