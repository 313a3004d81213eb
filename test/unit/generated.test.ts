// What is generated and kept in the repository is what its tables say today.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');

describe('generated files', () => {
  let wanted: Record<string, string>;
  before(async () => {
    const { generated } = await import('../../scripts/generate.mjs');
    wanted = await generated();
  });

  for (const file of [
    'schemas/scfws.schema.json',
    'schemas/event.schema.json',
    'schemas/wsflow.schema.json',
    'package.json',
    'package.nls.json',
    'package.nls.zh-cn.json',
  ]) {
    it(`${file} is up to date (else: npm run generate)`, () => {
      assert.equal(fs.readFileSync(path.join(root, file), 'utf8'), wanted[file]);
    });
  }

  it('are all looked at here', () => {
    assert.equal(Object.keys(wanted).length, 6);
  });
});
