// A run of `scfws test` that somebody ends leaves no handler behind, however it is ended; and its flags.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestEvent } from '../../../src/protocol/testEvent';
import { makeProject, type Project } from './parts';

const hanging = `name: it
scenarios:
  - name: hangs
    steps: [ann connects, { ann sends: pid }, { ann sends: hang }]
  - name: comes later
    steps: [ann connects]
`;

describe('a run that is interrupted', function () {
  let project: Project;
  beforeEach(() => {
    project = makeProject();
    // Tells its process, and then keeps it busy for ever.
    project.write(
      'Transmission/index.js',
      `exports.main_handler = async (event) => {
        if (event.websocket.data === 'pid') require('fs').writeFileSync(${JSON.stringify(path.join(project.folder, 'pid'))}, String(process.pid));
        else for (;;);
      };`,
    );
    project.write('main.wsflow.yaml', hanging);
  });
  afterEach(() => project.dispose());

  const start = (...flags: string[]) =>
    spawn(
      process.execPath,
      [path.resolve('dist/cli.js'), 'test', '--workers', '1', '--reporter', 'json', ...flags],
      {
        cwd: project.folder,
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, LANG: 'C' },
      },
    );

  /** Resolves when the second message has been sent: the handler is in its loop, or about to be. */
  const untilItHangs = (child: ChildProcess): Promise<void> =>
    new Promise((resolve) => {
      let seen = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (/"stepStarted","scenario":"[^"]*hangs","step":3/.test(seen)) resolve();
      });
    });

  async function gone(pid: number): Promise<void> {
    for (;;) {
      try {
        process.kill(pid, 0);
        if (/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
      } catch {
        return;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  for (const [how, end] of Object.entries({
    'Ctrl-C': (child: ChildProcess) => child.kill('SIGINT'),
    SIGTERM: (child: ChildProcess) => child.kill('SIGTERM'),
    'kill -9': (child: ChildProcess) => child.kill('SIGKILL'),
    'a closed window': (child: ChildProcess) => child.stdin?.end(),
  })) {
    it(`leaves no handler after ${how}`, async function () {
      if (process.platform === 'win32') this.skip();
      const child = start(...(how === 'a closed window' ? ['--stdio'] : []));
      await untilItHangs(child);
      const pid = Number(fs.readFileSync(path.join(project.folder, 'pid'), 'utf8'));
      const rest = child.stdout === null ? Promise.resolve('') : text(child.stdout);
      const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
      end(child);
      const code = await exit;
      await gone(pid);
      if (how !== 'kill -9') {
        assert.equal(code, 1);
        const events = (await rest)
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line) as TestEvent);
        const last = events.at(-1);
        assert.ok(last?.test === 'runEnded' && last.cancelled === true, JSON.stringify(last));
        assert.equal(last.passed + last.failed, 0);
      }
    });
  }
});
