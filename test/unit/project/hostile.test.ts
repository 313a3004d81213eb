// Whatever somebody puts into scfws.json: problems, never an exception, never a wait, never a path outside.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import fc from 'fast-check';
import { getNodeValue } from 'jsonc-parser';
import { parseJsonText } from '../../../src/core/project/jsonText';
import { contains, parseProjectFile } from '../../../src/core/project/projectFile';
import { schemaProblems } from '../../../src/core/project/schemaProblems';
import type { Problem } from '../../../src/protocol/project';
import schema from '../../../schemas/scfws.schema.json';

const folder = path.resolve('/projects/chat');
const numRuns = Number(process.env['SCFWS_FUZZ'] ?? 300);

/** Parses, and checks what must hold for every text. */
function parse(text: string): Problem[] {
  const { value, problems } = parseProjectFile(text, folder, { exists: () => true });
  const errors = problems.filter((problem) => problem.severity === 'error');
  assert.equal(value === undefined, errors.length > 0, 'a value exactly when nothing is an error');
  const lines = text.split(/\r\n|\r|\n/);
  for (const { range, message, file } of problems) {
    assert.equal(file, path.join(folder, 'scfws.json'));
    assert.notEqual(message, '');
    assert.ok(range !== undefined);
    assert.ok(range.line >= 0 && range.line < lines.length && range.endLine < lines.length);
    assert.ok(range.column >= 0 && range.column <= (lines[range.line]?.length ?? 0) + 1);
    assert.ok(
      range.endLine > range.line ||
        (range.endLine === range.line && range.endColumn >= range.column),
    );
  }
  for (const spec of value?.functions ?? []) {
    assert.ok(contains(folder, spec.folder), spec.folder);
    assert.ok(contains(folder, spec.build?.folder ?? folder));
    assert.ok(contains(spec.folder, path.join(spec.folder, spec.handler)), spec.handler);
  }
  return problems;
}

/** Objects that look like the file: its own words, with values of every kind. */
const likely = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      ...['release', 'keyPair', 'none', 'transfer', 'cleanup', 'Python3', 'Nodejs', 'Go1', 'query'],
      ...['..', '../../etc', '/etc', 'C:\\x', 'a/../../b', 'f', 'index.main_handler', '../x.y'],
      ...['__proto__', 'constructor', '/websocket', '/{a}/{a}', '\0', 'Custom', 'bootstrap'],
      ...[0, 1, 3, 128, 9480, 65536, -1, 0.5, 1e999, true, false, null],
    ),
    fc.string(),
    fc.double(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.constantFrom(
      ...['functions', 'transfer', 'register', 'cleanup', 'folder', 'handler', 'runtime', 'name'],
      ...['timeout', 'memory', 'environment', 'interpreter', 'interpreters', 'build', 'command'],
      ...['service', 'path', 'stages', 'port', 'backendTimeout', 'authentication', 'type'],
      ...['secretId', 'secretKey', 'emulator', 'strict', 'cleanupOn', 'idleResetOn', '$schema'],
      ...['__proto__', 'constructor', 'toString', 'Transmission', 'python', 'node', 'A=B', ''],
    ),
    tie('value'),
    { maxKeys: 6, noNullPrototype: false },
  ),
}));

describe('hostile scfws.json', () => {
  it('any text gives problems', () => {
    const bytes = fc.uint8Array().map((data) => Buffer.from(data).toString('latin1'));
    fc.assert(
      fc.property(fc.oneof(fc.string(), bytes), (text) => void parse(text)),
      { numRuns },
    );
  });

  it('any JSON gives a project or problems', () => {
    fc.assert(
      fc.property(fc.json(), (text) => void parse(text)),
      { numRuns },
    );
    fc.assert(
      fc.property(likely.object, (value) => void parse(JSON.stringify(value))),
      { numRuns: numRuns * 3 },
    );
    const project = fc.record({ functions: fc.record({ transfer: likely.object }) });
    fc.assert(
      fc.property(project, (value) => void parse(JSON.stringify(value))),
      { numRuns: numRuns * 3 },
    );
  });

  it('a file that was cut or changed anywhere gives problems', () => {
    const text = fs.readFileSync(path.resolve(__dirname, '../../fixtures/scfws/full.json'), 'utf8');
    assert.deepEqual(parse(text), []);
    const place = fc.nat({ max: text.length });
    fc.assert(
      fc.property(place, place, fc.string(), (from, to, between) => {
        const [start, end] = from < to ? [from, to] : [to, from];
        parse(text.slice(0, start) + between + text.slice(end));
      }),
      { numRuns },
    );
  });

  for (const [what, text] of [
    ['brackets without end', '['.repeat(200_000)],
    ['objects without end', '{"a":'.repeat(100_000)],
    ['a deep file that closes', `${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['a comment without end', `/*${'*'.repeat(500_000)}`],
    ['a name of half a megabyte', `{"${'x'.repeat(500_000)}": 1}`],
    [
      'fifty thousand names',
      `{${Array.from({ length: 50_000 }, (_, n) => `"k${n}":1`).join(',')}}`,
    ],
    ['a list of a hundred thousand', `{"stages":[${'1,'.repeat(100_000)}1]}`],
    [
      'a pattern that backtracks',
      `{"path":"/${'{a'.repeat(100)}","functions":{"transfer":{"folder":"f"}}}`,
    ],
    [
      'a path of a hundred thousand',
      `{"path":"/${'{a}/'.repeat(25_000)}","functions":{"transfer":{"folder":"f"}}}`,
    ],
    ['a prototype', '{"__proto__":{"functions":{"transfer":{"folder":"f"}}}}'],
    [
      'a prototype in the environment',
      '{"functions":{"transfer":{"folder":"f","environment":{"__proto__":"x"}}}}',
    ],
  ] as const) {
    it(`${what}: is answered`, () => {
      parse(text);
      assert.equal(Object.hasOwn(Object.prototype, 'functions'), false);
    });
  }

  it('is read by the schema of today, and each of its errors becomes a problem', () => {
    const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
    fc.assert(
      fc.property(fc.oneof(likely.object, fc.dictionary(fc.string(), likely.value)), (object) => {
        const text = JSON.stringify(object);
        const { json } = parseJsonText(text, 'scfws.json');
        const value: unknown = json.root === undefined ? undefined : getNodeValue(json.root);
        const ours = schemaProblems(json, value);
        // ajv does not see a property called __proto__ of a plain object; the parser's objects have no prototype.
        assert.equal(ours.length === 0, validate(value), JSON.stringify([text, validate.errors]));
      }),
      { numRuns: numRuns * 3 },
    );
  });

  it('has a schema in Chinese that is the same but for its descriptions', () => {
    const chinese = JSON.parse(
      fs.readFileSync(path.resolve(__dirname, '../../../schemas/scfws.schema.zh-cn.json'), 'utf8'),
    ) as unknown;
    const bare = (value: unknown) =>
      JSON.stringify(value, (key, each: unknown) =>
        /^(description|markdownDescription|title)$/.test(key) ? '' : each,
      );
    assert.equal(bare(chinese), bare(schema));
    const descriptions: string[] = [];
    JSON.stringify(chinese, (key, each: unknown) => {
      if (key === 'description') {
        descriptions.push(String(each));
      }
      return each;
    });
    descriptions.forEach((each) => assert.match(each, /\p{Script=Han}/u));
  });
});
