// Rows of the ledger that no client sees: limits of the project file, the log, the end of the emulator.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startMailbox, type EventReport, type Mailbox } from '../../src/conformance/mailbox';
import { RawClient } from '../../src/conformance/rawClient';
import { type SetupName, writeSetup } from '../../src/conformance/setups';
import { parseProjectFile } from '../../src/core/project/projectFile';
import { longestQueue } from '../../src/core/runtime/dispatch/dispatcher';
import { startSession, type Session } from '../../src/core/session/session';
import type { Fact, FactKind, FactOf } from '../../src/protocol/fact';
import { endLines, startLine } from '../../src/protocol/platformLog';
import { bootstrapFolder, fixtureFolder } from './runtimes';

describe('rows of the ledger that no client sees', () => {
  let mailbox: Mailbox;
  let folder: string;
  const sessions: Session[] = [];

  before(async () => {
    mailbox = await startMailbox();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-inside-'));
  });

  after(async () => {
    await Promise.all(sessions.map((session) => session.dispose()));
    await mailbox.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  let count = 0;
  async function serve(setup: SetupName) {
    const folders = await writeSetup(setup, path.join(folder, String(++count)), {
      language: 'node',
      runtime: 'Nodejs',
      interpreter: process.execPath,
      mailbox: mailbox.url,
      fixtureFolder,
    });
    const session = await startSession({ folders, port: 0, bootstrapFolder });
    sessions.push(session);
    const [service] = session.services;
    assert.ok(service);
    return { session, service };
  }

  function until<K extends FactKind>(
    session: Session,
    kind: K,
    is: (fact: FactOf<K>) => boolean = () => true,
  ): Promise<FactOf<K>> {
    return new Promise((resolve) => {
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

  const project = (more: object, transfer: object = {}) =>
    parseProjectFile(
      JSON.stringify({
        ...more,
        functions: { transfer: { folder: '.', runtime: 'Python3', ...transfer } },
      }),
      '/project',
    );

  it('limits.backend-timeout: 15 seconds, 1 to 1800', () => {
    assert.equal(project({}).value?.backendTimeout, 15);
    for (const backendTimeout of [1, 1800]) {
      assert.equal(project({ backendTimeout }).value?.backendTimeout, backendTimeout);
    }
    for (const backendTimeout of [0, 1801, 1.5]) {
      assert.equal(project({ backendTimeout }).value, undefined);
    }
  });

  it('limits.init-timeout: 60 seconds, 3 to 300; function timeout 3 seconds, 1 to 900', () => {
    const [spec] = project({}).value?.functions ?? [];
    assert.deepEqual([spec?.initTimeout, spec?.timeout, spec?.memory], [60, 3, 128]);
    for (const right of [
      { initTimeout: 3 },
      { initTimeout: 300 },
      { timeout: 1 },
      { timeout: 900 },
      { memory: 64 },
      { memory: 3072 },
    ]) {
      assert.ok(project({}, right).value, JSON.stringify(right));
    }
    for (const wrong of [
      { initTimeout: 2 },
      { initTimeout: 301 },
      { timeout: 0 },
      { timeout: 901 },
      { memory: 100 },
      { memory: 3200 },
    ]) {
      assert.equal(project({}, wrong).value, undefined, JSON.stringify(wrong));
    }
  });

  it('log.lines and log.error-line: START, lines, Response, END, Report; ERROR for a failure', async () => {
    const { session, service } = await serve('default');
    const client = new RawClient({ url: new URL(service.url) });
    await client.answer();
    client.send('do:[{"print":"hello"},{"return":7}]');
    const started = await until(session, 'invocationStarted', ({ role }) => role === 'transfer');
    const ended = await until(
      session,
      'invocationEnded',
      ({ invocation }) => invocation === started.invocation,
    );
    const id = started.invocation;
    assert.equal(startLine(id), `START RequestId:${id}`);
    const line = await until(session, 'log', ({ text }) => text === 'hello');
    assert.equal(line.invocation, id);
    const [response, end, report, ...rest] = endLines(ended, ended.preview, 128);
    assert.equal(response, `Response RequestId:${id} RetMsg:7`);
    assert.equal(end, `END RequestId:${id}`);
    assert.match(
      report ?? '',
      new RegExp(
        `^Report RequestId:${id} Duration:\\d+ms Memory:128MB( MemUsage:\\d+\\.\\d\\dMB)?$`,
      ),
    );
    assert.deepEqual(rest, []);

    client.send('do:[{"raise":"on purpose"}]');
    const failed = await until(session, 'invocationEnded', ({ outcome }) => outcome !== 'ok');
    const result = JSON.stringify(failed.error);
    assert.equal(
      endLines(failed, result, 128)[0],
      `ERROR RequestId:${failed.invocation} Result:${result}`,
    );
    client.dispose();
  });

  it('error.432: a queue that is full refuses', async () => {
    const { session, service } = await serve('default');
    const transfer = service.functions.find(({ roles }) => roles.includes('transfer'));
    const websocket = { action: 'data send', secConnectionID: 'none', dataType: 'text' };
    const event = JSON.stringify({ websocket: { ...websocket, data: 'do:[{"sleep":30}]' } });
    const ask = { function: transfer?.function ?? '', event };
    const answers = Array.from({ length: longestQueue + 1 }, async () =>
      session.intents.invoke(ask),
    );
    const { outcome, error } = (await answers.at(-1)) ?? {};
    assert.equal(outcome, 'platformError');
    assert.equal(error?.statusCode, 432);
    await session.dispose();
    await Promise.all(answers);
  });

  it('cleanup.gateway-stop: clients get 1001, and Cleanup does not run', async () => {
    const { session, service } = await serve('default');
    const client = new RawClient({ url: new URL(service.url) });
    await client.answer();
    const { connection } = await until(session, 'opened');
    const stopped = session.dispose('test');
    const frame = await client.next();
    assert.deepEqual([frame.opcode, frame.code], [8, 1001]);
    client.sendClose(1001);
    await stopped;
    const cleaned = mailbox.reports.filter(
      (each): each is EventReport => each.role === 'cleanup' && each.connection === connection,
    );
    assert.deepEqual(cleaned, []);
    const closed = await until(session, 'closed');
    assert.equal(closed.cause, 'gatewayStop');
  });
});
