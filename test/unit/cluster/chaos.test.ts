// Some rounds of chaos; `test/bench/chaos/run.ts` plays as many as one likes.
import assert from 'node:assert/strict';
import { type Mishap, playRound } from '../../bench/chaos/rounds';
import { redisProgram } from './redisServer';

const rounds: [seed: number, mishap: Mishap][] = [
  [1, 'kill -9'],
  [2, 'SIGSTOP past the lease'],
  [3, 'partition from Redis'],
  [5, 'Redis is killed and keeps'],
];

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
