// Settings written as JavaScript or TypeScript: what is written out is read, what only running it would tell is named
// with its line, and nothing of it is run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseExpressionAt } from 'acorn';
import fc from 'fast-check';
import { parseScriptText } from '../../../src/core/project/importers/scriptText';
import { typesBlanked } from '../../../src/core/project/importers/typesBlanked';
import { importing, one, written } from './importing';

const py = 'def main_handler(event, context):\n    return event["websocket"]\n';
const code = { 'a/index.py': py, 'b/index.py': py };

const value = (text: string, file = 'serverless.js') => {
  const { source, notes } = parseScriptText({ file, text });
  return {
    value: source?.value,
    notes: notes.map(({ message, range }) => `${(range?.line ?? -1) + 1} ${message}`),
  };
};

describe('importing a script', () => {
  const { bring, refused } = importing();

  it('serverless.js: constants, variables of .env, folders and sums are read, and the rest is named', async () => {
    const imported = await bring({
      ...code,
      '.env': 'MODE=all\n',
      'serverless.js': `'use strict';
const path = require('path');
require('dotenv').config();
const fs = require('fs');
fs.writeFileSync(path.join(__dirname, 'ran'), '');
const names = { join: 'chat-join' };
const shared = { runtime: 'Python3.6', timeout: 2 * 10 };
const functions = {
  say: {
    ...shared,
    name: \`chat-\${'say'}\`,
    handler: 'index.main_handler',
    src: path.join(__dirname, 'a'),
    memorySize: memory(),
    environment: { variables: { MODE: process.env.MODE, SIZE: process.env.SIZE || 'small', SELF: '\${self:service}' } },
  },
  [names.join]: { ...shared, handler: 'index.main_handler', src: './b', timeout: Number(process.env.LONG) },
};
module.exports = {
  service: 'chat',
  provider: { name: 'tencent' },
  functions,
  custom: {
    apigateway: {
      endpoints: [
        { path: '/ws', protocol: 'WEBSOCKET', function: { transportFunctionName: functions.say.name, registerFunctionName: names.join } },
      ],
    },
  },
};
`,
    });
    assert.equal(fs.existsSync(path.join(imported.folder, 'ran')), false, 'it was run');
    assert.equal(imported.project.path, '/ws');
    assert.deepEqual(written(imported, 'transfer'), {
      name: 'chat-say',
      folder: 'a',
      handler: 'index.main_handler',
      runtime: 'Python3.6',
      timeout: 20,
      environment: { MODE: 'all', SIZE: 'small', SELF: 'chat' },
    });
    assert.equal(written(imported, 'register').folder, 'b');
    assert.equal(written(imported, 'register').timeout, undefined);
    one(
      imported.notes,
      /^unknown serverless\.js:14 memorySize is memory\(\): code, which is not run to import it\. Say its value in scfws\.json, or write what "serverless print" shows/,
    );
    one(imported.notes, /^guessed serverless\.js:15 MODE of chat-say is \$\{env:MODE\}: .*\.env/);
    one(imported.notes, /^guessed serverless\.js:15 SIZE of chat-say is \$\{env:SIZE, 'small'\}/);
    one(imported.notes, /^unknown serverless\.js:17 timeout of chat-join is \$\{env:LONG\}/);
    assert.equal(imported.notes.filter((note) => note.startsWith('unknown ')).length, 2);
  });

  it('serverless.ts: types are no code', async () => {
    const imported = await bring({
      ...code,
      'serverless.ts': `import type { Serverless, Function } from './types';
import { helper } from './helper';
interface Extra { one: string; two?: { three: number } }
export type Both = Serverless & { x: Extra['one'] };
const say: Function<'x' | 'y'>[] = [];
function convert(text: string): string { return text; }
const config: Serverless & { custom: Record<string, Array<string>> } = {
  service: 'chat',
  provider: { name: 'tencent' as const, runtime: 'Python3.6' as Runtime['python'] },
  functions: {
    message: { handler: 'index.main_handler', src: './a', timeout: (30 as number), environment: { variables: { WHO: process.env.WHO! } } },
  } satisfies Record<string, unknown>,
};
export = config;
`,
    });
    const transfer = written(imported, 'transfer');
    assert.deepEqual(
      [transfer.name, transfer.folder, transfer.runtime, transfer.timeout],
      ['message', 'a', 'Python3.6', 30],
    );
    assert.equal(imported.project.service, undefined);
    one(imported.notes, /^unknown serverless\.ts:11 WHO of message is \$\{env:WHO\}/);
  });

  it('places are those of the file, whatever is blanked before them', () => {
    const text = `const a: { 'é😀': string } = { b: 1 } as const;\nexport default { x: go(), a };\n`;
    assert.deepEqual(value(text, 'serverless.ts'), {
      value: { x: '${!code go()}', a: { b: 1 } },
      notes: [
        '2 x is go(): code, which is not run to import it. Say its value in scfws.json, or write what "serverless print" shows into a serverless.yml in its place, and import again.',
      ],
    });
    assert.equal(typesBlanked(text).length, text.length);
  });

  for (const [what, text] of Object.entries({
    'module.exports': `module.exports = { a: [1, 'x'] };`,
    'exports and module.exports': `exports = module.exports = { a: [1, 'x'] };`,
    'export default': `export default { a: [1, 'x'] }`,
    'a constant': `const c = { a: [1, 'x'] }\nexport default c`,
    'a constant that is made of others': `const a = [1, 'x']; const c = { a }; module.exports = { ...c };`,
    'exports.default': `const c = { a: [1, 'x'] };\nexports.default = c;`,
    'a helper for types': `import { defineConfig } from 'x';\nexport default defineConfig({ a: [1, 'x'] });`,
    'a function': `module.exports = () => ({ a: [1, 'x'] });`,
    'a function that returns': `module.exports = async () => { const a = [1, 'x']; return { a }; };`,
    'a function that is called': `module.exports = (async () => ({ a: [1, 'x'] }))();`,
    'code of which nobody asks': `const x = 1 +;\nmodule.exports = { a: [1, 'x'] };`,
  })) {
    it(`what is exported: ${what}`, () => {
      assert.deepEqual(value(text), { value: { a: [1, 'x'] }, notes: [] });
    });
  }

  it('what is not written out is named with its line', () => {
    const told = (text: string) => value(`module.exports = {\n${text}\n};`).notes;
    for (const [text, pattern] of [
      ['a: require("./b")', /^2 a is require\("\.\/b"\): code/],
      ['...base', /^2 base is code/],
      ['a: on ? 1 : 2', /^2 a is on \? 1 : 2: code/],
      ['\na() { return 1; }', /^3 a\(\) \{ return 1; \} is code/],
      ['get a() { return 1; }', /^2 get a\(\) .* is code/],
      ['a: /x/', /^2 a is \/x\/: code/],
      ['a: [...list]', /^2 a is list: code/],
      ['[key()]: 1', /^2 key\(\) is code/],
      ['a: `x-${key()}`', /^2 a is key\(\): code/],
      ['a: process.env[name]', /^2 a is process\.env\[name\]: code/],
      ['a: flag && 1', /^2 a is flag && 1: code/],
    ] as const) {
      const notes = told(text);
      assert.equal(notes.length, 1, notes.join('\n'));
      assert.match(notes[0] ?? '', pattern);
    }
  });

  it('a constant that is changed afterwards, and one that leads to itself', () => {
    const changed = value(`const c = { a: 1, list: [] };
c.b = read();
other.b = 2;
if (c.a === 1 && c.a >= 0) c.list.push(3);
Object.assign(c, other);
function f(c2) { return { c: c2.a }; }
module.exports = c;
module.exports.d = 4;
`);
    assert.deepEqual(changed.value, { a: 1, list: [] });
    const lines = [2, 4, 5, 8];
    assert.deepEqual(changed.notes.map((note) => Number.parseInt(note, 10)).sort(), lines);
    for (const note of changed.notes) {
      assert.match(
        note,
        /^\d .* is not run, so what it changes is not taken\. Say it in scfws\.json/,
      );
    }
    const circle = value(`const a = { b };\nconst b = { a };\nmodule.exports = a;`);
    assert.equal(circle.notes.length, 1);
    assert.match(circle.notes[0] ?? '', /^2 a is a: code/);
  });

  it('nothing that can be read: what was seen, and what to do', async () => {
    const next = /Write what "serverless print" shows into a serverless\.yml in its place/;
    const computed = await refused({ 'serverless.js': 'module.exports = build();\n' });
    one(
      computed,
      /^serverless\.js:1 What this file exports \(build\(\)\) is not .*serverless print/,
    );
    const program = await refused({ 'serverless.js': 'class A {}\nconsole.log(new A());\n' });
    assert.match(program[0] ?? '', /^serverless\.js This file exports no object/);
    assert.match(program[0] ?? '', next);
    const broken = await refused({ 'serverless.mjs': 'export default {\n  a: 1,,\n};\n' });
    assert.match(
      broken[0] ?? '',
      /^serverless\.mjs:2 This code cannot be read: Unexpected token\./,
    );
    const far = await refused({
      'serverless.ts': `export default { provider: { name: 'tencent' }, functions: load() };\n`,
    });
    one(far, /^serverless\.ts:1 functions is load\(\): code/);
    const aws = await refused({
      'serverless.ts': `export default { provider: { name: 'aws' } };\n`,
    });
    one(aws, /^serverless\.ts:1 This file describes functions for the provider aws/);
  });

  it('a script of that name costs no project that folders describe', async () => {
    const imported = await bring({
      'Register/index.py': py,
      'Transmission/index.py': py,
      'serverless.js': 'class Component {}\nmodule.exports = Component;\n',
    });
    assert.equal(written(imported, 'transfer').name, 'Transmission');
    one(imported.notes, /^leftOut serverless\.js:2 What this file exports \(Component\)/);
  });

  it('serverless.json and serverless.config.*; a script beside one is not read', async () => {
    const json = JSON.stringify({
      component: 'scf',
      name: 'message',
      inputs: { src: './a', handler: 'index.main_handler', runtime: 'Python3.6' },
    });
    const script = `export default ${json};\n`;
    for (const name of ['serverless.json', 'serverless.config.json', 'serverless.config.mjs']) {
      const text = name.endsWith('.json') ? json : script;
      const imported = await bring({ ...code, [name]: text });
      assert.equal(written(imported, 'transfer').folder, 'a', name);
      assert.deepEqual(
        imported.notes.filter((note) => !note.startsWith('guessed')),
        [],
      );
    }
    const both = await bring({ ...code, 'serverless.json': json, 'serverless.ts': script });
    assert.equal(written(both, 'transfer').folder, 'a');
    one(both.notes, /^leftOut serverless\.ts serverless\.json is read instead/);
  });

  it('survives any text, and reads what JSON can say', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseScriptText({ file: 'serverless.ts', text });
        parseScriptText({ file: 'serverless.js', text: `module.exports = {${text}` });
      }),
      { numRuns: 500 },
    );
    const key = fc.string().filter((each) => each !== '__proto__');
    const leaf = fc.oneof(fc.string(), fc.boolean(), fc.constant(null), fc.nat());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree')), fc.dictionary(key, tie('tree'))),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree), (object) => {
        const read = value(`export default ${JSON.stringify(object)} as const;`, 'serverless.ts');
        assert.deepEqual(read, { value: JSON.parse(JSON.stringify(object)), notes: [] });
      }),
      { numRuns: 200 },
    );
  });

  it('does not follow a flood of constants', () => {
    const flood = [...'abcdefghij'].map((name, index, all) => {
      const before = index === 0 ? '1' : all[index - 1];
      return `const ${name} = [${Array(10).fill(before).join(', ')}];`;
    });
    const { value: none, notes } = value(`${flood.join('\n')}\nmodule.exports = { j };`);
    assert.equal(none, undefined);
    assert.match(notes[0] ?? '', /cannot be read: it holds more than 100000 values/);
  });

  for (const [what, text] of Object.entries({
    brackets: `module.exports = ${'['.repeat(100_000)}`,
    templates: `module.exports = { a: ${'`${'.repeat(100_000)}`,
    sums: `module.exports = { a: ${'1 + '.repeat(100_000)}1 };`,
    signs: `module.exports = { a: ${'! '.repeat(100_000)}1 };`,
  })) {
    it(`does not go down a hundred thousand ${what}`, () => {
      const { value: none, notes } = value(text);
      assert.equal(none, undefined);
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', /^1 This file is nested too deeply\. Write what/);
    });
  }

  it('nor constants that lead to others, and tells no more than anybody reads', () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => `const c${at} = c${at + 1};\n`);
    assert.match(
      value(`${chain.join('')}module.exports = { c0 };`).notes[0] ?? '',
      /^51 c50 is c51: code/,
    );
    const changes = value(`const c = { a: 1 };\n${'c.a = 2;\n'.repeat(1000)}module.exports = c;`);
    assert.equal(changes.notes.length, 100);
    // Statements without an end are no chain.
    const long = value(`${'const a = -1 + !b\n'.repeat(2000)}module.exports = { b: 1 }`);
    assert.deepEqual(long, { value: { b: 1 }, notes: [] });
  });

  it('blanks types and nothing else', () => {
    for (const [typed, plain] of [
      ['a as B | { c: D<E[]>[] }', 'a'],
      ['[a as const, b!, c!.d, !e]', '[a , b , c .d, !e]'],
      ['{ as: 1, satisfies: as, type: 2 }', '{ as: 1, satisfies: as, type: 2 }'],
      ['(x satisfies (a: B) => C)', '(x )'],
      ["'a as b' + `c as ${d as E}`", "'a as b' + `c as ${d }`"],
    ] as const) {
      const blanked = typesBlanked(typed);
      assert.equal(blanked.length, typed.length);
      assert.equal(blanked.replace(/ +/g, ' ').trim(), plain.replace(/ +/g, ' ').trim());
      assert.doesNotThrow(() => parseExpressionAt(blanked, 0, { ecmaVersion: 'latest' }));
    }
  });
});
