// The exported folder is really run, in both languages: what its clients, its functions and the platform see.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'redis';
import { findProgram } from '../../../scripts/toolchain.mjs';
import { fetchedNode } from '../runtime/harness';
import { redisProgram, type RealRedis, startLine, startRedis } from '../cluster/redisServer';
import { contents, exportOf, type Instance, startInstance } from './hosted';

/** A Python that has what the host needs, as requirements.txt would install it; undefined: there is none. */
const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import wsproto, redis']).status === 0,
);

const hosts = [
  // The platform's version, where it can be had.
  { language: 'node', find: async () => (await fetchedNode(18)) ?? process.execPath },
  { language: 'python', find: async () => Promise.resolve(python && findProgram([python])) },
];

for (const { language, find } of hosts) {
  describe(`a Web function's ${language} host`, function () {
    let interpreter: string | undefined;
    let folder: string;
    let exported: string;
    let printed: string;
    let before: Map<string, string>;
    let instance: Instance;
    const others: Instance[] = [];
    const start = (env: Record<string, string> = {}): Promise<Instance> =>
      startInstance(exported, interpreter as string, path.join(folder, 'cleanups'), env);

    this.beforeAll(async function () {
      interpreter = await find();
      if (interpreter === undefined) {
        this.skip();
      }
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-webfn-'));
      exported = path.join(folder, 'out');
      printed = exportOf(language, exported);
      before = contents(exported);
      instance = await start();
    });
    this.afterEach(() => Promise.all(others.splice(0).map((each) => each.stop())));
    this.afterAll(async () => {
      await instance?.stop();
      if (folder !== undefined) {
        fs.rmSync(folder, { recursive: true, force: true });
      }
    });

    it('is written whole, with a bootstrap that the platform can execute', () => {
      const bootstrap = path.join(exported, 'scf_bootstrap');
      const program = language === 'node' ? 'node18/bin/node' : 'python39/bin/python3.9';
      assert.equal(fs.statSync(bootstrap).mode & 0o777, 0o755);
      assert.match(before.get('scf_bootstrap') ?? '', /^#!\/bin\/bash\n[^\r]*\n$/);
      assert.ok(before.get('scf_bootstrap')?.includes(`/var/lang/${program}`));
      for (const name of before.keys()) {
        assert.ok(printed.includes(name.startsWith('project/') ? 'project/' : name), name);
      }
      assert.throws(
        () => exportOf(language, exported),
        /Nothing was written, because .* not empty/,
      );
    });

    it('gives the functions the events of the contract, and their push host (webfn.contract)', async () => {
      const client = await instance.connect('/room?who=ann', ['chat', 'other']);
      assert.equal(client.socket.protocol, 'chat');
      const id = await client.ask('id');
      assert.match(id, /^[A-Za-z0-9+/]{22}==$/);
      assert.deepEqual(JSON.parse(await client.ask('hello')), {
        websocket: { action: 'data send', secConnectionID: id, dataType: 'text', data: 'hello' },
      });
      client.socket.send(Buffer.from([0, 255]));
      assert.deepEqual(JSON.parse(await client.messages.next()), {
        websocket: { action: 'data send', secConnectionID: id, dataType: 'binary', data: 'AP8=' },
      });
      client.socket.send('fail');
      assert.equal(await client.ask('id'), id, 'an error of the function keeps the connection');
      client.socket.send('exit');
      assert.equal(await client.ask('id'), id, 'so does the end of its process');
      client.socket.close(1000);
      assert.equal(await client.closed, 1000);
      assert.deepEqual(
        instance.cleanups().filter((line) => line.endsWith(id)),
        [`closing ${id}`],
        'Cleanup has run when the client hears of the end',
      );
      assert.ok(instance.lines.some((line) => /registered at \/room/.test(line)));
      assert.ok(instance.lines.some((line) => line.includes('asked to fail')));
    });

    it('serves several connections in one instance, and ends one by a push after its Cleanup', async () => {
      const [ann, ben] = [await instance.connect(), await instance.connect('/release/room')];
      const [annId, benId] = [await ann.ask('id'), await ben.ask('id')];
      assert.equal(await ann.ask(`to ${benId} hi`), '0');
      assert.equal(await ben.messages.next(), 'hi');
      ben.socket.send('bye');
      assert.equal(await ben.closed, 1000);
      assert.equal(instance.cleanups().filter((line) => line.endsWith(benId)).length, 1);
      assert.equal(await ann.ask(`to ${benId} hi`), '9001');
      ann.socket.terminate();
      await ann.closed;
      const other = await instance.connect();
      await other.ask('id');
      other.socket.close(1000);
      await other.closed;
      assert.equal(instance.cleanups().filter((line) => line.endsWith(annId)).length, 1);
    });

    it('refuses whom Register refuses, what is no handshake, and pushes from outside', async () => {
      await assert.rejects(instance.connect('/room?room=full'), {
        status: 403,
        body: { errNo: 7, errMsg: 'the room is full' },
      });
      await assert.rejects(instance.connect('/nowhere'), (error: { status: number }) => {
        return error.status === 404;
      });
      const push = http.request({ port: instance.port, path: '/api-abcdefgh', method: 'POST' });
      push.end('{}');
      const [response] = (await once(push, 'response')) as [http.IncomingMessage];
      response.resume();
      assert.ok([404, 426].includes(response.statusCode ?? 0), String(response.statusCode));
    });

    it('takes WebSocket out of a list of offers (handshake.upgrade-list)', async () => {
      const own = await start(); // What its clients leave behind is nobody's here.
      others.push(own);
      for (const offers of ['Upgrade: websocket, h2c', 'Upgrade: h2c\r\nUpgrade: WebSocket']) {
        const socket = net.connect(own.port, '127.0.0.1');
        const head = [
          ...['GET /room HTTP/1.1', 'Host: here', 'Connection: keep-alive, Upgrade', offers],
          ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
        ];
        socket.write(head.join('\r\n'));
        const [answer] = (await once(socket, 'data')) as [Buffer];
        assert.match(answer.toString('latin1'), /^HTTP\/1.1 101 /);
        socket.destroy();
        await once(socket, 'close');
      }
    });

    it('ends a client that breaks the protocol together with its handshake, and cleans up', async () => {
      const before = instance.cleanups().length;
      const socket = net.connect(instance.port, '127.0.0.1');
      const head = [
        ...['GET /room HTTP/1.1', 'Host: here', 'Connection: Upgrade', 'Upgrade: websocket'],
        ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
      ];
      // A text frame without a mask.
      socket.write(Buffer.concat([Buffer.from(head.join('\r\n')), Buffer.from([0x81, 1, 0x78])]));
      const chunks: Buffer[] = [];
      for await (const chunk of socket) {
        chunks.push(chunk as Buffer);
      }
      const answer = Buffer.concat(chunks);
      assert.match(answer.toString('latin1'), /^HTTP\/1\.1 101 /);
      assert.equal(answer.readUInt16BE(answer.length - 2), 1002);
      // Its Cleanup came before that of whoever comes and leaves later.
      const other = await instance.connect();
      other.socket.close(1000);
      await other.closed;
      assert.equal(instance.cleanups().length, before + 2);
    });

    for (const [what, leave] of [
      ['is gone', (stream: net.Socket) => stream.destroy()],
      ['stands still', (stream: net.Socket) => stream.pause()],
    ] as const) {
      it(`goes on when whoever reads its log ${what}`, async () => {
        const own = await start();
        others.push(own);
        const before = await own.connect();
        leave(own.child.stdout as net.Socket);
        leave(own.child.stderr as net.Socket);
        for (const client of [before, await own.connect()]) {
          const id = await client.ask('id');
          client.socket.send('fail');
          client.socket.send('say 200000'); // Each several times what a pipe holds.
          client.socket.send('say 200000');
          assert.equal(await client.ask('id'), id);
          client.socket.close(1000);
          assert.equal(await client.closed, 1000);
          assert.ok(own.cleanups().some((line) => line.endsWith(id)));
        }
        own.child.kill('SIGTERM');
        assert.deepEqual(await once(own.child, 'exit'), [0, null]);
      });
    }

    it('turns away whom it cannot understand, and what has no end, and serves the others', async () => {
      const ann = await instance.connect();
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      const send = async (head: string[], frames = Buffer.alloc(0)): Promise<string> => {
        const socket = net.connect(instance.port, '127.0.0.1');
        const chunks: Buffer[] = [];
        socket.on('error', () => undefined); // It may be cut off while it still sends.
        socket.on('data', (chunk: Buffer) => chunks.push(chunk));
        const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
        const lines = ['GET /room HTTP/1.1', ...upgrade, key, ...head, '', ''];
        socket.write(Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), frames]));
        await once(socket, 'close');
        return Buffer.concat(chunks).toString('latin1');
      };
      assert.match(await send(['Host: here', 'Content-Length: 2']), /^HTTP\/1\.1 400 /);
      assert.match(await send(['Host: here', `X: ${'x'.repeat(40_000)}`]), /^HTTP\/1\.1 431 /);
      assert.match(await send(['Host: here', 'Host: there']), /^HTTP\/1\.1 400 /);
      // The host's own words, or its end of a connection that it let in: never silence.
      const closing = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 232]);
      assert.match(await send(['Host: \xff\xfe'], closing), /^HTTP\/1\.1 (400|101) /);
      const fragments = Buffer.alloc(6 * 20_000, Buffer.from([0x00, 0x80, 0, 0, 0, 0]));
      fragments[0] = 0x01;
      const cut = await send(['Host: here'], fragments);
      assert.equal(Buffer.from(cut, 'latin1').readUInt16BE(cut.length - 2), 1008);
      assert.match(await ann.ask('id'), /^[A-Za-z0-9+/]{22}==$/);
    });

    // Node.js has one way in for all signals. Where there is no /proc, no thread can be chosen.
    if (language === 'python' && process.platform === 'linux') {
      it('stops when it is told to, whichever of its threads the signal comes to', async () => {
        const own = await start();
        others.push(own);
        const client = await own.connect();
        const id = await client.ask('id');
        const pid = String(own.child.pid);
        const other = fs.readdirSync(`/proc/${pid}/task`).find((thread) => thread !== pid);
        const code = `import ctypes; ctypes.CDLL(None).tgkill(${pid}, ${other}, 15)`;
        const exit = once(own.child, 'exit');
        assert.equal(spawnSync(interpreter as string, ['-c', code]).status, 0);
        assert.deepEqual(await exit, [0, null]);
        assert.ok(own.cleanups().some((line) => line.endsWith(id)));
      });
    }

    it('reaches connections of other instances over Redis, and says when there is none', async function () {
      if (redisProgram === undefined) {
        this.skip();
      }
      const redis: RealRedis = await startRedis();
      try {
        const env = { REDIS_URL: redis.url };
        const [one, two] = await Promise.all([start(env), start(env)]);
        others.push(one, two);
        const [ann, ben] = [await one.connect(), await two.connect()];
        const benId = await ben.ask('id');
        assert.equal(await ann.ask(`to ${benId} hi`), '0');
        assert.equal(await ben.messages.next(), 'hi');
        // What nobody can read harms nobody.
        const look = createClient({ url: redis.url });
        look.on('error', () => undefined);
        await look.connect();
        const name = Buffer.from(benId, 'base64').toString('hex', 0, 6);
        const junk = ['{', 'null', '{"answers":1}', '{"from":[],"ask":"x","request":{"id":7}}'];
        for (const each of junk) {
          assert.equal(await look.publish(`scfws:webfn:${name}`, each), 1);
        }
        assert.equal(await ann.ask(`to ${benId} still`), '0');
        assert.equal(await ben.messages.next(), 'still');
        const third = await start(env);
        others.push(third);
        const carlId = await (await third.connect()).ask('id');
        await third.stop('SIGKILL');
        assert.equal(await ann.ask(`to ${carlId} hi`), '9001');
        // Until all have found Redis again, nobody says that Ben is gone.
        await redis.kill();
        assert.equal(await ann.ask(`to ${benId} hi`), '9007');
        await redis.restart();
        let answer = '';
        while ((answer = await ann.ask(`to ${benId} back`)) !== '0') {
          assert.equal(answer, '9007');
          await wait(50);
        }
        await look.configSet('requirepass', 'right');
        await look.close();
        const wrong = redis.url.replace('://', '://:wrong@');
        await assert.rejects(start({ REDIS_URL: wrong }), /correct REDIS_URL/);
        const left = await ann.ask('id');
        await one.stop();
        assert.equal(await ann.closed, 1011);
        assert.equal(one.cleanups().filter((line) => line.endsWith(left)).length, 1);
      } finally {
        await redis.dispose();
      }
    });

    // Each connection to Redis is found again by itself, and any of them may be the last.
    it('has the true answer of a push while connections to Redis come back one after the other', async function () {
      if (redisProgram === undefined) {
        this.skip();
      }
      const redis = await startRedis();
      const [ofOne, ofTwo] = [await startLine(redis.port), await startLine(redis.port)];
      try {
        const [one, two] = await Promise.all(
          [ofOne, ofTwo].map(({ port }) => start({ REDIS_URL: `redis://127.0.0.1:${port}` })),
        );
        assert.ok(one !== undefined && two !== undefined);
        others.push(one, two);
        const [ann, ben] = [await one.connect(), await two.connect()];
        const benId = await ben.ask('id');
        // Who holds Ben cannot answer: the push has come all the same, so its answer is that.
        ofTwo.cut('speaks');
        const answer = ann.ask(`to ${benId} hi`);
        assert.equal(await ben.messages.next(), 'hi');
        ofTwo.mend();
        assert.equal(await answer, '0');
        // Who asks cannot hear: nothing is pushed.
        ofOne.cut('hears');
        while (!one.lines.some((line) => line.includes('Redis: '))) {
          await once(one.child.stdout as NodeJS.ReadableStream, 'data');
        }
        assert.equal(await ann.ask(`to ${benId} unheard`), '9007');
        ofOne.mend();
        let last = '';
        while ((last = await ann.ask(`to ${benId} back`)) !== '0') {
          assert.equal(last, '9007');
          await wait(50);
        }
        assert.equal(await ben.messages.next(), 'back');
      } finally {
        ofOne.dispose();
        ofTwo.dispose();
        await redis.dispose();
      }
    });

    it('wrote nothing into its own folder', () => {
      assert.deepEqual([...contents(exported)], [...before]);
    });
  });
}
