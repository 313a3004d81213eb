/** What a person changes, and when the gateway is told to stop, while events run: nothing is lost on the way. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import net from 'node:net';
import WebSocket from 'ws';
import { connect, disposeServed, echoHandler, serve, type Served } from './served';

/** Echo; `wait` takes until the file `go` is there, and so do Register and Delete when they are told to. */
const waitingHandler = `${echoHandler}
const echo = exports.main_handler;
const go = require('path').join(__dirname, 'go');
const goes = async () => { while (!require('fs').existsSync(go)) await new Promise((done) => setTimeout(done, 10)); };
exports.main_handler = async (event) => {
  const { action, data } = event.websocket;
  if (data === 'fail') throw new Error('as asked');
  if (data === 'wait' || action === process.env.WAITS) await goes();
  return echo(event);
};`;

const transfer = (more: object = {}) => ({
  folder: '.',
  name: 'echo',
  runtime: 'Nodejs',
  timeout: 30,
  ...more,
});
const functions = (more: object = {}) => ({
  transfer: transfer(more),
  register: 'transfer',
  cleanup: 'transfer',
});

const start = (environment: Record<string, string> = {}) =>
  serve({ files: { 'index.js': waitingHandler }, transfer: { environment } });

const save = (served: Served, project: object): void =>
  fs.writeFileSync(path.join(served.folder, 'scfws.json'), JSON.stringify(project));

const go = (served: Served): void => fs.writeFileSync(path.join(served.folder, 'go'), '');

describe('changes while events run', function () {
  afterEach(disposeServed);

  it('Delete removed from scfws.json before its turn: it is not run, everybody else is served', async () => {
    const served = await start();
    const [leaver, other] = [await connect(served.url), await connect(served.url)];
    leaver.socket.send('wait');
    await served.until('invocationStarted', ({ role }) => role === 'transfer');
    leaver.socket.terminate();
    await served.until('closed');
    save(served, { functions: { transfer: transfer(), register: 'transfer' } });
    await served.until('servicesChanged');
    go(served);
    assert.equal(await other.say('still here'), 'still here');
    assert.deepEqual(
      served.of('invocationStarted').filter(({ role }) => role === 'cleanup'),
      [],
    );
  });

  it('settings of a function changed: its running event ends, what waits runs with the new ones, in order', async () => {
    const served = await start();
    const client = await connect(served.url);
    for (const text of ['wait', 'second', 'third']) {
      client.socket.send(text);
    }
    await served.until('frame', ({ preview }) => preview === 'third');
    save(served, { functions: functions({ timeout: 31 }) });
    await served.until('servicesChanged');
    go(served);
    for (const text of ['wait', 'second', 'third']) {
      assert.equal(await client.next(), text);
    }
    const all = () => served.of('invocationStarted');
    await served.until('invocationStarted', () => all().length === 4);
    await served.until('invocationEnded', ({ invocation }) => invocation === all()[3]?.invocation);
    assert.deepEqual(
      served.of('invocationEnded').map(({ outcome }) => outcome),
      ['ok', 'ok', 'ok', 'ok'],
    );
    const versions = all().map(({ version }) => version);
    assert.deepEqual(versions, [1, 1, 2, 2]);
  });

  it('a wrong handler corrected in scfws.json: its finding goes', async () => {
    const served = await serve({ transfer: { handler: 'index.main_handlr' } });
    await assert.rejects(connect(served.url));
    await served.until('diagnostic');
    save(served, { functions: functions() });
    await served.until('diagnosticsCleared');
    const client = await connect(served.url);
    assert.equal(await client.say('hello'), 'hello');
  });

  it('another path, another idle limit: both count, and .scfws/session.json says so', async () => {
    const served = await start();
    const client = await connect(served.url);
    save(served, { path: '/other', backendTimeout: 31, functions: functions() });
    const { services } = await served.until('servicesChanged');
    assert.match(services[0]?.url ?? '', /\/other$/);
    const file = path.join(served.folder, '.scfws', 'session.json');
    while (!fs.readFileSync(file, 'utf8').includes('/other"')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    save(served, { path: '/other', backendTimeout: 1, functions: functions({ timeout: 1 }) });
    assert.equal(await client.closed, 1001);
    assert.equal((await served.until('closed')).cause, 'idle');
  });

  it('an option that the host has set stays when scfws.json is saved', async () => {
    const served = await start();
    const [service] = (await served.until('listening')).services;
    const emulator = { closeOnUserError: true };
    await served.ask('setOptions', { service: service?.name ?? '', emulator });
    save(served, { path: '/other', functions: functions() });
    await served.until('servicesChanged');
    const client = await connect(served.url.replace(/\/[^/]*$/, '/other'));
    client.socket.send('fail');
    assert.equal(await client.closed, 1006);
    assert.equal((await served.until('closed')).cause, 'platformFailure');
  });
});

describe('clients that send and leave', function () {
  afterEach(disposeServed);

  it('faster than they are served: the next one has to wait, and comes in once there is room (limits.leaving)', async () => {
    const served = await start();
    // Two of them stay below limits.inbound: above it, the Close behind them would not be read.
    const [stays, large] = [await connect(served.url), 'x'.repeat(3 * 1024 * 1024)];
    stays.socket.send('wait');
    await served.until('invocationStarted', ({ role }) => role === 'transfer');
    const refused = (): boolean => served.of('refused').some(({ status }) => status === 503);
    // Register would wait, too: these are let in by a project without one.
    save(served, { functions: { transfer: transfer() } });
    await served.until('servicesChanged');
    for (let round = 0; round < 40 && !refused(); round++) {
      const client = await connect(served.url).catch(() => undefined);
      client?.socket.send(large);
      client?.socket.send(large);
      client?.socket.close();
      await client?.closed;
    }
    assert.ok(refused());
    go(served);
    while ((await connect(served.url).catch(() => undefined)) === undefined);
    assert.equal(await stays.say('still here'), 'wait');
  });
});

describe('the stop', function () {
  afterEach(disposeServed);

  it('refuses who comes meanwhile, and closes with 1001 whom Register lets in', async () => {
    const served = await start({ WAITS: 'connecting' });
    const late = new WebSocket(served.url);
    const lateClosed = once(late, 'close');
    await served.until('invocationStarted');
    served.child.stdin?.end();
    await served.until('stopping');
    const refused = new WebSocket(served.url);
    const [error] = (await once(refused, 'error')) as [Error];
    assert.match(error.message, /503/);
    go(served);
    assert.equal((await lateClosed)[0], 1001);
    assert.equal(await served.gone(), 0);
    assert.equal(served.of('closed')[0]?.cause, 'gatewayStop');
  });

  it('lets Delete end for a client that has left already', async () => {
    const served = await start({ WAITS: 'closing' });
    const client = await connect(served.url);
    client.socket.close();
    await served.until('invocationStarted', ({ role }) => role === 'cleanup');
    served.child.stdin?.end();
    await served.until('stopping');
    go(served);
    assert.equal(await served.gone(), 0);
    assert.deepEqual(
      served.of('invocationEnded').map(({ outcome }) => outcome),
      ['ok', 'ok'],
    );
  });

  it('does not wait for a host that lives but reads no more', async () => {
    const served = await start();
    const client = await connect(served.url);
    served.child.stdout?.pause();
    const big = 'x'.repeat(1000);
    for (let n = 0; n < 3000; n++) {
      client.socket.send(big);
    }
    // The pipe is full when the answers have come: each of them is several facts.
    for (let n = 0; n < 1000; n++) {
      await client.next();
    }
    served.child.stdin?.write(`${JSON.stringify({ id: 1, kind: 'stop' })}\n`);
    assert.equal(await served.gone(), 0);
  });
});

describe('sockets', function () {
  afterEach(disposeServed);

  const count = ({ pid }: Served): number =>
    fs.readdirSync(`/proc/${pid}/fd`).filter((fd) => {
      try {
        return fs.readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
      } catch {
        return false; // Closed since it was listed.
      }
    }).length;

  it('of clients that were dropped or refused are given back, whatever these do', async () => {
    const served = await serve({
      files: { 'index.js': waitingHandler },
      project: { emulator: { closeOnUserError: true } },
    });
    const first = await connect(served.url);
    await first.say('hello');
    const before = count(served);
    // More than is read at once: the gateway does not read them any more when it drops them.
    for (let n = 0; n < 3; n++) {
      const client = await connect(served.url);
      client.socket.send('fail');
      for (let more = 0; more < 400; more++) {
        client.socket.send('hello');
      }
      await client.closed;
    }
    const { port, hostname } = new URL(served.url);
    const silent = net.connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    silent.write(
      `GET /nowhere HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    silent.on('error', () => undefined);
    await once(silent, 'data');
    while (count(served) > before) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    silent.destroy();
  });
});
