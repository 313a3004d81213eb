import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CodeAge } from '../../../src/extension/codeAge';
import type { FactBody } from '../../../src/protocol/fact';

describe('the age of code', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-age-'));
  const file = path.join(folder, 'index.js');
  after(() => fs.rmSync(folder, { recursive: true }));

  /** Milliseconds since the epoch, as the test has it. */
  let clock = 1_000_000;
  let age: CodeAge;

  beforeEach(() => {
    clock = 1_000_000;
    age = new CodeAge(() => clock);
    write();
  });

  function write(): void {
    clock += 1000;
    fs.writeFileSync(file, 'exports.main_handler = 1');
    fs.utimesSync(file, clock / 1000, clock / 1000);
    clock += 1000;
  }
  function tell(body: FactBody): void {
    age.receive({ seq: 1, at: 0, ...body });
    clock += 1000;
  }
  const process = (instance: number, version: number) =>
    tell({ kind: 'instance', function: 'a', instance, state: 'starting', version });
  const run = (invocation: string, instance: number, version: number) => {
    tell({
      kind: 'invocationStarted',
      ...{ invocation, function: 'a', role: 'transfer', connection: null, cause: null },
      ...{ instance, cold: false, queuedMs: 0, initMs: 0, version, eventSize: 2 },
    });
    return { invocation, function: 'a', instance, version };
  };

  it('is that of a run until its file is written, whoever writes it', () => {
    process(1, 1);
    const failed = run('one', 1, 1);
    assert.ok(age.isOf(failed, file));
    write();
    assert.ok(!age.isOf(failed, file));
    assert.ok(age.isOf(run('two', 1, 1), file), 'a run after it has the new file');
  });

  it('is not that of an old process that runs an event more after the save', () => {
    process(1, 1);
    write();
    process(2, 2);
    assert.ok(!age.isOf(run('late', 1, 1), file));
    assert.ok(age.isOf(run('fresh', 2, 2), file));
  });

  it('is still that of the run when another file of the function was written', () => {
    process(1, 1);
    const failed = run('one', 1, 1);
    process(2, 2);
    assert.ok(age.isOf(failed, file));
  });

  it('is that of a process until newer code serves that was written after its start', () => {
    process(1, 1);
    assert.ok(!age.isOlder('a', 1, file));
    write();
    assert.ok(!age.isOlder('a', 1, file), 'its code may be the same, or not good to start');
    assert.ok(age.isOlder('a', 1, file, true), 'unless it is known');
    process(2, 2);
    assert.ok(age.isOlder('a', 1, file));
    assert.ok(!age.isOlder('a', 2, file, true), 'what is told comes late');
    assert.ok(!age.isOlder('a', 2, file));
    assert.ok(!age.isOlder('b', 1, file), 'another function');
    assert.ok(!age.isOlder('a', 1, path.join(folder, 'gone.js')));
  });

  it('is nothing to stand beside when the file is gone', () => {
    process(1, 1);
    assert.ok(!age.isOf(run('one', 1, 1), path.join(folder, 'gone.js')));
  });
});
