// A plan is written whole or not at all, and never over anything.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../../src/core/errors';
import type { ScaffoldPlan } from '../../../src/core/scaffold/planScaffold';
import { findClashes, writeScaffold } from '../../../src/core/scaffold/writeScaffold';

const plan: Pick<ScaffoldPlan, 'files'> = {
  files: [
    { path: 'Register/index.py', text: 'one' },
    { path: 'events/register.json', text: 'two' },
    { path: 'README.md', text: 'three' },
  ],
};

describe('writeScaffold', () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-write-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const listing = () => fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const put = (name: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  };

  it('writes into a new folder, deep down', async () => {
    const target = path.join(folder, 'a', 'b');
    await writeScaffold(plan, target);
    assert.equal(fs.readFileSync(path.join(target, 'Register/index.py'), 'utf8'), 'one');
    assert.equal(fs.readFileSync(path.join(target, 'README.md'), 'utf8'), 'three');
  });

  it('writes beside what is there', async () => {
    put('notes.txt', 'mine');
    put('events/own.json', 'mine');
    await writeScaffold(plan, folder);
    assert.ok(listing().includes('notes.txt'));
    assert.equal(fs.readFileSync(path.join(folder, 'events/own.json'), 'utf8'), 'mine');
  });

  it('names every clash, and then has written nothing', async () => {
    put('README.md', 'mine');
    put('Register/index.py', 'mine');
    const before = listing();
    assert.deepEqual(await findClashes(plan, folder), ['Register/index.py', 'README.md']);
    await assert.rejects(writeScaffold(plan, folder), (error: UserError) => {
      assert.equal(error.code, 'fileExists');
      assert.equal(
        error.message,
        `${folder} already has: Register/index.py, README.md. Nothing was written.`,
      );
      return true;
    });
    assert.deepEqual(listing(), before);
    assert.equal(fs.readFileSync(path.join(folder, 'README.md'), 'utf8'), 'mine');
  });

  it('takes a file where a folder should be for a clash', async () => {
    put('events', 'a file');
    assert.deepEqual(await findClashes(plan, folder), ['events']);
  });

  it('does not follow a link out of the folder', async () => {
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-elsewhere-'));
    fs.symlinkSync(elsewhere, path.join(folder, 'Register'));
    try {
      await assert.rejects(writeScaffold(plan, folder), { code: 'fileExists' });
      assert.deepEqual(fs.readdirSync(elsewhere), []);
    } finally {
      fs.rmSync(elsewhere, { recursive: true });
    }
  });

  it('leaves nothing behind when it fails half-way', async () => {
    put('notes.txt', 'mine');
    const broken: Pick<ScaffoldPlan, 'files'> = {
      files: [...plan.files, { path: `events/${'x'.repeat(300)}.json`, text: 'name too long' }],
    };
    await assert.rejects(writeScaffold(broken, folder), { code: 'cannotWrite' });
    assert.deepEqual(listing(), ['notes.txt']);
  });

  it('says when the folder cannot be made', async () => {
    put('file', 'mine');
    await assert.rejects(writeScaffold(plan, path.join(folder, 'file', 'project')), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /could not be written to .*project/);
      return true;
    });
    assert.deepEqual(listing(), ['file']);
  });
});
