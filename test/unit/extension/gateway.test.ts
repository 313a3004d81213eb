// Starting and stopping the session: what is cancelled, what hangs, what fails.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { editor, person } from './editor';
import { Cancelled } from '../../../src/extension/commands/register';
import { Gateway } from '../../../src/extension/gateway';
import type { GatewayStatus } from '../../../src/extension/gateway';
import type { Fact } from '../../../src/protocol/fact';

/** A session as `mode` says: it listens at once or when it is to stop, ends itself, or never answers. */
const program = `
  const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  const mode = require('node:fs').readFileSync(__filename + '.mode', 'utf8');
  const listening = { kind: 'listening', seq: 1, at: 0, url: 'ws://x', pushUrl: 'http://x', port: 1,
    pid: process.pid, epoch: 7, services: [] };
  const listen = () => say(listening);
  if (mode === 'fails') { process.stderr.write('No port is free.\\n', () => process.exit(1)); }
  if (mode === 'listens' || mode === 'keeps' || mode === 'hangs') listen();
  const lines = require('node:readline').createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const { id, kind } = JSON.parse(line);
    if (kind === 'stop' && mode === 'late') listen();
    if (kind === 'facts' && mode !== 'hangs')
      say({ reply: id, value: { facts: mode === 'keeps' ? [listening] : [], next: null, last: 0 } });
  });
  lines.on('close', () => process.exit(0));
`;

describe('the gateway of a window', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-gateway-'));
  const errors: string[] = [];
  let refresh: () => Promise<void>;
  let gateway: Gateway;
  let statuses: GatewayStatus[];

  before(() => {
    fs.mkdirSync(path.join(root, 'dist'));
    fs.writeFileSync(path.join(root, 'dist', 'cli.js'), program);
  });
  after(() => fs.rmSync(root, { recursive: true, force: true }));

  const mode = (name: 'listens' | 'keeps' | 'late' | 'silent' | 'hangs' | 'fails') =>
    fs.writeFileSync(path.join(root, 'dist', 'cli.js.mode'), name);

  beforeEach(() => {
    refresh = () => Promise.resolve();
    person.messages.length = 0;
    errors.length = 0;
    const projects = { folders: [root], all: [], refresh: () => refresh() };
    const log = { session: () => undefined, error: (text: string) => errors.push(text) };
    gateway = new Gateway(root, projects as never, log as never);
    statuses = [];
    gateway.onDidChangeStatus((status) => statuses.push(status));
  });
  afterEach(() => gateway.stop());

  const reaches = (wanted: GatewayStatus) =>
    new Promise<void>((resolve) =>
      gateway.onDidChangeStatus((each) => each === wanted && resolve()),
    );

  it('starts and stops', async () => {
    mode('listens');
    await gateway.start();
    assert.equal(gateway.status, 'running');
    await gateway.stop();
    assert.deepEqual(statuses, ['starting', 'running', 'stopping', 'stopped']);
    assert.equal(gateway.failure, undefined);
  });

  it('gives up a start that has no process yet', async () => {
    mode('listens');
    refresh = () => new Promise(() => undefined);
    const started = gateway.start();
    const rejected = assert.rejects(started, Cancelled);
    await gateway.stop();
    await rejected;
    assert.deepEqual(statuses, ['starting', 'stopped']);
    refresh = () => Promise.resolve();
    await gateway.start();
    assert.equal(gateway.status, 'running');
  });

  it('gives up while it asks the Python extension, however long that takes', async () => {
    mode('listens');
    const asked = new Promise<void>((resolve) => {
      editor.extensions.getExtension = () => ({
        activate: () => {
          resolve();
          return new Promise(() => undefined);
        },
      });
    });
    const rejected = assert.rejects(gateway.start(), Cancelled);
    await asked;
    editor.extensions.getExtension = () => undefined;
    await gateway.stop();
    await rejected;
    assert.equal(gateway.status, 'stopped');
  });

  it('gives up a session that listens only while it is stopped, and calls that no failure', async () => {
    mode('late');
    const rejected = assert.rejects(gateway.start(), Cancelled);
    await new Promise((resolve) => setImmediate(resolve)); // The process is there, and says nothing.
    await gateway.stop();
    await rejected;
    assert.equal(gateway.status, 'stopped');
    assert.ok(!statuses.includes('running'), statuses.join());
    assert.equal(gateway.failure, undefined);
    assert.equal(person.messages.length, 0);
  });

  it('ends a session that answers nothing any more', async () => {
    mode('hangs');
    await gateway.start();
    await gateway.stop();
    assert.equal(gateway.status, 'stopped');
    assert.equal(person.messages.length, 0);
  });

  it('waits with a new start until the old session is gone', async () => {
    mode('listens');
    await gateway.start();
    const stopped = gateway.stop();
    await gateway.start();
    await stopped;
    assert.deepEqual(statuses.slice(2), ['stopping', 'stopped', 'starting', 'running']);
    assert.equal(gateway.session, 2);
  });

  it('cancels a start that still waits for the old session', async () => {
    mode('listens');
    await gateway.start();
    const stopped = gateway.stop();
    const rejected = assert.rejects(gateway.start(), Cancelled);
    await gateway.stop();
    await Promise.all([stopped, rejected]);
    assert.equal(gateway.status, 'stopped');
    assert.equal(gateway.session, 1);
  });

  it('keeps why it could not start, until it is tried again', async () => {
    mode('fails');
    await assert.rejects(gateway.start(), /No port is free/);
    assert.match(gateway.failure ?? '', /No port is free/);
    assert.equal(gateway.status, 'stopped');
    mode('listens');
    await gateway.start();
    assert.equal(gateway.failure, undefined);
  });

  it('lets what is left of a stopped session be cleared, and tells every reader', async () => {
    mode('keeps');
    await gateway.start();
    await gateway.stop();
    assert.equal((await gateway.facts(1, 10)).facts.length, 1);
    const told: Fact[] = [];
    gateway.onDidReceiveFacts((facts) => told.push(...facts));
    await gateway.clear();
    assert.deepEqual(told, [{ seq: 2, at: 0, kind: 'trafficCleared', epoch: 7 }]);
    assert.deepEqual((await gateway.facts(1, 10)).facts, []);
  });

  it('says so when the session ends and nobody asked for it', async () => {
    mode('listens');
    await gateway.start();
    const gone = reaches('stopped');
    process.kill(gateway.state.pid ?? 0);
    await gone;
    assert.match(gateway.failure ?? '', /unexpectedly/);
    assert.deepEqual(person.messages[0]?.buttons, ['Show Log', 'Restart']);
  });
});
