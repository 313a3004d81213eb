// Values of which JSON.stringify keeps nothing: told in answers and in pushes, and nowhere else.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { disposeBenches, startBench } from './harness';

describe('A value of which JSON keeps nothing', function () {
  let gateway: http.Server;
  before((done) => {
    gateway = http.createServer((_request, response) => response.end('{"errNo":0}'));
    gateway.listen(0, '127.0.0.1', done);
  });
  after(() => gateway.close());
  afterEach(disposeBenches);

  /** Rule, message and line of each finding of one event. */
  const told = async (source: string, action = 'connecting', runtimeVersion = '20.19') => {
    const pushUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/api-0a1b2c3d`;
    const bench = startBench({
      files: { 'index.js': source },
      pushUrl,
      spec: { family: 'node', runtime: 'Nodejs', runtimeVersion, interpreter: process.execPath },
    });
    const event = { websocket: { action, secConnectionID: 'c' } };
    const { value, error } = await bench.invoke(event);
    assert.equal(error, undefined);
    await bench.runtime.looked();
    return {
      value,
      found: bench
        .of('diagnostic')
        .map(({ rule, message, advice, place }) => [rule, message, advice, place?.line]),
    };
  };
  const answer = (expression: string, top = '') =>
    `${top}\nexports.main_handler = async () => (${expression});\n`;

  for (const [expression, kind, where, advice] of [
    ['new Map([[1, 2]])', 'Map', '', /Object\.fromEntries/],
    ['{ users: [1, new Set([1])] }', 'Set', ' at users[1]', /\[\.\.\.it\]/],
    ['{ q: new URLSearchParams("a=1") }', 'URLSearchParams', ' at q', /fromEntries/],
    ['{ error: new TypeError("x") }', 'Error', ' at error', /error\.message/],
    ['{ a: { b: Promise.resolve(1) } }', 'Promise', ' at a.b', /await/],
    ['{ a: new Headers({ a: "1" }) }', 'Headers', ' at a', /fromEntries/],
    ['{ a: new Response("x") }', 'Response', ' at a', /json\(\)/],
    ['{ a: /x/ }', 'RegExp', ' at a', /String/],
    ['{ a: new ArrayBuffer(3) }', 'ArrayBuffer', ' at a', /base64/],
    ['{ a: new Map([[1, 2]]).values() }', 'Map Iterator', ' at a', /\[\.\.\.it\]/],
    ['{ a: (function* () { yield 1; })() }', 'Generator', ' at a', /\[\.\.\.it\]/],
    ['{ a: new User() }', 'User', ' at a', /toJSON/],
    ['{ a: new Room() }', 'Room', ' at a', /toJSON/],
    ['{ a: new Sub() }', 'Sub', ' at a', /toJSON/],
  ] as const) {
    it(`in an answer: ${expression}`, async () => {
      const top =
        'class User {\n  #name = "ann";\n}\nclass Room {\n  get size() { return 3; }\n}\nclass Sub extends User {}';
      const { value, found } = await told(answer(expression, top));
      assert.match(JSON.stringify(value), /\{\}/);
      assert.equal(found.length, 1, JSON.stringify(found));
      const [[rule, message, next, line]] = found as [(typeof found)[0]];
      assert.deepEqual(
        [rule, message, line],
        [
          'runtime.lost-values',
          `Function answers with an object of class ${kind}${where}: JSON makes {} of it.`,
          8,
        ],
      );
      assert.match(String(next), advice);
    });
  }

  it('is named for the runtime that the function is for', async () => {
    const { found } = await told(answer('new Map([[1, 2]])'), 'connecting', '10.15');
    assert.equal(found[0]?.[2], 'Write [...it] instead.');
  });

  for (const expression of [
    '{}',
    '{ a: {}, b: Object.create(null), c: [], d: "{}" }',
    '{ a: new Map(), b: new Set(), c: new Uint8Array(0), d: new URLSearchParams() }',
    '{ a: new Headers(), b: new FormData() }',
    '{ a: new Date(0), b: new URL("http://a"), c: Buffer.from("a"), d: {} }',
    '{ a: new Number(5), b: new String(""), c: new Boolean(false), d: {} }',
    '{ a: new (class Empty { m() {} #p() {} })(), b: Object.create({}) }',
    '{ a: new (class Kept extends Map { toJSON() { return {}; } })([[1, 2]]) }',
    'undefined',
  ]) {
    it(`is none: ${expression}`, async () => {
      assert.deepEqual((await told(answer(expression))).found, []);
    });
  }

  it('is whatever the last calls gave where nobody reads the answer', async () => {
    for (const action of ['data send', 'data recv', 'closing']) {
      for (const expression of ['new Response("x")', '[new Response("x")]'])
        assert.deepEqual((await told(answer(expression), action)).found, []);
    }
    assert.equal((await told(answer('[new Response("x")]'))).found.length, 1);
  });

  it('asks no getter and no proxy once more', async () => {
    const top = `let asked = 0;
const counting = { get a() { return (asked += 1); }, b: {} };
const proxy = new Proxy({}, { get: (_target, name) => name === 'toJSON' ? undefined : (asked += 1), ownKeys: () => ((asked += 1), []) });`;
    const { value, found } = await told(
      answer(
        '[JSON.stringify(counting), asked, JSON.stringify({ websocket: proxy, b: {} }), asked]',
        top,
      ),
    );
    assert.deepEqual(value, ['{"a":1,"b":{}}', 1, '{"websocket":{},"b":{}}', 2]);
    assert.deepEqual(found, []);
  });

  it('is an error, too, where its class is none of the language', async () => {
    const { found } = await told(answer('new DOMException("a")'));
    assert.deepEqual(
      found.map(([, message]) => message),
      ['Function answers with an object of class Error: JSON makes {} of it.'],
    );
  });

  const push = (lines: string) => `const url = process.env.SCFWS_PUSH_URL;
const send = (body) => fetch(url, { method: 'POST', body });
exports.main_handler = async ({ websocket: { secConnectionID } }) => {
  const users = new Map([['ann', 1]]);
  const bodyOf = (data) => ({ websocket: { action: 'data send', dataType: 'text', secConnectionID, data } });
${lines}
  return null;
};
`;

  it('in the body of a push is told at the line that makes it', async () => {
    const source = push(`  await send(JSON.stringify(bodyOf({ users })));`);
    const { found } = await told(source, 'data send');
    assert.deepEqual(
      found.map(([rule, message, , line]) => [rule, message, line]),
      [
        [
          'runtime.lost-values',
          'Function pushes an object of class Map at websocket.data.users: JSON makes {} of it.',
          6,
        ],
      ],
    );
  });

  it('in the text that a push carries is told at the line that made the text', async () => {
    const source = push(
      `  const text = JSON.stringify({ type: 'list', users }, null, 2);\n  const other = JSON.stringify(new Set([1]));\n\n  await send(JSON.stringify(bodyOf(text)));`,
    );
    const { found } = await told(source, 'data send');
    assert.deepEqual(
      found.map(([, message, , line]) => [message, line]),
      [['Function pushes an object of class Map at users: JSON makes {} of it.', 6]],
    );
  });

  for (const [client, lines] of [
    [
      'http.request',
      "await new Promise((done) => require('http').request(url, { method: 'POST' }, (response) => response.resume().on('end', done)).end(body));",
    ],
    [
      'write of http.request',
      "await new Promise((done) => { const request = require('http').request(url, { method: 'POST' }, (response) => response.resume().on('end', done)); request.write(Buffer.from(body)); request.end(); });",
    ],
    ['a request that is elsewhere', ''],
  ]) {
    it(`in the body of a push is told once it is sent: ${client}`, async () => {
      const source = push(`  const body = JSON.stringify(bodyOf({ users }));\n  ${lines}`);
      assert.equal((await told(source, 'data send')).found.length, lines === '' ? 0 : 1);
    });
  }

  it('is none in a log of the event, which has the form of a push', async () => {
    const source = push(
      `  JSON.stringify({ websocket: { ...bodyOf('x').websocket, data: undefined }, users });
  JSON.stringify(new Error('x'));
  await send(JSON.stringify(bodyOf(JSON.stringify({}))));`,
    );
    assert.deepEqual((await told(source, 'data send')).found, []);
  });

  it('is nobody’s business in any other text, or where a replacer knows it', async () => {
    const source = push(
      `  JSON.stringify({ users });\n  const known = (key, value) => (value instanceof Map ? [...value] : value);\n  await send(JSON.stringify(bodyOf({ users, empty: {} }), known));\n  await send(JSON.stringify(bodyOf('{}')));`,
    );
    assert.deepEqual((await told(source, 'data send')).found, []);
  });

  it('changes nothing of what JSON.stringify is', async () => {
    const { value } = await told(
      answer(
        `[JSON.stringify.length, JSON.stringify.name, 'prototype' in JSON.stringify, Object.keys(JSON), JSON.stringify(), JSON.stringify({ a: {} }, null, 1), JSON.stringify(Object.create({ toJSON() { return {}; } })), [1, {}].map(JSON.stringify)]`,
      ),
    );
    assert.deepEqual(value, [3, 'stringify', false, [], null, '{\n "a": {}\n}', '{}', ['1', '{}']]);
  });
});
