// A session process in small, to be killed by a test: runs one handler and says the pids of all it started.
import { fixture, startBench } from './harness';

const [family = 'node', name = 'forks', event = '{}'] = process.argv.slice(2);
const bench = startBench({
  fixture: fixture(name),
  spec: { family: family as 'node' | 'python', timeout: 600 },
});
bench.recorder.onFact((fact) => process.stdout.write(JSON.stringify(fact) + '\n'));
void bench.invoke(undefined, event);
