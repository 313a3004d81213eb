/**
 * Stands in for the vendor's API: takes InvokeFunction alone, checks the signature by a calculation of its own, and
 * answers in the published form.
 */
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export const testCredentials = { id: 'AKIDtest', key: 'not-a-real-key' };

/** Returns the value; a rejection is the function's error. */
type Behaviour = (event: unknown, eventJson: string, headers: http.IncomingHttpHeaders) => unknown;

/** How a function failed, as the platform tells it. */
export class FunctionFailure extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
    readonly stackTrace: string,
  ) {
    super(message);
  }
}

export interface ScfStandIn {
  url: string;
  calls: { action: string; region: string; name: string; version: string }[];
  refused: number;
  behave(name: string, behaviour: Behaviour): void;
  refuseNext(code: string): void;
  dispose(): void;
}

export async function startScf(): Promise<ScfStandIn> {
  const behaviours = new Map<string, Behaviour>();
  let refusal: string | undefined;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(request, Buffer.concat(chunks).toString()).then((value) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ Response: value }));
      });
    });
  });

  const refuse = (Code: string, Message: string): object => {
    standIn.refused++;
    return { Error: { Code, Message }, RequestId: 'api-1' };
  };

  async function answer({ headers }: http.IncomingMessage, body: string): Promise<object> {
    const problem = signatureProblem(headers, body);
    if (problem !== undefined) {
      return refuse('AuthFailure.SignatureFailure', problem);
    }
    if (refusal !== undefined) {
      const code = refusal;
      refusal = undefined;
      return refuse(code, 'refused on purpose');
    }
    const { FunctionName, Event } = JSON.parse(body) as { FunctionName: string; Event: string };
    standIn.calls.push({
      action: String(headers['x-tc-action']),
      region: String(headers['x-tc-region']),
      name: FunctionName,
      version: String(headers['x-tc-version']),
    });
    const id = `function-${standIn.calls.length}`;
    const behaviour = behaviours.get(FunctionName);
    if (behaviour === undefined) {
      return refuse('ResourceNotFound.FunctionName', `no function ${FunctionName}`);
    }
    const about = { Log: `START RequestId: ${id}`, FunctionRequestId: id, Duration: 1 };
    try {
      const value = (await behaviour(JSON.parse(Event), Event, headers)) ?? null;
      const result = { ...about, InvokeResult: 0, ErrMsg: '', RetMsg: JSON.stringify(value) };
      return { Result: result, RequestId: 'api-1' };
    } catch (error) {
      const details = {
        errorCode: -1,
        errorMessage: 'user code exception caught',
        requestId: id,
        stackTrace: String(error),
        statusCode: 430,
        ...(error instanceof FunctionFailure
          ? {
              errorMessage: error.message,
              stackTrace: error.stackTrace,
              statusCode: error.statusCode,
            }
          : {}),
      };
      const result = { ...about, InvokeResult: 1, ErrMsg: JSON.stringify(details), RetMsg: '' };
      return { Result: result, RequestId: 'api-1' };
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: ScfStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    refused: 0,
    behave: (name, behaviour) => void behaviours.set(name, behaviour),
    refuseNext: (code) => (refusal = code),
    dispose() {
      server.close();
      server.closeAllConnections();
    },
  };
  return standIn;
}

/** From the published steps, not from the code that is tested. */
function signatureProblem(headers: http.IncomingHttpHeaders, body: string): string | undefined {
  const found =
    /^TC3-HMAC-SHA256 Credential=([^/]+)\/(\d{4}-\d\d-\d\d)\/scf\/tc3_request, SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  if (found === null) {
    return 'no such authorization';
  }
  const [, id, date, signedHeaders = '', signature] = found;
  const timestamp = String(headers['x-tc-timestamp']);
  if (id !== testCredentials.id) {
    return 'unknown id';
  }
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) {
    return 'expired';
  }
  const names = signedHeaders.split(';');
  if (!names.includes('content-type') || !names.includes('host')) {
    return 'content-type and host must be signed';
  }
  const hash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text, 'utf8').digest();
  const lines = names.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const canonical = `POST\n/\n\n${lines}\n${signedHeaders}\n${hash(body)}`;
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${date}/scf/tc3_request\n${hash(canonical)}`;
  const dateKey = hmac(`TC3${testCredentials.key}`, String(date));
  const key = hmac(hmac(dateKey, 'scf'), 'tc3_request');
  return hmac(key, text).toString('hex') === signature ? undefined : 'the signature is wrong';
}
