// The scenarios that come with a new project pass in it, in each language and template, and each of them is run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { languages, type Language } from '../../../src/core/scaffold/planScaffold';
import { pythons } from '../pythons';
import { runIn, warmFlows } from '../scenario/parts';
import { makeScaffold } from './conversation';

describe('scenarios of a new project', function () {
  this.timeout(180_000);
  const known = pythons();
  const isThere: Record<Language, boolean> = {
    python: known.size > 0,
    python2: known.has('2.7'),
    javascript: true,
    typescript: true,
  };

  for (const language of languages) {
    for (const template of ['echo', 'chat'] as const) {
      it(`${language} ${template}: all pass`, async function () {
        if (!isThere[language]) {
          this.skip();
        }
        const folder = await makeScaffold(language, template);
        try {
          const flow = path.join(folder, 'scenarios', `${template}.wsflow.yaml`);
          const { scenarios } = parse(fs.readFileSync(flow, 'utf8')) as {
            scenarios: { name: string }[];
          };
          // In Python each scenario has processes of its own, as a new project says.
          if (language !== 'python') {
            warmFlows(path.dirname(flow));
          }
          const ran = await runIn([folder]);
          assert.deepEqual(ran.failures, {});
          assert.deepEqual(ran.problems, []);
          assert.deepEqual(
            ran.outcomes,
            Object.fromEntries(scenarios.map(({ name }) => [name, 'passed'])),
          );
        } finally {
          fs.rmSync(folder, { recursive: true, force: true });
        }
      });
    }
  }

  it('fail where a handler does something else', async () => {
    const folder = await makeScaffold('javascript', 'echo');
    try {
      const file = path.join(folder, 'Transmission', 'index.js');
      const text = fs.readFileSync(file, 'utf8');
      const broken = text.replace(
        /main_handler[^{]*\{/,
        (head) => `${head}\n  return { errNo: 0 };`,
      );
      assert.notEqual(broken, text);
      fs.writeFileSync(file, broken);
      warmFlows(path.join(folder, 'scenarios'));
      assert.ok((await runIn([folder])).ended.failed > 0);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
