// A handler that waits for somebody at a terminal fails as in the cloud, and the person is told where to go instead.
import assert from 'node:assert/strict';
import { disposeBenches, installed, startBench } from './harness';

const inHandler = (code: string) =>
  `import sys\n\n\ndef main_handler(event, context):\n    ${code}\n    return 1\n`;
const cases = [
  ['3', inHandler('breakpoint()'), /breakpoint\(\) or pdb/, /Press F5/],
  ['3', inHandler('import pdb; pdb.set_trace()'), /breakpoint\(\) or pdb/, /Press F5/],
  ['2.7', inHandler('import pdb; pdb.set_trace()'), /breakpoint\(\) or pdb/, /Press F5/],
  ['3', inHandler('input("name? ")'), /reads from a terminal/, /from the event/],
  ['2.7', inHandler('raw_input("name? ")'), /reads from a terminal/, /from the event/],
  ['3', inHandler('sys.stdin.readline()'), undefined, undefined],
] as const;

describe('A handler that wants a terminal', () => {
  afterEach(disposeBenches);

  for (const [version, code, message, advice] of cases) {
    it(`${code.split('\n')[4]?.trim()} in Python ${version}`, async function () {
      const spec = {
        family: 'python',
        runtime: `Python${version}`,
        runtimeVersion: version,
      } as const;
      if (!(await installed(spec))) {
        this.skip();
      }
      const bench = startBench({ files: { 'index.py': code }, spec });
      const { error, outcome } = await bench.invoke({});
      const [finding] = bench.of('diagnostic');
      if (message === undefined) {
        assert.deepEqual([outcome, finding], ['ok', undefined]);
        return;
      }
      assert.equal(error?.statusCode, 430);
      assert.match(finding?.message ?? '', message);
      assert.match(finding?.advice ?? '', advice);
    });
  }

  it('while it is loaded', async function () {
    const code = 'breakpoint()\n\n\ndef main_handler(event, context):\n    return 1\n';
    const spec = { family: 'python', runtime: 'Python3', runtimeVersion: '3' } as const;
    const bench = startBench({ files: { 'index.py': code }, spec });
    assert.equal((await bench.invoke({})).error?.statusCode, 437);
    assert.match(bench.of('diagnostic')[0]?.message ?? '', /breakpoint\(\) or pdb/);
    assert.match(bench.of('diagnostic')[0]?.advice ?? '', /Press F5/);
  });
});
