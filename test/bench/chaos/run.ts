/**
 * node -r ./test/register.cjs test/bench/chaos/run.ts [--rounds 1000] [--from 1] [--beside 2] [--out file]
 * Prints each round that is not as promised, and a table at the end. A round can be played again by its number.
 */
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { mishaps, playRound, type Result } from './rounds';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '70' },
    from: { type: 'string', default: '1' },
    beside: { type: 'string', default: '2' },
    out: { type: 'string', default: 'out/chaos.json' },
  },
});

async function main(): Promise<void> {
  const results: Result[] = [];
  let next = Number(values.from);
  const last = next + Number(values.rounds);
  const worker = async (): Promise<void> => {
    while (next < last) {
      const seed = next++;
      const mishap = mishaps[seed % mishaps.length] as (typeof mishaps)[number];
      try {
        const result = await playRound(seed, mishap);
        const asPromised =
          result.unpaid + result.lost + result.otherKey + result.wrong.length === 0;
        results.push({ ...result, story: asPromised ? [] : result.story });
        if (!asPromised) {
          console.log(JSON.stringify(result));
        }
      } catch (error) {
        console.log(`round ${seed} (${mishap}) could not be played: ${String(error)}`);
      }
      fs.writeFileSync(values.out, JSON.stringify(results));
    }
  };
  await Promise.all(Array.from({ length: Number(values.beside) }, worker));
  console.table(
    Object.fromEntries([...mishaps, 'all'].map((name) => [name, sum(results, name)] as const)),
  );
}

function sum(results: readonly Result[], name: string): Record<string, number> {
  const some = results.filter(({ mishap }) => name === 'all' || mishap === name);
  const of = (pick: (result: Result) => number): number =>
    some.reduce((total, result) => total + pick(result), 0);
  return {
    rounds: some.length,
    owed: of(({ owed }) => owed),
    paid: of(({ paid }) => paid),
    'lost by Redis': of(({ lostByRedis }) => lostByRedis),
    unpaid: of(({ unpaid }) => unpaid),
    twice: of(({ twice }) => twice),
    pushes: of(({ pushes }) => pushes),
    'answered wrongly': of(({ wrong }) => wrong.length),
    'lost on their way': of(({ lostOnTheirWay }) => lostOnTheirWay),
    'lost otherwise': of(({ lost }) => lost),
  };
}

void main().then(() => process.exit(0));
