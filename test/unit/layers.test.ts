// The layers are held by three nets: the lint rules, a tsconfig for each layer, and a command line that is bundled
// without the editor. Each is shown to catch what it is there for.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';
import type { ESLint } from 'eslint';
import ts from 'typescript';

const root = path.join(__dirname, '..', '..');
const typeAwareRules = [
  'await-thenable',
  'consistent-type-imports',
  'no-deprecated',
  'no-floating-promises',
  'no-misused-promises',
  'no-unnecessary-type-assertion',
  'only-throw-error',
  'switch-exhaustiveness-check',
];

describe('layers', () => {
  describe('lint', () => {
    let eslint: ESLint;

    before(async () => {
      const eslintPackage = await import('eslint');
      // Type-aware rules need a real file in a project; these snippets are about imports only.
      eslint = new eslintPackage.ESLint({
        cwd: root,
        overrideConfig: {
          languageOptions: { parserOptions: { projectService: false, project: false } },
          rules: Object.fromEntries(
            typeAwareRules.map((rule) => [`@typescript-eslint/${rule}`, 'off']),
          ),
        },
      });
    });

    async function check(file: string, code: string): Promise<string[]> {
      const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
      return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
    }

    const forbidden: [file: string, code: string, rule: string][] = [
      ['src/protocol/x.ts', "import { a } from '../core/a';", 'no-restricted-imports'],
      ['src/protocol/x.ts', "import fs from 'node:fs';", 'no-restricted-imports'],
      ['src/protocol/x.ts', "import { t } from '@vscode/l10n';", 'no-restricted-imports'],
      ['src/core/x.ts', "import * as vscode from 'vscode';", 'no-restricted-imports'],
      ['src/core/x.ts', "import type { Uri } from 'vscode';", 'no-restricted-imports'],
      ['src/core/x.ts', "export * from 'vscode';", 'no-restricted-imports'],
      ['src/core/gateway/x.ts', "import { a } from '../../extension/a';", 'no-restricted-imports'],
      ['src/core/gateway/x.ts', "import { a } from '../../cli/a';", 'no-restricted-imports'],
      ['src/core/x.ts', "export const a = import('vscode');", 'no-restricted-syntax'],
      ['src/core/x.ts', "export const a = import('../extension/a');", 'no-restricted-syntax'],
      ['src/core/x.ts', 'export const a = (n: string) => import(n);', 'no-restricted-syntax'],
      ['src/core/x.ts', "export const a = require('vscode');", 'no-restricted-syntax'],
      ['src/core/x.ts', "import a = require('vscode'); export { a };", 'no-restricted-syntax'],
      ['src/core/x.ts', 'export default 1;', 'no-restricted-syntax'],
      ['src/cli/x.ts', "import * as vscode from 'vscode';", 'no-restricted-imports'],
      ['src/cli/x.ts', "import { a } from '../webview/a';", 'no-restricted-imports'],
      ['src/webview/x.ts', "import { a } from '../core/a';", 'no-restricted-imports'],
      ['src/webview/x.ts', "import ws from 'ws';", 'no-restricted-imports'],
      ['src/webview/x.ts', "import path from 'node:path';", 'no-restricted-imports'],
      ['src/extension/x.ts', "import { a } from '../webview/a';", 'no-restricted-imports'],
      ['src/extension/x.ts', "import { a } from '../cli/a';", 'no-restricted-imports'],
      ['src/extension/x.ts', "import { a } from '../../test/a';", 'no-restricted-imports'],
    ];
    for (const [file, code, rule] of forbidden) {
      it(`${file} may not: ${code}`, async () => {
        const rules = await check(file, code + '\n');
        assert.ok(rules.includes(rule), `found only: ${rules.join(', ') || 'nothing'}`);
      });
    }

    const allowed: [file: string, code: string][] = [
      ['src/protocol/x.ts', "export { a } from './a';"],
      ['src/core/x.ts', "export { a } from '../protocol/a';"],
      ['src/core/x.ts', "export { readFileSync } from 'node:fs';"],
      ['src/core/gateway/x.ts', "export { WebSocketServer } from 'ws';"],
      ['src/cli/x.ts', "export { a } from '../core/a';"],
      ['src/extension/x.ts', "export { Uri } from 'vscode';"],
      ['src/extension/views/x.ts', "export { a } from '../../core/session/a';"],
      ['src/webview/list/x.ts', "export { html } from 'lit';"],
      ['src/webview/x.ts', "export { repeat } from 'lit/directives/repeat.js';"],
      ['src/webview/x.ts', "export { a } from '../protocol/a';"],
    ];
    for (const [file, code] of allowed) {
      it(`${file} may: ${code}`, async () => {
        assert.deepEqual(await check(file, code + '\n'), []);
      });
    }
  });

  describe('lint with types', () => {
    it('is on for sources and tests', async () => {
      const { ESLint } = await import('eslint');
      for (const file of ['src/core/clock.ts', 'test/unit/layers.test.ts']) {
        const config = (await new ESLint({ cwd: root }).calculateConfigForFile(
          path.join(root, file),
        )) as { rules: Record<string, [number]> };
        for (const rule of typeAwareRules) {
          assert.equal(config.rules[`@typescript-eslint/${rule}`]?.[0], 2, `${rule} in ${file}`);
        }
      }
    });
  });

  describe('kinds of facts', () => {
    /** What the rule says of a function over facts; it needs types, so the text stands in for a real file. */
    async function problemsOf(body: string): Promise<string[]> {
      const { ESLint } = await import('eslint');
      const [result] = await new ESLint({ cwd: root }).lintText(
        `import { leftOut, type BackgroundKind, type ConnectionKind, type Fact } from './fact';
         export function read(fact: Fact, say: (text: string) => void): void { ${body} }`,
        { filePath: path.join(root, 'src/protocol/orphans.ts') },
      );
      return (result?.messages ?? []).map(({ ruleId }) => ruleId ?? 'broken');
    }

    const cases: [what: string, body: string, found: string[]][] = [
      [
        'a switch whose default is silent',
        `switch (fact.kind) { case 'push': say('p'); break; default: break; }`,
        ['facts/kinds'],
      ],
      [
        'an if chain without an else',
        `if (fact.kind === 'push') say('p'); else if (fact.kind === 'log' && fact.text) say('l');`,
        ['facts/kinds'],
      ],
      [
        'a switch that leaves out some of the kinds',
        `switch (fact.kind) { case 'push': say('p'); break; }`,
        ['@typescript-eslint/switch-exhaustiveness-check'],
      ],
      [
        'nothing where the default names what it leaves out',
        `switch (fact.kind) {
           case 'push': case 'frame': case 'log': case 'invocationStarted': case 'invocationEnded':
             say('t'); break;
           default: leftOut<BackgroundKind | ConnectionKind>(fact); }`,
        [],
      ],
      [
        'nothing where all others are something, too',
        `if (fact.kind === 'push') say('p'); else if (fact.kind === 'log') say('l'); else say('?');`,
        [],
      ],
      [
        'nothing in other unions',
        `const way: { kind: 'a' | 'b' } = { kind: fact.seq > 1 ? 'a' : 'b' };
         if (way.kind === 'a') say('a'); else if (way.kind === 'b') say('b');`,
        [],
      ],
    ];
    for (const [what, body, found] of cases) {
      it(`lint finds ${what}`, async () => {
        const problems = await problemsOf(body);
        assert.deepEqual(
          problems.filter((rule) => !rule.endsWith('no-unused-vars')),
          found,
        );
      });
    }

    it('a default that leaves out too much does not compile', () => {
      const problems = compile(
        'protocol',
        `import { leftOut, type ConnectionKind, type Fact } from './fact';
         export const read = (fact: Fact) => {
           switch (fact.kind) { case 'push': return 1; default: leftOut<ConnectionKind>(fact); return 0; }
         };`,
      );
      assert.match(problems.join(), /not assignable/);
    });
  });

  describe('imports', () => {
    it('go in no circle', () => {
      const graph = importGraph(path.join(root, 'src'));
      assert.ok(graph.size > 200, `${graph.size} files`);
      assert.deepEqual(circles(graph), []);
    });

    it('would be found in a circle', () => {
      const graph = new Map([
        ['a', ['b']],
        ['b', ['c', 'd']],
        ['c', ['a']],
        ['d', ['d']],
        ['e', ['a']],
      ]);
      assert.deepEqual(circles(graph), [['a', 'b', 'c'], ['d']]);
    });
  });

  describe('types', () => {
    const cases: [layer: string, code: string, error: RegExp][] = [
      ['protocol', 'export const a = document.title;', /document/],
      ['protocol', 'export const a = Buffer.alloc(1);', /Buffer/],
      ['protocol', "import fs from 'node:fs'; export { fs };", /node:fs/],
      ['core', 'export const a = window.innerWidth;', /window/],
      ['core', "import { Uri } from 'vscode'; export { Uri };", /vscode/],
      ['webview', 'export const a = process.pid;', /process/],
    ];
    for (const [layer, code, error] of cases) {
      it(`${layer} does not know: ${code}`, () => {
        const problems = compile(layer, code);
        assert.ok(
          problems.some((problem) => error.test(problem)),
          problems.join('\n') || 'compiles',
        );
      });
    }
  });

  describe('bundle', () => {
    it('does not build a command line whose core reaches for the editor', async () => {
      const { bundles } = await import('../../scripts/build.mjs');
      const build = (code: string): Promise<unknown> =>
        esbuild.build({
          ...bundles.cli,
          entryPoints: undefined,
          plugins: [],
          logLevel: 'silent',
          stdin: { contents: code, resolveDir: path.join(root, 'src', 'core'), loader: 'ts' },
        });
      await build("import fs from 'node:fs'; fs.statSync('.');");
      await assert.rejects(
        build("import { Uri } from 'vscode'; Uri.file('/');"),
        /resolve "vscode"/,
      );
    });
  });
});

/** What the compiler says about a file in a layer, with the options of that layer. */
function compile(layer: string, code: string): string[] {
  const folder = path.join(root, 'src', layer);
  const { config } = ts.readConfigFile(path.join(folder, 'tsconfig.json'), (file) =>
    fs.readFileSync(file, 'utf8'),
  ) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: ['net.ts'] },
    ts.sys,
    folder,
  );
  const file = path.join(folder, 'net.ts');
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => path.resolve(name) === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    path.resolve(name) === file
      ? ts.createSourceFile(name, code, ts.ScriptTarget.ES2022)
      : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Each source with the sources that it names, types included; relative to `folder`. */
function importGraph(folder: string): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => file.endsWith('.ts') && !file.includes('/templates/'));
  const known = new Set(files);
  for (const file of files) {
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    const named = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
    const targets = named
      .filter((name) => name.startsWith('.'))
      .map((name) => `${path.posix.join(path.posix.dirname(file), name)}.ts`);
    graph.set(
      file,
      targets.filter((target) => known.has(target)),
    );
  }
  return graph;
}

/** Groups of files that reach each other (Tarjan's strongly connected components), sorted. */
function circles(graph: ReadonlyMap<string, string[]>): string[][] {
  const order = new Map<string, number>();
  const way: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    let low = order.size;
    order.set(file, low);
    way.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) {
        low = Math.min(low, visit(next));
      } else if (way.includes(next)) {
        low = Math.min(low, order.get(next) ?? low);
      }
    }
    if (low === order.get(file)) {
      const circle = way.splice(way.indexOf(file));
      if (circle.length > 1 || graph.get(file)?.includes(file) === true) {
        found.push(circle.sort());
      }
    }
    return low;
  };
  for (const file of graph.keys()) {
    if (!order.has(file)) {
      visit(file);
    }
  }
  return found.sort((a, b) => (a[0] ?? '').localeCompare(b[0] ?? ''));
}
