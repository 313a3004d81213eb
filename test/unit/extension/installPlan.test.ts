// What a person is asked to confirm is what runs: the right tool, in the right folder, the right package.
import assert from 'node:assert/strict';
import path from 'node:path';
import './editor';
import { libraryFix } from '../../../src/core/runtime/advice/modules';
import {
  explainFailedInstall,
  lineOf,
  planInstallation,
} from '../../../src/extension/commands/installPlan';
import type { FunctionSpec } from '../../../src/protocol/project';

const specOf = (family: 'python' | 'node') =>
  ({ family, folder: '/p/Transmission', name: 'Transmission' }) as unknown as FunctionSpec;
const place = (...there: string[]) => ({
  projectFolder: '/p',
  functionFolder: '/p/Transmission',
  platform: 'linux' as const,
  exists: (file: string) => there.includes(file),
});

describe('installing a missing library', () => {
  it('makes the environment of a Python project once', () => {
    const fix = libraryFix('yaml', specOf('python'), '/usr/bin/python3')!;
    assert.equal(fix.isKnown, true);
    const pip = '/p/.venv/bin/python -m pip install --disable-pip-version-check PyYAML';
    const fresh = planInstallation(fix, place());
    assert.equal(fresh.folder, '/p');
    assert.deepEqual(fresh.steps.map(lineOf), [
      '/usr/bin/python3 -m venv --system-site-packages /p/.venv',
      pip,
    ]);
    const again = planInstallation(fix, place('/p/.venv/bin/python'));
    assert.deepEqual(again.steps.map(lineOf), [pip]);
  });

  it('takes the environment that the interpreter is of', () => {
    const fix = libraryFix('yaml', specOf('python'), '/else/env/bin/python')!;
    const { steps } = planInstallation(fix, place('/else/env/pyvenv.cfg'));
    assert.deepEqual(steps.map(lineOf), [
      '/else/env/bin/python -m pip install --disable-pip-version-check PyYAML',
    ]);
  });

  it('takes the interpreter that a person named, since an environment beside it would not run', () => {
    const fix = { ...libraryFix('debugpy', specOf('python'), '/usr/bin/python3')!, isNamed: true };
    assert.deepEqual(planInstallation(fix, place('/p/.venv/bin/python')).steps.map(lineOf), [
      '/usr/bin/python3 -m pip install --disable-pip-version-check debugpy',
    ]);
  });

  it('says what helps where a Python takes no packages, or has no pip', () => {
    const refused = explainFailedInstall(
      '/usr/bin/python3',
      'error: externally-managed-environment\n\n× This environment is externally managed\nhint: See PEP 668 for the detailed specification.\n',
    );
    assert.match(refused.reason, /PEP 668/);
    assert.match(refused.nextStep ?? '', /"interpreter" in scfws\.json.*\.venv/);
    const bare = explainFailedInstall('/e/bin/python', '/e/bin/python: No module named pip\n');
    assert.equal(
      bare.nextStep,
      'Run /e/bin/python -m ensurepip --upgrade once, then install again.',
    );
    assert.deepEqual(explainFailedInstall('npm', 'one\nnpm ERR! last\n'), {
      reason: 'npm ERR! last',
    });
  });

  it('takes npm, in the folder of the function, for Node.js', () => {
    const fix = libraryFix('@scope/name/deep', specOf('node'), '/n/bin/node')!;
    const { folder, steps } = planInstallation(fix, place());
    assert.equal(folder, '/p/Transmission');
    assert.deepEqual(steps.map(lineOf), ['npm install --prefix /p/Transmission @scope/name']);
    const npm = path.join('/n/lib/node_modules/npm/bin/npm-cli.js');
    assert.deepEqual(planInstallation(fix, place(npm)).steps.map(lineOf), [
      `/n/bin/node ${npm} install --prefix /p/Transmission @scope/name`,
    ]);
  });

  it('knows a package from a name that may be a slip', () => {
    assert.equal(libraryFix('utlis', specOf('python'))?.isKnown, false);
    assert.equal(libraryFix('lodahs', specOf('node'))?.isKnown, false);
  });
});
