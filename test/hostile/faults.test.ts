/** Each fault of the world around the emulator, injected with real processes; whatever happens, nothing is left. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import {
  connect,
  disposeServed,
  echoHandler,
  marked,
  markedPath,
  nothingLeft,
  serve,
} from './served';
import { openRaw } from './wire';

/** Echo, and some words that make trouble instead. */
const troubleHandler = `${echoHandler}
const echo = exports.main_handler;
const { spawn } = require('child_process');
exports.main_handler = async (event) => {
  const { action, data } = event.websocket;
  if (action !== 'data send') return echo(event);
  const keep = 'setInterval(() => {}, 1000)';
  switch (data) {
    case 'pid': return echo({ websocket: { ...event.websocket, data: String(process.pid) } });
    case 'loop': for (;;);
    case 'hang': return new Promise(() => setInterval(() => {}, 1000));
    case 'fork':
      spawn(process.execPath, ['-e', keep], { stdio: 'inherit' });
      return echo(event);
    case 'daemon':
      spawn(process.execPath, ['-e', keep], { stdio: 'ignore', detached: true }).unref();
      return echo(event);
    case 'memory': { const kept = []; for (;;) kept.push(Buffer.alloc(8 << 20, 1)); }
    case 'close': require('fs').closeSync(4); require('fs').closeSync(3); return new Promise(() => setInterval(() => {}, 1000));
    case 'nonsense': require('fs').writeSync(4, 'Q'.repeat(100000) + '\\n'); return 'ok';
    case 'endless': for (;;) require('fs').writeSync(4, 'x'.repeat(65536));
    case 'flood': for (let n = 0; n < 200000; n++) console.log('line ' + n); return echo(event);
    case 'slow': await new Promise((resolve) => setTimeout(resolve, 500)); return echo(event);
    case 'exit': process.exit(3);
  }
  return echo(event);
};`;

const trouble = (transfer: Record<string, unknown> = {}, project: Record<string, unknown> = {}) =>
  serve({ files: { 'index.js': troubleHandler }, transfer, project });

describe('faults', function () {
  afterEach(disposeServed);

  it('handler killed in the middle of an event: error 439, the connection lives, the next event is served', async () => {
    const served = await trouble();
    const client = await connect(served.url);
    const pid = Number(await client.say('pid'));
    client.socket.send('hang');
    await served.until('invocationStarted', ({ cause }) =>
      served.of('frame').some((frame) => frame.seq === cause && frame.preview === 'hang'),
    );
    process.kill(pid, 'SIGKILL');
    const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
    assert.equal(ended.error?.statusCode, 439);
    assert.equal(await client.say('again'), 'again');
    assert.notEqual(Number(await client.say('pid')), pid);
    await served.stop();
    assert.equal(await client.closed, 1001);
  });

  it('handler killed with the next event handed over already: that one is served once, by the next instance', async () => {
    const served = await trouble();
    const [one, other] = [await connect(served.url), await connect(served.url)];
    const pid = Number(await one.say('pid'));
    // Many quick events: from then on the next event goes to the process while one still runs.
    for (let n = 0; n < 60; n++) {
      assert.equal(await one.say(`quick ${n}`), `quick ${n}`);
    }
    one.socket.send('hang');
    // An echo arrives before its function has returned: the process may still be at the last of them.
    await served.until('invocationStarted', ({ cause }) =>
      served.of('frame').some((frame) => frame.seq === cause && frame.preview === 'hang'),
    );
    other.socket.send('waiting');
    await served.until('frame', ({ preview }) => preview === 'waiting');
    process.kill(pid, 'SIGKILL');
    assert.equal(await other.next(), 'waiting');
    assert.equal(await other.say('after'), 'after');
    assert.deepEqual(other.messages, ['waiting', 'after']);
    const failed = served.of('invocationEnded').filter(({ outcome }) => outcome !== 'ok');
    assert.deepEqual(
      failed.map(({ error }) => error?.statusCode),
      [439],
    );
    await served.stop();
  });

  it('out of memory: error 434, the next event is served', async () => {
    const served = await trouble({ memory: 256 });
    const client = await connect(served.url);
    client.socket.send('memory');
    const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
    assert.equal(ended.error?.statusCode, 434);
    assert.equal(await client.say('again'), 'again');
    await served.stop();
  });

  it('endless loop: error 433 at the time limit, the process is gone', async () => {
    const served = await trouble({ timeout: 1 });
    const client = await connect(served.url);
    const pid = Number(await client.say('pid'));
    client.socket.send('loop');
    const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
    assert.equal(ended.error?.statusCode, 433);
    assert.equal(await client.say('again'), 'again');
    assert.ok(!marked(served.mark).includes(pid));
    await served.stop();
  });

  for (const kind of ['fork', 'daemon']) {
    it(`a ${kind} that outlives the handler ends with it`, async () => {
      const served = await trouble();
      const client = await connect(served.url);
      const pid = Number(await client.say('pid'));
      assert.equal(await client.say(kind), kind);
      const before = marked(served.mark).length;
      process.kill(pid, 'SIGKILL');
      await served.until('instance', ({ state }) => state === 'stopped');
      while (marked(served.mark).length > before - 2) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.equal(await client.say('again'), 'again');
      assert.equal(await client.say(kind), kind);
      await served.stop();
    });
  }

  it('closes its channel: error 439, the next event is served', async () => {
    const served = await trouble({ timeout: 5 });
    const client = await connect(served.url);
    client.socket.send('close');
    const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
    assert.ok([433, 439].includes(ended.error?.statusCode ?? 0), JSON.stringify(ended.error));
    assert.equal(await client.say('again'), 'again');
    await served.stop();
  });

  for (const word of ['nonsense', 'endless']) {
    it(`floods its channel (${word}): error 439, other clients are served`, async () => {
      const served = await trouble({ maxInstances: 2 });
      const [one, other] = [await connect(served.url), await connect(served.url)];
      one.socket.send(word);
      assert.equal(await other.say('meanwhile'), 'meanwhile');
      const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
      assert.equal(ended.error?.statusCode, 439);
      assert.equal(await one.say('again'), 'again');
      await served.stop();
    });
  }

  it('floods its output: every line is told, others are served', async () => {
    const served = await trouble({ maxInstances: 2 });
    const [one, other] = [await connect(served.url), await connect(served.url)];
    one.socket.send('flood');
    assert.equal(await other.say('meanwhile'), 'meanwhile');
    assert.equal(await one.next(), 'flood');
    const { seq } = await served.until('frame', ({ preview }) => preview === 'flood');
    const { invocation } = await served.until('invocationStarted', ({ cause }) => cause === seq);
    await served.until('invocationEnded', (fact) => fact.invocation === invocation);
    const lines = served.of('log').flatMap(({ text }) => text.split('\n'));
    const told = lines.filter((line) => line.startsWith('line '));
    assert.equal(told.length, 200_000);
    assert.equal(new Set(told).size, 200_000);
    await served.stop();
  });

  it('disk full: the gateway serves on, without its files', async function () {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-full-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], {
        stdio: 'ignore',
      });
    } catch {
      fs.rmdirSync(folder);
      this.skip(); // Only root can make a small disk.
    }
    try {
      const trace = path.join(folder, 'trace.jsonl');
      const served = await serve({ folder, env: { SCFWS_TRACE: trace } });
      const client = await connect(served.url);
      assert.equal(await client.say('one'), 'one');
      fillDisk(path.join(folder, 'filler'));
      for (let n = 0; n < 300; n++) {
        assert.equal(await client.say(`message ${n} ${'x'.repeat(500)}`), client.messages.at(-1));
      }
      assert.match(served.stderr(), /ENOSPC|no space/i);
      await served.stop();
      const again = await serve({ folder: freeDisk(folder) });
      assert.equal(await (await connect(again.url)).say('clean start'), 'clean start');
      fillDisk(path.join(folder, 'filler'));
      await again.stop();
    } finally {
      execFileSync('umount', ['-l', folder]);
      fs.rmdirSync(folder);
    }
  });

  it('interpreter removed while running: what runs goes on; a new instance says what is missing', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-interpreter-'));
    const interpreter = path.join(folder, 'node');
    fs.copyFileSync(process.execPath, interpreter);
    fs.chmodSync(interpreter, 0o755);
    const served = await serve({
      files: { 'index.js': troubleHandler },
      flags: ['--node', interpreter],
    });
    const client = await connect(served.url);
    assert.equal(await client.say('one'), 'one');
    fs.rmSync(folder, { recursive: true });
    assert.equal(await client.say('two'), 'two');
    client.socket.send('exit');
    await served.until('instance', ({ state }) => state === 'stopped');
    client.socket.send('three');
    // Either another interpreter takes over, or the failure is told and the platform drops the client.
    const answered = await Promise.race([client.next(), client.closed]);
    if (answered !== 'three') {
      await served.until('diagnostic', ({ severity, message, advice }) => {
        return severity === 'error' && /node/i.test(message + advice);
      });
    }
    await served.stop();
  });

  it('port stolen between stop and start: the next one is taken, and said', async () => {
    const first = await serve({ flags: ['--port', '0'] });
    const { port } = first;
    await first.stop();
    const thief = net.createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');
    const again = await serve({ flags: ['--port', String(port)] });
    assert.notEqual(again.port, port);
    assert.equal(again.of('listening')[0]?.wishedPort, port);
    assert.equal(await (await connect(again.url)).say('hello'), 'hello');
    thief.close();
    await again.stop();
  });

  it('clock jump: the wall clock may leap, connections and timers do not', async function () {
    const preload = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-leap-')), 'leap.cjs');
    // From the third second on, this machine thinks that it slept for ten hours.
    fs.writeFileSync(
      preload,
      `const real = Date.now; let leap = 0;
       Date.now = () => real() + leap;
       process.on('SIGUSR2', () => { leap = leap === 0 ? 36e6 : -36e6; });`,
    );
    const served = await serve({ env: { NODE_OPTIONS: `--require ${preload}` } });
    const client = await connect(served.url);
    assert.equal(await client.say('before'), 'before');
    for (const word of ['ahead', 'back']) {
      served.child.kill('SIGUSR2');
      assert.equal(await client.say(word), word);
    }
    assert.deepEqual(served.of('closed'), []);
    await served.stop();
    fs.rmSync(path.dirname(preload), { recursive: true });
  });

  for (const who of ['the machine', 'the session alone'] as const) {
    it(`laptop sleep: ${who} stands still for longer than every limit; nothing is lost, nobody was idle (limits.standstill)`, async () => {
      // Asleep for longer than the backend timeout, the idle limit, and the limit of the event that runs.
      const served = await trouble({ timeout: 4 }, { backendTimeout: 5 });
      const client = await connect(served.url);
      const silent = await connect(served.url);
      const [host = '', port = ''] = new URL(served.pushUrl).host.split(':');
      const kept = await openRaw(Number(port));
      assert.equal(await client.say('before'), 'before');
      const { connection } = await served.until('opened');
      const body = JSON.stringify({
        websocket: {
          action: 'data send',
          secConnectionID: connection,
          dataType: 'text',
          data: 'pushed',
        },
      });
      const push = `POST ${new URL(served.pushUrl).pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      kept.socket.write(push.slice(0, -10));
      client.socket.send('slow');
      await served.until('invocationStarted', ({ cause }) =>
        served.of('frame').some((frame) => frame.seq === cause && frame.preview === 'slow'),
      );
      const pids = who === 'the machine' ? marked(served.mark) : [served.pid];
      pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
      client.socket.send('asleep');
      kept.socket.write(push.slice(-10));
      await new Promise((resolve) => setTimeout(resolve, 7000)); // The time asleep is the fault itself.
      pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
      const heard = [await client.next(), await client.next(), await client.next()].map(String);
      assert.deepEqual([...heard].sort(), ['asleep', 'pushed', 'slow']);
      assert.deepEqual(served.of('closed'), []);
      assert.ok((await served.until('clock')).stoodStillMs! > 5000);
      // From then on the limits count again.
      assert.equal(await silent.closed, 1001);
      await served.stop();
    });
  }

  for (const word of ['hang', 'loop', 'fork', 'daemon']) {
    it(`session process killed with a handler that would "${word}": no orphan`, async () => {
      const served = await trouble();
      const client = await connect(served.url);
      await client.say('first');
      client.socket.send(word);
      await served.until('invocationStarted', ({ cause }) =>
        served.of('frame').some((frame) => frame.seq === cause && frame.preview === word),
      );
      if (word === 'fork' || word === 'daemon') {
        await client.next();
      }
      served.child.kill('SIGKILL');
      await served.gone();
      await nothingLeft(served.mark);
      assert.equal(await client.closed, 1006);
    });
  }

  it('session process killed the moment its first handler starts: no orphan', async () => {
    const served = await trouble();
    void connect(served.url).catch(() => undefined);
    await served.until('instance', ({ state }) => state === 'starting');
    served.child.kill('SIGKILL');
    await served.gone();
    await nothingLeft(served.mark);
  });

  it('stopped with a handler in an endless loop: ends without waiting for its limit, and says what became of it', async () => {
    const served = await trouble({ timeout: 900 });
    const client = await connect(served.url);
    await client.say('hello');
    client.socket.send('loop');
    const started = await served.until('invocationStarted', ({ cause }) =>
      served.of('frame').some((frame) => frame.seq === cause && frame.preview === 'loop'),
    );
    client.socket.send('waits behind it');
    await served.until('frame', ({ preview }) => preview === 'waits behind it');
    await served.stop();
    assert.equal(await client.closed, 1001);
    const ended = served.of('invocationEnded');
    assert.equal(
      ended.find(({ invocation }) => invocation === started.invocation)?.error?.statusCode,
      439,
    );
    assert.equal(ended.length, served.of('invocationStarted').length);
  });

  it('host killed: the session ends by itself and leaves no orphan', async () => {
    // The host is a process of its own that starts the session and dies without a word.
    // Writes the project; its own session is not the one that is tested. Nobody waits for the limit of the loop.
    const served = await trouble({ timeout: 900 });
    const mark = `host-${served.mark}`;
    const script = `
      const { spawn } = require('child_process');
      const child = spawn(process.execPath, ${JSON.stringify([
        path.resolve(__dirname, '../../dist/cli.js'),
        'serve',
        served.folder,
        '--stdio',
        '--port',
        '0',
      ])}, { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdout.pipe(process.stdout);`;
    const host = spawn(process.execPath, ['-e', script], {
      env: { ...process.env, PATH: markedPath(mark) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [first] = (await once(host.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(first.toString().split('\n')[0] as string) as { url: string };
    const client = await connect(url);
    await client.say('daemon');
    client.socket.send('loop');
    host.kill('SIGKILL');
    assert.equal(await client.closed, 1001);
    await nothingLeft(mark);
    await served.stop();
  });
});

function fillDisk(file: string): void {
  const handle = fs.openSync(file, 'a');
  try {
    for (;;) {
      fs.writeSync(handle, Buffer.alloc(1024));
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    fs.closeSync(handle);
  }
}

function freeDisk(folder: string): string {
  for (const name of ['filler', 'trace.jsonl']) {
    fs.rmSync(path.join(folder, name), { force: true });
  }
  return folder;
}
