// Some rounds of chaos; `test/bench/chaos/run.ts` plays as many as one likes.
import assert from 'node:assert/strict';
import { type Mishap, mishaps, playRound } from '../../bench/chaos/rounds';
import { redisProgram } from './redisServer';

/** `SCFWS_CHAOS=1`: one of each kind. */
const all = mishaps.map((mishap, seed): [seed: number, mishap: Mishap] => [seed, mishap]);
const rounds = process.env['SCFWS_CHAOS'] === undefined ? all.filter(inShort) : all;

function inShort([, mishap]: (typeof all)[number]): boolean {
  return mishap === 'kill -9' || mishap === 'Redis is killed and forgets';
}

describe('two nodes when something goes wrong', function () {
  this.timeout(300_000);

  it('owe nothing in the end, and answer pushes by what became of them', async function () {
    if (redisProgram === undefined) {
      this.skip();
    }
    const results = await Promise.all(rounds.map(([seed, mishap]) => playRound(seed, mishap)));
    for (const { seed, mishap, owed, paid, unpaid, otherKey, lost, wrong } of results) {
      const told = `round ${seed}: ${mishap}`;
      const promised = { paid: owed, unpaid: 0, otherKey: 0, lost: 0, wrong: [] };
      assert.deepEqual({ paid, unpaid, otherKey, lost, wrong }, promised, told);
      assert.ok(owed > 0, told);
    }
  });
});
