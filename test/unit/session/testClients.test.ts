// Test clients that come and go.
import assert from 'node:assert/strict';
import { serveScaffold } from '../scaffold/conversation';

describe('a test client', function () {
  it('that was closed has left its name as soon as that is told', async () => {
    const served = await serveScaffold('javascript', 'echo');
    const { intents } = served.session;
    const url = served.session.services[0]?.url ?? '';
    try {
      const { connection } = await intents.openClient({ url, name: 'ann' });
      assert.ok(connection !== null);
      const again = new Promise<Awaited<ReturnType<typeof intents.openClient>>>(
        (resolve, reject) => {
          served.session.onFact((fact) => {
            if (fact.kind === 'closed' && fact.connection === connection) {
              // Its own socket has not heard of it by now.
              Promise.resolve(intents.openClient({ url, name: 'ann' })).then(resolve, reject);
            }
          });
        },
      );
      await intents.closeConnection({ connection });
      const opened = await again;
      assert.equal(opened.client, 'ann');
      assert.notEqual(opened.connection, connection);
    } finally {
      await served.dispose();
    }
  });
});
