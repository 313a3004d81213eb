// The plan of a new project, compared whole with what is kept in test/fixtures/scaffold.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { parseProjectFile } from '../../../src/core/project/projectFile';
import {
  defaultFunctionNames,
  functionNameProblem,
  languages,
  planScaffold,
  templateNames,
} from '../../../src/core/scaffold/planScaffold';
import type { ScaffoldAnswers } from '../../../src/core/scaffold/planScaffold';
import { fillTemplate, readTemplates } from '../../../src/core/scaffold/templates';
import type { Templates } from '../../../src/core/scaffold/templates';
import { writeScaffold } from '../../../src/core/scaffold/writeScaffold';
import { pythons } from '../pythons';
import { templatesFolder } from './conversation';

const golden = path.resolve(__dirname, '../../fixtures/scaffold');
const answers: ScaffoldAnswers = {
  service: 'demo',
  language: 'python',
  template: 'echo',
  functionNames: defaultFunctionNames,
};

describe('planScaffold', () => {
  let templates: Templates;
  before(async () => (templates = await readTemplates(templatesFolder)));

  for (const language of languages) {
    for (const template of templateNames) {
      it(`${language} ${template} is as it was (SCFWS_UPDATE=1 accepts what changed)`, () => {
        const { files } = planScaffold({ ...answers, language, template }, templates);
        // What comes from a template unchanged is compared where it stands; the rest is made here.
        const unchanged = new Set([...templates.values()]);
        const text = files
          .map((file) => ({ ...file, text: unchanged.has(file.text) ? '(template)\n' : file.text }))
          .sort((one, other) => (one.path < other.path ? -1 : 1))
          .map((file) => `===== ${file.path}\n${file.text}`)
          .join('');
        const kept = path.join(golden, `${language}-${template}.txt`);
        if (process.env['SCFWS_UPDATE'] === '1') {
          fs.mkdirSync(golden, { recursive: true });
          fs.writeFileSync(kept, text);
        }
        assert.equal(text, fs.readFileSync(kept, 'utf8'));
      });
    }
  }

  it('is a project file without a single problem', () => {
    for (const language of languages) {
      const { files } = planScaffold({ ...answers, language }, templates);
      const text = files.find((file) => file.path === 'scfws.json')?.text ?? '';
      const { value, problems } = parseProjectFile(text, path.resolve('/demo'));
      assert.deepEqual(problems, []);
      assert.deepEqual(value?.roles, defaultFunctionNames);
    }
  });

  it('makes a good service name of any folder name', () => {
    for (const service of ['', 'a\\b/c', '聊天'.repeat(60), 'x\ty', '🌍'.repeat(61)]) {
      const { files } = planScaffold({ ...answers, service, language: 'typescript' }, templates);
      const text = files.find((file) => file.path === 'scfws.json')?.text ?? '';
      assert.deepEqual(parseProjectFile(text, path.resolve('/demo')).problems, []);
    }
  });

  it('uses the names that a person chose, everywhere', () => {
    const functionNames = { register: 'OnOpen', transfer: 'OnMessage', cleanup: 'OnClose' };
    const { files } = planScaffold(
      { ...answers, functionNames, language: 'typescript' },
      templates,
    );
    const paths = files.map((file) => file.path);
    assert.ok(paths.includes('OnOpen/index.ts'));
    const made = files.filter((file) => !/\.ts$|tsconfig/.test(file.path));
    for (const { path: name, text } of made) {
      assert.doesNotMatch(text, /\b(Transmission|Delete)\b(?! runs)/, name);
    }
    const build = files.find((file) => file.path === 'build.mjs')?.text ?? '';
    assert.match(build, /\['OnOpen', 'OnMessage', 'OnClose'\]/);
  });

  for (const language of languages) {
    it(`adds a workflow that runs the scenarios of ${language}, if asked`, () => {
      const workflow = '.github/workflows/scenarios.yml';
      const plan = (ci?: 'github') =>
        planScaffold({ ...answers, language, ...(ci === undefined ? {} : { ci }) }, templates)
          .files;
      assert.ok(!plan().some(({ path: file }) => file === workflow));
      const text = plan('github').find(({ path: file }) => file === workflow)?.text ?? '';
      const { jobs } = parse(text) as { jobs: { scenarios: { steps: { run?: string }[] } } };
      const runs = jobs.scenarios.steps.flatMap(({ run }) => run ?? []);
      assert.match(
        runs.at(-1) ?? '',
        /cli\.js test scenarios .*--coverage lcov( --python python3)?$/,
      );
      assert.equal(/--python/.test(text.split('run: >-')[1] ?? ''), language === 'python2');
    });
  }

  it('speaks Chinese where the editor does', () => {
    const { files } = planScaffold({ ...answers, locale: 'zh-cn' }, templates);
    const text = (name: string) => files.find((file) => file.path === name)?.text ?? '';
    assert.match(text('README.zh-CN.md'), /工作原理/);
    assert.match(text('README.md'), /How it works/);
    assert.match(text('index.html'), /<button>连接<\/button>/);
  });

  it('comments in Chinese there, and has the same code', () => {
    const comment = /(?:^|\s)(?:#|\/\/|\/\*\*) (.*)$|^\s*"""(.*)$/;
    /** What tools read, and what is the same in both languages. */
    const kept =
      /^(@|type: |-\*- |Python 2$|[\w.]+: |\*\/|$)|^(?=[\x20-\x7e]*$)(?!.*[a-z]+ [a-z]+ [a-z]+)/;
    for (const template of templateNames) {
      for (const language of languages) {
        const given = { ...answers, language, template, ci: 'github' } as const;
        const english = planScaffold(given, templates);
        const { files } = planScaffold({ ...given, locale: 'zh-cn' }, templates);
        for (const { path: name, text } of files) {
          if (/\.(md|json|html)$|^scfws/.test(name) && name !== 'tsconfig.json') {
            continue;
          }
          const lines = text.replace(/^# -\*- coding: utf-8 -\*-\n/, '').split('\n');
          const others = english.files.find((each) => each.path === name)!.text.split('\n');
          assert.equal(lines.length, others.length, name);
          lines.forEach((line, index) => {
            const said = comment.exec(line)?.slice(1).join('') ?? '';
            assert.ok(/\p{Script=Han}/u.test(said) || kept.test(said), `${name}: ${line}`);
            if (line !== others[index]) {
              const code = (each = '') => each.replace(comment, '').trimEnd();
              const isText = /^[\p{Script=Han}\p{P}A-Z]/u.test(line);
              assert.ok(isText || code(line) === code(others[index]), `${name}: ${line}`);
            }
          });
        }
      }
    }
  });

  it('has Python 2 read what is commented in Chinese', () => {
    const program = pythons().get('2.7');
    for (const template of program === undefined ? [] : templateNames) {
      const given = { ...answers, language: 'python2', template, locale: 'zh-cn' } as const;
      const { files } = planScaffold(given, templates);
      for (const { path: name, text } of files.filter((each) => /\/.*\.py$/.test(each.path))) {
        assert.match(text, /^# -\*- coding: utf-8 -\*-\n/);
        const read = 'import sys; compile(sys.stdin.read(), sys.argv[1], "exec", 0, True)';
        execFileSync(program!, ['-c', read, name], { input: text });
      }
    }
  });

  it('has both READMEs say the same of the same things', () => {
    for (const template of templateNames) {
      for (const language of languages) {
        const { files } = planScaffold({ ...answers, language, template, locale: 'zh' }, templates);
        const outline = (name: string) =>
          (files.find((file) => file.path === name)?.text ?? '')
            .split('\n')
            .flatMap((line) => /^(#+|\d\.|\||```)/.exec(line)?.[0] ?? []);
        assert.deepEqual(outline('README.zh-CN.md'), outline('README.md'));
      }
    }
  });

  it('keeps a name made to break the page out of it', () => {
    const { files } = planScaffold({ ...answers, service: '</title><script>x' }, templates);
    const page = files.find((file) => file.path === 'index.html')?.text ?? '';
    assert.doesNotMatch(page, /<script>x/);
  });

  for (const [name, others, expected] of [
    ['Register', [], undefined],
    ['on-message_2', [], undefined],
    ['', [], /starts with a letter/],
    ['2nd', [], /starts with a letter/],
    ['../up', [], /starts with a letter/],
    ['a'.repeat(60), [], /at most 59/],
    ['register', ['Register'], /Another function/],
    ['events', [], /needed for something else/],
    ['NUL', [], /needed for something else/],
  ] as const) {
    it(`says of the function name "${name.slice(0, 12)}": ${expected?.source ?? 'good'}`, () => {
      const problem = functionNameProblem(name, others);
      assert.equal(problem === undefined, expected === undefined, problem);
      assert.match(problem ?? '', expected ?? /^$/);
    });
  }

  it('leaves no place of a template unfilled', () => {
    assert.throws(() => fillTemplate('{{unknown}}', {}, new Set()), /unknown/);
    const text = '{{#a}}\nyes {{x}}\n{{/a}}\n{{^a}}\nno\n{{/a}}\nend';
    assert.equal(fillTemplate(text, { x: '1' }, new Set(['a'])), 'yes 1\nend');
    assert.equal(fillTemplate(text, { x: '1' }, new Set()), 'no\nend');
  });
});

describe('templates', () => {
  let folder: string;
  before(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-templates-')));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  for (const template of templateNames) {
    it(`TypeScript ${template} compiles with its own tsconfig.json`, async function () {
      const target = path.join(folder, template);
      const plan = planScaffold(
        { ...answers, language: 'typescript', template },
        await readTemplates(templatesFolder),
      );
      await writeScaffold(plan, target);
      fs.mkdirSync(path.join(target, 'node_modules'));
      for (const name of ['@types', 'redis', '@redis', 'cluster-key-slot']) {
        fs.symlinkSync(
          path.resolve(__dirname, '../../../node_modules', name),
          path.join(target, 'node_modules', name),
        );
      }
      const compiled = spawnSync(
        process.execPath,
        [
          path.resolve('node_modules/typescript-7/bin/tsc'),
          '-p',
          target,
          '--noEmit',
          '--listFiles',
        ],
        { encoding: 'utf8' },
      );
      assert.equal(compiled.status, 0, compiled.stdout);
      const own = compiled.stdout
        .split('\n')
        .filter((line) => line.startsWith(`${target}${path.sep}`));
      assert.equal(own.length, template === 'chat' ? 6 : 5);
    });
  }

  for (const [version, python] of pythons()) {
    const language = version === '2.7' ? 'python2' : 'python';
    it(`${language} compiles with Python ${version}`, () => {
      const check =
        'import ast, sys\nfor name in sys.argv[1:]: ast.parse(open(name, "rb").read(), name)';
      const files = fs
        .readdirSync(path.join(templatesFolder, language), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.py'))
        .map((name) => path.join(templatesFolder, language, name));
      assert.ok(files.length > 0);
      execFileSync(python, ['-c', check, ...files], { stdio: 'pipe' });
    });
  }
});
