// `scfws replay` as a process of its own: exit codes, what it prints, and that nothing of it is left.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { ReplayEvent } from '../../../src/core/replay/events';
import { makeProject, type Project } from '../scenario/parts';

describe('scfws replay', function () {
  let project: Project;
  let recording: string;

  before(async () => {
    project = makeProject();
    const flow = 'steps:\n  - ann connects\n  - ann sends: say hello\n  - ann receives: hello\n';
    const ran = await project.run(flow, { recordings: path.join(project.folder, 'rec') });
    assert.equal(ran.ended.passed, 1);
    recording = path.join('rec', fs.readdirSync(path.join(project.folder, 'rec'))[0] ?? '');
  });
  after(() => project.dispose());

  function start(...args: string[]) {
    const child = spawn(process.execPath, [path.resolve('dist/cli.js'), 'replay', ...args], {
      cwd: project.folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
    });
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    const done = Promise.all([text(child.stdout), text(child.stderr), exit]).then(
      ([out, err, code]) => ({ out, err, code }),
    );
    return { child, done };
  }
  const run = (...args: string[]) => start(...args).done;

  it('ends with 0 when nothing differs, and tells how much was compared', async () => {
    const { out, err, code } = await run(recording);
    assert.equal(code, 0, out + err);
    assert.match(out, /2 moves with 1 handshakes, 2 invocations, 2 values, 1 pushes, 1 frames/);
    assert.match(out, /No difference\.\n$/);
  });

  it('ends with 1 when something differs, and keeps it as a scenario that fails today', async () => {
    const handler = path.join(project.folder, 'Transmission', 'index.js');
    const before = fs.readFileSync(handler, 'utf8');
    fs.writeFileSync(
      handler,
      before.replace('await push(id, text);', 'await push(id, text + "?");'),
    );
    try {
      const { out, code } = await run(recording, '.', '--save', 'kept/it.wsflow.yaml');
      assert.equal(code, 1, out);
      assert.match(out, /ann sends "say hello".*\n {2}.*data\n {4}- hello\n {4}\+ hello\?/);
      const flow = fs.readFileSync(path.join(project.folder, 'kept', 'it.wsflow.yaml'), 'utf8');
      assert.equal((await project.run(flow)).ended.failed, 1);
      const full = await run(recording, '.', '--save', '/dev/full');
      assert.equal(full.code, 2);
      assert.match(full.err, /\/dev\/full cannot be written: ENOSPC.*make room/);
    } finally {
      fs.writeFileSync(handler, before);
    }
    const kept = fs.readFileSync(path.join(project.folder, 'kept', 'it.wsflow.yaml'), 'utf8');
    assert.equal((await project.run(kept)).ended.passed, 1);
  });

  it('ends with 2 for wrong files and wrong use, with the next step', async () => {
    fs.writeFileSync(path.join(project.folder, 'no.jsonl'), '{"seq":1}\n');
    fs.writeFileSync(path.join(project.folder, 'no.har'), '{"log":{"entries":[{}]}}');
    const cases: [args: string[], message: RegExp][] = [
      [[], /needs a recording/],
      [['gone.jsonl'], /cannot be read.*Name a recording/],
      [['no.jsonl'], /not a recording. Line 1: .*Name a recording/],
      [['no.har'], /No entry of this HAR file has WebSocket messages/],
      [[recording, 'nowhere'], /scfws\.json/],
      [[recording, '.', '--pace', 'fast'], /--pace takes one of virtual, real/],
      [[recording, '.', '--limit', '0'], /--limit takes a whole number/],
    ];
    for (const [args, message] of cases) {
      const { err, code } = await run(...args);
      assert.equal(code, 2, `${args.join(' ')}: ${err}`);
      assert.match(err, message);
    }
  });

  it('ends with 1 when there is nothing to compare', async () => {
    const lines = fs.readFileSync(path.join(project.folder, recording), 'utf8').split('\n');
    const rest = lines.filter((line) => !line.includes('"kind":"connecting"'));
    fs.writeFileSync(path.join(project.folder, 'cut.jsonl'), rest.join('\n'));
    const { err, code } = await run('cut.jsonl');
    assert.equal(code, 1, err);
    assert.match(err, /No client of this recording can speak again/);
  });

  for (const [how, end] of [
    ['interrupted', (child: ReturnType<typeof start>['child']) => child.kill('SIGINT')],
    ['left by its host', (child: ReturnType<typeof start>['child']) => child.stdin.end()],
  ] as const) {
    it(`ends with its processes when it is ${how}`, async () => {
      const handler = path.join(project.folder, 'Register', 'index.js');
      const before = fs.readFileSync(handler, 'utf8');
      const pidFile = path.join(project.folder, `${how}.pid`);
      fs.writeFileSync(
        handler,
        `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
         exports.main_handler = () => new Promise(() => setInterval(() => undefined, 1000));`,
      );
      const { child, done } = start(recording, '.', '--json');
      const seen = new Promise<void>((resolve) => {
        const watch = fs.watch(project.folder, () => {
          if (fs.existsSync(pidFile) && fs.readFileSync(pidFile, 'utf8') !== '') {
            watch.close();
            resolve();
          }
        });
      });
      await seen;
      end(child);
      const { out, code } = await done;
      fs.writeFileSync(handler, before);
      assert.equal(code, 1);
      const events = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as ReplayEvent);
      assert.equal(events.at(-1)?.replay, 'failed');
      const pid = Number(fs.readFileSync(pidFile, 'utf8'));
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    });
  }
});
