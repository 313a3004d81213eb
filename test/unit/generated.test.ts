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
    'schemas/gateway.schema.json',
    'package.json',
    'package.nls.json',
    'package.nls.zh-cn.json',
  ]) {
    it(`${file} is up to date (else: npm run generate)`, () => {
      assert.equal(fs.readFileSync(path.join(root, file), 'utf8'), wanted[file]);
    });
  }

  const schemas = fs.readdirSync(path.join(root, 'schemas'));
  it('are schemas in two languages', () => assert.equal(schemas.length, 8));
  for (const name of schemas) {
    it(`give what has code in it as Markdown to the hovers of ${name}`, () => {
      let count = 0;
      const look = (value: unknown): void => {
        if (typeof value === 'object' && value !== null) {
          const { description, markdownDescription } = value as Record<string, unknown>;
          if (typeof description === 'string' && description.includes('`')) {
            assert.equal(markdownDescription, description);
            count++;
          }
          Object.values(value).forEach(look);
        }
      };
      look(JSON.parse(fs.readFileSync(path.join(root, 'schemas', name), 'utf8')));
      assert.ok(count > 10);
    });
  }

  it('are all looked at here', () => {
    assert.equal(Object.keys(wanted).length, 7);
  });
});
