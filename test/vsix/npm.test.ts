// The npm package: installed in an empty folder, offline, and used there as a person and as a test would.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');

/** What a test of a user would look like; run by Node's own runner. */
const userTest = `
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { runScenarios, startSession, UserError } = require('scfws');

let session;
before(async () => (session = await startSession({ folders: ['a 项目'] })));
after(() => session.stop());

test('tells what a client caused', async () => {
  const { client } = await session.ask('openClient', { name: 'alice', url: session.url });
  await session.fact('opened');
  await session.ask('clientSend', { client, dataType: 'text', data: 'hello' });
  const pushed = await session.fact('push');
  assert.equal(pushed.preview, 'hello');
  await session.ask('clientClose', { client, code: 1000 });
  await session.fact('closed');
  await session.quiet();
  assert.deepEqual(
    session.facts.filter(({ kind }) => kind === 'invocationStarted').map(({ role }) => role),
    ['register', 'transfer', 'cleanup'],
  );
});

test('runs the scenarios of the project', async () => {
  const events = [];
  const result = await runScenarios({ from: ['a 项目'], onEvent: (event) => events.push(event) });
  assert.ok(result.passed > 0 && result.failed === 0, JSON.stringify(result));
  assert.equal(events.filter((event) => event.test === 'scenarioEnded').length, result.passed);
});

test('says what to do', async () => {
  await assert.rejects(startSession({ folders: ['nowhere'] }), (error) => {
    assert.ok(error instanceof UserError);
    return error.code.length > 0 && error.message.includes('nowhere');
  });
});

test('ends a wait with the session, and with what the test throws', async () => {
  const other = await startSession({ folders: ['a 项目'] });
  const never = other.fact('frame');
  const thrown = other.fact('stopping', () => { throw new Error('mine'); });
  const waits = [assert.rejects(never, { code: 'stopped' }), assert.rejects(thrown, /mine/)];
  await Promise.all([...waits, other.stop()]);
  await assert.rejects(other.fact('frame'), { code: 'stopped' });
});

test('is there for import, too', async () => {
  assert.equal((await import('scfws')).startSession, startSession);
});
`;

const typed = `
import { startSession, type FactOf, type ScenarioResult } from 'scfws';

export async function roles(folder: string): Promise<string[]> {
  const session = await startSession({ folders: [folder], emulator: { closeOnUserError: true } });
  const ended: FactOf<'invocationEnded'> = await session.fact('invocationEnded', ({ outcome }) => outcome === 'ok');
  const { result } = await session.ask('invoke', { function: 'a/b', event: '{}' });
  // @ts-expect-error there is no such intent
  await session.ask('invoek', { function: 'a/b', event: '{}' });
  return [ended.invocation, result];
}
export const passed = (result: ScenarioResult): number => result.passed;
`;

describe('the npm package', function () {
  this.timeout(180_000);
  let folder: string;
  let tarball: string;

  const npm = (...args: string[]): string =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', env: environment() });
  const scfws = (...args: string[]): string => npm('exec', '--offline', '--', 'scfws', ...args);
  /** Nothing of this repository, and nothing that npm has fetched before. */
  const environment = (): NodeJS.ProcessEnv => {
    const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_PATH)/i.test(name));
    return { ...Object.fromEntries(kept), npm_config_cache: path.join(folder, '.npm') };
  };

  before(async () => {
    const { packNpm } = await import('../../scripts/npmPackage.mjs');
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-npm-'));
    tarball = await packNpm();
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
    npm('install', '--offline', '--no-audit', '--no-fund', tarball);
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it('is the same, byte for byte, when it is packed again', async () => {
    const { packNpm } = await import('../../scripts/npmPackage.mjs');
    const first = fs.readFileSync(tarball);
    fs.rmSync(tarball);
    assert.ok(first.equals(fs.readFileSync(await packNpm())));
  });

  it('asks for no other package', () => {
    assert.deepEqual(
      fs.readdirSync(path.join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['scfws'],
    );
  });

  it('has a command that says its version and makes a project that passes its own tests', () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.ok(scfws('--version').includes(version));
    scfws('new', 'a 项目', '--language', 'javascript');
    assert.match(scfws('test', 'a 项目'), /passed/);
  });

  it('has programs of its own: an agent asks for tools, and the contract is checked', () => {
    assert.match(scfws('conformance', '--help'), /conformance/);
    assert.match(scfws('mcp', '--help'), /mcp/);
    assert.match(scfws('help', '--locale', 'zh-cn'), /项目/);
  });

  it('can be used by the tests of a project', () => {
    fs.writeFileSync(path.join(folder, 'chat.test.cjs'), userTest);
    const said = execFileSync(
      process.execPath,
      ['--test', '--test-reporter=tap', 'chat.test.cjs'],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...environment(), NODE_TEST_CONTEXT: undefined },
      },
    );
    assert.match(said, /^# pass 5$/m, said);
  });

  it('has types that hold', () => {
    fs.writeFileSync(path.join(folder, 'typed.ts'), typed);
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = path.join(root, 'node_modules', '@types');
    const options = ['--noEmit', '--strict', '--module', 'node16', '--target', 'es2022'];
    const run = (): string =>
      execFileSync(
        process.execPath,
        [tsc, ...options, '--types', 'node', '--typeRoots', types, 'typed.ts'],
        { cwd: folder, encoding: 'utf8' },
      );
    assert.equal(run(), '');
    fs.writeFileSync(path.join(folder, 'typed.ts'), typed.replace('// @ts-expect-error', '//'));
    assert.throws(run, /status 2|Command failed/);
  });

  it('has packages beside it, of the same version', async () => {
    const { besides, packBeside } = await import('../../scripts/npmPackage.mjs');
    assert.deepEqual(besides, fs.readdirSync(path.join(root, 'packages')));
    for (const name of besides) {
      const file = await packBeside(name);
      const listed = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n');
      assert.deepEqual(
        listed.sort(),
        ['LICENSE', 'README.md', 'index.js', 'package.json']
          .map((each) => `package/${each}`)
          .sort(),
      );
      const manifest = JSON.parse(
        execFileSync('tar', ['-xzOf', file, 'package/package.json'], { encoding: 'utf8' }),
      ) as { version: string; repository?: object };
      const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
        version: string;
      };
      assert.equal(manifest.version, version);
      assert.ok(manifest.repository);
    }
  });

  it('is released only when everything is there', async () => {
    const { checks } = await import('../../scripts/release.mjs');
    const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as object;
    for (const what of ['the gallery has what it shows', 'keywords are in both languages']) {
      assert.equal(await checks[what]?.(manifest), undefined, what);
      assert.match((await checks[what]?.({})) ?? '', /Add/);
    }
    const unreleased = checks['the changelog tells of this version'];
    assert.match((await unreleased?.({ version: '99.0.0' })) ?? '', /99\.0\.0/);
  });

  it('names the licences of what is in it', () => {
    const file = path.join(folder, 'node_modules', 'scfws', 'THIRD-PARTY-NOTICES.txt');
    const notices = fs.readFileSync(file, 'utf8');
    for (const name of ['ws ', 'yaml ', '@modelcontextprotocol/server ']) {
      assert.ok(notices.includes(`\n${name}`) || notices.startsWith(name), name);
    }
  });
});
