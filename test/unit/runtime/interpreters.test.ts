// Which interpreter a function gets, in which order, and what is said when there is none.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FunctionSpec } from '../../../src/protocol/project';
import type { UserError } from '../../../src/core/errors';
import {
  findInterpreter,
  fitsWish,
  planInterpreters,
  thisMachine,
} from '../../../src/core/runtime/launch/interpreters';
import { disposeBenches, startBench } from './harness';

const machine = {
  env: { SCFWS_PYTHON: '/env/python', SCFWS_NODE: '/env/node' },
  platform: 'linux' as const,
  onPath: (name: string) => name,
  versions: [
    { version: '3.6.15', program: '/pyenv/3.6.15/bin/python', source: 'pyenv' as const },
    { version: '3.10.2', program: '/pyenv/3.10.2/bin/python', source: 'pyenv' as const },
    { version: '2.7.18', program: '/pyenv/2.7.18/bin/python', source: 'pyenv' as const },
    { version: '3.9.18', program: '/pyenv/3.9.18/bin/python', source: 'pyenv' as const },
  ],
};

function programs(
  spec: Partial<FunctionSpec>,
  setting?: string,
  where: typeof machine = machine,
): string[] {
  const plan = planInterpreters(spec as FunctionSpec, '/project', setting, where);
  return plan.candidates.map(({ program }) => program);
}

describe('The interpreter of a function', () => {
  afterEach(disposeBenches);

  it('is that of scfws.json, then of the setting, then of the environment, then of the machine', () => {
    const spec = { family: 'python', interpreter: '/own/python', runtimeVersion: '3.9' } as const;
    assert.deepEqual(programs(spec, '/setting/python'), [
      '/own/python',
      '/setting/python',
      '/env/python',
      '/project/.venv/bin/python',
      'python3.9',
      '/pyenv/3.9.18/bin/python',
      'python3',
      'python',
      '/pyenv/3.10.2/bin/python',
      '/pyenv/3.6.15/bin/python',
    ]);
  });

  it('that is active in the editor comes after the virtual environment of the project', () => {
    const plan = (family: 'python' | 'node') =>
      planInterpreters(
        { family, interpreter: '/own/python', runtimeVersion: '3.9' },
        '/project',
        '/setting/python',
        machine,
        '/editor/python',
      ).candidates;
    assert.deepEqual(plan('python').slice(0, 6), [
      { program: '/own/python', source: 'project' },
      { program: '/setting/python', source: 'setting' },
      { program: '/env/python', source: 'environment' },
      { program: '/project/.venv/bin/python', source: 'venv' },
      { program: '/editor/python', source: 'editor' },
      { program: 'python3.9', source: 'path' },
    ]);
    assert.ok(!plan('node').some(({ source }) => source === 'editor'));
  });

  it('that is active in the editor must fit and run, and is named as what it is', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-editor-'));
    const python = (version: string) => {
      const program = path.join(folder, `python-${version}`);
      const answer = `#!/bin/sh\nprintf '${version}\\n${program}'\n`;
      fs.writeFileSync(program, answer, { mode: 0o755 });
      return program;
    };
    const active = python('3.12.1');
    const other = python('3.9.18');
    const find = (runtimeVersion: string, editor: string, onPath: string) =>
      findInterpreter(
        planInterpreters(
          { family: 'python', runtimeVersion },
          folder,
          undefined,
          {
            ...machine,
            env: { SCFWS_PYTHON: '', SCFWS_NODE: '' },
            versions: [],
            onPath: () => onPath,
          },
          editor,
        ),
      );
    assert.equal((await find('3.9', active, other)).program, other);
    assert.equal(
      (await find('3.12', active, other)).why,
      `Python 3.12.1 (${active}), chosen in the Python extension of the editor`,
    );
    const neighbour = await find('3.9', active, '/nowhere/python');
    assert.deepEqual([neighbour.program, neighbour.wished], [active, '3.9']);
    // Nobody named it, so that it is passed over.
    assert.equal((await find('3.9', '/nowhere/active', other)).program, other);
    fs.rmSync(folder, { recursive: true });
  });

  it('of Python 2.7 is looked for among Python 2 only', () => {
    const without = { ...machine, env: { SCFWS_PYTHON: '', SCFWS_NODE: '' } };
    assert.deepEqual(programs({ family: 'python', runtimeVersion: '2.7' }, undefined, without), [
      '/project/.venv/bin/python',
      'python2.7',
      '/pyenv/2.7.18/bin/python',
      'python2',
      'python',
    ]);
  });

  it('of Node.js is any of the same line', () => {
    assert.ok(fitsWish('18.20.1', '18.15'));
    assert.ok(!fitsWish('20.1.0', '18.15'));
    assert.ok(fitsWish('3.9.18', '3.9'));
    assert.ok(!fitsWish('3.10.2', '3.1'));
    assert.ok(fitsWish('3.10.2', '3'));
  });

  it('is named with the reason, also when it is another version than asked for', async () => {
    const bench = startBench({
      files: { 'index.js': 'exports.main_handler = async () => process.version;' },
      spec: { family: 'node', runtime: 'Nodejs99.1', runtimeVersion: '99.1' },
    });
    assert.match(String((await bench.invoke({})).value), /^v\d+/);
    const [fact] = bench.of('instance');
    assert.match(
      fact?.interpreter ?? '',
      /^Node\.js \d+\.\d+\.\d+ \(.+\), found (on PATH|under nvm); 99\.1 was asked for and not found$/,
    );
  });

  it('that scfws.json names must run', async () => {
    const bench = startBench({
      files: { 'index.py': '' },
      spec: { family: 'python', interpreter: '/nowhere/python' },
    });
    const { error } = await bench.invoke({});
    assert.equal(error?.statusCode, 437);
    const [finding] = bench.of('diagnostic');
    assert.equal(
      finding?.message,
      'Function cannot be started: /nowhere/python, named by scfws.json, does not run as Python.',
    );
    assert.equal(
      finding?.advice,
      'Correct the path, or remove it so that the interpreter is searched on PATH.',
    );
  });

  it('that nobody has is missed in one sentence with everything that was searched', async () => {
    const plan = planInterpreters(
      { family: 'python', runtimeVersion: '2.1' },
      '/project',
      undefined,
      {
        ...machine,
        env: { SCFWS_PYTHON: '', SCFWS_NODE: '' },
        versions: [],
        onPath: (name) => `/no/${name}`,
      },
    );
    await assert.rejects(findInterpreter(plan), (error: UserError) => {
      assert.equal(error.code, 'interpreterNotFound');
      assert.equal(
        error.message,
        'Python 2.1 was not found. Searched: /project/.venv/bin/python, /no/python2.1, /no/python2, /no/python.',
      );
      assert.match(error.nextStep ?? '', /^Install Python 2\.1, or name a program in scfws\.json/);
      // What this machine has instead; each of them runs.
      assert.ok(error.choices.length > 0);
      assert.ok(error.choices.every((program) => fs.existsSync(program)));
      return true;
    });
  });

  it("is the project's virtual environment where there is one", async function () {
    const project = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-venv-'));
    const bin = path.join(project, '.venv', 'bin');
    fs.mkdirSync(bin, { recursive: true });
    const plain = await findInterpreter(
      planInterpreters({ family: 'python' }, project, undefined, thisMachine('python')),
    );
    fs.symlinkSync(plain.program, path.join(bin, 'python'));
    const found = await findInterpreter(
      planInterpreters({ family: 'python' }, project, undefined, thisMachine('python')),
    );
    assert.equal(found.source, 'venv');
    fs.rmSync(project, { recursive: true });
  });

  it('removed while running: the function says so, and recovers', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-node-'));
    const program = path.join(folder, 'node');
    fs.copyFileSync(process.execPath, program);
    const bench = startBench({
      files: { 'index.js': 'exports.main_handler = async () => process.exit(1);' },
      spec: { family: 'node', interpreter: program },
    });
    assert.equal((await bench.invoke({})).error?.statusCode, 439);
    fs.rmSync(program);
    assert.equal((await bench.invoke({})).error?.statusCode, 437);
    fs.copyFileSync(process.execPath, program);
    fs.chmodSync(program, 0o755);
    assert.equal((await bench.invoke({})).error?.statusCode, 439);
    fs.rmSync(folder, { recursive: true });
  });
});
