// The contract, checked from outside against nodes of `scfws gateway`: some rows; docs/gateway.md tells how all are checked.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { text } from 'node:stream/consumers';
import { root } from '../../scripts/toolchain.mjs';
import { checkNodes, knowsAll, leaseSeconds } from './nodes';
import { freePort, redisProgram, startRedis } from '../unit/cluster/redisServer';

const program = path.join(root, 'dist/cli.js');
const env = {
  ...process.env,
  LANG: 'C',
  LC_ALL: 'C',
  SCFWS_CLUSTER_SECRET: 'a secret of the nodes',
  SCFWS_PUSH_SECRETS: 'a secret of the pushes',
};

async function scfws(...args: string[]): Promise<{ out: string; code: number | null }> {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const child = spawn(process.execPath, [program, ...args], { env, stdio });
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { out: await text(child.stdout), code: await exit };
}

/** Not all of `cleanup.`: a node cleans up after every end, unless `options.cleanupOn` says otherwise. */
const rows = ['push.9', 'register.refuses', 'cleanup.client-close'];
const few = ['push.9001', 'register.refuses', 'cleanup.client-close'];

describe('nodes of a gateway that stays', function () {
  this.timeout(240_000);

  for (const count of [1, 2]) {
    it(`keep the contract: clients at one node, pushes at ${count === 1 ? 'the same' : 'another'}`, async function () {
      if (count === 2 && redisProgram === undefined) {
        this.skip();
      }
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-nodes-'));
      const redis = count === 2 ? await startRedis() : undefined;
      const mailbox = await freePort();
      const children: ChildProcess[] = [];
      const startNode = async (n: number): Promise<{ urls: string[]; pushUrl: string }> => {
        const file = path.join(folder, `gateway-${n}.json`);
        const config = {
          listen: { port: 0 },
          operations: { port: 0 },
          drainSeconds: 0,
          services: [{ project: path.join(folder, 'default') }],
          ...(redis === undefined ? {} : { cluster: { redis: redis.url, leaseSeconds } }),
        };
        fs.writeFileSync(file, JSON.stringify(config));
        const child = spawn(
          process.execPath,
          [program, 'gateway', file, '--node', process.execPath],
          { env, stdio: ['ignore', 'pipe', 'inherit'] },
        );
        children.push(child);
        const lines = readline.createInterface({ input: child.stdout });
        return new Promise((resolve, reject) => {
          child.once('exit', (code) => reject(new Error(`the node ended with ${code}`)));
          lines.on('line', (line) => {
            const said = JSON.parse(line) as { msg: string; urls: string[]; pushUrl: string };
            if (said.msg === 'listening') {
              resolve(said);
            }
          });
        });
      };
      try {
        await scfws(
          ...['conformance', '--write-fixtures', folder, '--language', 'node'],
          ...['--mailbox', `http://127.0.0.1:${mailbox}/`],
        );
        const first = await startNode(0);
        const last = count === 2 ? await startNode(1) : first;
        await knowsAll(last.pushUrl);
        for (const row of rows) {
          const { out, code } = await scfws(
            ...['conformance', '--url', first.urls[0] ?? '', '--push-url', last.pushUrl],
            ...['--mailbox-port', String(mailbox), '--language', 'node', '--only', row],
          );
          assert.equal(code, 0, out);
          assert.match(out, /✓/, row);
        }
      } finally {
        await Promise.all(
          children.map(async (child) => {
            const end = once(child, 'exit');
            if (child.kill('SIGTERM')) {
              await end;
            }
          }),
        );
        await redis?.dispose();
        fs.rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  for (const [backend, count] of [
    ['http', 1],
    ['scf', 2],
  ] as const) {
    it(`keep the contract with functions behind ${backend}, at ${count === 1 ? 'one node' : 'two nodes'}`, async function () {
      if (count === 2 && redisProgram === undefined) {
        this.skip();
      }
      const results = await checkNodes({ backend, nodes: count, setups: ['default'], only: few });
      const wrong = results.filter(({ verdict }) => verdict === 'failed');
      assert.deepEqual(
        wrong.map(({ row, detail }) => `${row.id}: ${detail}`),
        [],
      );
      for (const row of few) {
        const passed = results.filter((each) => each.verdict === 'passed');
        assert.ok(
          passed.some((each) => each.row.id.includes(row)),
          row,
        );
      }
    });
  }
});
