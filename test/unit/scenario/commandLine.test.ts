// `scfws test` as a process of its own, with real handlers: exit codes, choice of scenarios, reports.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { startSession } from '../../../src/core/session/session';
import type { TestEvent } from '../../../src/protocol/testEvent';
import { makeProject, type Project } from './parts';

const flow = (names: string[], answer: string) =>
  `name: it\nscenarios:\n${names
    .map(
      (name) =>
        `  - name: ${name}\n    steps:\n      - ann connects\n      - ann sends: say a<b&"c\n      - ann receives: '${answer}'\n`,
    )
    .join('')}`;
const good = 'a<b&"c';

describe('scfws test', function () {
  this.timeout(120_000);
  let project: Project;
  beforeEach(() => (project = makeProject()));
  afterEach(() => project.dispose());

  async function run(...flags: string[]) {
    const child = spawn(process.execPath, [path.resolve('dist/cli.js'), 'test', ...flags], {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
    });
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { out, err, code };
  }
  const ended = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TestEvent)
      .flatMap((event) => (event.test === 'scenarioEnded' ? [event] : []));

  it('ends with 0 when all pass, and chooses by --filter and --shard', async () => {
    project.write('main.wsflow.yaml', flow(['one', 'two', 'three'], good));
    const all = await run('--reporter', 'json', '--reporter', 'tap=out/a=b.tap');
    assert.equal(all.code, 0, all.out + all.err);
    const ids = ended(all.out).map(({ scenario }) => scenario);
    assert.equal(ids.length, 3);
    const tap = fs.readFileSync(path.join(project.folder, 'out', 'a=b.tap'), 'utf8');
    assert.match(tap, /^TAP version 14\n(ok \d+ - .*\n){3}1\.\.3\n$/);
    const one = await run('--reporter', 'json', '--filter', 'two');
    assert.deepEqual(
      ended(one.out).map(({ scenario }) => scenario.split('#')[1]),
      ['two'],
    );
    const parts = await Promise.all(
      ['1/2', '2/2'].map((part) => run('--reporter', 'json', '--shard', part)),
    );
    assert.deepEqual(
      parts.flatMap(({ out }) => ended(out).map(({ scenario }) => scenario)).sort(),
      ids.sort(),
    );
  });

  it('ends with 1 at a failure and tells each reporter of it', async () => {
    project.write('main.wsflow.yaml', flow(['one'], 'other'));
    const { code, out, err } = await run('--reporter', 'github', '--reporter', 'junit=junit.xml');
    assert.equal(code, 1, out + err);
    assert.match(out, /^::error file=.*main\.wsflow\.yaml,line=7,col=\d+,title=/m);
    const xml = fs.readFileSync(path.join(project.folder, 'junit.xml'), 'utf8');
    assert.match(xml, /<testsuite name="main\.wsflow\.yaml" tests="1" failures="1" errors="0"/);
    assert.match(xml, /a&lt;b&amp;/);
  });

  it('ends with 1 and says so when nothing was run', async () => {
    project.write('main.wsflow.yaml', flow(['one'], good));
    const { code, err } = await run('--filter', 'nothing-like-it');
    assert.equal(code, 1);
    assert.match(err, /Nothing was run/);
  });

  it('runs each as often as --repeat says, and tells which time it is', async () => {
    project.write('main.wsflow.yaml', flow(['one', 'two'], good));
    const { code, out } = await run('--reporter', 'json', '--repeat', '3');
    assert.equal(code, 0, out);
    const runs = ended(out).map(({ scenario, attempt }) => `${scenario.split('#')[1]} ${attempt}`);
    assert.deepEqual(runs.sort(), ['one 1', 'one 2', 'one 3', 'two 1', 'two 2', 'two 3']);
  });

  it('ends at the first failure with --bail', async () => {
    project.write('main.wsflow.yaml', flow(['one', 'two', 'three'], 'other'));
    const { code, out } = await run('--reporter', 'json', '--bail', '--workers', '1');
    assert.equal(code, 1, out);
    assert.deepEqual(
      ended(out).map(({ outcome }) => outcome),
      ['failed', 'notRun', 'notRun'],
    );
  });

  it('runs against another gateway with --url and --push, and names what it leaves out', async () => {
    const session = await startSession({
      folders: [project.folder],
      bootstrapFolder: path.resolve('src/core/runtime/bootstrap'),
      isPrivate: true,
    });
    try {
      const [service] = session.services;
      const steps = `      - Transmission ran: { for: ann }\n`;
      project.write('main.wsflow.yaml', flow(['one'], good) + steps);
      const { url = '', pushUrl = '' } = service ?? {};
      const { code, out, err } = await run('--reporter', 'json', '--url', url, '--push', pushUrl);
      assert.equal(code, 0, out + err);
      assert.match(out, /"test":"stepSkipped"/);
    } finally {
      await session.dispose();
    }
  });

  it('runs again with --watch when a flow is saved, until Ctrl-C', async function () {
    if (process.platform === 'win32') this.skip(); // It has no signal for it.
    project.write('main.wsflow.yaml', flow(['one'], 'other'));
    const child = spawn(process.execPath, [path.resolve('dist/cli.js'), 'test', '--watch'], {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
    });
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    let out = '';
    let waits = 0;
    for await (const chunk of child.stdout) {
      out += String(chunk);
      const seen = out.split('Waiting for a change').length - 1;
      if (seen > waits) {
        waits = seen;
        if (waits === 1) project.write('main.wsflow.yaml', flow(['one'], good));
        else child.kill('SIGINT');
      }
    }
    assert.equal(await exit, 0, out);
    assert.match(out, /1 failed[^]*1 passed/);
  });

  it('writes JUnit that an XML parser takes, whatever a scenario is called', async () => {
    const names = ['a & b <c> "d"', "e ' ]]> f"];
    const text = flow(names, 'other').replace(
      /- name: (.*)/g,
      (_, name: string) => `- name: ${JSON.stringify(name)}`,
    );
    project.write('main.wsflow.yaml', text);
    await run('--reporter', 'junit=junit.xml');
    const script =
      'import sys, json, xml.etree.ElementTree as E; print(json.dumps([[c.get("name"), len(c)] for c in E.parse(sys.argv[1]).iter("testcase")]))';
    const { stdout, status } = spawnSync(
      'python3',
      ['-c', script, path.join(project.folder, 'junit.xml')],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0);
    const cases = JSON.parse(stdout) as [string, number][];
    assert.deepEqual(cases.map(([name]) => name).sort(), [...names].sort());
    assert.ok(cases.every(([, children]) => children > 0));
  });

  it('keeps each point of TAP in one line', async () => {
    project.write('main.wsflow.yaml', flow(['"one\\ntwo # three"'], good));
    const { out } = await run('--reporter', 'tap');
    assert.match(out, /^ok 1 - .*one two \\# three\n1\.\.1$/m);
  });

  for (const [kind, wrong] of Object.entries({
    'no YAML': 'name: [',
    'an unknown step': 'name: it\nsteps:\n  - ann dances',
    'an unknown member': 'name: it\nstepz: []\n',
  })) {
    it(`ends with 2 and names the line of ${kind}`, async () => {
      project.write('main.wsflow.yaml', wrong);
      const { code, out, err } = await run();
      assert.equal(code, 2, out + err);
      assert.match(out + err, /main\.wsflow\.yaml:\d+/);
    });
  }
});
