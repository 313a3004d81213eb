/**
 * A function in the vendor's cloud, called by `InvokeFunction` (documented: 10,000 calls a second and region; `Invoke`
 * allows 100). The call is synchronous, which the platform does not retry (documented).
 */
import { failed, type Failed, timedOut } from '../../core/runtime/advice/failures';
import type { InvocationRequest } from '../../core/runtime/contract';
import type { Answer, Backend, CallContext } from './backend';
import { failureOf } from './http';
import { postAgain, Poster, type Reply } from './post';
import { type Credentials, sign } from './tc3';

export interface ScfTarget {
  endpoint: string;
  region: string;
  namespace: string;
  functionName: string;
  /** undefined: the API's own choice, `$DEFAULT` (documented). */
  qualifier: string | undefined;
}

interface ApiReply {
  Response?: {
    RequestId?: string;
    Error?: { Code?: string; Message?: string };
    Result?: {
      InvokeResult?: number;
      RetMsg?: string;
      ErrMsg?: string;
      Log?: string;
      FunctionRequestId?: string;
    };
  };
}

/** The API refused the call before the function ran: it may be tried again. */
const refusedBefore = /^(RequestLimitExceeded|ResourceInsufficient)\b/;

const known = [400, 406, 407, 430, 432, 433, 434, 435, 437, 439, 446] as const;

export function scfBackend(
  target: ScfTarget,
  credentials: Credentials,
  limits: Backend['limits'],
): Backend {
  const poster = new Poster(`${target.endpoint.replace(/\/$/, '')}/`, limits.concurrency);
  return {
    limits,
    dispose: () => poster.dispose(),
    async call(request, about) {
      const body = JSON.stringify({
        FunctionName: target.functionName,
        Namespace: target.namespace,
        Qualifier: target.qualifier,
        Event: request.eventJson,
        LogType: 'Tail',
      });
      const once = (leftMs: number): Promise<Reply> => {
        const seconds = Math.floor(Date.now() / 1000);
        const headers = {
          ...sign(credentials, { host: poster.host, service: 'scf', body, seconds }),
          'x-tc-action': 'InvokeFunction',
          'x-tc-version': '2018-04-16',
          'x-tc-region': target.region,
          traceparent: about.traceparent,
        };
        return poster.post(Buffer.from(body), headers, leftMs);
      };
      try {
        const reply = await postAgain(about.timeoutMs, once, ({ body: text }) =>
          refusedBefore.test(parse(text)?.Response?.Error?.Code ?? ''),
        );
        return answerOf(request, reply, about);
      } catch (error) {
        return { result: { failed: failureOf(request.invocation, error, about) } };
      }
    },
  };
}

function parse(text: string): ApiReply | undefined {
  try {
    return JSON.parse(text) as ApiReply;
  } catch {
    return undefined;
  }
}

function answerOf({ invocation }: InvocationRequest, reply: Reply, about: CallContext): Answer {
  const response = parse(reply.body)?.Response;
  const { Error: error, Result: result, RequestId: apiRequest } = response ?? {};
  if (response === undefined || error !== undefined || result === undefined) {
    const said = error ?? { Code: `HTTP ${reply.status}`, Message: reply.body.slice(0, 500) };
    const text = `The cloud's API refused the call: ${said.Code ?? ''}: ${said.Message ?? ''}`;
    return {
      result: { failed: failed(435, invocation, text) },
      ...(apiRequest === undefined ? {} : { platformRequestId: apiRequest }),
    };
  }
  const id = result.FunctionRequestId ?? apiRequest;
  const about2 = {
    ...(id === undefined ? {} : { platformRequestId: id }),
    ...((result.Log ?? '') === '' ? {} : { log: result.Log as string }),
  };
  if ((result.InvokeResult ?? 0) === 0) {
    return { result: { ok: valueOf(result.RetMsg ?? '') }, ...about2 };
  }
  return { result: { failed: functionError(invocation, result, about) }, ...about2 };
}

/** `RetMsg` is the JSON text of the value (seen); what is no JSON is a text. */
function valueOf(returned: string): string {
  if (returned === '') {
    return 'null';
  }
  return isJson(returned) ? returned : JSON.stringify(returned);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function functionError(
  invocation: string,
  {
    InvokeResult,
    RetMsg = '',
    ErrMsg = '',
  }: NonNullable<NonNullable<ApiReply['Response']>['Result']>,
  { seconds }: CallContext,
): Failed {
  const [details] = [RetMsg, ErrMsg].filter(isJson).map((text) => JSON.parse(text) as unknown);
  const { statusCode, errorMessage, stackTrace } = (details ?? {}) as Record<string, unknown>;
  const said = [statusCode, InvokeResult].find((code) => known.some((each) => each === code));
  const code = known.find((each) => each === said) ?? 430;
  if (code === 433) {
    return timedOut(invocation, seconds);
  }
  const message = typeof errorMessage === 'string' ? errorMessage : ErrMsg || RetMsg;
  const stack = typeof stackTrace === 'string' ? stackTrace : undefined;
  return failed(code, invocation, message || 'The function failed', stack);
}
