// Push to Connection by HTTP, to a real server: what the answer says becomes a message that fits it.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { person } from './editor';
import { UserError } from '../../../src/core/errors';
import { pushByHttp } from '../../../src/extension/commands/push';

describe('a push to an address', () => {
  let status = 200;
  let body = '';
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
    });
  });
  const push = (text: string, code = 200) => {
    [status, body] = [code, text];
    person.messages.length = 0;
    const { port } = server.address() as AddressInfo;
    return pushByHttp(`http://127.0.0.1:${port}/`, 'nobody', { action: 'closing' });
  };

  before((done) => void server.listen(0, '127.0.0.1', done));
  after((done) => void server.close(done));

  it('that arrived is told in passing', async () => {
    const [answer] = await push('{"errNo":0,"errMsg":"ok"}');
    assert.deepEqual(answer, {
      connection: 'nobody',
      status: 200,
      body: '{"errNo":0,"errMsg":"ok"}',
    });
    assert.match(person.messages[0]!.text, /HTTP 200/);
  });

  const refused: [number, string][] = [
    [200, '{"errNo":9001,"errMsg":"connection not found"}'],
    [200, '{"errNo":"9007","errMsg":"socket died"}'],
    [200, `{"errNo":9002,"errMsg":"${'long '.repeat(200)}end"}`],
    [404, '{"message":"nothing here"}'],
    [502, 'null'],
  ];
  for (const [code, text] of refused) {
    it(`that was refused with ${code} ${text.slice(0, 20)} is an error, whole`, async () => {
      const error = await push(text, code).then(
        () => assert.fail('the push was refused'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof UserError);
      assert.equal(error.code, 'pushFailed');
      assert.ok(error.message.includes(text), error.message);
      assert.ok(error.nextStep);
      assert.deepEqual(person.messages, [], 'no note in passing beside the error');
    });
  }
});
