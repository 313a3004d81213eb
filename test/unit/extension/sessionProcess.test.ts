// The session as a child process: how it is started, its lines, its answers and its end.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { UserError } from '../../../src/core/errors';
import { planSession, readLines, SessionProcess } from '../../../src/extension/sessionProcess';
import type { Fact } from '../../../src/protocol/fact';
import { parseLine, readAnswer } from '../../../src/protocol/wire';

describe('the plan of a session', () => {
  const options = {
    program: '/ext/dist/cli.js',
    folders: ['/a b', '/c'],
    allowedOrigins: [],
    emulator: {},
    debug: [],
  };

  it('names folders and what was set, nothing else', () => {
    assert.deepEqual(planSession(options, {}).args, [
      '/ext/dist/cli.js',
      'serve',
      '/a b',
      '/c',
      '--stdio',
    ]);
    const { args } = planSession(
      {
        ...options,
        port: 0,
        locale: 'zh-cn',
        python: '/py',
        editorPython: '/active/py',
        node: '',
        allowedOrigins: ['https://a', 'https://b'],
        emulator: { strict: true },
      },
      {},
    );
    assert.deepEqual(args.slice(5), [
      ...['--port', '0', '--locale', 'zh-cn', '--python', '/py'],
      ...['--editor-python', '/active/py'],
      ...['--allow-origin', 'https://a', '--allow-origin', 'https://b'],
      ...['--emulator', '{"strict":true}'],
    ]);
  });

  it('runs the editor as Node.js and passes nothing of its own on', () => {
    const { env } = planSession(options, {
      PATH: '/bin',
      NODE_OPTIONS: '--inspect',
      VSCODE_PID: '1',
      ELECTRON_NO_ASAR: '1',
      SCFWS_TRACE: '/t',
    });
    assert.deepEqual(env, { PATH: '/bin', SCFWS_TRACE: '/t', ELECTRON_RUN_AS_NODE: '1' });
  });
});

describe('lines of a session', () => {
  it('are facts, replies, or lines of the log', () => {
    const fact = { kind: 'stopping', reason: 'asked', seq: 1, at: 0 };
    assert.deepEqual(parseLine(JSON.stringify(fact)), fact);
    assert.deepEqual(parseLine('{"reply":1,"value":null}'), { reply: 1, value: null });
    const refusal = { reply: 1, error: { code: 'bug', message: 'no' } };
    assert.deepEqual(parseLine(JSON.stringify(refusal)), refusal);
    for (const line of [
      ...['hello', '{"a":1}', '{broken', ''],
      '{"kind":"stopping","seq":1,"at":0}',
      '{"kind":"stopping","reason":"asked","seq":1}',
      '{"kind":"stopping","reason":7,"seq":1,"at":0}',
      '{"kind":"gossip","seq":1,"at":0}',
      '{"reply":1,"error":"no"}',
    ]) {
      assert.equal(parseLine(line), undefined, line);
    }
  });

  it('hold facts in an answer to the same check', () => {
    const fact = { kind: 'stopping', reason: 'asked', seq: 1, at: 0 };
    const value = { facts: [fact, { ...fact, seq: '2' }, null], next: null, last: 3 };
    assert.deepEqual(readAnswer('facts', value), { facts: [fact], next: null, last: 3 });
  });

  it('are whole, however the bytes are cut', async () => {
    const stream = new PassThrough();
    const seen: string[] = [];
    readLines(stream, (lines) => seen.push(...lines));
    const bytes = Buffer.from('one 中文\ntwo\nlast');
    for (const byte of bytes) {
      stream.write(Buffer.from([byte]));
    }
    stream.end();
    await new Promise((resolve) => stream.on('close', resolve));
    assert.deepEqual(seen, ['one 中文', 'two', 'last']);
  });
});

describe('a session process', () => {
  /** A stand-in that speaks the wire: echoes `invoke`, refuses `push`, dies of `clear`, hangs on `stop` if told. */
  const program = `
    const lines = require('node:readline').createInterface({ input: process.stdin });
    const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
    say({ kind: 'stopping', reason: 'first', seq: 1, at: 0 });
    process.stderr.write('a line for the log\\n');
    lines.on('line', (line) => {
      const { id, kind, event } = JSON.parse(line);
      if (kind === 'invoke') { say({ kind: 'stopping', reason: event, seq: 2, at: 0 }); say({ reply: id, value: { result: event } }); }
      if (kind === 'push') say({ reply: id, error: { code: 'no', message: 'It cannot.', nextStep: 'Do that.' } });
      if (kind === 'clear') { process.stderr.write('fatal: out of luck\\n', () => process.exit(3)); }
    });
    lines.on('close', () => process.exit(0));
  `;
  let file: string;

  before(() => {
    file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-session-')), 'session.cjs');
    fs.writeFileSync(file, program);
  });
  after(() => fs.rmSync(path.dirname(file), { recursive: true, force: true }));

  function start() {
    const facts: Fact[] = [];
    const log: string[] = [];
    let exited: (end: { code: number | null; said: string }) => void;
    const exit = new Promise<{ code: number | null; said: string }>(
      (resolve) => (exited = resolve),
    );
    const session = new SessionProcess(
      { args: [file], env: process.env },
      {
        onFacts: (batch) => facts.push(...batch),
        onLog: (line) => log.push(line),
        onExit: (code, said) => exited({ code, said }),
      },
    );
    return { session, facts, log, exit };
  }

  it('answers, after the facts that came before the answer', async () => {
    const { session, facts, exit } = start();
    const answer = await session.ask('invoke', { function: 'f', event: '{}' });
    assert.deepEqual(answer, { result: '{}' });
    assert.deepEqual(
      facts.map(({ seq }) => seq),
      [1, 2],
    );
    await session.stop();
    assert.equal((await exit).code, 0);
  });

  it('refuses with the sentence of the session', async () => {
    const { session } = start();
    await assert.rejects(session.ask('push', { connections: [], action: 'closing' }), (error) => {
      assert.ok(error instanceof UserError);
      assert.deepEqual(
        [error.code, error.message, error.nextStep],
        ['no', 'It cannot.', 'Do that.'],
      );
      return true;
    });
    await session.stop();
  });

  it('rejects what is unanswered when it dies, and says what it said last', async () => {
    const { session, exit } = start();
    await assert.rejects(session.ask('clear', {}), { code: 'sessionEnded' });
    const { code, said } = await exit;
    assert.equal(code, 3);
    assert.match(said, /fatal: out of luck/);
    await assert.rejects(session.ask('clear', {}), { code: 'sessionEnded' });
  });

  it('ends when its host says goodbye', async () => {
    const { session, exit } = start();
    session.dispose();
    assert.equal((await exit).code, 0);
  });
});
