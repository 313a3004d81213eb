// `scfws load` as a process of its own: many clients of one flow, checks, and ends that leave nothing behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { makeProject, type Project } from '../scenario/parts';

const flow = `
vars: { group: 0, iteration: 0 }
env: { PLACE: here }
scenarios:
  - name: says
    steps:
      - ann connects
      - ann sends: "say hello \${group} \${iteration}"
      - ann receives next: "hello \${group} \${iteration}"
      - Transmission ran
  - name: has the variables of the flow, and a store of its own
    steps:
      - ann connects
      - ann sends: env PLACE
      - ann receives: here
      - ann sends: env SCFWS_STORE
      - ann receives: { $regex: scfws-store- }
`;

describe('scfws load', function () {
  let project: Project;

  before(() => {
    project = makeProject();
    project.write('it.wsflow.yaml', flow);
  });
  after(() => project.dispose());

  function start(...args: string[]) {
    const child = spawn(process.execPath, [path.resolve('dist/cli.js'), 'load', ...args], {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
    });
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    const done = Promise.all([text(child.stdout), text(child.stderr), exit]).then(
      ([out, err, code]) => ({ out, err, code }),
    );
    return { child, done };
  }
  const run = (...args: string[]) => start(...args).done;
  // Each group sends a message at least, however long its first processes take to start.
  const quick = ['--clients', '4', '--ramp', '0s', '--for', '300ms', '--every', '100ms'];

  it('measures, explains, checks and reports', async () => {
    const args = ['--check', 'reach>=99%', '--check', 'errors==0', '--report', 'out/load.html'];
    const { out, err, code } = await run('it.wsflow.yaml', ...quick, ...args);
    assert.equal(code, 0, out + err);
    assert.match(
      out,
      /^p50 .* = late at the client .* \+ wire .* \+ queue .* \+ handler .* \+ push/m,
    );
    assert.match(out, /4 clients in 4 groups/);
    assert.match(out, /\(100\.00 %/);
    assert.match(out, /leaves out steps of these kinds: ran\./);
    assert.match(out, /✓ reach>=99%/);
    const html = fs.readFileSync(path.join(project.folder, 'out', 'load.html'), 'utf8');
    assert.match(html, /<th>p99<\/th>/);
    assert.ok(!fs.existsSync(path.join(project.folder, '.scfws', 'session.json')));
  });

  it('ends with 1 when a check does not hold', async () => {
    const { out, code } = await run('it.wsflow.yaml', ...quick, '--check', 'p50<0.001ms');
    assert.equal(code, 1, out);
    assert.match(out, /✗ p50<0\.001ms/);
  });

  it('ends with 1 when nothing was measured, and says what did not come', async () => {
    const [says = ''] = flow.split('  - name: has');
    const mute = says.replace('hello ${group} ${iteration}"\n      - Tr', 'other"\n      - Tr');
    assert.notEqual(mute, says);
    project.write('mute.wsflow.yaml', mute);
    const { out, code } = await run('mute.wsflow.yaml', ...quick, '--limit', '300ms');
    assert.equal(code, 1, out);
    assert.match(out, /0 of \d+ awaited frames came/);
    assert.match(out, /Nothing was measured/);
  });

  it('ends with 2 for wrong files and wrong use, with the next step', async () => {
    project.write('bad.wsflow.yaml', 'scenarios: 7\n');
    project.write('nobody.wsflow.yaml', 'steps:\n  - set: { a: 1 }\n');
    const cases: [args: string[], message: RegExp][] = [
      [[], /needs one flow/],
      [['gone.wsflow.yaml'], /gone\.wsflow\.yaml/],
      [['bad.wsflow.yaml'], /cannot be run.*scfws test/],
      [['nobody.wsflow.yaml'], /No client connects.*connects/],
      [['it.wsflow.yaml', '--check', 'speed<1'], /--check does not understand "speed<1"/],
      [['it.wsflow.yaml', '--for', 'ever'], /--for takes a time/],
      [['it.wsflow.yaml', '--url', 'http://x'], /ws:\/\//],
      [
        ['it.wsflow.yaml', ...quick, '--report', '/dev/full'],
        /cannot be written to \/dev\/full.*make room/,
      ],
      [['it.wsflow.yaml', ...quick, '--report', 'it.wsflow.yaml/x'], /cannot be written/],
    ];
    const all = await Promise.all(cases.map(([args]) => run(...args)));
    cases.forEach(([args, message], at) => {
      const { err, code } = all[at] ?? {};
      assert.equal(code, 2, `${args.join(' ')}: ${err}`);
      assert.match(err ?? '', message);
    });
  });

  it('ends in order when it is interrupted, although a handler never ends', async () => {
    const handler = path.join(project.folder, 'Transmission', 'index.js');
    const before = fs.readFileSync(handler, 'utf8');
    const pidFile = path.join(project.folder, 'handler.pid');
    fs.writeFileSync(
      handler,
      `exports.main_handler = () => { require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); return new Promise(() => setInterval(() => undefined, 1000)); };`,
    );
    const { child, done } = start('it.wsflow.yaml', ...quick, '--for', '10m', '--limit', '10m');
    await new Promise<void>((resolve) => {
      const watch = fs.watch(project.folder, () => {
        if (fs.existsSync(pidFile) && fs.readFileSync(pidFile, 'utf8') !== '') {
          watch.close();
          resolve();
        }
      });
    });
    child.kill('SIGINT');
    const { out, code } = await done;
    fs.writeFileSync(handler, before);
    assert.equal(code, 1);
    assert.match(out, /Stopped before its time/);
    const pid = Number(fs.readFileSync(pidFile, 'utf8'));
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });
});
