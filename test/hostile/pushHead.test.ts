/** The short way of a push against `node:http`: what it takes, it must understand in the same way. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { type PushHead, readPushHead } from '../../src/core/gateway/pushHead';
import { Random, rounds } from './random';

interface Understood {
  method: string | undefined;
  url: string | undefined;
  headers: http.IncomingHttpHeaders;
  /** In the order in which they came, so that none was joined or dropped. */
  body: string;
}

describe('pushHead', function () {
  let server: http.Server;
  let understood: Understood[] = [];

  before(async () => {
    server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        understood.push({ method, url, headers, body: Buffer.concat(chunks).toString('latin1') });
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** What `node:http` makes of these bytes, whatever follows them being cut off. */
  const byHttp = async (bytes: Buffer): Promise<Understood[]> => {
    understood = [];
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    socket.end(bytes);
    await closed;
    return understood;
  };

  const assertSame = async (head: PushHead, bytes: Buffer): Promise<void> => {
    const end = head.bodyStart + head.bodyLength;
    const requests = await byHttp(bytes.subarray(0, end));
    const [request] = requests;
    const shown = JSON.stringify(bytes.toString('latin1'));
    assert.ok(request !== undefined && requests.length === 1, `node:http refuses ${shown}`);
    const { method, url, headers, body } = request;
    assert.deepEqual(
      {
        method,
        key: url?.replace(/^\/|\/$/g, ''),
        host: headers.host,
        length: Number(headers['content-length']),
        invocation: headers['x-scfws-invocation'] || undefined,
        redirectedFrom: headers['x-scfws-redirected-from'] || undefined,
        close: headers.connection?.toLowerCase() === 'close',
        body,
      },
      {
        method: 'POST',
        key: head.key,
        host: head.host,
        length: head.bodyLength,
        invocation: head.invocation,
        redirectedFrom: head.redirectedFrom,
        close: head.close,
        body: bytes.toString('latin1', head.bodyStart, end),
      },
      shown,
    );
    for (const foreign of ['origin', 'sec-fetch-site', 'transfer-encoding', 'expect']) {
      assert.equal(headers[foreign], undefined, shown);
    }
    assert.match(headers.upgrade ?? 'h2c', /^h2c(, h2c)*$/, shown);
  };

  const lines = [
    'Host: 127.0.0.1:9000',
    'host: localhost',
    'HOST:localhost  ',
    'Content-Type: application/json',
    'Content-Length: 12',
    'content-length:12',
    'Content-Length: +12',
    'Content-Length: 0x0c',
    'Content-Length: 12, 12',
    'Content-Length : 12',
    'Content-Length: 99999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding : chunked',
    'X-Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Origin: https://example.com',
    'Sec-Fetch-Site: cross-site',
    'Connection: keep-alive',
    'Connection: close',
    'Connection: close, Content-Length',
    'Connection: upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Connection: Upgrade, HTTP2-Settings',
    'HTTP2-Settings: AAEAAEAAAAIAAAAB',
    'X-Scfws-Invocation: 6f0c',
    'x-scfws-invocation:',
    'x-scfws-redirected-from: example.com:443',
    'User-Agent: python-requests/2.31.0',
    'Accept: */*',
    'Accept-Encoding: gzip, deflate',
    'Keep-Alive: timeout=5',
    ' folded: value',
    '\tfolded',
    'no colon',
    ': no name',
    'Näme: x',
    'X-Value: ü',
    'X-Tab: a\tb',
    'X-Nul: a\0b',
    'X-Return: a\rb',
    'X-Feed: a\nHost: other',
    'Proxy-Connection: close',
    'Trailer: x',
    '',
  ];
  const firsts = [
    'POST /api-abcdefgh HTTP/1.1',
    'POST /api-abcdefgh/ HTTP/1.1',
    'POST /api-abcdefgh?x=1 HTTP/1.1',
    'POST http://localhost/api-abcdefgh HTTP/1.1',
    'POST //api-abcdefgh HTTP/1.1',
    'POST /api-abcdefgh HTTP/1.0',
    'POST /api-abcdefgh HTTP/2.0',
    'POST  /api-abcdefgh HTTP/1.1',
    'POST /api-abcdefgh  HTTP/1.1',
    'post /api-abcdefgh HTTP/1.1',
    'GET /api-abcdefgh HTTP/1.1',
    ' POST /api-abcdefgh HTTP/1.1',
    '\r\nPOST /api-abcdefgh HTTP/1.1',
  ];
  const plain = [firsts[0], 'Host: 127.0.0.1:9000', 'Content-Length: 12', '', '{"a":"b\r\n\r\n"}'];

  it('takes what http.client, requests, axios, fetch, got and curl write', () => {
    const clients = [
      'POST /api-abcdefgh HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nAccept-Encoding: identity\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}',
      'POST /api-abcdefgh HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nUser-Agent: python-requests/2.31.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}',
      'POST /api-abcdefgh HTTP/1.1\r\nAccept: application/json, text/plain, */*\r\nContent-Type: application/json\r\nUser-Agent: axios/1.7.0\r\nContent-Length: 2\r\nAccept-Encoding: gzip, compress, deflate, br\r\nHost: 127.0.0.1:9000\r\nConnection: close\r\n\r\n{}',
      'POST /api-abcdefgh HTTP/1.1\r\nHost: localhost:9000\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\nContent-Length: 2\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n{}',
      'POST /api-abcdefgh HTTP/1.1\r\nuser-agent: got (https://github.com/sindresorhus/got)\r\naccept: application/json\r\ncontent-type: application/json\r\ncontent-length: 2\r\naccept-encoding: gzip, deflate, br\r\nHost: localhost:9000\r\nConnection: keep-alive\r\n\r\n{}',
    ];
    for (const each of clients) {
      const head = readPushHead(Buffer.from(each));
      assert.ok(head !== undefined, each);
      assert.deepEqual([head.key, head.bodyLength], ['api-abcdefgh', 2]);
      assert.equal(each.slice(head.bodyStart), '{}');
    }
  });

  it('understands 4,000 heads as node:http does, or leaves them to it', async () => {
    let taken = 0;
    for (let n = 0; n < 4000 * rounds; n++) {
      const random = new Random(n);
      let bytes: Buffer;
      if (random.chance(0.4)) {
        bytes = random.mutate(Buffer.from(plain.join('\r\n'), 'latin1'));
      } else {
        const chosen = [random.chance(0.7) ? firsts[0] : random.one(firsts)];
        if (random.chance(0.9)) chosen.push('Host: localhost');
        if (random.chance(0.9)) chosen.push('Content-Length: 12');
        for (let k = random.below(4); k > 0; k--) {
          chosen.splice(1 + random.below(chosen.length), 0, random.one(lines));
        }
        const feed = random.chance(0.95) ? '\r\n' : random.one(['\n', '\r', '\r\n\r', '\n\n']);
        bytes = Buffer.from(`${chosen.join(feed)}\r\n\r\n{"a":"b\r\n\r\n"}POST /`, 'latin1');
      }
      const head = readPushHead(bytes);
      if (head !== undefined && bytes.length >= head.bodyStart + head.bodyLength) {
        taken++;
        await assertSame(head, bytes);
      }
    }
    assert.ok(taken > 400 * rounds && taken < 2000 * rounds, `${taken} were taken`);
  });

  it('leaves to node:http whatever could mean two things', () => {
    const withHead = (...more: string[]) =>
      Buffer.from([firsts[0], 'Host: localhost', ...more, '', '{"a":"b\\n"}'].join('\r\n'));
    const refused = [
      withHead(),
      withHead('Content-Length: 12', 'Content-Length: 12'),
      withHead('Content-Length: 12', 'Transfer-Encoding: chunked'),
      withHead('Content-Length: 12', 'Transfer-Encoding : chunked'),
      withHead('Content-Length: 12', 'Host: other'),
      withHead('Content-Length: 12', 'Origin: https://example.com'),
      withHead('Content-Length: 12', 'Sec-Fetch-Site: same-origin'),
      withHead('Content-Length: 12', 'Expect: 100-continue'),
      withHead('Content-Length: 12', 'X-A: 1', ' folded'),
      withHead('Content-Length: 12\nX-A: 1'),
      withHead('Content-Length: 12', `X-A: ${'x'.repeat(5000)}`),
      withHead('Content-Length: 1e1'),
      withHead('Content-Length: -1'),
      withHead('Content-Length:'),
    ];
    for (const bytes of refused) {
      assert.equal(readPushHead(bytes), undefined, bytes.toString());
    }
    assert.ok(readPushHead(withHead('Content-Length: 12')) !== undefined);
  });
});
