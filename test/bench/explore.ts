/**
 * How soon each seeded race is found, how small it becomes, how surely its pinned scenario fails, and that the same budget
 * finds nothing in its twin. `node -r ./test/register.cjs test/bench/explore.ts [--again N] [--runs N] [--functions one] [kind …]`
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pinned } from '../../src/core/explore/pin';
import { storyOf } from '../../src/core/explore/story';
import { loadFlow } from '../../src/core/scenario/loadFlows';
import { runFlows } from '../../src/core/scenario/runFlows';
import {
  exploreFlow,
  kinds,
  languages,
  type Language,
  raceProject,
  toolchain,
} from '../unit/explore/races';

const { values, positionals } = parseArgs({
  options: {
    again: { type: 'string', default: '100' },
    runs: { type: 'string', default: '300' },
    workers: { type: 'string', default: '2' },
    functions: { type: 'string', default: 'three' },
  },
  allowPositionals: true,
});
const runs = Number(values.runs);
const workers = Number(values.workers);
const functions = values.functions === 'one' ? 'one' : 'three';

async function main(): Promise<void> {
  const rows: string[] = [];
  let orders = 0;
  let seconds = 0;
  for (const kind of kinds.filter(
    (each) => positionals.length === 0 || positionals.includes(each),
  )) {
    for (const language of Object.keys(languages) as Language[]) {
      const project = raceProject(kind, language, 'race', functions);
      const faults = kind === 'dies-between';
      try {
        const { found } = await exploreFlow(project.flow, { runs, faults, workers });
        const { plans } = await loadFlow(project.flow, project.folder);
        const [plan] = plans;
        let again = 'not found';
        if (found !== undefined && plan !== undefined) {
          const { deviations, trace } = found.tried;
          const file = path.join(project.folder, 'pinned.wsflow.yaml');
          const text = fs.readFileSync(project.flow, 'utf8');
          fs.writeFileSync(file, pinned(text, plan, deviations, storyOf(deviations, trace), file));
          const { failed } = await runFlows({
            from: [file],
            ...toolchain,
            repeat: Number(values.again),
            workers,
            signal: new AbortController().signal,
            tell: () => undefined,
          });
          again = `${failed} of ${values.again}`;
          fs.rmSync(file);
        }
        project.use('twin');
        const twin = await exploreFlow(project.flow, { runs, faults, workers });
        orders += twin.looked.runs;
        seconds += twin.looked.ms / 1000;
        rows.push(
          [
            `${kind}, ${language}`,
            found?.after.runs ?? '–',
            found === undefined ? '–' : (found.after.ms / 1000).toFixed(1),
            found?.tried.deviations.length ?? '–',
            again,
            `${twin.found === undefined ? 'nothing' : 'SOMETHING'} in ${twin.looked.runs}, ${twin.looked.unsteady} unsteady`,
          ].join(' | '),
        );
        process.stdout.write(`${rows.at(-1)}\n`);
      } finally {
        project.dispose();
      }
    }
  }
  process.stdout.write(`${(orders / seconds).toFixed(1)} orders a second\n`);
}

void main();
