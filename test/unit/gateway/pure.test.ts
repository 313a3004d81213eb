import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { isHostAllowed, isOriginAllowed, isPushAllowed } from '../../../src/core/gateway/access';
import { matchPath } from '../../../src/core/gateway/apiPath';
import { checkKeyPair } from '../../../src/core/gateway/keyPair';
import { newPushKey } from '../../../src/core/project/identity';
import { parsePush } from '../../../src/core/gateway/pushRequest';
import { writeJson } from '../../../src/protocol/json';
import { decideRegister } from '../../../src/core/gateway/registerDecision';
import type { InvocationResult } from '../../../src/core/runtime/contract';
import { parseQuery, transferEventJson } from '../../../src/protocol/event';
import { defaultEmulatorOptions, type ServiceSpec, stages } from '../../../src/protocol/project';

describe('path of an API', () => {
  const service = (name: string, path: string): ServiceSpec =>
    ({ name, path, stages: [...stages] }) as unknown as ServiceSpec;
  const services = [
    service('exact', '/chat'),
    service('longer', '/chat/private'),
    service('dynamic', '/room/{id}'),
    service('fixedRoom', '/room/lobby'),
  ];
  const find = (path: string): string => {
    const match = matchPath(services, path);
    return match === undefined
      ? 'none'
      : `${match.service.name} ${match.stage} ${JSON.stringify(match.parameters)}`;
  };
  const cases: [string, string][] = [
    ['/release/chat', 'exact release {}'],
    ['/prepub/chat', 'exact prepub {}'],
    ['/test/chat', 'exact test {}'],
    ['/chat', 'none'],
    ['/staging/chat', 'none'],
    ['/release/chat/', 'exact release {}'],
    ['/release/chat/x', 'exact release {}'],
    ['/release/chatx', 'none'],
    ['/release/chat/private', 'longer release {}'],
    ['/release/chat/private/7', 'longer release {}'],
    ['/release/room/7', 'dynamic release {"id":"7"}'],
    ['/release/room/%E4%BD%A0', 'dynamic release {"id":"你"}'],
    ['/release/room/lobby', 'fixedRoom release {}'],
    ['/release/room', 'none'],
    ['/', 'none'],
    ['', 'none'],
  ];
  for (const [path, expected] of cases) {
    it(`${path || '(empty)'} → ${expected}`, () => assert.equal(find(path), expected));
  }
});

describe('who may reach the gateway', () => {
  const access = { allowedOrigins: ['https://app.example.com'] };
  it('takes this machine by any of its names as Host, and nothing else', () => {
    for (const host of [
      '127.0.0.1:9480',
      'localhost:1',
      '[::1]:9480',
      '127.9.9.9',
      'app.localhost:80',
    ]) {
      assert.equal(isHostAllowed(host, access), true, host);
    }
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example:80',
      '10.0.0.1',
      undefined,
      '',
    ]) {
      assert.equal(isHostAllowed(host, access), false, String(host));
    }
    assert.equal(isHostAllowed('app.example.com', access), true);
  });
  it('lets programs, local pages and named origins connect', () => {
    for (const origin of [
      undefined,
      'file://',
      'http://localhost:3000',
      'https://127.0.0.1',
      'https://APP.example.com',
    ]) {
      assert.equal(isOriginAllowed(origin, access), true, String(origin));
    }
    for (const origin of ['null', 'https://evil.example', 'http://localhost.evil.example', '']) {
      assert.equal(isOriginAllowed(origin, access), false, origin);
    }
  });
  it('refuses pushes that carry the marks of a browser', () => {
    assert.equal(isPushAllowed({}, access), true);
    assert.equal(isPushAllowed({ origin: 'http://localhost:3000' }, access), false);
    assert.equal(isPushAllowed({ origin: 'null' }, access), false);
    assert.equal(isPushAllowed({ 'sec-fetch-site': 'cross-site' }, access), false);
    assert.equal(
      isPushAllowed({ origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }, access),
      true,
    );
  });
  it('draws push keys of the documented form', () => {
    assert.match(newPushKey(), /^api-[a-z0-9]{8}$/);
    assert.notEqual(newPushKey(), newPushKey());
  });
});

describe('key-pair authentication', () => {
  const now = Date.parse('Tue, 24 Nov 2026 04:00:00 GMT');
  const keys = { secretId: 'AKID1', secretKey: 'secret' };
  const sign = (
    changes: Record<string, string> = {},
    key = keys.secretKey,
    id = keys.secretId,
  ): Record<string, string> & { authorization: string } => {
    const headers: Record<string, string> = {
      'x-date': 'Tue, 24 Nov 2026 04:00:00 GMT',
      source: 'client',
      ...changes,
    };
    const text = `x-date: ${headers['x-date'] ?? ''}\nsource: ${headers['source'] ?? ''}`;
    const signature = createHmac('sha1', key).update(text).digest('base64');
    return {
      ...headers,
      authorization: `hmac id="${id}", algorithm="hmac-sha1", headers="x-date source", signature="${signature}"`,
    };
  };
  const check = (headers: Record<string, string>) => checkKeyPair(headers, keys, now);
  it('takes a right signature', () =>
    assert.deepEqual(check(sign()), { ok: true, secretId: 'AKID1' }));
  it('takes a date 14 minutes off and refuses one 16 minutes off', () => {
    assert.equal(check(sign({ 'x-date': 'Tue, 24 Nov 2026 03:46:00 GMT' })).ok, true);
    assert.equal(check(sign({ 'x-date': 'Tue, 24 Nov 2026 03:44:00 GMT' })).ok, false);
  });
  it('says what is wrong', () => {
    const reason = (headers: Record<string, string>) => {
      const result = check(headers);
      return result.ok ? 'ok' : result.reason;
    };
    assert.equal(reason({}), 'HMAC authorization header is missing');
    assert.equal(reason(sign({}, 'other')), 'HMAC signature cannot be verified');
    assert.equal(reason(sign({}, 'secret', 'AKID2')), 'HMAC signature cannot be verified');
    assert.equal(reason({ ...sign(), source: 'changed' }), 'HMAC signature cannot be verified');
    const withoutSource: Record<string, string> = sign();
    delete withoutSource['source'];
    assert.equal(reason(withoutSource), 'signed header source is missing');
    assert.equal(
      reason({ ...sign(), authorization: sign().authorization.replace('x-date ', '') }),
      'x-date must be among the signed headers',
    );
  });
});

describe('a push body', () => {
  const push = (websocket: unknown) => JSON.stringify({ websocket });
  const cases: [string, string, number, RegExp][] = [
    ['nothing', '', 9003, /empty/],
    ['no JSON', '{', 9003, /not JSON/],
    ['a list', '[]', 9004, /must be an object/],
    ['a byte order mark', '\ufeff{}', 9003, /byte order mark/],
    ['no websocket', '{}', 9004, /"websocket" is missing/],
    ['no action', push({ secConnectionID: 'x' }), 9004, /"websocket\.action" is missing/],
    ['other action', push({ action: 'recv', secConnectionID: 'x' }), 9004, /"recv"; it must be/],
    ['no id', push({ action: 'closing' }), 9004, /secConnectionID" is missing/],
    [
      'id of another type',
      push({ action: 'closing', secConnectionID: 7 }),
      9004,
      /must be a string, and is 7/,
    ],
    [
      'no data',
      push({ action: 'data send', secConnectionID: 'x', dataType: 'text' }),
      9004,
      /data" is missing/,
    ],
    [
      'other dataType',
      push({ action: 'data send', secConnectionID: 'x', dataType: 'json', data: '' }),
      9004,
      /"json"; it must be/,
    ],
    [
      'bad base64',
      push({ action: 'data send', secConnectionID: 'x', dataType: 'binary', data: '%%' }),
      9005,
      /not valid base64/,
    ],
    [
      'binary that is no string',
      push({ action: 'data send', secConnectionID: 'x', dataType: 'binary', data: [1] }),
      9004,
      /base64 string/,
    ],
  ];
  for (const [what, body, errNo, message] of cases) {
    it(`${what}: ${errNo}`, () => {
      const parsed = parsePush(body);
      assert.ok('refusal' in parsed);
      assert.equal(parsed.refusal.errNo, errNo);
      assert.match(parsed.refusal.errMsg, message);
    });
  }
  const request = (websocket: unknown) => {
    const parsed = parsePush(push(websocket));
    assert.ok('request' in parsed, JSON.stringify(parsed));
    return parsed.request;
  };
  it('sends an object as compact JSON, with a warning', () => {
    assert.deepEqual(
      request({ action: 'data send', secConnectionID: 'x', dataType: 'text', data: { a: [1, 2] } }),
      {
        action: 'data send',
        connection: 'x',
        dataType: 'text',
        payload: '{"a":[1,2]}',
        warnings: ['dataNotString'],
      },
    );
  });
  it('takes a missing dataType as text, with a warning', () => {
    assert.deepEqual(request({ action: 'data send', secConnectionID: 'x', data: 'hi' }), {
      action: 'data send',
      connection: 'x',
      dataType: 'text',
      payload: 'hi',
      warnings: ['dataTypeMissing'],
    });
  });
  it('ignores data and dataType of a closing', () => {
    assert.deepEqual(request({ action: 'closing', secConnectionID: 'x', dataType: 7, data: {} }), {
      action: 'closing',
      connection: 'x',
    });
  });
  it('decodes any bytes from base64, also wrapped and unpadded', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.boolean(),
        fc.boolean(),
        (bytes, wrapped, bare) => {
          let data = Buffer.from(bytes).toString('base64');
          data = wrapped ? data.replace(/.{76}/g, '$&\r\n') : data;
          data = bare ? data.replace(/=+$/, '') : data;
          const read = request({
            action: 'data send',
            secConnectionID: 'x',
            dataType: 'binary',
            data,
          });
          assert.ok(
            read.action === 'data send' && Buffer.from(bytes).equals(read.payload as Buffer),
          );
        },
      ),
    );
  });
  it('answers any text and any JSON with a request or a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const parsed = parsePush(body);
        assert.ok(
          'refusal' in parsed
            ? parsed.refusal.errNo > 9000
            : parsed.request.connection !== undefined,
        );
      }),
    );
  });
});

describe("Register's answer", () => {
  const question = {
    connection: 'ID==',
    options: defaultEmulatorOptions,
    integrationResponse: false,
  };
  const good = {
    errNo: 0,
    errMsg: 'ok',
    websocket: { action: 'connecting', secConnectionID: 'ID==' },
  };
  const ok = (value: unknown): InvocationResult => ({
    outcome: 'ok',
    resultJson: JSON.stringify(value) ?? 'null',
    durationMs: 1,
  });
  const decide = (value: unknown, more: object = {}) => {
    const decision = decideRegister(ok(value), { ...question, ...more });
    const what = decision.accept ? `101 ${decision.protocol ?? '-'}` : String(decision.status);
    return `${what} ${decision.findings.map((finding) => finding.rule).join(' ')}`.trim();
  };
  it('refuses with the errNo as it was written, with all its digits', () => {
    for (const written of ['12345678901234567890', '-3', '1e3']) {
      const resultJson = `{"errNo":1,"errMsg":"no","errNo":${written}}`;
      const decision = decideRegister({ ...ok(0), resultJson }, question);
      assert.ok(!decision.accept);
      assert.equal(writeJson(decision.body), `{"errNo":${written},"errMsg":"no"}`);
      assert.match(decision.reason, new RegExp(`errNo ${written},`));
    }
  });

  const cases: [string, unknown, object, string][] = [
    ['a full answer', good, {}, '101 -'],
    ['errNo 1', { errNo: 1, errMsg: 'no' }, {}, '403'],
    ['no errNo', { errMsg: 'ok' }, {}, '502 register.no-errno'],
    ['errNo null', { errNo: null }, {}, '502 register.no-errno'],
    ['errNo "0"', { errNo: '0' }, {}, '502 register.errno-not-integer'],
    ['errNo true', { errNo: true }, {}, '502 register.errno-not-integer'],
    ['errNo 0.5', { errNo: 0.5 }, {}, '502 register.errno-not-integer'],
    ['nothing', null, {}, '502 register.not-object'],
    ['a list', [good], {}, '502 register.not-object'],
    ['true', true, {}, '502 register.not-object'],
    ['a JSON string', JSON.stringify(good), {}, '101 - register.json-string'],
    [
      'a JSON string, strict',
      JSON.stringify(good),
      { options: { ...defaultEmulatorOptions, strict: true } },
      '502 register.json-string',
    ],
    ['some string', 'send success', {}, '502 register.not-object'],
    ['no errMsg', { ...good, errMsg: undefined }, {}, '101 - register.no-errmsg'],
    ['no websocket', { errNo: 0, errMsg: 'ok' }, {}, '101 - register.no-websocket'],
    [
      'no websocket, strict',
      { errNo: 0, errMsg: 'ok' },
      { options: { ...defaultEmulatorOptions, strict: true } },
      '502 register.no-websocket',
    ],
    ['another id', { ...good, websocket: { secConnectionID: 'x' } }, {}, '101 - register.other-id'],
  ];
  for (const [what, value, more, expected] of cases) {
    it(`${what} → ${expected}`, () => assert.equal(decide(value, more), expected));
  }
  const withProtocol = (secWebSocketProtocol: unknown) => ({
    ...good,
    websocket: { ...good.websocket, secWebSocketProtocol },
  });
  const protocols: [string | undefined, unknown, string][] = [
    ['chat', 'chat', '101 chat'],
    ['chat, binary', 'binary', '101 binary'],
    ['chat, binary', 'chat, binary', '101 chat, binary register.protocol-echoed'],
    ['chat', 'other', '101 other register.protocol-foreign'],
    ['chat', undefined, '101 - register.protocol-none'],
    ['chat', '', '101 - register.protocol-none'],
    ['chat', null, '101 - register.protocol-none'],
    [undefined, 'chat', '101 chat register.protocol-unasked'],
    ['', undefined, '101 -'],
    [' , ', 'chat', '101 chat register.protocol-unasked'],
    [undefined, null, '101 -'],
    ['chat', 'a\r\nX: y', '502 register.protocol-not-header'],
  ];
  for (const [requestedProtocols, answered, expected] of protocols) {
    it(`asked ${requestedProtocols ?? 'none'}, answered ${JSON.stringify(answered)} → ${expected}`, () => {
      assert.equal(decide(withProtocol(answered), { requestedProtocols }), expected);
    });
  }
  it('reads an integration response when that is switched on', () => {
    const wrap = (statusCode: unknown, body: unknown) => ({
      isBase64Encoded: false,
      statusCode,
      headers: {},
      body,
    });
    const on = { integrationResponse: true };
    assert.equal(decide(wrap(200, JSON.stringify(good)), on), '101 -');
    assert.equal(decide(wrap(403, 'no'), on), '403');
    assert.equal(decide(good, on), '403 integration.invalid');
    assert.equal(decide(wrap('200', '{}'), on), '403 integration.invalid');
  });
  it('turns a failed function into 502 that names the failure', () => {
    const error = {
      errorCode: -1,
      errorMessage: 'user code exception caught',
      requestId: 'r',
      statusCode: 430,
      stackTrace: 'Traceback\nKeyError: "x"\n',
    };
    const decision = decideRegister(
      { outcome: 'userError', resultJson: '{}', error, durationMs: 1 },
      question,
    );
    assert.ok(!decision.accept);
    assert.equal(decision.status, 502);
    assert.equal(decision.reason, 'user code exception caught: KeyError: "x"');
  });
});

describe('events', () => {
  it('reads a query string as captured events show it', () => {
    assert.deepEqual(parseQuery('a=1&b&a=2&c=x+y%21&=z&%=%'), {
      a: ['1', '2'],
      b: true,
      c: 'x y!',
      '': 'z',
      '%': '%',
    });
    assert.deepEqual(parseQuery('__proto__=1'), JSON.parse('{"__proto__":"1"}'));
  });
  it('builds a transfer event that any text survives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const event = JSON.parse(transferEventJson('ID==', 'text', text, false)) as unknown;
        assert.deepEqual(event, {
          websocket: { action: 'data send', secConnectionID: 'ID==', dataType: 'text', data: text },
        });
      }),
    );
  });
});
