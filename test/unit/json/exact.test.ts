/** Values are shown, sent and exported as they were written: no number is rounded, no member is lost. */
import assert from 'node:assert/strict';
import { encode as encodeMessagePack } from '@msgpack/msgpack';
import { buildSync } from 'esbuild';
import fc from 'fast-check';
import Module from 'node:module';
import path from 'node:path';
import { parsePush } from '../../../src/core/gateway/pushRequest';
import { parseDuration } from '../../../src/core/scenario/flow';
import { match } from '../../../src/core/scenario/match';
import { payloadOf } from '../../../src/core/scenario/perform/payload';
import { fillIn } from '../../../src/core/scenario/variables';
import { readYaml } from '../../../src/core/scenario/yamlPlaces';
import { readText } from '../../../src/core/textFile';
import { copyAs } from '../../../src/protocol/copyAs';
import { createRedactor, defaultRedactionRules } from '../../../src/protocol/export/redact';
import { parseRecording } from '../../../src/protocol/export/renderExport';
import { parseFilter } from '../../../src/protocol/filter';
import { matchPayload } from '../../../src/protocol/filterMatch';
import {
  compactJson,
  compareNumbers,
  type JsonNode,
  parseExact,
  prettyJson,
  readJson,
  stringOf,
  writeJson,
} from '../../../src/protocol/json';
import type * as Decoders from '../../../src/webview/detail/decoders';
import { oneLine, showHalves } from '../../../src/webview/format';

const tricky =
  '{"id":12345678901234567890,"price":1.10,"far":1e400,"one":1.0,"k":1e3,"zero":-0,"a":1,"a":2,"s":"\\u4f60\\ud83d"}';
const spaced = tricky.replace(/([:,{}])/g, ' $1\n\t');

/** What JSON.parse would have made of it. */
const valueOf = (node: JsonNode): unknown =>
  node.kind === 'list'
    ? node.items.map(valueOf)
    : node.kind === 'object'
      ? Object.fromEntries(node.members.map(({ name, value }) => [name, valueOf(value)]))
      : node.kind === 'string'
        ? stringOf(node)
        : (JSON.parse(node.source) as unknown);

/** The decoders as the page has them: the library of CBOR can only be bundled. */
function bundled(): typeof Decoders & { encodeCbor: (value: unknown) => Uint8Array } {
  const { outputFiles } = buildSync({
    stdin: {
      contents:
        "export * from './src/webview/detail/decoders'; export { encode as encodeCbor } from 'cborg';",
      resolveDir: path.resolve(__dirname, '../../..'),
    },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
  });
  const loaded = new Module('decoders') as Module & { _compile(code: string, name: string): void };
  loaded._compile(outputFiles[0]?.text ?? '', 'decoders');
  return loaded.exports as ReturnType<typeof bundled>;
}

describe('JSON as it is written', () => {
  it('is read like JSON.parse reads it, each part at its place', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (text, indent) => {
        const written = JSON.stringify(JSON.parse(text), null, indent);
        const node = readJson(written);
        assert.ok(node);
        assert.deepEqual(JSON.stringify(valueOf(node)), JSON.stringify(JSON.parse(written)));
        assert.equal(written.slice(node.start, node.end), written.trim());
        assert.equal(prettyJson(written), JSON.stringify(JSON.parse(written), null, 2));
        assert.equal(compactJson(written), JSON.stringify(JSON.parse(written)));
      }),
    );
  });

  it('keeps numbers, escapes and members that come twice', () => {
    assert.equal(compactJson(spaced), tricky);
    assert.equal(compactJson(prettyJson(spaced) ?? ''), tricky);
    const pretty = prettyJson(tricky, 'readable') ?? '';
    assert.match(pretty, /"id": 12345678901234567890,\n {2}"price": 1\.10,\n {2}"far": 1e400/);
    assert.match(pretty, /"a": 1,\n {2}"a": 2/);
    assert.match(pretty, /"s": "你\\ud83d"/);
  });

  it('is any depth and any length of it, and nothing that is no JSON', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    assert.equal(compactJson(deep), deep);
    assert.equal(readJson(deep)?.end, deep.length);
    const long = `["${'\\"x'.repeat(2_000_000)}"]`;
    assert.equal(compactJson(` ${long} `), long);
    for (const text of ['', ' ', '{', '01', '{"a":1,}', "{'a':1}", '\ufeff{}', 'nul', '1 2']) {
      assert.equal(readJson(text), undefined, text);
      assert.equal(prettyJson(text), undefined, text);
    }
  });

  it('compares numbers by all their digits', () => {
    const grow = ['-1e400', '-1e3', '-2', '-0.1', '0', '1e-400', '0.1', '1.1', '1.11', '9'];
    grow.push('12345678901234567890', '12345678901234567891', '1e20', '1.1e20', '1e400');
    grow.forEach((one, i) =>
      grow.forEach((other, k) =>
        assert.equal(
          Math.sign(compareNumbers(one, other)) + 0,
          Math.sign(i - k) + 0,
          `${one} ${other}`,
        ),
      ),
    );
    for (const [one, other] of [
      ['1.10', '1.1'],
      ['1e3', '1000'],
      ['-0', '0'],
      ['100e-2', '1.0'],
      ['12345678901234567890.0', '1.234567890123456789e19'],
    ] as const) {
      assert.ok(compareNumbers(one, other) === 0, `${one} ${other}`);
    }
  });
});

describe('exactly what was sent', () => {
  const push = (data: string, more = '') => {
    const parsed = parsePush(
      `{"websocket": {"action":"data send","secConnectionID":"c",${more}"dataType":"text","data": ${data} }}`,
    );
    assert.ok('request' in parsed && parsed.request.action === 'data send');
    return parsed.request.payload;
  };

  it('a push whose data is no string is sent as it is written', () => {
    assert.equal(push(spaced), tricky);
    assert.equal(push('1610521604143693812'), '1610521604143693812');
    assert.equal(push('[1.0, 1.10 ]'), '[1.0,1.10]');
    assert.equal(push('{"b":2}', '"data":{"a":1},'), '{"b":2}'); // The one that JSON.parse takes.
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    assert.equal(push(deep), deep);
  });

  it('an export changes the secret and nothing else', () => {
    const { text } = createRedactor(defaultRedactionRules);
    const around = (secret: string) => `{ "token" : ${secret}, ${spaced.trim().slice(1)}`;
    assert.equal(text(around('"abc"')), around('"[redacted]"'));
    assert.equal(text(around('{"any": [1.0]}')), around('"[redacted]"'));
    assert.equal(text(spaced), spaced);
    const inner = JSON.stringify(around('"abc"'));
    assert.equal(
      text(`{"n":1e400,"data":${inner}}`),
      `{"n":1e400,"data":${JSON.stringify(around('"[redacted]"'))}}`,
    );
    const twice = '{"token":1,"a":1.0,"token":2}';
    assert.equal(text(twice), '{"token":"[redacted]","a":1.0,"token":"[redacted]"}');
  });

  it('a token that travels as a sub-protocol is a secret', () => {
    const { value, text } = createRedactor(defaultRedactionRules);
    const header = (list: string) => value('sec-websocket-protocol', list);
    for (const [list, clean] of [
      ['chat, binary', 'chat, binary'],
      ['bearer, s3cret', 'bearer, [redacted]'],
      ['chat, Bearer,abc123', 'chat, Bearer,[redacted]'],
      ['access_token, abc, chat', 'access_token, [redacted], chat'],
      ['authorization, abc', 'authorization, [redacted]'],
      ['graphql-ws, token.abc.def', 'graphql-ws, token.[redacted]'],
      ['base64url.bearer.authorization.k8s.io.abc', 'base64url.bearer.[redacted]'],
      ['bearer', 'bearer'],
    ] as const) {
      assert.equal(header(list), clean);
      // In the event that Register gets, too.
      assert.equal(
        text(JSON.stringify({ websocket: { secWebSocketProtocol: list } })),
        JSON.stringify({ websocket: { secWebSocketProtocol: clean } }),
      );
    }
    const off = defaultRedactionRules.map((rule) => ({ ...rule, enabled: false }));
    assert.equal(createRedactor(off).value('sec-websocket-protocol', 'bearer, abc'), 'bearer, abc');
  });

  it('two ids are not the same because their doubles are', () => {
    const matches = (filter: string, text: string) => matchPayload(parseFilter(filter).terms)(text);
    assert.equal(matches('$.id == 12345678901234567890', tricky), true);
    for (const other of ['12345678901234567891', '12345678901234567000', '12345678901234567']) {
      assert.equal(matches(`$.id == ${other}`, tricky), false, other);
      assert.equal(matches(`$.id != ${other}`, tricky), true, other);
    }
    assert.equal(matches('$.id > 12345678901234567889', tricky), true);
    assert.equal(matches('$.id > 12345678901234567890', tricky), false);
    assert.equal(matches('$.price == 1.1', tricky), true);
    assert.equal(matches('$.k == 1000', tricky), true);
    assert.equal(matches('$.far > 1e300', tricky), true);
    // Both members of one name are there.
    assert.equal(matches('$.a == 1', tricky), true);
    assert.equal(matches('$.a == 2', tricky), true);
    assert.equal(matches('$.s ~ 你', tricky), true);
    assert.equal(matches('$["\\u0061"]', '{"\\u0061":1}'), false);
    assert.equal(matches('$.name', '{"\\u006eame":1}'), true);
  });

  it('scenarios send, compare, capture and fill in all digits', () => {
    const yaml = (text: string) => {
      const { yaml: read, problems } = readYaml(text, 'a.wsflow.yaml');
      return read?.value ?? problems.map(({ message }) => message);
    };
    const differs = (expected: string, text: string) =>
      match(yaml(expected), { is: 'text', text }).differences.map(({ got }) => got);
    const [id, next] = ['12345678901234567890', '12345678901234567891'];
    assert.deepEqual(payloadOf(yaml(`{ id: ${id}, n: [-${id}], k: 7 }`), ''), {
      data: `{"id":${id},"n":[-${id}],"k":7}`,
    });
    assert.deepEqual(differs(`{ id: ${id} }`, `{"id":${id}}`), []);
    assert.deepEqual(differs(`{ id: ${next} }`, `{"id":${id}}`), [id]);
    assert.deepEqual(differs(`{ id: { $exactly: ${next} } }`, `{"id":${id}}`), [id]);
    assert.deepEqual(differs(`{ id: { $above: ${id}, $type: integer } }`, `{"id":${next}}`), []);
    assert.deepEqual(differs(`{ id: { $below: ${id} } }`, `{"id":${id}}`), [id]);
    assert.deepEqual(differs('{ a: 100000000000000000000 }', '{"a":1e20}'), []);
    assert.deepEqual(differs('{ a: 1, b: 1000 }', '{"a":1.0,"b":1e3}'), []);
    const { captures } = match(yaml('{ id: { $capture: x } }'), {
      is: 'text',
      text: `{"id":${id}}`,
    });
    const filled = fillIn(
      yaml("{ text: 'got ${x}', id: '${x}' }"),
      new Map(Object.entries(captures)),
    );
    assert.deepEqual(payloadOf(filled, ''), { data: `{"text":"got ${id}","id":${id}}` });
    for (const none of ['.inf', '-.inf', '.nan']) {
      assert.deepEqual(yaml(`{ far: ${none} }`), [
        'JSON has no such number. Write what is sent as text, in quotes.',
      ]);
    }
    const deep = `${'['.repeat(100_000)}${id}${']'.repeat(100_000)}`;
    assert.ok(Array.isArray(parseExact(deep)));
  });

  it('so they do with decimals, which are equal when they are the same number', () => {
    const yaml = (text: string) => readYaml(text, 'a.wsflow.yaml').yaml?.value;
    const fits = (expected: string, text: string) =>
      match(yaml(expected), { is: 'text', text }).differences.length === 0;
    for (const [expected, got, same] of [
      ['0.1', '0.1000000000000000055', false],
      ['0.1000000000000000055', '0.1', false],
      ['0.1000000000000000055', '0.10000000000000000550', true],
      ['1.1', '1.10', true],
      ['1.10', '1.1', true],
      ['1e3', '1000', true],
      ['1.0', '1', true],
      ['+1.50', '1.5', true],
      ['.5', '0.5', true],
      ['1e400', '1e400', true],
      ['1e400', '10e399', true],
      ['1e400', '1e401', false],
      ['0', '1e-400', false],
      ['0', '-0', true],
      ['0', '0.000', true],
      ['12345678901234567890.5', '12345678901234567890.50', true],
      ['12345678901234567890', '12345678901234567890.5', false],
      ['9007199254740993', '9007199254740992.0', false],
    ] as const) {
      assert.equal(fits(`{ n: ${expected} }`, `{"n":${got}}`), same, `${expected} ${got}`);
      assert.equal(fits(`{ n: { $exactly: ${expected} } }`, `{"n":${got}}`), same);
      assert.equal(fits(`{ n: { $not: ${expected} } }`, `{"n":${got}}`), !same);
      assert.equal(fits(`[{ $oneOf: [${expected}] }]`, `[${got}]`), same);
    }
    assert.ok(fits('{ n: { $above: 0.1, $type: number } }', '{"n":0.1000000000000000055}'));
    assert.ok(fits('{ n: { $below: 1e401, $type: integer } }', '{"n":1e400}'));
    assert.ok(!fits('{ n: { $type: integer } }', '{"n":0.1000000000000000055}'));
    assert.ok(!fits('{ n: { text: x } }', '{"n":0.1000000000000000055}'));
    assert.deepEqual(match(yaml('{ n: 0.1 }'), { is: 'text', text: '{"n":1e400}' }).differences, [
      { path: '$.n', expected: '0.1', got: '1e400' },
    ]);
    // What is sent is what is written, where JSON can write it.
    assert.deepEqual(
      payloadOf(yaml('{ a: 1.0, b: 1.10, c: 1e3, d: -0, e: 1e400, f: +.50, 1.10: 0x10 }'), ''),
      { data: '{"a":1.0,"b":1.10,"c":1e3,"d":-0,"e":1e400,"f":0.50,"1.10":16}' },
    );
    const { captures } = match(yaml('{ n: { $capture: x } }'), {
      is: 'text',
      text: '{"n":0.1000000000000000055}',
    });
    const filled = fillIn(yaml("['${x}', 'is ${x}']"), new Map(Object.entries(captures)));
    assert.deepEqual(payloadOf(filled, ''), {
      data: '[0.1000000000000000055,"is 0.1000000000000000055"]',
    });
    // Settings are numbers, however they are written.
    assert.equal(parseDuration(yaml('1.50')), 1500);
    assert.equal(parseDuration(yaml('1e400')), undefined);
  });

  it('a copy is what was sent', () => {
    const source = {
      connection: 'c',
      direction: 'toServer',
      dataType: 'text',
      data: spaced,
      url: 'ws://x',
      pushUrl: 'http://x',
    } as const;
    assert.equal(compactJson(copyAs('json', source)), tricky);
    const event = JSON.parse(copyAs('event', source)) as { websocket: { data: string } };
    assert.equal(event.websocket.data, spaced);
  });

  it('decoded MessagePack and CBOR keep the digits of their integers', () => {
    const { fittingDecoders, encodeCbor } = bundled();
    const big = 12345678901234567890n;
    const packed = encodeMessagePack({ id: big, n: -9007199254740993n }, { useBigInt64: true });
    assert.equal(
      fittingDecoders(packed).find(({ decoder }) => decoder.id === 'msgpack')?.json,
      '{"id":12345678901234567890,"n":-9007199254740993}',
    );
    const cbor = (value: unknown) =>
      fittingDecoders(encodeCbor(value)).find(({ decoder }) => decoder.id === 'cbor')?.json;
    assert.equal(cbor({ id: big, list: [1, 2.5] }), '{"id":12345678901234567890,"list":[1,2.5]}');
    assert.equal(cbor(new Map([[7, 'seven']])), '{"7":"seven"}');
    // [2^64 as a tagged number of its own]
    const larger = Uint8Array.from([0x81, 0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(
      fittingDecoders(larger).find(({ decoder }) => decoder.id === 'cbor')?.json,
      '[18446744073709551616]',
    );
    assert.equal(writeJson([NaN, -0, Infinity, undefined]), '["NaN",-0,"Infinity","undefined"]');
  });

  it('decoded MessagePack and CBOR tell floats from integers', () => {
    const { fittingDecoders } = bundled();
    const shown = (id: string, ...bytes: number[]) =>
      fittingDecoders(Uint8Array.from(bytes)).find(({ decoder }) => decoder.id === id)?.json;
    const one = [0x3f, 0xf0, 0, 0, 0, 0, 0, 0];
    const minusZero = [0x80, 0, 0, 0, 0, 0, 0, 0];
    const infinite = [0x7f, 0xf0, 0, 0, 0, 0, 0, 0];
    const list = '[1,1.0,-0.0,"Infinity",1.5]';
    const ofMessagePack = [0xcb, ...one, 0xcb, ...minusZero, 0xcb, ...infinite];
    assert.equal(shown('msgpack', 0x95, 1, ...ofMessagePack, 0xca, 0x3f, 0xc0, 0, 0), list);
    const ofCbor = [0xfb, ...one, 0xfb, ...minusZero, 0xfb, ...infinite];
    assert.equal(shown('cbor', 0x85, 1, ...ofCbor, 0xf9, 0x3e, 0), list);
    // {"n": 1000.0}, which may have been written as 1e3, and a float as a key.
    assert.equal(shown('cbor', 0xa1, 0x61, 0x6e, 0xfa, 0x44, 0x7a, 0, 0), '{"n":1000.0}');
    assert.equal(shown('cbor', 0xa1, 0xf9, 0x3c, 0, 7), '{"1.0":7}');
  });

  it('halves of characters are shown, and no text is cut into them', () => {
    assert.equal(showHalves('a\ud83d😀\ude00'), 'a\\ud83d😀\\ude00');
    assert.equal(oneLine('ab😀', 3), 'ab');
    assert.equal(oneLine('ab😀', 4), 'ab😀');
  });
});

describe('files of others', () => {
  const har = (entries: object[]) => JSON.stringify({ log: { entries } });
  const entry = (url: string, connection: string | undefined, messages: object[] = []) => ({
    startedDateTime: '2024-01-01T00:00:00.000Z',
    request: { url, headers: [] },
    response: { status: 101 },
    ...(connection === undefined ? {} : { connection }),
    _webSocketMessages: messages,
  });

  it('are read with a byte order mark, as UTF-8 and as UTF-16', () => {
    const text = '{"a":"你"}';
    const marked = Buffer.from(`\ufeff${text}`);
    const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [Buffer.from(text), marked, wide, Buffer.from(wide).swap16()]) {
      assert.equal(readText(bytes, 'x'), text);
    }
    assert.throws(() => readText(Buffer.from([0xc4, 0xe3]), 'event.json'), /event\.json/);
    const file = har([entry('ws://x/y', undefined)]);
    assert.equal(parseRecording(`\ufeff${file}`).value?.facts.length, 3);
    const lines = '{"recording":1}\n{"seq":1,"at":0,"kind":"opened","connection":"c"}\n';
    assert.equal(parseRecording(`\ufeff${lines}`).value?.facts.length, 1);
  });

  it('keep connections of one port apart, the path of any scheme, and the size of bytes', () => {
    const bytes = [Buffer.alloc(1), Buffer.alloc(2), Buffer.alloc(3), Buffer.alloc(3000)];
    const messages = bytes.map((each, n) => ({
      type: 'send',
      time: n,
      opcode: 2,
      data: each.toString('base64'),
    }));
    const { value } = parseRecording(
      har([
        entry('https://x.example/chat?a=1', '9480', messages),
        entry('wss://x.example', '9480'),
        entry('http://x.example?b', 'own-id'),
        entry('ws://x/2', 'own-id'),
      ]),
    );
    const facts = value?.facts ?? [];
    const connecting = facts.flatMap((fact) => (fact.kind === 'connecting' ? [fact] : []));
    assert.deepEqual(
      connecting.map(({ connection, target }) => [connection, target]),
      [
        ['har-1', '/chat?a=1'],
        ['har-2', '/'],
        ['own-id', '/?b'],
        ['har-4', '/2'],
      ],
    );
    assert.deepEqual(
      facts.flatMap((fact) => (fact.kind === 'frame' ? [fact.size] : [])),
      bytes.map((each) => each.length),
    );
  });

  it('have times in seconds, in milliseconds, as dates or none, and words of their own', () => {
    const start = Date.parse('2024-01-01T00:00:00.000Z');
    const message = (time: unknown, more: object = {}) => ({
      ...{ type: 'send', opcode: 1, data: 'x', time },
      ...more,
    });
    const frames = (messages: object[]) =>
      parseRecording(har([entry('ws://x/y', undefined, messages)])).value?.facts.flatMap((fact) =>
        fact.kind === 'frame' ? [[fact.at, fact.direction, fact.type]] : [],
      );
    for (const time of [
      start / 1000 + 2,
      String(start / 1000 + 2),
      start + 2000,
      '2024-01-01T00:00:02.000Z',
      '2024-01-01T08:00:02+08:00',
    ]) {
      assert.deepEqual(frames([message(time)]), [[2000, 'toServer', 'text']], String(time));
    }
    for (const time of [undefined, null, '', 'soon', start - 5000]) {
      assert.deepEqual(frames([message(time)]), [[0, 'toServer', 'text']], String(time));
    }
    assert.deepEqual(
      frames([
        message(start, { type: 'request' }),
        message(start, { type: 'response', opcode: '2' }),
        message(start, { type: 'Receive' }),
      ]),
      [
        [0, 'toServer', 'text'],
        [0, 'toClient', 'binary'],
        [0, 'toClient', 'text'],
      ],
    );
    // What was said before the handshake had an answer comes after it all the same.
    const { value } = parseRecording(har([entry('ws://x/y', undefined, [message(undefined)])]));
    assert.deepEqual(
      value?.facts.map(({ kind }) => kind),
      ['listening', 'connecting', 'opened', 'frame'],
    );
    const cut = parseRecording(har([entry('ws://x/y', undefined, [message(start)])]).slice(0, -9));
    assert.deepEqual(
      cut.problems.map((each) => each.message),
      ['This file ends within its JSON'],
    );
  });
});
