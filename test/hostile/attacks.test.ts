/** What an attacker with fresh eyes found, each as it was found: a handler, a client or a project against the gateway. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { connect, disposeServed, echoHandler, serve, type Served } from './served';
import { frame, upgradeRequest } from './wire';

/** Does what the message says with what stands behind it. */
const attackingHandler = `${echoHandler}
const echo = exports.main_handler;
const fs = require('fs');
exports.main_handler = async (event) => {
  const { action, data = '' } = event.websocket;
  if (action !== 'data send') return echo(event);
  const [, word, rest] = /^(\\w+) ?(.*)$/.exec(data) || [];
  if (word === 'channel') fs.writeSync(4, rest + '\\n');
  if (word === 'fifo') {
    fs.rmSync(__filename);
    require('child_process').execFileSync('mkfifo', [__filename]);
  }
  if (word === 'throw') throw Object.assign(new Error('x'.repeat(Number(rest))), { name: 5 });
  return echo(event);
};`;

const start = (project: object = {}): Promise<Served> =>
  serve({ files: { 'index.js': attackingHandler }, project: { ...project } });

describe('attacks', function () {
  afterEach(disposeServed);

  for (const line of [
    'F ["/dev/zero"]',
    'F [0]',
    'F {"a":1}',
    'N - {"notice":"ignoredReturn","place":{}}',
    'N - {"notice":"nobody knows it"}',
    'P {"port":"everywhere"}',
  ]) {
    it(`a handler that says ${line}: others are served`, async () => {
      const served = await start();
      const [attacker, other] = [await connect(served.url), await connect(served.url)];
      attacker.socket.send(`channel ${line}`);
      await served.until('invocationEnded', ({ invocation }) =>
        served.of('invocationStarted').some((run) => {
          const cause = served.facts.find(({ seq }) => seq === run.cause);
          return run.invocation === invocation && cause?.kind === 'frame';
        }),
      );
      assert.equal(await other.say('hello'), 'hello');
      await served.stop();
      assert.equal(await served.gone(), 0);
    });
  }

  it('a handler that puts a pipe in the place of its code: the gateway goes on, and ends when it is told to', async () => {
    const served = await start();
    const attacker = await connect(served.url);
    await attacker.say('fifo');
    // The new process waits at the pipe; the gateway must not.
    await served.until('instance', ({ state, version }) => state === 'starting' && version === 2);
    const answer = await fetch(served.url.replace('ws:', 'http:'));
    assert.equal(answer.status, 426);
    await served.stop();
    assert.equal(await served.gone(), 0);
  });

  it('an error with a long message and a name that is none: told in part, kept as a whole, the process lives', async () => {
    const served = await start();
    const client = await connect(served.url);
    client.socket.send('throw 2000000');
    const ended = await served.until('invocationEnded', ({ outcome }) => outcome !== 'ok');
    assert.equal(ended.error?.statusCode, 430);
    assert.ok(JSON.stringify(ended).length < 40_000);
    const whole = await served.ask('payload', { seq: ended.seq });
    assert.ok((whole?.data.length ?? 0) > 2_000_000);
    assert.equal(await client.say('hello'), 'hello');
    assert.deepEqual(
      served.of('instance').filter(({ state }) => state === 'stopped'),
      [],
    );
  });

  it('pushes whose payload stands where the id belongs: the fact keeps the beginning', async () => {
    const served = await start();
    const websocket = { action: 'data send', secConnectionID: 'x'.repeat(1e6), dataType: 'text' };
    const body = JSON.stringify({ websocket: { ...websocket, data: 'y' } });
    const answer = await fetch(served.pushUrl, { method: 'POST', body });
    assert.notEqual(((await answer.json()) as { errNo: number }).errNo, 0);
    const push = await served.until('push');
    assert.ok(JSON.stringify(push).length < 2000);
  });

  it('a client that is dropped and goes on sending: its socket is given back', async () => {
    const served = await start({ emulator: { closeOnUserError: true } });
    const { port, pathname } = new URL(served.url);
    const socket = net.connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.write(upgradeRequest(Number(port), pathname));
    await once(socket, 'data');
    socket.on('data', () => undefined);
    socket.write(frame({ payload: Buffer.from('throw 1') }));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const sending = setInterval(() => socket.write(frame({ payload: Buffer.from('more') })), 50);
    await closed;
    clearInterval(sending);
  });

  it('a client that pings faster than it reads gets every pong', async () => {
    const served = await start();
    const client = await connect(served.url);
    let pongs = 0;
    client.socket.on('pong', () => pongs++);
    // In one piece, as a burst comes.
    const raw = (client.socket as unknown as { _socket: net.Socket })._socket;
    const ping = frame({ opcode: 9, payload: Buffer.from('?') });
    raw.write(Buffer.concat(Array.from({ length: 500 }, () => ping)));
    assert.equal(await client.say('hello'), 'hello');
    assert.equal(pongs, 500);
  });

  it('too many fragments: the close code of the facts is the one on the wire (limits.fragments)', async () => {
    const served = await start();
    const client = await connect(served.url);
    const raw = (client.socket as unknown as { _socket: net.Socket })._socket;
    const part = frame({ fin: false, opcode: 0, payload: Buffer.from('x') });
    const first = frame({ fin: false, payload: Buffer.from('x') });
    raw.write(Buffer.concat([first, ...Array.from({ length: 20_000 }, () => part)]));
    const code = await client.closed;
    const told = await served.until('frame', ({ type }) => type === 'close');
    assert.equal(told.code, code);
    assert.equal(code, 1008);
  });

  it('a push that offers another protocol is taken, however it arrives', async () => {
    const served = await start();
    const client = await connect(served.url);
    const connection = (await served.until('opened')).connection;
    const { port, pathname, host } = new URL(served.pushUrl);
    const push = async (data: string, pieces: number): Promise<string> => {
      const websocket = {
        action: 'data send',
        secConnectionID: connection,
        dataType: 'text',
        data,
      };
      const body = JSON.stringify({ websocket });
      const text = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const socket = net.connect(Number(port), '127.0.0.1');
      socket.setNoDelay(true);
      for (let n = 0; n < pieces; n++) {
        const size = Math.ceil(text.length / pieces);
        socket.write(text.slice(n * size, (n + 1) * size));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return answer.toString();
    };
    for (const [data, pieces] of [
      ['small', 1],
      ['in pieces', 9],
      ['x'.repeat(300_000), 1],
    ] as const) {
      assert.match(await push(data, pieces), /200 OK/);
      assert.equal(await client.next(), data);
    }
  });

  it('a copied project beside its original: each has a push address of its own', async () => {
    const served = await start();
    await served.stop();
    const copy = `${served.folder}-copy`;
    fs.cpSync(served.folder, copy, { recursive: true });
    const file = path.join(copy, 'scfws.json');
    const project = JSON.parse(fs.readFileSync(file, 'utf8')) as object;
    fs.writeFileSync(file, JSON.stringify({ ...project, service: 'copy', path: '/copy' }));
    try {
      const both = await serve({
        files: { 'index.js': attackingHandler },
        flags: [copy, served.folder, copy],
      });
      const { services } = await both.until('listening');
      const keys = services.map(({ pushUrl }) => pushUrl);
      assert.equal(keys.length, 3);
      assert.equal(new Set(keys).size, 3);
      await both.stop();
    } finally {
      fs.rmSync(copy, { recursive: true });
    }
  });

  it('a file for import whose anchor contains itself, and a reader that leaves: a sentence, no stack', () => {
    const cli = path.resolve(__dirname, '../../dist/cli.js');
    const folder = fs.mkdtempSync(path.join(process.env['TMPDIR'] ?? '/tmp', 'scfws-import-'));
    fs.writeFileSync(
      path.join(folder, 'serverless.yml'),
      'component: scf\nname: x\ninputs: &a\n  self: *a\n',
    );
    const run = (command: string): string =>
      execFileSync('sh', ['-c', `${command} 2>&1 || true`], { encoding: 'utf8' });
    assert.doesNotMatch(run(`node ${cli} import ${folder}`), /\n\s+at /);
    assert.doesNotMatch(run(`node ${cli} --help > /dev/full`), /\n\s+at /);
    fs.rmSync(folder, { recursive: true });
  });
});
