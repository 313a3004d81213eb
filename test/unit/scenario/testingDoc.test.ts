// What docs/testing.md says to type works as it stands there, and the Chinese text says to type the same.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { warmFlows } from './parts';

const blocks = (file: string, language: string): string[] =>
  [...fs.readFileSync(file, 'utf8').matchAll(/^```(\w*)\n([^]*?)^```$/gm)].flatMap(
    ([, name, text]) => (name === language ? [text ?? ''] : []),
  );
const commandsOf = (file: string): string[] =>
  blocks(file, 'sh').flatMap((text) => text.trim().split('\n'));

describe('docs/testing.md', function () {
  this.timeout(300_000);
  let folder: string;
  before(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-doc-')));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('has commands that work, one after the other', () => {
    const [flow = ''] = blocks('docs/testing.md', 'yaml');
    let ran = 0;
    for (const command of commandsOf('docs/testing.md')) {
      const [program, ...words] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
        ([, quoted, word]) => quoted ?? word ?? '',
      );
      assert.equal(program, 'scfws');
      if (command.includes('mine.wsflow.yaml')) {
        fs.writeFileSync(path.join(folder, 'my-chat', 'scenarios', 'mine.wsflow.yaml'), flow);
      }
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [path.resolve('dist/cli.js'), ...words],
        { cwd: folder, encoding: 'utf8', env: { ...process.env, LANG: 'C', LC_ALL: 'C' } },
      );
      assert.equal(status, 0, `${command}\n${stdout}${stderr}`);
      if (words[0] === 'new') {
        warmFlows(path.join(folder, String(words[1]), 'scenarios'));
      }
      ran++;
    }
    assert.ok(ran > 10);
    for (const file of [
      'out/handlers.info',
      'coverage/lcov.info',
      'out/junit.xml',
      'out/results.tap',
    ]) {
      assert.ok(fs.statSync(path.join(folder, file)).size > 0, file);
    }
    assert.ok(fs.existsSync(path.join(folder, 'my-ci/.github/workflows/scenarios.yml')));
  });

  it('says the same in Chinese', () => {
    assert.deepEqual(commandsOf('docs/testing.zh-CN.md'), commandsOf('docs/testing.md'));
    const steps = (file: string) =>
      blocks(file, 'yaml').map((text) =>
        (parse(text) as { scenarios: { steps: unknown[] }[] }).scenarios.map((each) => each.steps),
      );
    assert.deepEqual(steps('docs/testing.zh-CN.md'), steps('docs/testing.md'));
    const heads = (file: string) => fs.readFileSync(file, 'utf8').match(/^## /gm)?.length;
    assert.equal(heads('docs/testing.zh-CN.md'), heads('docs/testing.md'));
  });
});
