/** One minute of the soak; `npm run bench -- soak` runs it for ten. */
import assert from 'node:assert/strict';
import { soak } from './soak';

describe('soak', () => {
  it('500 clients chat, join, leave and vanish for a minute: every message is accounted for', async function () {
    this.timeout(240_000);
    const account = await soak({ minutes: 1, clients: 500, pause: 1500 });
    console.log(`      ${JSON.stringify(account)}`);
    assert.deepEqual(account.problems, []);
    assert.ok(account.answered > 500 && account.leaves > 0 && account.vanishes > 0);
    assert.equal(account.sent, account.answered + account.vanishedWith);
  });
});
