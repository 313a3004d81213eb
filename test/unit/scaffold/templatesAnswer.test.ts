// Each template in each language is scaffolded, served, and talked to by real clients.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { languages } from '../../../src/core/scaffold/planScaffold';
import type { Language } from '../../../src/core/scaffold/planScaffold';
import { serveScaffold, until } from './conversation';
import type { Served } from './conversation';

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

describe('scaffolded projects', () => {
  let served: Served;
  afterEach(() => served.dispose());

  for (const language of languages) {
    describe(language, function () {
      it('echo: says back what it hears, and closes on "bye"', async () => {
        served = await serveScaffold(language, 'echo');
        const ann = await served.connect(['chat', 'binary']);
        assert.equal(ann.protocol, 'chat');

        ann.send('Grüße, 世界 🌍');
        assert.equal(await ann.next(), 'Grüße, 世界 🌍');
        ann.send('');
        assert.equal(await ann.next(), '');
        ann.send(everyByte);
        assert.deepEqual(await ann.next(), everyByte);

        ann.send('bye');
        assert.deepEqual(await ann.closed, { code: 1000 });
        assertNoErrors();
      });

      it('echo: runs each function with the sample events', async () => {
        served = await serveScaffold(language, 'echo');
        const events = path.join(served.folder, 'events');
        for (const name of fs.readdirSync(events).sort()) {
          const role = name.split(/[-.]/)[0];
          const functions = { register: 'Register', transfer: 'Transmission', cleanup: 'Delete' };
          const { outcome, result } = await served.session.intents.invoke({
            function: `demo/${functions[role as keyof typeof functions]}`,
            event: fs.readFileSync(path.join(events, name), 'utf8'),
          });
          assert.equal(outcome, 'ok', `${name}: ${result}`);
          assert.equal((JSON.parse(result) as { errNo: number }).errNo, 0);
        }
      });

      it('chat: tells the others, and forgets who cannot be reached', async () => {
        served = await serveScaffold(language, 'chat');
        const store = path.join(served.folder, '.scfws', 'members');
        await chatAndForget(language, () =>
          fs.readdirSync(store).map((name) => Buffer.from(name.slice(0, -3), 'hex').toString()),
        );
      });
    });
  }

  if (spawnSync('redis-server', ['--version']).status === 0) {
    for (const language of languages) {
      const program = programWithRedis(language);
      if (program === null) continue; // Debian's python3-redis, which `npm test` installs.
      it(`${language} chat keeps its members in Redis when it has one`, async function () {
        const redis = await startRedis('p@ss word');
        try {
          served = await serveScaffold(
            language,
            'chat',
            { REDIS_URL: `redis://:p%40ss%20word@127.0.0.1:${redis.port}/1` },
            { program, packages: ['redis', '@redis', 'cluster-key-slot'] },
          );
          await chatAndForget(language, redis.members, redis.hangUp);
          assert.equal(fs.existsSync(path.join(served.folder, '.scfws', 'members')), false);
        } finally {
          redis.dispose();
        }
      });
    }
  }

  for (const language of languages) {
    it(`${language} chat says how to install the Redis client that it lacks`, async () => {
      served = await serveScaffold(language, 'chat', { REDIS_URL: 'redis://127.0.0.1:1' });
      await assert.rejects(served.connect());
      const told = served.facts.find(
        (fact) => fact.kind === 'invocationEnded' && fact.outcome !== 'ok',
      );
      assert.match(JSON.stringify(told), /REDIS_URL is set.*redis is missing.*install/);
    });
  }

  /** `interrupt` is called between two messages; what was kept open is then gone. */
  async function chatAndForget(
    language: Language,
    members: () => string[],
    interrupt?: () => void,
  ): Promise<void> {
    const ann = await served.connect();
    const bob = await served.connect(['chat']);
    const eve = await served.connect();
    assert.equal(bob.protocol, 'chat');
    assert.deepEqual(members().sort(), [ann.id, bob.id, eve.id].sort());

    ann.send('hello');
    assert.equal(await bob.next(), 'hello');
    assert.equal(await eve.next(), 'hello');
    bob.send(everyByte);
    assert.deepEqual(await ann.next(), everyByte);
    assert.deepEqual(await eve.next(), everyByte);

    // Eve goes without the functions being told (as after a push of "closing"): only a push finds out.
    await served.session.intents.closeConnection({ connection: eve.id });
    await eve.closed;
    assert.ok(members().includes(eve.id));
    interrupt?.();
    ann.send('one');
    ann.send('two');
    assert.equal(await bob.next(), 'one');
    assert.equal(await bob.next(), 'two');
    assert.deepEqual(members().sort(), [ann.id, bob.id].sort(), language);
    assert.equal(ann.waiting, 0, 'who speaks hears nothing');

    bob.close();
    await until(served, (fact) => fact.kind === 'invocationStarted' && fact.role === 'cleanup');
    await until(
      served,
      (fact) =>
        fact.kind === 'invocationEnded' &&
        served.facts.some(
          (start) =>
            start.kind === 'invocationStarted' &&
            start.role === 'cleanup' &&
            start.invocation === fact.invocation,
        ),
    );
    assert.deepEqual(members(), [ann.id]);
    assertNoErrors();
  }

  function assertNoErrors(): void {
    const wrong = served.facts.filter(
      (fact) =>
        (fact.kind === 'invocationEnded' && fact.outcome !== 'ok') ||
        fact.kind === 'diagnostic' ||
        (fact.kind === 'log' && fact.stream === 'stderr'),
    );
    assert.deepEqual(wrong, []);
  }
});

/** An interpreter that has a client of Redis; undefined: whichever is found first; null: none has. */
function programWithRedis(language: Language): string | undefined | null {
  if (!language.startsWith('python')) {
    return undefined;
  }
  const candidates = ['python3', '/usr/bin/python3'];
  return candidates.find((each) => spawnSync(each, ['-c', 'import redis']).status === 0) ?? null;
}

async function startRedis(password: string): Promise<{
  port: number;
  members(): string[];
  /** Ends every connection of a client. */
  hangUp(): void;
  dispose(): void;
}> {
  const finder = net.createServer().listen(0, '127.0.0.1');
  await once(finder, 'listening');
  const { port } = finder.address() as net.AddressInfo;
  finder.close();
  await once(finder, 'close');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-redis-'));
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--requirepass', password],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of server.stdout) {
    if (String(line).includes('Ready to accept connections')) {
      break;
    }
  }
  const ask = (...words: string[]) =>
    spawnSync('redis-cli', ['-p', String(port), '-n', '1', '--raw', ...words], {
      encoding: 'utf8',
      env: { ...process.env, REDISCLI_AUTH: password },
    }).stdout;
  return {
    port,
    members: () =>
      ask('SMEMBERS', 'chat:members')
        .split('\n')
        .filter((line) => line !== ''),
    hangUp: () => void ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    dispose() {
      server.kill();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
