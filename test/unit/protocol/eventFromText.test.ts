// Events are found in what people copy from the cloud's log and from HAR files, and keep their values.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { beginsEvent, eventFromText } from '../../../src/protocol/eventFromText';

const event = {
  websocket: { action: 'data send', secConnectionID: 'a+/=', dataType: 'text', data: 'say "hi"\n' },
};

describe('an event from a selection', () => {
  it('JSON within a line of a log', () => {
    const found = eventFromText(`2021-01-13 START event: ${JSON.stringify(event)} END`);
    assert.equal(found?.role, 'transfer');
    assert.deepEqual(JSON.parse(found.json), event);
  });

  it('as Python 3 and Python 2.7 print it', () => {
    const found = eventFromText(
      `[INFO] {'requestContext': {'websocketEnable': True, 'identity': {}}, u'websocket': {u'action': u'connecting', 'secConnectionID': "it's", 'secWebSocketProtocol': '\\u4e2d\\U0001f600\\x41\\n'}, 'queryString': {'a': ('1', None,), 'b': True}}`,
    );
    assert.equal(found?.role, 'register');
    assert.deepEqual(JSON.parse(found.json), {
      requestContext: { websocketEnable: true, identity: {} },
      websocket: { action: 'connecting', secConnectionID: "it's", secWebSocketProtocol: '中😀A\n' },
      queryString: { a: ['1', null], b: true },
    });
  });

  it('as a string in JSON, as collectors of logs keep it, once or twice; with CRLF; one that is cut off is told apart', () => {
    const once = JSON.stringify({ level: 'info', message: JSON.stringify(event, null, 2) });
    const twice = JSON.stringify({ SCF_Message: once });
    for (const text of [once, twice, JSON.stringify(JSON.stringify(event)).slice(1, -1)]) {
      assert.deepEqual(JSON.parse(eventFromText(text)?.json ?? text), event, text);
    }
    const lines = JSON.stringify(event, null, 2).replaceAll('\n', '\r\n');
    assert.deepEqual(JSON.parse(eventFromText(`${lines}\r\nEND`)?.json ?? ''), event);
    for (const whole of [lines, once]) {
      const cut = whole.slice(0, whole.indexOf('dataType'));
      assert.equal(eventFromText(cut), undefined);
      assert.ok(beginsEvent(cut), cut);
    }
    assert.ok(!beginsEvent('{"a": "websocket"}'));
  });

  it('numbers of any size stay as they were written', () => {
    const text = '{"websocket":{"action":"closing"},"id":12345678901234567890,"x":1.10}';
    const found = eventFromText(text);
    assert.equal(found?.role, 'cleanup');
    assert.match(found.json, /"id": 12345678901234567890,/);
    assert.match(found.json, /"x": 1\.10\n/);
  });

  it('an event within something else, and nothing where there is none', () => {
    assert.equal(eventFromText(`{"body": {"event": ${JSON.stringify(event)}}}`)?.role, 'transfer');
    assert.equal(eventFromText('{"websocket": {"action": "other"}} {"websocket": 1}'), undefined);
    assert.equal(eventFromText('{"websocket": {"action": "closing"'), undefined);
    assert.equal(eventFromText(''), undefined);
  });

  it('an entry and messages of a HAR file', () => {
    const entry = {
      request: {
        url: 'wss://service-x.gz.apigw.tencentcs.com/release/chat?room=7&room=8',
        headers: [{ name: 'Sec-WebSocket-Protocol', value: 'chat, binary' }],
      },
    };
    const register = eventFromText(JSON.stringify(entry));
    assert.equal(register?.role, 'register');
    const parsed = JSON.parse(register.json) as {
      requestContext: { path: string; stage: string };
      queryString: unknown;
      websocket: { secWebSocketProtocol: string };
    };
    assert.deepEqual(parsed.queryString, { room: ['7', '8'] });
    assert.equal(parsed.requestContext.path, '/chat');
    assert.equal(parsed.requestContext.stage, 'release');
    assert.equal(parsed.websocket.secWebSocketProtocol, 'chat, binary');
    const binary = eventFromText('{"type": "send", "time": 1.5, "opcode": 2, "data": "AAEC"}');
    assert.match(binary?.json ?? '', /"dataType": "binary"/);
    assert.match(eventFromText('{"type":"receive","opcode":1,"data":"x"}')?.json ?? '', /"text"/);
  });

  it('reads back any event, and survives any text', () => {
    const value = fc.oneof(fc.string(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), fc.string(), (extra, noise) => {
        const whole = { ...extra, websocket: { action: 'closing', secConnectionID: 'x' } };
        const found = eventFromText(`${noise.replace(/\{/g, '')}${JSON.stringify(whole)}`);
        assert.deepEqual(JSON.parse(found?.json ?? 'null'), JSON.parse(JSON.stringify(whole)));
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]():,\'"\\ux1tTN ') }), (text) => {
        eventFromText(text);
      }),
      { numRuns: 500 },
    );
  });
});
