// Functions that run elsewhere: what is sent, what the answers mean, and what is tried again.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpBackend, signatureOf } from '../../../src/cluster/backends/http';
import { scfBackend } from '../../../src/cluster/backends/scf';
import { sign } from '../../../src/cluster/backends/tc3';
import type { Answer, Backend } from '../../../src/cluster/backends/backend';
import { type ScfStandIn, startScf, testCredentials } from './scfStandIn';

const limits = { concurrency: 4, queue: 4 };
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const request = {
  invocation: '11111111-2222-4333-8444-555555555555',
  eventJson: '{"websocket":{"action":"data send","data":"你好"}}',
  role: 'transfer' as const,
  connection: 'id',
  cause: 1,
};

function call(backend: Backend, timeoutMs = 3000): Promise<Answer> {
  return backend
    .call(request, { traceparent: trace, timeoutMs, seconds: 3 })
    .finally(() => backend.dispose());
}

function failure({ result }: Answer): { statusCode: number; outcome: string; message: string } {
  assert.ok('failed' in result, JSON.stringify(result));
  const { outcome, error } = result.failed;
  return { statusCode: error.statusCode, outcome, message: error.errorMessage };
}

async function server(
  answer: (body: string, headers: http.IncomingHttpHeaders, response: http.ServerResponse) => void,
): Promise<{ url: string; close(): void }> {
  const listening = http.createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => answer(Buffer.concat(chunks).toString(), incoming.headers, response));
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`,
    close: () => {
      listening.close();
      listening.closeAllConnections();
    },
  };
}

describe('the backend http', () => {
  const target = (url: string, secret?: string) => ({ url, headers: { 'x-own': 'yes' }, secret });

  it('posts the event, signed, with its trace, and reads the value', async () => {
    let seen: { body: string; headers: http.IncomingHttpHeaders } | undefined;
    const { url, close } = await server((body, headers, response) => {
      seen = { body, headers };
      response.end('{"errNo":0}');
    });
    const answer = await call(httpBackend(target(url, 'a secret'), limits));
    close();
    assert.deepEqual(answer.result, { ok: '{"errNo":0}' });
    assert.ok(seen !== undefined);
    assert.equal(seen.body, request.eventJson);
    const { headers } = seen;
    assert.equal(headers['traceparent'], trace);
    assert.equal(headers['idempotency-key'], request.invocation);
    assert.equal(headers['x-own'], 'yes');
    const timestamp = String(headers['x-scfws-timestamp']);
    const signature = signatureOf('a secret', timestamp, request.eventJson);
    assert.equal(headers['x-scfws-signature'], `v1=${signature}`);
  });

  it('takes an answer that is no JSON for a text, and none for null', async () => {
    for (const [said, value] of [
      ['send success', '"send success"'],
      ['', 'null'],
    ] as const) {
      const { url, close } = await server((_body, _headers, response) => response.end(said));
      assert.deepEqual((await call(httpBackend(target(url), limits))).result, { ok: value });
      close();
    }
  });

  for (const [status, statusCode, outcome] of [
    [500, 430, 'userError'],
    [503, 435, 'platformError'],
  ] as const) {
    it(`takes HTTP ${status} for a ${outcome}`, async () => {
      let calls = 0;
      const { url, close } = await server((_body, _headers, response) => {
        calls++;
        response.writeHead(status).end('no');
      });
      const told = failure(await call(httpBackend(target(url), limits)));
      close();
      assert.deepEqual([told.statusCode, told.outcome], [statusCode, outcome]);
      assert.equal(calls, 1, 'it may have run');
    });
  }

  it('ends a call that takes too long as a timeout of the function', async () => {
    const { url, close } = await server(() => undefined);
    const told = failure(await call(httpBackend(target(url), limits), 50));
    close();
    assert.deepEqual([told.statusCode, told.outcome], [433, 'userError']);
    assert.match(told.message, /timed out after 3 seconds/);
  });

  it('does not try again what was on its way when the connection broke', async () => {
    let calls = 0;
    const { url, close } = await server((_body, _headers, response) => {
      calls++;
      response.destroy();
    });
    const told = failure(await call(httpBackend(target(url), limits)));
    close();
    assert.deepEqual([calls, told.statusCode, told.outcome], [1, 439, 'userError']);
  });

  it('tries again where nobody listened, until somebody does', async () => {
    const first = await server((_body, _headers, response) => response.end('1'));
    const port = Number(new URL(first.url).port);
    first.close();
    const late = http.createServer((_request, response) => response.end('2'));
    const answer = call(httpBackend(target(first.url), limits));
    setImmediate(() => late.listen(port, '127.0.0.1'));
    assert.deepEqual((await answer).result, { ok: '2' });
    late.close();
    late.closeAllConnections();
  });

  it('says that nobody listens', async () => {
    const gone = await server(() => undefined);
    gone.close();
    const told = failure(await call(httpBackend(target(gone.url), limits)));
    assert.deepEqual([told.statusCode, told.outcome], [435, 'platformError']);
    assert.match(told.message, /cannot be reached: connect ECONNREFUSED/);
  });
});

describe('the backend scf', () => {
  let cloud: ScfStandIn;
  beforeEach(async () => {
    cloud = await startScf();
  });
  afterEach(() => cloud.dispose());

  const target = () => ({
    endpoint: cloud.url,
    region: 'ap-guangzhou',
    namespace: 'default',
    functionName: 'Transmission',
    qualifier: undefined,
  });
  const backend = (credentials = testCredentials) => scfBackend(target(), credentials, limits);

  it("signs as the vendor's published example does", () => {
    const headers = sign(
      {
        id: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE',
        key: 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE',
      },
      {
        host: 'cvm.tencentcloudapi.com',
        service: 'cvm',
        body: String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`,
        seconds: 1551113065,
      },
    );
    assert.equal(
      headers['authorization'],
      'TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168',
    );
  });

  it('calls InvokeFunction with the event and gives value, log and request id', async () => {
    cloud.behave('Transmission', (event) => ({ got: event }));
    const answer = await call(backend());
    assert.deepEqual(answer.result, { ok: JSON.stringify({ got: JSON.parse(request.eventJson) }) });
    assert.match(answer.log ?? '', /START RequestId/);
    assert.equal(answer.platformRequestId, 'function-1');
    assert.deepEqual(cloud.calls, [
      {
        action: 'InvokeFunction',
        region: 'ap-guangzhou',
        name: 'Transmission',
        version: '2018-04-16',
      },
    ]);
  });

  it("takes the function's error for its own", async () => {
    cloud.behave('Transmission', () => {
      throw new Error('broken');
    });
    const told = failure(await call(backend()));
    assert.deepEqual([told.statusCode, told.outcome], [430, 'userError']);
    assert.match(told.message, /user code exception caught/);
  });

  it('is refused with a wrong key, and does not try again', async () => {
    const told = failure(await call(backend({ ...testCredentials, key: 'wrong' })));
    assert.deepEqual([told.statusCode, told.outcome], [435, 'platformError']);
    assert.match(told.message, /AuthFailure\.SignatureFailure/);
    assert.equal(cloud.refused, 1);
  });

  it('tries again when too many calls were made, since the function did not run', async () => {
    cloud.behave('Transmission', () => 'done');
    cloud.refuseNext('RequestLimitExceeded');
    assert.deepEqual((await call(backend())).result, { ok: '"done"' });
    assert.equal(cloud.refused, 1);
  });

  it('does not try again after an error of the platform, since the function may have run', async () => {
    cloud.refuseNext('InternalError');
    assert.equal(failure(await call(backend())).statusCode, 435);
    assert.equal(cloud.refused, 1);
  });
});
