// Every snippet parses once an editor has put it in, and the Chinese ones insert the same code.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'jsonc-parser';
import ts from 'typescript';
import { sampleEvents } from '../../../src/protocol/samples';
import { pythons } from '../pythons';

interface Snippet {
  prefix: string;
  description: string;
  body: string[];
}

const folder = path.join(__dirname, '../../../snippets');

function read(name: string): Record<string, Snippet> {
  return parse(fs.readFileSync(path.join(folder, name), 'utf8')) as Record<string, Snippet>;
}

/** What an editor inserts: placeholders give their default, tab stops nothing. */
function inserted(snippet: Snippet): string {
  let text = snippet.body.join('\n');
  text = text.replace(/\$\{\d+:((?:[^{}]|\{[^{}]*\})*)\}/g, '$1').replace(/\$\{?\d+\}?/g, '');
  assert.doesNotMatch(text, /\$\{\d/, 'a placeholder is left');
  return text;
}

describe('snippets', () => {
  let temporary: string;
  before(() => (temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-snippets-'))));
  after(() => fs.rmSync(temporary, { recursive: true }));

  for (const [version, python] of pythons()) {
    it(`Python ones parse with Python ${version}`, () => {
      const texts = Object.values(read('python.json')).map(inserted);
      const check = 'import ast, json, sys; [ast.parse(t) for t in json.load(sys.stdin)]';
      execFileSync(python, ['-c', check], { input: JSON.stringify(texts), stdio: 'pipe' });
    });
  }

  it('JavaScript ones parse', () => {
    for (const [name, snippet] of Object.entries(read('javascript.json'))) {
      const file = path.join(temporary, 'snippet.js');
      fs.writeFileSync(file, inserted(snippet));
      assert.doesNotThrow(
        () => execFileSync(process.execPath, ['--check', file], { stdio: 'pipe' }),
        name,
      );
    }
  });

  it('TypeScript ones compile, strictly and with nothing but types to take away', () => {
    const files = Object.values(read('typescript.json')).map((snippet, index) => {
      const file = path.join(temporary, `snippet${index}.ts`);
      fs.writeFileSync(file, inserted(snippet) + '\nexport {};\n');
      return file;
    });
    const program = ts.createProgram(files, {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      erasableSyntaxOnly: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      types: ['node'],
      typeRoots: [path.join(__dirname, '../../../node_modules/@types')],
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    assert.deepEqual(problems, []);
  });

  it('events have the shape of the samples', () => {
    const samples = [
      ...sampleEvents('register'),
      ...sampleEvents('transfer'),
      ...sampleEvents('cleanup'),
    ];
    const shapes = samples.map(({ event }) => shapeOf(event));
    const register = { ...samples[1]?.event, queryString: { room: '7' } };
    delete (register as { websocket?: { secWebSocketExtensions?: string } }).websocket
      ?.secWebSocketExtensions;
    shapes.push(shapeOf(register));
    for (const [name, snippet] of Object.entries(read('events.json'))) {
      assert.ok(shapes.includes(shapeOf(JSON.parse(inserted(snippet)))), name);
    }
  });

  for (const name of ['python', 'javascript', 'typescript', 'events']) {
    it(`${name}: the Chinese ones insert the same`, () => {
      const english = Object.values(read(`${name}.json`));
      const chinese = Object.values(read(`${name}.zh-cn.json`));
      const code = ({ prefix, body }: Snippet) => ({ prefix, body });
      assert.deepEqual(chinese.map(code), english.map(code));
      chinese.forEach(({ description }) => assert.match(description, /\p{Script=Han}/u));
    });
  }
});

/** Keys and types, without the values. */
function shapeOf(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) =>
    key === '' || (typeof each === 'object' && key !== 'queryString') ? each : typeof each,
  );
}
