// `scfws conformance` as a person runs it: on our own gateway, and on one that somebody else started.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Fact } from '../../src/protocol/fact';
import { root } from '../../scripts/toolchain.mjs';

const program = path.join(root, 'dist/cli.js');
const english = { ...process.env, LANG: 'C', LC_ALL: 'C' };

async function scfws(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], {
    env: english,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { out, err, code };
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('scfws conformance', function () {
  it('checks its own gateway and counts the rows by mark', async () => {
    const node = ['--language', 'node', '--node', process.execPath];
    const { out, err, code } = await scfws('conformance', ...node, '--only', 'address.path');
    assert.equal(code, 0, out + err);
    assert.match(out, /✓ address\.path-template \(paths\)/);
    assert.match(out, /documented *: 4 rows agree, 0 do not/);
    assert.match(out, /assumed *: 1 rows agree, 0 do not/);
  });

  it('prints JSON for scripts', async () => {
    const node = ['--language', 'node', '--node', process.execPath];
    const { out, code } = await scfws('conformance', ...node, '--only', 'push.9003', '--json');
    assert.equal(code, 0, out);
    const { counts, checks } = JSON.parse(out) as {
      counts: { assumed: { passed: number } };
      checks: { row: string; verdict: string }[];
    };
    assert.equal(counts.assumed.passed, 1);
    assert.deepEqual(
      checks.map(({ row, verdict }) => [row, verdict]),
      [['push.9003', 'passed']],
    );
  });

  it('checks a gateway of somebody else, at which its handlers are deployed', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-deployed-'));
    const mailbox = await freePort();
    const written = await scfws(
      ...['conformance', '--write-fixtures', folder, '--language', 'node'],
      ...['--mailbox', `http://127.0.0.1:${mailbox}/`],
    );
    assert.equal(written.code, 0, written.err);
    const deployed = path.join(folder, 'default');
    assert.ok(written.out.split('\n').includes(deployed));
    const served = spawn(
      process.execPath,
      [program, 'serve', deployed, '--port', '0', '--json', '--node', process.execPath],
      { env: english, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise((resolve) => served.on('close', resolve));
    try {
      const listening = await new Promise<Fact>((resolve) =>
        readline
          .createInterface({ input: served.stdout })
          .once('line', (line) => resolve(JSON.parse(line) as Fact)),
      );
      assert.ok(listening.kind === 'listening');
      const { out, code } = await scfws(
        ...['conformance', '--url', listening.url, '--push-url', listening.pushUrl],
        ...['--mailbox-port', String(mailbox), '--language', 'node', '--only', 'register'],
      );
      assert.equal(code, 0, out);
      assert.match(out, /✓ register\.refuses \(default\)/);
      assert.match(out, /- register\.envelope-full \(full\): the set-up full is not deployed/);
    } finally {
      served.kill();
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says what does not agree, and fails', async () => {
    // Nothing listens there: every check of the set-up fails, with the row it is about.
    const port = await freePort();
    const { out, code } = await scfws(
      ...['conformance', '--url', `ws://127.0.0.1:${port}/release/x`],
      ...['--push-url', `http://127.0.0.1:${port}/api-00000000`, '--only', 'push.answer'],
    );
    assert.equal(code, 1);
    assert.match(out, /✗ push\.answer \(default\)\n {4}Given: .*\n {4}When: .*\n {4}Then: .*\n/);
    assert.match(out, /Observed: /);
  });

  it('explains itself when addresses are missing', async () => {
    const { err, code } = await scfws('conformance', '--url', 'ws://127.0.0.1:1/release/x');
    assert.equal(code, 2);
    assert.match(err, /--url and --push-url belong together/);
  });
});
