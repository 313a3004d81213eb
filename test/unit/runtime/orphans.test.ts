// The session process is killed without a chance to clean up: no handler and no fork of one is left.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import type { Fact } from '../../../src/protocol/fact';
import { ended } from './harness';

/** Pids of all processes whose group is led by `leader`. */
function groupOf(leader: number): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = fs.readFileSync(`/proc/${name}/stat`, 'latin1');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) === leader;
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe('Killing the session process', () => {
  before(function () {
    if (process.platform !== 'linux') {
      this.skip();
    }
  });

  const situations: [string, string, string][] = [
    ['an idle handler', 'counts', '{}'],
    ['a handler in an endless loop', 'hangs', '{}'],
    ['a handler with a fork, both busy', 'forks', '{"hang":true}'],
    ['a handler that loads for ever', 'slowLoad', '{}'],
  ];

  for (const family of ['node', 'python']) {
    for (const [title, name, event] of situations) {
      it(`leaves nothing of ${title} (${family})`, async () => {
        const root = path.resolve(__dirname, '../../..');
        const session = spawn(
          process.execPath,
          [
            '-r',
            path.join(root, 'test/register.cjs'),
            path.join(__dirname, 'sessionProcess.ts'),
            family,
            name,
            event,
          ],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        let leader = 0;
        let guarded = 0;
        for await (const line of readline.createInterface({ input: session.stdout })) {
          const fact = JSON.parse(line) as Fact;
          if (fact.kind === 'instance' && fact.pid !== undefined) {
            leader = fact.pid;
          }
          const there =
            name === 'counts'
              ? fact.kind === 'invocationEnded'
              : name === 'slowLoad'
                ? fact.kind === 'instance'
                : fact.kind === 'invocationStarted';
          if (there) {
            break;
          }
        }
        // The guardian starts a moment after the first handler; a fork needs a moment, too.
        const wanted = name === 'forks' ? 2 : 1;
        while (guarded === 0 || groupOf(leader).length < wanted) {
          guarded =
            fs
              .readFileSync(`/proc/${session.pid}/task/${session.pid}/children`, 'latin1')
              .trim()
              .split(' ').length > 1
              ? 1
              : 0;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        const group = groupOf(leader);
        assert.ok(group.length >= wanted);
        session.kill('SIGKILL');
        await Promise.all([ended(session.pid ?? 0), ...group.map(ended)]);
      });
    }
  }
});
