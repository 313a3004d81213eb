// What an export says before it is made: findings at their lines, limits that a recording crosses, and its bill.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { planWebFunction } from '../../../src/core/hosting/plan';
import { type Finding, languageOf, reportOn, sorted } from '../../../src/core/hosting/report';
import { bills, measure, priceOf } from '../../../src/core/hosting/traffic';
import { readProject } from '../../../src/core/project/loadService';
import { renderJsonLines } from '../../../src/protocol/export/jsonLines';
import type { Fact, FactBody } from '../../../src/protocol/fact';
import { root } from '../../../scripts/toolchain.mjs';

let seq = 0;
const at = (seconds: number, body: FactBody): Fact => ({ seq: ++seq, at: seconds * 1000, ...body });
const connecting = (connection: string): FactBody => ({
  ...{ kind: 'connecting', connection, service: 'room', stage: 'release' },
  ...{ target: '/release/room', remote: '', headers: {} },
});
const said = (connection: string, size: number, direction: 'toServer' | 'toClient'): FactBody => ({
  ...{ kind: 'frame', connection, direction, type: 'text', size, preview: '' },
});
const run = (invocation: string, name: string): FactBody => ({
  ...{ kind: 'invocationStarted', invocation, function: `room/${name}`, role: null },
  ...{ connection: null, cause: null, instance: 1, cold: false },
  ...{ queuedMs: 0, initMs: 0, version: 1, eventSize: 1 },
});
const ran = (invocation: string, durationMs: number): FactBody => ({
  ...{ kind: 'invocationEnded', invocation, outcome: 'ok', durationMs, preview: 'null' },
});

/** Two connections of 10 s that overlap by 5; one is left as a browser leaves, and one talks too much. */
const facts = (): Fact[] => [
  at(0, connecting('a')),
  at(0, run('1', 'Register')),
  at(1, ran('1', 500)),
  at(5, connecting('b')),
  ...Array.from({ length: 11 }, () => at(6, said('b', 10, 'toServer'))),
  at(7, said('b', 300 * 1024, 'toClient')),
  at(10, { kind: 'closed', connection: 'a', cause: 'clientClose', code: 1001, reason: '' }),
  at(15, { kind: 'closed', connection: 'b', cause: 'pushClosing', code: 1000, reason: '' }),
];

describe('the report of an export', function () {
  let folder: string;
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };
  const scfws = (...args: string[]) => {
    const cli = path.join(root, 'dist/cli.js');
    const options = { encoding: 'utf8' as const, cwd: folder };
    return spawnSync(process.execPath, [cli, ...args, '--locale', 'en'], options);
  };
  const project = (runtime: string, name: string, code: string): void => {
    const transfer = { folder: 'T', handler: 'index.main', runtime };
    write('p/scfws.json', JSON.stringify({ backendTimeout: 5, functions: { transfer } }, null, 1));
    write(`p/T/${name}`, code);
  };
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-report-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('names file and line of what changes, and writes nothing', () => {
    project(
      'Nodejs12.16',
      'index.js',
      'const fs = require("fs");\n// sourceIp\nexports.main = (e) =>\n  fs.writeFileSync("log.txt", e.requestContext.sourceIp);\n',
    );
    const { stdout, status } = scfws('export', 'web-function', 'p', '--report');
    assert.equal(status, 0);
    const lines = stdout.trim().split('\n').slice(1);
    assert.deepEqual(
      lines.map((line) => line.trim().split(': ').slice(0, 2).join(' ')),
      [
        'p/T/index.js:4 change',
        'p/T/index.js:4 change',
        'p/scfws.json:7 change',
        'p/scfws.json:2 differs',
        'p/scfws.json:4 differs',
      ],
    );
    assert.match(stdout, /asks for Nodejs12\.16 and is run by Nodejs18\.15/);
    assert.deepEqual(fs.readdirSync(folder), ['p']);
  });

  /** Without the command line: by weight, file and line. */
  const findingsOf = async (): Promise<Finding[]> => {
    const { value } = await readProject(path.join(folder, 'p'));
    assert.ok(value);
    const { language, findings } = await languageOf(value, undefined);
    if (language !== undefined) {
      const outFolder = path.join(folder, 'out');
      const distFolder = path.join(root, 'dist');
      const plan = await planWebFunction(value, { distFolder, language, outFolder });
      findings.push(...(await reportOn(value, plan)));
    }
    return sorted(findings);
  };

  it('asks for "requests" where it is used and not beside the handler', async () => {
    project('Python3.9', 'index.py', 'import json\nimport requests\n');
    const [first] = await findingsOf();
    assert.deepEqual([first?.weight, first?.line], ['change', 2]);
    write('p/T/requests/__init__.py', '');
    assert.ok((await findingsOf()).every(({ weight }) => weight === 'loses'));
  });

  it('says what stands in the way of an export', async () => {
    const cases = [
      ['Python2.7', 'index.py', /port it to Python 3/],
      ['Go1', 'index.main', /only Python and Node\.js/],
      ['Nodejs18.15', 'index.ts', /TypeScript/],
    ] as const;
    for (const [runtime, name, expected] of cases) {
      project(runtime, name, '');
      const [first] = await findingsOf();
      assert.equal(first?.weight, 'blocks', runtime);
      assert.match(first.message, expected);
      fs.rmSync(path.join(folder, 'p'), { recursive: true });
    }
    project('Go1', 'index.main', '');
    assert.equal(scfws('export', 'web-function', 'p').status, 1);
    assert.deepEqual(fs.readdirSync(folder), ['p']);
  });

  it('reads limits and a bill out of a recording', () => {
    const traffic = measure(facts());
    assert.deepEqual(
      traffic.statuses,
      new Map([
        [456, 1],
        [200, 1],
      ]),
    );
    assert.deepEqual(traffic.tooLarge, { connections: 1, largest: 300 * 1024 });
    assert.deepEqual(traffic.tooFast, { messages: 1, bytes: 0 });
    assert.deepEqual(traffic.connected, { sum: 20_000, union: 15_000 });
    const made = bills(traffic, [{ name: 'Register', memory: 512 }], 1024);
    assert.deepEqual(
      made.map(({ gbSeconds, calls }) => [gbSeconds, calls]),
      [
        [0.25, 1],
        [20, 2],
        [15, 2],
      ],
    );
    const prices = { currency: 'CNY', gbSecond: 2, tenThousandCalls: 10_000, outboundGb: 0 };
    assert.equal(priceOf(made[1]!, prices), 42);
  });

  it('prints quantities, and no money without prices', () => {
    project('Nodejs18.15', 'index.js', '');
    const recording = write(
      'r.scfws.jsonl',
      renderJsonLines({ facts: facts(), payloads: new Map() }),
    );
    const plain = scfws('export', 'web-function', 'p', '--report', '--recording', recording).stdout;
    assert.match(
      plain,
      /over 256 KB on 1 of 2 connections, the largest of 300 KB, the first at fact \d+:/,
    );
    assert.match(plain, /1 connections would count as failed with 456/);
    assert.match(plain, /one connection an instance +5\.0000 +2 /, '256 MB for 20 s');
    assert.doesNotMatch(plain, /CNY/);
    const args = ['--report', '--recording', recording];
    args.push('--prices', path.join(folder, 'prices.json'));
    write('prices.json', '{"gbSecond":1,"tenThousandCalls":"0"}');
    const wrong = scfws('export', 'web-function', 'p', ...args);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /"tenThousandCalls" is not a price/);
  });
});
