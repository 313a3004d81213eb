// What pushes would do, without sending; and to whom they go although nobody is there any more.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { orphansText } from '../../../src/core/orphansText';
import { epochOf } from '../../../src/protocol/fact';
import { findOrphans } from '../../../src/protocol/orphans';
import { serveScaffold, until } from '../scaffold/conversation';
import type { Served } from '../scaffold/conversation';

const id = 'demo/Transmission';

const event = (connection: string, data = 'dry') =>
  JSON.stringify({
    websocket: { action: 'data send', secConnectionID: connection, dataType: 'text', data },
  });

describe('what if', function () {
  let served: Served;
  before(async () => (served = await serveScaffold('javascript', 'echo')));
  after(() => served.dispose());

  it('a dry run lists its pushes beside the live connections, and sends none', async () => {
    const one = await served.connect();
    const other = await served.connect();
    const ask = { function: id, event: event(one.id) };
    const answer = await served.session.intents.dryRun(ask);
    assert.equal(answer.outcome, 'ok');
    assert.deepEqual(answer.pushes, [
      {
        connection: one.id,
        action: 'data send',
        type: 'text',
        preview: 'dry',
        errNo: 0,
        errMsg: 'ok',
      },
    ]);
    assert.deepEqual([...answer.live].sort(), [one.id, other.id].sort());
    // Frames of one connection keep their order: had the dry run sent something, it would be first.
    one.send('real');
    assert.equal(await one.next(), 'real');
    assert.equal(served.facts.filter((fact) => fact.kind === 'push').length, 1);
    const nobody = await served.session.intents.dryRun({ ...ask, event: event('gone') });
    assert.equal(nobody.pushes[0]?.errNo, 9001);
    const close = await served.session.intents.dryRun({ ...ask, event: event(one.id, 'bye') });
    assert.equal(close.pushes[0]?.action, 'closing');
    one.send('still here');
    assert.equal(await one.next(), 'still here');
    other.close();
    await other.closed;
  });

  it('traffic that is cleared is gone for whoever looks later, and when it was stays known', async () => {
    const client = await served.connect();
    client.send('before');
    assert.equal(await client.next(), 'before');
    const { recorder } = served.session;
    const began = epochOf(recorder.read(1, 1));
    await served.session.intents.clear({});
    client.send('after');
    assert.equal(await client.next(), 'after');
    const kept = recorder.read(1, Infinity);
    assert.equal(kept[0]?.kind, 'trafficCleared');
    assert.ok(began !== undefined && epochOf(kept) === began);
    assert.equal(served.facts.filter(({ kind }) => kind === 'trafficCleared').length, 1);
    client.close();
    await client.closed;
  });

  it('a clock that is moved closes silent connections, but none while a debugger holds it', async () => {
    const client = await served.connect();
    const { intents } = served.session;
    const ended = () =>
      served.facts.filter((fact) => fact.kind === 'closed' && fact.connection === client.id);
    await intents.freezeClock({ reason: 'line 7', frozen: true });
    await intents.advanceClock({ ms: 2_000_000 });
    assert.deepEqual(ended(), []);
    await intents.freezeClock({ reason: 'line 7', frozen: false });
    await intents.advanceClock({ ms: 1000 });
    assert.deepEqual(ended(), []);
    await intents.advanceClock({ ms: 2_000_000 });
    await client.closed;
    const [closed] = ended();
    assert.equal(closed?.kind === 'closed' && closed.cause, 'idle');
  });
});

for (const language of ['javascript', 'python'] as const) {
  describe(`orphans of ${language}`, function () {
    let served: Served;
    before(async () => (served = await serveScaffold(language, 'echo')));
    after(() => served.dispose());

    it('are told with who pushes to them, by which line, and whether Delete ran', async () => {
      const client = await served.connect();
      client.close();
      await client.closed;
      const started = await until(
        served,
        (fact) =>
          fact.kind === 'invocationStarted' &&
          fact.role === 'cleanup' &&
          fact.connection === client.id,
      );
      await until(
        served,
        (fact) =>
          fact.kind === 'invocationEnded' &&
          started.kind === 'invocationStarted' &&
          fact.invocation === started.invocation,
      );
      for (let count = 0; count < 2; count++) {
        await served.session.intents.invoke({ function: id, event: event(client.id) });
      }
      const [orphan, ...others] = findOrphans(served.facts);
      assert.deepEqual(others, []);
      assert.equal(orphan?.connection, client.id);
      assert.equal(orphan.cause, 'clientClose');
      assert.equal(orphan.cleanup, 'ok');
      assert.deepEqual(
        orphan.pushers.map(({ function: pusher, count }) => [pusher, count]),
        [[id, 2]],
      );
      // The second push says where it was made: the first one made it worth asking for.
      const [place, ...rest] = orphan.pushers[0]?.places ?? [];
      assert.ok(place);
      assert.deepEqual(rest, []);
      const line = fs.readFileSync(place.file, 'utf8').split('\n')[place.line - 1];
      assert.match(line ?? '', /push|post|request|fetch/i);
      const text = orphansText([orphan], served.facts);
      assert.ok(text.includes(`    ${place.file}:${place.line}\n`), text);
      assert.match(text, /Transmission.* pushed to it 2 times/);
    });
  });
}
