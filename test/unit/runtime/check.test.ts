// A look at code that runs nothing of it: functions that are asked about at once share a process, and nothing else.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkCode } from '../../../src/core/runtime/launch/check';
import type { FunctionSpec } from '../../../src/protocol/project';
import { bootstrapFolder } from './harness';
import { pythons } from '../pythons';

const files = {
  node: {
    'sound/index.js': "require('own');\nexports.main_handler = () => 1;\n",
    'sound/own.js': '',
    'lacks/index.js': "require('own');\nexports.main_handler = () => 1;\n",
    'broken/index.js': 'exports.main_handler = () => {\n',
    'unreadable/index.js/file': '',
    'last/index.js': 'exports.other = () => 1;\n',
  },
  python: {
    'sound/index.py': 'import own\ndef main_handler(event, context):\n    return own.value\n',
    'sound/own.py': 'value = 1\n',
    'lacks/index.py': 'import own\ndef main_handler(event, context):\n    return own.value\n',
    'broken/index.py': 'def main_handler(event, context:\n    return 1\n',
    'unreadable/index.py/file': '',
    'last/index.py': 'def other(event, context):\n    return 1\n',
  },
};

for (const family of ['node', 'python'] as const) {
  describe(`looks at ${family} code, asked for at once`, () => {
    let project: string;
    /** A line for each start of the interpreter. */
    let starts: string;
    let program: string;

    before(() => {
      project = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-check-')));
      for (const [name, text] of Object.entries(files[family])) {
        fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
        fs.writeFileSync(path.join(project, name), text);
      }
      starts = path.join(project, 'starts');
      program = path.join(project, 'interpreter');
      const real = family === 'node' ? process.execPath : ([...pythons().values()].at(-1) ?? '');
      const lines = ['#!/bin/sh', `echo "$$" >> '${starts}'`, `exec '${real}' "$@"`, ''];
      fs.writeFileSync(program, lines.join('\n'), { mode: 0o755 });
    });

    beforeEach(() => fs.writeFileSync(starts, ''));

    after(() => fs.rmSync(project, { recursive: true, force: true, maxRetries: 5 }));

    const look = (name: string, signal = new AbortController().signal, environment = {}) => {
      const spec: FunctionSpec = {
        ...{ name, family, folder: path.join(project, name), handler: 'index.main_handler' },
        ...{ runtime: '', timeout: 3, initTimeout: 3, memory: 128, maxInstances: 1 },
        environment,
      };
      const version = family === 'node' ? process.versions.node : '3.11.0';
      return checkCode(spec, {
        interpreter: { program, version, source: 'project', why: '' },
        ...{
          projectFolder: project,
          bootstrapFolder,
          builds: false,
          surroundings: 'cloud',
          signal,
        },
      });
    };
    const started = (): number => fs.readFileSync(starts, 'utf8').split('\n').length - 1;

    it('share a process, and each has its own folder and its own failures', async () => {
      const names = ['sound', 'lacks', 'broken', 'unreadable', 'last'];
      const checks = await Promise.all(names.map((name) => look(name)));
      assert.equal(started(), 1);
      assert.deepEqual(
        checks.map(({ failures }) => failures.map(({ kind }) => kind)),
        [
          [],
          ['missingModule'],
          ['syntax'],
          // A folder of that name is no file to look at.
          family === 'node' ? [] : ['missingFile'],
          ['missingEntry'],
        ],
      );
      assert.deepEqual(checks[0]?.files.map((file) => path.relative(project, file)).sort(), [
        `sound/index.${family === 'node' ? 'js' : 'py'}`,
        `sound/own.${family === 'node' ? 'js' : 'py'}`,
      ]);
    });

    it('go on for one when the other is not wanted any more', async () => {
      const gone = new AbortController();
      const [left, wanted] = [look('broken', gone.signal), look('lacks')];
      gone.abort();
      assert.deepEqual(
        (await wanted).failures.map(({ kind }) => kind),
        ['missingModule'],
      );
      await left;
    });

    it('tell nothing when no process can be started, and harm nobody', async () => {
      const { failures } = await look('broken', undefined, { NUL: '\0' });
      assert.deepEqual(failures, []);
      assert.equal((await look('broken')).failures.length, 1);
    });

    it('tell nothing when none is wanted, and end', async () => {
      const gone = new AbortController();
      const looks = [look('broken', gone.signal), look('lacks', gone.signal)];
      gone.abort();
      for (const { failures } of await Promise.all(looks)) {
        assert.deepEqual(failures, []);
      }
    });
  });
}
