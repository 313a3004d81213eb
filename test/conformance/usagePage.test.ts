// Handlers as the vendor's usage page describes them, run as they are: Python 2 style, `requests`, every value of
// `websocket` joined with +, the list of sub-protocols echoed, the vendor's push address written into the code.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { startSession, type Session } from '../../src/core/session/session';
import type { Fact, FactKind, FactOf } from '../../src/protocol/fact';
import { root } from '../../scripts/toolchain.mjs';
import { bootstrapFolder, runtimes } from './runtimes';

const fixtures = path.join(root, 'test/fixtures');

/** Folder that PYTHONPATH needs so that `requests` can be imported: none, or that of the copy inside pip. */
function requestsFor(interpreter: string): string | undefined {
  for (const folder of ['', path.join(fixtures, 'requests')]) {
    try {
      execFileSync(interpreter, ['-B', '-c', 'import requests; requests.post'], {
        env: { ...process.env, PYTHONPATH: folder },
        stdio: 'ignore',
      });
      return folder;
    } catch {
      continue;
    }
  }
  return undefined;
}

for (const { title, language, runtime, interpreter } of runtimes) {
  if (language !== 'python') {
    continue;
  }
  describe(`handlers of the usage page, unmodified, in ${title}`, () => {
    let folder: string;
    let session: Session;

    before(async function () {
      const program = await interpreter();
      const requests = program === undefined ? undefined : requestsFor(program);
      if (program === undefined || requests === undefined) {
        this.skip();
      }
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-usage-'));
      fs.cpSync(path.join(fixtures, 'usagePage'), folder, { recursive: true });
      const describeFunction = (name: string) => ({
        folder: name,
        runtime,
        interpreter: program,
        timeout: 30,
        ...(requests === '' ? {} : { environment: { PYTHONPATH: requests } }),
      });
      const functions = {
        register: describeFunction('Register'),
        transfer: describeFunction('Transmission'),
        cleanup: describeFunction('Delete'),
      };
      const file = JSON.stringify({ service: 'usage', backendTimeout: 60, functions });
      fs.writeFileSync(path.join(folder, 'scfws.json'), file);
      session = await startSession({ folders: [folder], port: 0, bootstrapFolder });
    });

    after(async () => {
      await session?.dispose();
      fs.rmSync(folder ?? '', { recursive: true, force: true });
    });

    function until<K extends FactKind>(kind: K, is: (fact: FactOf<K>) => boolean) {
      return new Promise<FactOf<K>>((resolve) => {
        const look = (fact: Fact): void => {
          if (fact.kind === kind && is(fact as FactOf<K>)) {
            subscription.dispose();
            resolve(fact as FactOf<K>);
          }
        };
        const subscription = session.onFact(look);
        session.recorder.read(1, Infinity).forEach(look);
      });
    }

    it('connect, echo through the vendor address, close by push, and clean up', async () => {
      const client = new WebSocket(session.services[0]?.url ?? '', 'chat');
      const messages: string[] = [];
      client.on('message', (data: Buffer) => messages.push(data.toString('utf8')));
      const closed = new Promise<number>((resolve) => client.on('close', resolve));
      await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
      assert.equal(client.protocol, 'chat');

      const echoed = new Promise((resolve) => client.once('message', resolve));
      client.send('hello 张');
      await echoed;
      assert.deepEqual(messages, ['you said hello 张']);
      const push = await until('push', ({ preview }) => preview === 'you said hello 张');
      assert.match(push.redirectedFrom ?? '', /^set-7og8wn64\.cb-beijing\.apigateway/);
      await until('log', ({ text }) => text.startsWith('answer is {"errNo":0'));
      await until('diagnostic', ({ rule }) => rule === 'push.redirect');

      client.send('bye');
      assert.equal(await closed, 1000);

      const leaving = new WebSocket(session.services[0]?.url ?? '', 'chat');
      await new Promise((resolve, reject) => leaving.once('open', resolve).once('error', reject));
      leaving.close(1000);
      const cleaned = await until('invocationEnded', ({ preview }) =>
        preview.includes('"closing"'),
      );
      assert.equal(cleaned.outcome, 'ok');
      const failed = session.recorder
        .read(1, Infinity)
        .filter((fact) => fact.kind === 'invocationEnded' && fact.outcome !== 'ok');
      assert.deepEqual(failed, []);
    });

    it('fail the handshake of a browser that offers two sub-protocols, with a finding', async () => {
      const client = new WebSocket(session.services[0]?.url ?? '', ['chat', 'binary']);
      const error = await new Promise<Error>((resolve) => client.once('error', resolve));
      assert.match(error.message, /subprotocol/i);
      const finding = await until('diagnostic', ({ rule }) => rule === 'register.protocol-echoed');
      assert.match(finding.message, /chat, ?binary/);
    });
  });
}
