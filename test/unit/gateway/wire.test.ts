/** What is on the wire, byte by byte: forms of requests, bodies of pushes, Close frames; and what is recorded of it. */
import assert from 'node:assert/strict';
import { asIssued } from '../../../src/core/gateway/pushes';
import { gzipSync } from 'node:zlib';
import { frame, openRaw, upgradeRequest } from '../../hostile/wire';
import { accept, connect, startGateway } from './harness';

const handshake = (
  lines: string[],
  first = 'GET /release/websocket HTTP/1.1',
  host = true,
): string =>
  [
    first,
    ...(host ? ['Host: localhost'] : []),
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...lines,
    '',
    '',
  ].join('\r\n');

describe('the wire', () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  beforeEach(async () => {
    gateway = await startGateway({ register: accept, transfer: () => null, cleanup: () => null });
  });
  afterEach(() => gateway.dispose());

  /** Status and body of what comes back; of an upgrade 101 alone. */
  const ask = async (bytes: string | Buffer): Promise<string> => {
    const raw = await openRaw(gateway.port);
    raw.socket.write(bytes);
    await raw.until('\r\n\r\n');
    const text = () => raw.received().toString();
    const status = text().slice(9, 12);
    if (status !== '101') {
      const length = Number(/content-length: (\d+)/i.exec(text())?.[1]);
      const body = () => text().split('\r\n\r\n').slice(1).join('\r\n\r\n');
      while (Buffer.byteLength(body()) < length) {
        await new Promise((resolve) => raw.socket.once('data', resolve));
      }
    }
    raw.socket.destroy();
    return `${status} ${text().split('\r\n\r\n').slice(1).join('\r\n\r\n')}`;
  };

  const push = (body: Buffer, head: string[] = [], first = 'POST /api-abcdefgh HTTP/1.1'): Buffer =>
    Buffer.concat([
      Buffer.from(
        [first, 'Host: localhost', `Content-Length: ${body.length}`, ...head, '', ''].join('\r\n'),
      ),
      body,
    ]);

  const pushes = () => gateway.recorder.read(1, Infinity).filter((fact) => fact.kind === 'push');

  const open = async () => {
    const client = await connect(gateway.url);
    const { connection } = await gateway.until('opened');
    const bodyOf = (data: unknown) =>
      JSON.stringify({
        websocket: {
          action: 'data send',
          secConnectionID: connection,
          dataType: 'text',
          data,
        },
      });
    return { client, connection, bodyOf };
  };

  it('refuses handshakes and pushes with two hosts or another HTTP version (refuse.malformed)', async () => {
    const body = Buffer.from('{}');
    for (const [bytes, sentence] of [
      [handshake(['Host: localhost']), /more than one Host/],
      [push(body, ['Host: localhost']), /more than one Host/],
      [push(body, ['host: evil.example']), /more than one Host/],
      [handshake([], 'GET /release/websocket HTTP/2.0'), /HTTP\/2\.0/],
      [push(body, [], 'POST /api-abcdefgh HTTP/2.0'), /HTTP\/2\.0/],
      [handshake([], 'GET /release/websocket HTTP/1.0'), /HTTP\/1\.0.*nginx/],
    ] as const) {
      const answer = await ask(bytes);
      assert.match(answer, /^400 /, String(bytes));
      assert.match(answer, sentence);
    }
    for (const bytes of [
      handshake([], undefined, false),
      handshake(['Host: '], undefined, false),
      push(body).toString().replace('Host: localhost\r\n', ''),
    ]) {
      assert.match(await ask(bytes), /^400 .*names no host/);
    }
    for (const method of ['POST', 'HEAD', 'PUT']) {
      const raw = await openRaw(gateway.port);
      raw.socket.write(handshake([], `${method} /release/websocket HTTP/1.1`));
      await raw.until('\r\n\r\n');
      assert.match(raw.received().toString(), /^HTTP\/1.1 426 /);
      raw.socket.destroy();
    }
    assert.equal(gateway.events.length, 0);
  });

  it('takes WebSocket out of a list of offers, over several lines, too (handshake.upgrade-list)', async () => {
    const offering = (first: string, ...lines: string[]): string =>
      [
        first,
        'Host: localhost',
        ...lines,
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        '',
        '',
      ].join('\r\n');
    const get = 'GET /release/websocket HTTP/1.1';
    for (const lines of [
      ['Upgrade: websocket, h2c', 'Connection: Upgrade, HTTP2-Settings'],
      ['Upgrade: h2c,,WebSocket', 'Connection: keep-alive, Upgrade'],
      ['Upgrade: h2c', 'Upgrade: websocket', 'Connection: keep-alive', 'connection: upgrade'],
      ['Connection: keep-alive,upgrade', 'Upgrade: WEBSOCKET'],
    ]) {
      const raw = await openRaw(gateway.port);
      raw.socket.write(offering(get, ...lines));
      await raw.until('\r\n\r\n');
      assert.match(raw.received().toString(), /^HTTP\/1.1 101 [^]*\r\nUpgrade: websocket\r\n/i);
      raw.socket.destroy();
    }
    assert.equal(gateway.events.filter(({ role }) => role === 'register').length, 4);
    for (const offer of ['h2c', 'websocket2', 'websocket/13', 'h2c websocket']) {
      const answer = await ask(offering(get, `Upgrade: ${offer}`, 'Connection: Upgrade'));
      assert.match(answer, /^426 .*send Upgrade: websocket/, offer);
    }
    assert.equal(gateway.events.filter(({ role }) => role === 'register').length, 4);
  });

  it('names the header that a proxy has taken out of a handshake', async () => {
    const whole = handshake([]);
    assert.match(
      await ask(whole.replace('Upgrade: websocket\r\n', '')),
      /^426 .*Upgrade: websocket/,
    );
    for (const lost of ['close', 'keep-alive']) {
      const answer = await ask(whole.replace('Connection: Upgrade', `Connection: ${lost}`));
      assert.match(answer, /^426 .*\\"Connection: Upgrade\\".*nginx/);
    }
  });

  it('answers what is no handshake as if it had offered nothing', async () => {
    const offer =
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n';
    const got = (path: string) => ask(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${offer}`);
    assert.match(await got('/elsewhere'), /^404 .*There is nothing at \/elsewhere/);
    assert.match(await got('/release/websocket'), /^426 .*connect with ws:/);
    assert.equal(
      gateway.recorder.read(1, Infinity).filter(({ kind }) => kind === 'refused').length,
      0,
    );
  });

  it('refuses a handshake that announces a body (refuse.handshake-body)', async () => {
    for (const line of [
      'Content-Length: 5',
      'Content-Length: 00012',
      'Transfer-Encoding: chunked',
    ]) {
      const answer = await ask(handshake([line]) + 'hello');
      assert.match(answer, /^400 .*no body/, line);
    }
    assert.match(await ask(handshake(['Content-Length: 0'])), /^101/);
  });

  it('answers CONNECT (refuse.connect)', async () => {
    const answer = await ask('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n');
    assert.match(answer, /^405 .*not a proxy/);
  });

  it('takes whole addresses as targets, of handshakes and of pushes (handshake.absolute-target)', async () => {
    const { client, bodyOf } = await open();
    for (const base of ['http://localhost', 'HTTP://127.0.0.1:80', 'ws://localhost:9000']) {
      assert.match(await ask(handshake([], `GET ${base}/release/websocket?a=1 HTTP/1.1`)), /^101/);
    }
    const { target } = await gateway.until('connecting', ({ target }) => target.includes('?'));
    assert.equal(target, '/release/websocket?a=1');
    const first = 'POST http://localhost/api-abcdefgh HTTP/1.1';
    assert.match(await ask(push(Buffer.from(bodyOf('hello')), [], first)), /^200 .*"ok"/);
    assert.equal(await client.next(), 'hello');
    // The address counts as the Host header does.
    for (const bytes of [
      handshake([], 'GET http://evil.example/release/websocket HTTP/1.1'),
      push(Buffer.from('{}'), [], 'POST http://evil.example/api-abcdefgh HTTP/1.1'),
    ]) {
      assert.match(await ask(bytes), /^403 .*evil\.example/);
    }
  });

  it('lets pages and programs of this machine in, however they write it (handshake.local-origin, handshake.file-origin)', async () => {
    for (const origin of [
      'http://localhost',
      'http://localhost/',
      'https://127.0.0.1:8443/',
      'http://[::1]:3000',
      'ws://localhost:9000',
      'capacitor://localhost',
      'file://',
    ]) {
      assert.match(await ask(handshake([`Origin: ${origin}`])), /^101/, origin);
    }
    for (const origin of [
      'null',
      'http://evil.example/',
      'http://localhost/evil',
      'http://localhost@evil.example',
      'http://evil.example/localhost',
      'file:///home/me/page.html',
      'file://evil.example',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    ]) {
      assert.match(await ask(handshake([`Origin: ${origin}`])), /^403 /, origin);
    }
  });

  it('refuses a transfer coding that it does not know (push.transfer-coding)', async () => {
    const head = 'POST /api-abcdefgh HTTP/1.1\r\nHost: localhost\r\n';
    const answer = await ask(`${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`);
    assert.match(answer, /^501 .*gzip, chunked/);
  });

  it('refuses headers that are too large, of handshakes and of pushes (limits.headers)', async () => {
    const large = `X-Large: ${'x'.repeat(17 * 1024)}`;
    for (const bytes of [handshake([large]), push(Buffer.from('{}'), [large])]) {
      assert.match(await ask(bytes), /^431 /);
    }
  });

  it('shows pushes that HTTP alone refuses where pushes are', async () => {
    const start = 'POST /api-abcdefgh HTTP/1.1';
    const body = Buffer.from('{}');
    const asked: [what: string, bytes: string | Buffer, status: number][] = [
      ['two hosts', push(body, ['Host: localhost']), 400],
      ['another host', push(body, [], start).toString().replace('localhost', 'evil.org'), 403],
      ['another version', push(body, [], 'POST /api-abcdefgh HTTP/2.0'), 400],
      ['an unknown coding', push(body, ['Transfer-Encoding: gzip, chunked'], start), 400],
      ['a gzip coding', `${start}\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n`, 400],
      ['a line that is no header', `${start}\r\nHost: localhost\r\nno header\r\n\r\n`, 400],
      ['a wrong length', `${start}\r\nHost: localhost\r\nContent-Length: two\r\n\r\n{}`, 400],
      ['a large head', push(body, [`X-Much: ${'x'.repeat(20_000)}`]), 431],
      ['a page of another site', push(body, ['Origin: http://evil.org']), 403],
      ['GET', push(Buffer.alloc(0), [], 'GET /api-abcdefgh HTTP/1.1'), 405],
      ['an address of another session', push(body, [], 'POST /api-zzzzzzzz HTTP/1.1'), 404],
    ];
    for (const [what, bytes, wished] of asked) {
      const before = pushes().length;
      const status = Number((await ask(bytes)).slice(0, 3));
      const [fact, ...others] = pushes().slice(before);
      assert.deepEqual(others, [], what);
      assert.equal(fact?.status, status, what);
      assert.equal(fact?.errNo, status, what);
      assert.notEqual(fact?.errMsg, '', what);
      if (what.includes('coding')) {
        assert.ok(status === 400 || status === 501, what);
      } else {
        assert.equal(status, wished, what);
      }
    }
    // One that ends within its body gets no answer; it is seen all the same.
    for (const head of [[], ['X-Slow: not the short way']]) {
      const before = pushes().length;
      const raw = await openRaw(gateway.port);
      raw.socket.write(push(body, head).subarray(0, -1));
      raw.socket.end();
      const fact = await gateway.until('push', ({ seq }) => seq > (pushes()[before - 1]?.seq ?? 0));
      assert.equal(fact.errNo, 400);
    }
    // Others' mistakes are not pushes.
    const before = pushes().length;
    await ask('GET /favicon.ico HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await ask('POST /elsewhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    assert.equal(pushes().length, before);
  });

  it('puts nothing in the place of bytes: pushes that are no UTF-8 are refused (push.not-utf8)', async () => {
    const { client, bodyOf } = await open();
    const [before, after] = bodyOf('@@').split('@@') as [string, string];
    const broken = Buffer.concat([
      Buffer.from(before),
      Buffer.from([0xc4, 0xe3, 0xba, 0xc3]), // 你好 in GBK
      Buffer.from(after),
    ]);
    const form = (text: string) => new RegExp(`^200 \\{"errNo":9003,"errMsg":"[^}]*${text}`);
    const long = ['X-Long-Way: 1', 'Expect-Nothing: 1'];
    for (const more of [[], long]) {
      assert.match(await ask(push(broken, more)), form(`byte ${before.length}: 0xc4`));
      assert.match(
        await ask(push(gzipSync(bodyOf('x')), ['Content-Encoding: gzip', ...more])),
        form('Content-Encoding: gzip'),
      );
      assert.match(await ask(push(gzipSync(bodyOf('x')), more)), form('gzip, though'));
      assert.match(
        await ask(push(Buffer.from(`\ufeff${bodyOf('x')}`, 'utf16le'), more)),
        form('UTF-16'),
      );
      assert.match(
        await ask(push(broken, ['Content-Type: application/json; charset=shift-of-mine', ...more])),
        form('not known here'),
      );
      assert.match(
        await ask(push(broken, ['Content-Type: text/plain; charset=utf-16', ...more])),
        form('not in the charset|not JSON'),
      );
    }
    const refused = await gateway.until('push');
    assert.deepEqual(
      [refused.type, gateway.recorder.payload(refused.seq), refused.size],
      ['binary', broken, broken.length],
    );
    await gateway.push(bodyOf('well-formed: 你好'));
    assert.equal(await client.next(), 'well-formed: 你好');
  });

  it('says what a body was meant as, and which name was meant', async () => {
    const { bodyOf, client } = await open();
    const good = bodyOf('x');
    const { websocket } = JSON.parse(good) as { websocket: Record<string, string> };
    for (const [body, said] of [
      [good.replace(/"/g, "'"), 'as Python writes a dict'],
      [`{u'websocket': None}`, 'as Python writes a dict'],
      ['websocket=action&websocket=data', 'form data'],
      ['data%5Ba%5D=1', 'form data'],
      ['--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--', 'multipart form'],
      ['[object Object]', 'JSON.stringify'],
      [Buffer.from(good, 'utf16le'), 'it is UTF-16'],
      [JSON.stringify(good), 'encoded twice'],
      ['"text"', 'must be an object'],
      [JSON.stringify(websocket), 'its members stand at the top'],
      [good.replace('websocket', 'webSocket'), 'there is \\\\"webSocket'],
      [good.replace('secConnectionID', 'secConnectionId'), 'there is \\\\"secConnectionId'],
      [good.replace('secConnectionID', 'sec_connection_id'), 'there is \\\\"sec_connection_id'],
      [good.replace('"action"', '"Action"'), 'there is \\\\"Action'],
      [good.replace('"data":', '"Data":'), 'there is \\\\"Data'],
      [good.replace('"secConnectionID"', '"id"'), 'secConnectionID\\\\" is missing"'],
    ] as const) {
      const answer = await ask(push(Buffer.from(body)));
      assert.match(answer, new RegExp(`^200 \\{"errNo":900[34],"errMsg":".*${said}`), String(body));
    }
    const binary = (data: string) =>
      JSON.stringify({ websocket: { ...websocket, dataType: 'binary', data } });
    for (const [data, said] of [
      ["b'aGk='", 'Python writes bytes'],
      ['b"aGk="', 'Python writes bytes'],
      ['data:image/png;base64,aGk=', 'after the comma|follows the comma'],
      ['-_-_', 'with - and _'],
      ['a k=', 'holds spaces'],
      ['104,105', 'list of numbers'],
      ['h*', 'base64"'],
    ] as const) {
      assert.match(await ask(push(Buffer.from(binary(data)))), new RegExp(`9005.*${said}`), data);
    }
    const { secConnectionID: id = '' } = websocket;
    const spellings = (of: string): string[] => [
      encodeURIComponent(of),
      of.slice(0, -2),
      `${of}\n`,
      ` ${of}`,
      `"${of}"`,
      `b'${of}'`,
      of.replace(/\+/g, '-').replace(/\//g, '_').slice(0, -2),
      of.replace(/\+/g, ' ') + ' ',
    ];
    for (const known of ['++7EBNpDnsFhRi2IOve7FQ==', '/+/EBNpDnsFhRi2IOve7+/==']) {
      spellings(known).forEach((other) => assert.equal(asIssued(other), known, other));
    }
    for (const other of spellings(id)) {
      const body = JSON.stringify({ websocket: { ...websocket, secConnectionID: other } });
      const answer = await ask(push(Buffer.from(body)));
      assert.match(answer, /9001.*there is no connection/, other);
      assert.ok(answer.includes(`(${id} is one: `), other);
    }
    assert.doesNotMatch(await ask(push(Buffer.from(good.replace(id, 'nobody')))), /is one/);
    // The mark of UTF-16 is no part of a text whose charset is named.
    const wide = Buffer.from(`\ufeff${good}`, 'utf16le');
    assert.match(await ask(push(wide, ['Content-Type: a/b; charset=utf-16'])), /"ok"/);
    assert.equal(await client.next(), 'x');
  });

  it('says once that it speaks no TLS', async () => {
    const hello = Buffer.concat([
      Buffer.from([0x16, 3, 1, 1, 0, 1, 0, 0, 0xfc, 3, 3]),
      Buffer.alloc(90),
    ]);
    for (let count = 0; count < 2; count++) {
      assert.match(await ask(hello), /^400/);
    }
    const told = gateway.recorder.read(1, Infinity).filter(({ kind }) => kind === 'diagnostic');
    assert.equal(told.length, 1);
    assert.match(JSON.stringify(told), /began TLS.*ws:\/\/ instead of wss/);
  });

  it('decodes the charset that a push names (push.charset)', async () => {
    const { client, bodyOf } = await open();
    const [before, after] = bodyOf('@@').split('@@') as [string, string];
    const gbk = Buffer.concat([
      Buffer.from(before),
      Buffer.from([0xc4, 0xe3, 0xba, 0xc3]),
      Buffer.from(after),
    ]);
    for (const type of ['application/json; charset=GBK', 'text/plain;charset="gb18030"']) {
      assert.match(await ask(push(gbk, [`Content-Type: ${type}`])), /"ok"/, type);
      assert.equal(await client.next(), '你好');
    }
    const wide = Buffer.from(bodyOf('你好'), 'utf16le');
    assert.match(await ask(push(wide, ['Content-Type: a/b; charset=utf-16le'])), /"ok"/);
    assert.equal(await client.next(), '你好');
    // In some charsets all bytes have a meaning, whatever they were written in.
    const eight = Buffer.from(bodyOf('é'));
    const western = ['Content-Type: application/json; charset=ISO-8859-1'];
    assert.match(await ask(push(Buffer.from(bodyOf('é'), 'latin1'), western)), /"ok"/);
    assert.equal(await client.next(), 'é');
    assert.equal(
      (await gateway.until('push', ({ preview }) => preview === 'é')).warnings,
      undefined,
    );
    assert.match(await ask(push(eight, western)), /"ok"/);
    assert.equal(await client.next(), 'Ã©');
    const doubted = await gateway.until('push', ({ preview }) => preview === 'Ã©');
    assert.match(doubted.warnings?.join() ?? '', /the body is UTF-8.*Name utf-8/);
    for (const name of ['us-ascii', 'ASCII', 'ANSI_X3.4-1968']) {
      const type = [`Content-Type: application/json; charset=${name}`];
      assert.match(await ask(push(eight, type)), /9003.*not in the charset .*byte \d+: 0xc3/, name);
      assert.match(await ask(push(Buffer.from(bodyOf('e')), type)), /"ok"/, name);
      assert.equal(await client.next(), 'e');
    }
    gateway.service.spec.emulator.strict = true;
    assert.match(await ask(push(eight, western)), /9003.*the body is UTF-8: name utf-8/);
  });

  it('warns of half a character, and shows what was sent and what arrived (push.half-character)', async () => {
    const { client, bodyOf } = await open();
    for (const [sent, arrived] of [
      ['\ud83d', '\ufffd'],
      ['cut: \ud83d', 'cut: \ufffd'],
      ['\ude00 later', '\ufffd later'],
    ] as const) {
      assert.match(await ask(push(Buffer.from(bodyOf(sent)))), /"ok"/);
      assert.equal(await client.next(), arrived);
      const told = await gateway.until('push', ({ preview }) => preview === sent);
      assert.match(told.warnings?.join() ?? '', /half of a character, \\ud[89de]/);
      const came = await gateway.until('frame', ({ push }) => push === told.seq);
      assert.equal(came.preview, arrived);
      assert.equal(came.size, Buffer.byteLength(arrived));
    }
    await gateway.push(bodyOf('whole: 😀'));
    assert.equal((await gateway.until('push', ({ size }) => size === 11)).warnings, undefined);
    gateway.service.spec.emulator.strict = true;
    assert.match(await ask(push(Buffer.from(bodyOf('\ud83d')))), /9004.*half of a character/);
  });

  it('takes a Close frame as the end, though the TCP connection stays (limits.close-frame)', async () => {
    for (const payload of [Buffer.alloc(0), Buffer.from('\u0003\u00e8bye', 'latin1')]) {
      const raw = await openRaw(gateway.port);
      raw.socket.write(upgradeRequest(gateway.port, '/release/websocket'));
      await raw.until('\r\n\r\n');
      const { connection } = await gateway.until('opened');
      const before = raw.received().length;
      raw.socket.write(frame({ opcode: 8, payload }));
      const closed = await gateway.until('closed', (fact) => fact.connection === connection);
      assert.equal(closed.cause, 'clientClose');
      assert.equal(closed.code, payload.length === 0 ? 1005 : 1000);
      assert.equal(raw.socket.destroyed, false);
      assert.equal(gateway.events.at(-1)?.role, 'cleanup');
      const answer = await gateway.push({
        websocket: { action: 'data send', secConnectionID: connection, dataType: 'text', data: '' },
      });
      assert.equal(answer.body.errNo, 9001);
      assert.match(answer.body.errMsg ?? '', /clientClose/);
      while (raw.received().length === before) {
        await new Promise((resolve) => raw.socket.once('data', resolve));
      }
      // It is answered with the same (RFC 6455), and recorded as it was answered.
      const echoed = frame({ opcode: 8, payload, masked: false });
      assert.deepEqual(raw.received().subarray(before), echoed);
      const told = gateway.recorder
        .read(1, Infinity)
        .filter((fact) => fact.kind === 'frame' && fact.connection === connection);
      assert.deepEqual(
        told.map((fact) => 'preview' in fact && [fact.preview, 'size' in fact && fact.size]),
        [
          [payload.toString('latin1', 2), payload.length],
          [payload.toString('latin1', 2), payload.length],
        ],
      );
      raw.socket.destroy();
      gateway.recorder.clear();
    }
  });

  it('records the Close frame that a broken frame was answered with, and what the client broke (cleanup.protocol-error, limits.message-size)', async () => {
    const broken: [number, RegExp, Buffer][] = [
      [1007, /UTF-8/, frame({ payload: Buffer.from([0xc3, 0x28]) })],
      [1002, /opcode/, frame({ opcode: 3 })],
      [1002, /MASK/, frame({ masked: false, payload: Buffer.from('A') })],
      [1002, /RSV/, frame({ reserved: 4 })],
      [1009, /payload/i, frame({ lengthForm: 64, length: 9n * 1024n * 1024n })],
      [1009, /2\^53/, frame({ lengthForm: 64, length: 1n << 63n })],
      [1002, /status code/, frame({ opcode: 8, payload: Buffer.from([0x03, 0xed]) })],
    ];
    for (const [code, what, bytes] of broken) {
      gateway.recorder.clear();
      const raw = await openRaw(gateway.port);
      raw.socket.write(upgradeRequest(gateway.port, '/release/websocket'));
      await raw.until('\r\n\r\n');
      const before = raw.received().length;
      raw.socket.write(bytes);
      await raw.closed;
      const told = await gateway.until('frame', ({ type }) => type === 'close');
      const sent = Buffer.alloc(2 + told.size - 2);
      sent.writeUInt16BE(told.code ?? 0);
      sent.write(told.preview, 2);
      assert.deepEqual(
        raw.received().subarray(before),
        frame({ opcode: 8, payload: sent, masked: false }),
      );
      const closed = await gateway.until('closed');
      assert.deepEqual([closed.cause, closed.code], ['protocolError', code]);
      assert.match(closed.reason, what);
      assert.equal(gateway.events.at(-1)?.role, 'cleanup');
    }
  });
});
