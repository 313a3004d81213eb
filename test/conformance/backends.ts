/**
 * node -r ./test/register.cjs test/conformance/backends.ts [--backend process|http|scf] [--nodes 1|2] [--only row]
 * The whole suite against nodes of `scfws gateway`; without a choice all of them, one after the other.
 */
import { parseArgs } from 'node:util';
import { summarise } from '../../src/conformance/summary';
import { backendKinds, checkNodes } from './nodes';

const { values } = parseArgs({
  options: { backend: { type: 'string' }, nodes: { type: 'string' }, only: { type: 'string' } },
});

async function main(): Promise<void> {
  for (const backend of backendKinds.filter((each) => (values.backend ?? each) === each)) {
    for (const nodes of ([1, 2] as const).filter(
      (each) => (values.nodes ?? `${each}`) === `${each}`,
    )) {
      const results = await checkNodes({
        backend,
        nodes,
        asInCloud: true,
        ...(values.only === undefined ? {} : { only: [values.only] }),
      });
      const { rows } = summarise(results);
      const count = (verdict: string): number =>
        rows.filter((each) => each.verdict === verdict).length;
      console.log(
        `${backend}, ${nodes}: ${count('passed')} agree, ${count('failed')} do not, ${rows.length - count('passed') - count('failed')} not checked`,
      );
      for (const { row, setup, detail } of results.filter(({ verdict }) => verdict === 'failed')) {
        console.log(`  ${row.id} (${setup}): ${detail?.slice(0, 200)}`);
      }
    }
  }
}

void main().then(() => process.exit(0));
