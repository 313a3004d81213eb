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

interface XmlNode {
  tag: string;
  attributes: Record<string, string>;
  /** What stands in it beside its children. */
  text: string;
  children: XmlNode[];
}

/** By Python's parser, which takes nothing that is not well-formed. */
function parseXml(file: string): XmlNode {
  const script = `import sys, json, xml.etree.ElementTree as E
def told(e): return {'tag': e.tag, 'attributes': e.attrib, 'text': (e.text or '') + ''.join(c.tail or '' for c in e), 'children': [told(c) for c in e]}
print(json.dumps(told(E.parse(sys.argv[1]).getroot())))`;
  const { stdout, stderr, status } = spawnSync('python3', ['-c', script, file], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as XmlNode;
}

/** What Jenkins' xUnit plugin (junit-10.xsd) allows: children, attributes (`!`: must be there), whether text may stand in it. */
const junit: Record<string, { children: string[]; attributes: string[]; text?: true }> = {
  testsuites: {
    children: ['testsuite'],
    attributes: ['name', 'time', 'tests', 'failures', 'errors'],
  },
  testsuite: {
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    attributes: [
      ...['name!', 'tests!', 'failures!', 'errors!', 'group', 'time', 'skipped', 'timestamp'],
      ...['hostname', 'id', 'package', 'file', 'log', 'url'],
    ],
  },
  testcase: {
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    attributes: ['name!', 'time', 'classname', 'group'],
  },
  ...Object.fromEntries(
    ['failure', 'error', 'skipped'].map((tag) => [
      tag,
      { children: [], attributes: ['type', 'message'], text: true },
    ]),
  ),
  'system-out': { children: [], attributes: [], text: true },
};

function junitProblems({ tag, attributes, text, children }: XmlNode): string[] {
  const allowed = junit[tag];
  if (allowed === undefined) {
    return [tag];
  }
  const names = allowed.attributes.map((name) => name.replace('!', ''));
  const required = allowed.attributes.filter((name) => name.endsWith('!'));
  return [
    ...(text.trim() !== '' && !allowed.text ? [`${tag}: text`] : []),
    ...required
      .map((name) => name.slice(0, -1))
      .filter((name) => !(name in attributes))
      .map((name) => `${tag}: no ${name}`),
    ...(/^[\d,]*(\.\d*)?$/.test(attributes['time'] ?? '')
      ? []
      : [`${tag}: time="${attributes['time']}"`]),
    ...Object.keys(attributes)
      .filter((name) => !names.includes(name))
      .map((name) => `${tag}: ${name}`),
    ...children
      .filter((each) => !allowed.children.includes(each.tag))
      .map((each) => `${tag}: ${each.tag}`),
    ...children.flatMap(junitProblems),
  ];
}

describe('scfws test', function () {
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

  it('ends with 2, and runs nothing, where a report cannot be written', async () => {
    project.write('main.wsflow.yaml', flow(['one'], good));
    project.write('taken', '');
    const first = await run('--reporter', 'json', '--reporter', 'junit=taken/junit.xml');
    assert.equal(first.code, 2, first.out + first.err);
    assert.match(
      first.err,
      /^scfws: The report cannot be written to taken.junit\.xml: .* Name another file, or make room\.\n$/,
    );
    assert.equal(first.out, '');
  });

  it('ends with 2 where a report can be written no more', async function () {
    if (!fs.existsSync('/dev/full')) {
      this.skip();
    }
    project.write('main.wsflow.yaml', flow(['one', 'two', 'three'], good));
    for (const reporter of ['tap', 'junit']) {
      const { code, out, err } = await run(
        '--workers',
        '1',
        '--reporter',
        `${reporter}=/dev/full`,
        '--reporter',
        'json',
      );
      assert.equal(code, 2, out + err);
      assert.match(err, /^scfws: The report cannot be written to \/dev\/full: .*ENOSPC/);
      const passed = out.match(/"outcome":"passed"/g)?.length ?? 0;
      assert.equal(passed, reporter === 'tap' ? 0 : 3); // JUnit is written at the end.
    }
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
      const steps = [
        '- Transmission ran: { for: ann }',
        '- ann pings',
        '- ann sends: say one',
        '- ann receives exactly: [one]',
        '- ann closes',
      ];
      project.write(
        'main.wsflow.yaml',
        flow(['one'], good) + steps.map((step) => `      ${step}\n`).join(''),
      );
      const { url = '', pushUrl = '' } = service ?? {};
      // However short the silence, what is expected is waited for.
      const there = ['--url', url, '--push', pushUrl, '--silence', '1'];
      const { code, out, err } = await run('--reporter', 'json', ...there);
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

  it('writes JUnit that the strictest schema takes, whatever a scenario is called', async () => {
    const names = ['a & b <c> "d"', "e ' ]]> f", 'tab\tline\nbell\u0007'];
    const quoted = (text: string) =>
      text.replace(
        /- name: ([^]*?)\n    steps/g,
        (_, name: string) => `- name: ${JSON.stringify(name)}\n    steps`,
      );
    project.write('main.wsflow.yaml', quoted(flow(names, 'other')));
    project.write('good.wsflow.yaml', flow(['passes'], good));
    project.write(
      'left out.wsflow.yaml',
      flow(['skipped'], good).replace('- name: skipped', '- name: skipped\n    skip: not now'),
    );
    project.write('wrong.wsflow.yaml', 'name: it\nsteps:\n  - ann dances <wildly> & "long"');
    await run('--reporter', 'junit=junit.xml');
    const root = parseXml(path.join(project.folder, 'junit.xml'));
    assert.deepEqual(junitProblems(root), []);
    const cases = root.children.flatMap(({ children }) => children);
    const told = cases.map(({ attributes, children }) => [
      attributes['name'],
      children.map(({ tag }) => tag).join(),
    ]);
    assert.deepEqual(
      told.sort(),
      [
        ...[
          [names[0], 'failure'],
          [names[1], 'failure'],
          ['tab\tline\nbell\ufffd', 'failure'],
        ],
        ...[
          ['passes', ''],
          ['skipped', 'skipped'],
          ['wrong.wsflow.yaml:3', 'error'],
        ],
      ].sort(),
    );
    const { tests, failures, errors } = root.attributes;
    assert.deepEqual({ tests, failures, errors }, { tests: '6', failures: '3', errors: '1' });
  });

  it('finds what the schema does not have', () => {
    const leaf = (tag: string, attributes: Record<string, string>) => ({
      tag,
      attributes,
      text: '',
      children: [],
    });
    const suite = {
      ...leaf('testsuite', { name: 'x', tests: '1', failures: '0', time: '1e-7' }),
      children: [leaf('testcase', { name: 'y', line: '1' })],
    };
    assert.deepEqual(
      junitProblems({ ...leaf('testsuites', {}), text: ' stray', children: [suite] }),
      ['testsuites: text', 'testsuite: no errors', 'testsuite: time="1e-7"', 'testcase: line'],
    );
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
