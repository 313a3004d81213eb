/** What people, projects and hosts do by mistake or on purpose: it costs what met it, and nobody else. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  connect,
  disposeServed,
  echoHandler,
  marked,
  nothingLeft,
  serve,
  type Served,
} from './served';

/** A gateway whose fault lab delays everything that clients say. */
async function serveDelayed(ms: number): Promise<Served> {
  const plan = path.join(os.tmpdir(), `scfws-plan-${process.pid}.json`);
  const rules = [{ fault: 'latency', rate: 1, ms, direction: 'toServer' }];
  fs.writeFileSync(plan, JSON.stringify({ seed: 1, rules }));
  try {
    return await serve({ flags: ['--faults', plan] });
  } finally {
    fs.rmSync(plan);
  }
}

describe('mishaps', function () {
  afterEach(disposeServed);

  it('a test client that cannot even ask leaves nothing behind, and the session ends', async () => {
    const served = await serve();
    const client = await connect(served.url);
    const asks = [
      { url: `${served.url}#room` },
      { url: served.url, protocols: ['chat', 'chat'] },
      { url: 'nonsense' },
      { url: served.url.replace('websocket', 'nothing'), reconnect: true },
    ];
    for (const ask of asks) {
      await assert.rejects(served.ask('openClient', { name: 'a', ...ask }), /clientRefused/);
    }
    const asked = served.of('client').length;
    assert.equal(await client.say('still here'), 'still here');
    await served.stop();
    assert.equal(await client.closed, 1001);
    assert.equal(served.of('client').length, asked, 'none came back by itself');
  });

  it('a close that no frame can carry is refused, and the connection lives', async () => {
    const served = await serve();
    const client = await connect(served.url);
    const { connection } = await served.until('opened');
    const close = (code: number, reason: string) =>
      served.ask('closeConnection', { connection, code, reason });
    await assert.rejects(close(1000, 'é'.repeat(70)), /longCloseReason/);
    for (const code of [1005, 1006, 999, 5000, 1000.5]) {
      await assert.rejects(close(code, ''), /badCloseCode/);
    }
    assert.equal(await client.say('alive'), 'alive');
    await close(4001, 'enough');
    assert.equal(await client.closed, 4001);
    await served.stop();
  });

  it('settings that make no sense are refused where they are given', async () => {
    const served = await serve();
    const service = path.basename(served.folder);
    for (const emulator of [{ idleResetOn: 5 }, { pushCloseCode: 1006 }, { cleanupOn: null }]) {
      const ask = { service, emulator: emulator as never };
      await assert.rejects(served.ask('setOptions', ask), /badOption/);
      const flags = ['--emulator', JSON.stringify(emulator)];
      await assert.rejects(serve({ flags }), /ended with 2: .*--emulator/s);
    }
    for (const text of ['null', '5', '[]', '{"idleRestOn":[]}']) {
      await assert.rejects(serve({ flags: ['--emulator', text] }), /ended with 2: .*--emulator/s);
    }
    assert.equal(await (await connect(served.url)).say('x'), 'x');
    await served.stop();
  });

  it('a push by hand without words sends an empty message, it does not close', async () => {
    const served = await serve();
    const client = await connect(served.url);
    const { connection } = await served.until('opened');
    const ask = { connections: [connection], action: 'data send', data: null } as never;
    await served.ask('push', ask);
    assert.equal(await client.next(), '');
    assert.equal(await client.say('alive'), 'alive');
    await served.stop();
  });

  it('a function that cannot be spawned fails alone, and says what to change', async () => {
    const served = await serve({
      files: { 'other/index.js': echoHandler },
      project: {
        functions: {
          transfer: { folder: '.', name: 'echo', runtime: 'Nodejs' },
          register: {
            folder: 'other',
            name: 'other',
            runtime: 'Nodejs',
            environment: { BIG: 'x'.repeat(140_000) },
          },
        },
        emulator: {},
      },
    });
    await assert.rejects(connect(served.url));
    const { message, advice } = await served.until('diagnostic');
    assert.match(message, /environment is larger/);
    assert.match(advice, /"environment" in scfws.json/);
    fs.rmSync(path.join(served.folder, 'other'), { recursive: true });
    await assert.rejects(connect(served.url));
    await served.until('invocationEnded', ({ error }) =>
      /There is no folder .*other/.test(error?.errorMessage ?? ''),
    );
    const invoked = await served.ask('invoke', {
      function: `${path.basename(served.folder)}/echo`,
      event: '{"websocket":{"action":"closing","secConnectionID":"x"}}',
    });
    assert.equal(invoked.outcome, 'ok');
    await served.stop();
  });

  it('an interpreter that is not there is told at the start, before any client comes', async () => {
    const served = await serve({ flags: ['--node', '/nowhere/node'] });
    const { message, advice } = await served.until('diagnostic');
    assert.match(`${message} ${advice}`, /\/nowhere\/node/);
    assert.equal(served.of('connecting').length, 0);
    await assert.rejects(connect(served.url));
    await served.stop();
  });

  it('no descriptors left: the function says so, and is served once there are some', async () => {
    const served = await serve({ openFiles: 64 });
    const sockets: net.Socket[] = [];
    const open = () =>
      new Promise<void>((resolve) => {
        const socket = net.connect(served.port, '127.0.0.1', resolve);
        socket.on('error', () => resolve());
        sockets.push(socket);
      });
    // One more at a time: somewhere on the way the pipes of a handler fit no longer.
    for (let n = 0; n < 34; n++) {
      await open();
    }
    await connect(served.url).catch(() => undefined);
    const { message } = await served.until('diagnostic');
    assert.match(message, /open \(EM?N?FILE\)|EMFILE/);
    sockets.forEach((socket) => socket.destroy());
    assert.equal(served.child.exitCode, null);
    let client: Awaited<ReturnType<typeof connect>> | undefined;
    while (client === undefined) {
      client = await connect(served.url).catch(() => undefined);
    }
    assert.equal(await client.say('again'), 'again');
    await served.stop();
  });

  it('a project that brings links and files of its own into .scfws has nothing written through them', async () => {
    const outside = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-outside-'));
    const project = () => fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-brought-'));
    const precious = path.join(outside, 'precious');
    fs.writeFileSync(precious, 'precious');

    const linked = project();
    fs.mkdirSync(path.join(linked, '.scfws'));
    for (const name of ['session.json', 'session.json.new', 'identity.json']) {
      fs.symlinkSync(precious, path.join(linked, '.scfws', name));
    }
    const one = await serve({ folder: linked });
    const file = path.join(linked, '.scfws', 'session.json');
    assert.equal(JSON.parse(fs.readFileSync(file, 'utf8')).pid, one.pid);
    assert.equal(fs.statSync(file).mode & 0o077, 0);
    await one.stop();

    const whole = project();
    fs.writeFileSync(path.join(outside, 'session.json'), 'kept');
    fs.symlinkSync(outside, path.join(whole, '.scfws'));
    const two = await serve({ folder: whole });
    await two.stop();

    const piped = project();
    fs.mkdirSync(path.join(piped, '.scfws'));
    for (const name of ['session.json', 'session.json.new', 'identity.json']) {
      execFileSync('mkfifo', [path.join(piped, '.scfws', name)]);
    }
    const three = await serve({ folder: piped });
    await three.stop();

    assert.equal(fs.readFileSync(precious, 'utf8'), 'precious');
    assert.deepEqual(fs.readdirSync(outside).sort(), ['precious', 'session.json']);
    assert.equal(fs.readFileSync(path.join(outside, 'session.json'), 'utf8'), 'kept');
    fs.rmSync(outside, { recursive: true });
  });

  it('a handler that says nonsense about its failure is ended; its client is served by the next', async () => {
    const served = await serve({
      files: {
        'index.js': `${echoHandler}
const echo = exports.main_handler;
exports.main_handler = async (event, context) => {
  if (event.websocket.data === 'odd') {
    require('fs').writeSync(4, 'E ' + context.request_id + ' - {"kind":"exception","stack":5,"message":{}}\\n');
    return new Promise(() => setInterval(() => {}, 1000));
  }
  return echo(event);
};`,
      },
    });
    const client = await connect(served.url);
    client.socket.send('odd');
    const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
    assert.equal(ended.error?.statusCode, 439);
    assert.equal(await client.say('again'), 'again');
    await served.stop();
  });

  it('a handler that stops listening: error 439, the next event is served', async () => {
    const served = await serve({
      files: {
        'index.js': `${echoHandler}
const echo = exports.main_handler;
exports.main_handler = async (event, context) => {
  if (event.websocket.action === 'connecting') return echo(event);
  context.callbackWaitsForEmptyEventLoop = false;
  await echo(event);
  if (event.websocket.data === 'deaf') { require('fs').closeSync(3); setInterval(() => {}, 1000); }
  return null;
};`,
      },
    });
    const client = await connect(served.url);
    assert.equal(await client.say('deaf'), 'deaf');
    client.socket.send('unheard');
    const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
    assert.equal(ended.error?.statusCode, 439);
    assert.equal(await client.say('again'), 'again');
    await served.stop();
  });

  it('a Python module that cannot be looked at costs nothing', async () => {
    const served = await serve({
      files: {
        'index.py': `import sys, types
class Lazy(types.ModuleType):
    def __getattr__(self, name):
        raise ImportError('not installed')
sys.modules['lazy'] = Lazy('lazy')
def main_handler(event, context):
    sys.modules['lazy2'] = Lazy('lazy2')
    return event['websocket']
`,
      },
      transfer: { runtime: 'Python3', handler: 'index.main_handler' },
    });
    const invoke = () =>
      served.ask('invoke', {
        function: `${path.basename(served.folder)}/echo`,
        event: '{"websocket":{"action":"closing"}}',
      });
    assert.equal((await invoke()).outcome, 'ok');
    assert.equal((await invoke()).outcome, 'ok');
    assert.equal(served.of('invocationStarted').filter(({ cold }) => cold).length, 1);
    await served.stop();
  });

  it('what a client said is served before Delete, also when the fault lab delays it', async () => {
    const served = await serveDelayed(300);
    const client = await connect(served.url);
    client.socket.send('last words');
    client.socket.close(1000);
    await served.until('invocationEnded', ({ invocation }) =>
      served
        .of('invocationStarted')
        .some((run) => run.role === 'cleanup' && run.invocation === invocation),
    );
    const roles = served.of('invocationStarted').map(({ role }) => role);
    assert.deepEqual(roles, ['register', 'transfer', 'cleanup']);
    await served.stop();
  });

  it('stopping does not wait for what the fault lab delays', async () => {
    const served = await serveDelayed(60_000);
    const client = await connect(served.url);
    client.socket.send('delayed');
    await served.until('faultStruck');
    await served.stop(); // The limit of this test is shorter than the delay.
    const roles = served.of('invocationStarted').map(({ role }) => role);
    assert.deepEqual(roles, ['register', 'transfer']);
  });

  it('functions that are debugged stay so when scfws.json changes', async () => {
    const served = await serve();
    const id = `${path.basename(served.folder)}/echo`;
    const first = await served.ask('debug', { function: id, enabled: true });
    const file = path.join(served.folder, 'scfws.json');
    const project = JSON.parse(fs.readFileSync(file, 'utf8'));
    project.functions.transfer.timeout = 7;
    fs.writeFileSync(file, JSON.stringify(project));
    const next = await served.until(
      'instance',
      ({ instance, waitsForDebugger }) => waitsForDebugger === true && instance !== first?.instance,
    );
    assert.ok(next.debugPort !== undefined);
    await served.ask('debug', { function: id, enabled: false });
    assert.equal(await (await connect(served.url)).say('served'), 'served');
    await served.stop();
  });

  it('a restart by hand ends a handler that would never end', async () => {
    const served = await serve({
      files: {
        'index.js': `${echoHandler}
const echo = exports.main_handler;
exports.main_handler = async (event) => {
  if (event.websocket.data === 'loop') for (;;);
  return echo(event);
};`,
      },
      transfer: { timeout: 600 },
    });
    const client = await connect(served.url);
    client.socket.send('loop');
    await served.until('invocationStarted', ({ role }) => role === 'transfer');
    const before = marked(served.mark).length;
    await served.ask('restartFunction', {
      function: `${path.basename(served.folder)}/echo`,
      now: true,
    });
    const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
    assert.equal(ended.error?.statusCode, 439);
    assert.equal(await client.say('again'), 'again');
    assert.equal(marked(served.mark).length, before);
    await served.stop();
    await nothingLeft(served.mark);
  });
});
