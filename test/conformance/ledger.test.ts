// The ledger itself: complete, honest about every assumption, and the same everywhere it is shown.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { checks } from '../../src/conformance/checks';
import { setups } from '../../src/conformance/setups';
import { findRow, ledger, ledgerTexts, marks } from '../../src/protocol/ledger';
import { defaultEmulatorOptions } from '../../src/protocol/project';
import { renderDocs } from '../../scripts/docs.mjs';
import { root } from '../../scripts/toolchain.mjs';

const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

/** Text of every other test, which may prove a row that no client sees, and name it. */
const otherTests = fs
  .readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !file.endsWith('ledger.test.ts'))
  .map((file) => read(path.join('test', file)))
  .join('\n');

describe('the fidelity ledger', () => {
  it('has each id once, in a form that lasts', () => {
    const ids = ledger.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      ids.filter((id) => !/^[a-z]+\.[a-z0-9-]+$/.test(id)),
      [],
    );
  });

  it('names for each assumed row what changes it, or why nothing does', () => {
    const silent = ledger.filter(
      ({ mark, setting, projectKey, fixed }) =>
        mark === 'assumed' && [setting, projectKey, fixed].every((each) => each === undefined),
    );
    assert.deepEqual(silent, []);
  });

  it('names only settings that exist', () => {
    const manifest = read('package.json');
    const schema = read('schemas/scfws.schema.json');
    for (const { id, setting, projectKey } of ledger) {
      if (setting !== undefined) {
        assert.ok(manifest.includes(`"scfWebSocket.${setting}"`), `${id}: ${setting}`);
      }
      if (projectKey !== undefined) {
        assert.ok(schema.includes(`"${projectKey}": {`), `${id}: ${projectKey}`);
      }
    }
  });

  it('has a row for each setting of the emulator', () => {
    const named = new Set(ledger.map(({ setting }) => setting));
    const unnamed = Object.keys(defaultEmulatorOptions).filter(
      (name) => !named.has(`emulator.${name as keyof typeof defaultEmulatorOptions}`),
    );
    assert.deepEqual(unnamed, []);
  });

  it('proves each row by a check from outside, or by a test that names it', () => {
    const checked = new Set(checks.map(({ row }) => row));
    const unproven = ledger.filter(({ id }) => !checked.has(id) && !otherTests.includes(id));
    assert.deepEqual(
      unproven.map(({ id }) => id),
      [],
    );
  });

  it('checks only rows that exist, in set-ups that are used', () => {
    assert.deepEqual(
      checks.filter(({ row }) => findRow(row) === undefined),
      [],
    );
    const used = new Set<string>(checks.map(({ setup }) => setup));
    assert.deepEqual(
      Object.keys(setups).filter((name) => !used.has(name)),
      [],
    );
  });

  it('has a row for each rule that a finding names', () => {
    const files = fs
      .readdirSync(path.join(root, 'src/core'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'));
    const rules = files.flatMap((file) => {
      const text = read(path.join('src/core', file));
      return [...text.matchAll(/\brule(?:: | = )([^;]*?)(?:,\n|;)/g)].flatMap(([, value = '']) =>
        [...value.matchAll(/'([a-z]+\.[\w-]+)'/gi)].map(([, id = '']) => id),
      );
    });
    assert.ok(rules.length > 20, rules.join());
    assert.deepEqual(
      rules.filter((rule) => findRow(rule) === undefined),
      [],
    );
    // The gateway makes this one from the close code.
    for (const code of [1002, 1007, 1009]) {
      assert.ok(findRow(`close.${code}`));
    }
  });

  it('speaks Chinese', () => {
    const chinese = JSON.parse(read('l10n/parts/ledger.zh-cn.json')) as Record<string, string>;
    assert.deepEqual(
      ledgerTexts().filter((text) => (chinese[text] ?? '') === ''),
      [],
    );
  });

  it('is what the documentation says', async () => {
    for (const [file, text] of Object.entries(await renderDocs())) {
      assert.equal(read(file), text, `${file} is stale: npm run docs`);
    }
  });

  it('knows all three marks', () => {
    for (const mark of marks) {
      assert.ok(ledger.some((row) => row.mark === mark));
    }
  });
});
