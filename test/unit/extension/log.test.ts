// Lines of the log, and the links in them.
import assert from 'node:assert/strict';
import { findLinks, renderFact } from '../../../src/extension/logLines';
import type { Fact, FactBody } from '../../../src/protocol/fact';
import { applyFact, emptyState } from '../../../src/protocol/state';

const state = emptyState();
let seq = 0;
const fact = (body: FactBody): Fact => {
  const made = { seq: ++seq, at: seq, ...body };
  applyFact(state, made);
  return made;
};
const invocation = '5f0c0d9e-7a31-4c52-9d1b-2f6a8e4b0c13';

describe('a line of the log', () => {
  before(() => {
    fact({
      kind: 'listening',
      url: 'ws://127.0.0.1:9481/release/websocket',
      pushUrl: 'http://127.0.0.1:9481/api-00000000',
      port: 9481,
      wishedPort: 9480,
      pid: 1,
      epoch: 0,
      services: [
        {
          name: 'chat',
          folder: '/p',
          path: '/websocket',
          url: '',
          urls: [],
          pushUrl: '',
          functions: [
            {
              function: 'chat/Transmission',
              name: 'Transmission',
              roles: ['transfer'],
              runtime: 'Python3',
              family: 'python',
              folder: '/p/Transmission',
              handler: 'index.main_handler',
              file: '/p/Transmission/index.py',
              timeout: 3,
              memory: 128,
            },
          ],
        },
      ],
    });
    fact({
      kind: 'invocationStarted',
      invocation,
      function: 'chat/Transmission',
      role: 'transfer',
      connection: '3q2+7wAAkB9/Zk1sCQ1Rew==',
      cause: 12,
      instance: 1,
      cold: false,
      queuedMs: 0,
      initMs: 0,
      version: 1,
      eventSize: 2,
    });
  });

  it('of user code names function, run, connection and cause, at its level', () => {
    const line = fact({
      kind: 'log',
      function: 'chat/Transmission',
      instance: 1,
      invocation,
      stream: 'stderr',
      level: 'warn',
      text: 'careful',
    });
    assert.deepEqual(renderFact(line, state), {
      level: 'warn',
      text: '[Transmission 5f0c0d9e 3q2+7wAA #12] careful',
    });
  });

  it('says in words why the session stops and why an instance ended', () => {
    const stopping = renderFact({ seq: 1, at: 0, kind: 'stopping', reason: 'host left' }, state);
    assert.equal(stopping?.text, 'Stopping: the editor is gone');
    const ended = fact({
      kind: 'instance',
      function: 'chat/Transmission',
      instance: 1,
      version: 1,
      state: 'stopped',
      reason: 'its code changed',
    });
    assert.equal(
      renderFact(ended, state)?.text,
      '[Transmission] Instance 1 ended: its code changed.',
    );
  });

  it('outside of an invocation still names its function and itself', () => {
    const line = fact({
      kind: 'log',
      function: 'chat/Transmission',
      instance: 1,
      invocation: null,
      stream: 'stdout',
      level: 'info',
      text: 'loaded',
    });
    assert.equal(renderFact(line, state)?.text, `[Transmission #${line.seq}] loaded`);
  });

  it('warns when another port had to be taken, and of pushes that failed', () => {
    const moved = renderFact(
      { ...state, seq: 1, at: 0, kind: 'listening', pid: 1, port: 9481, wishedPort: 9480 },
      state,
    );
    assert.equal(moved?.level, 'warn');
    assert.match(moved?.text ?? '', /9480/);
    const push = (errNo: number): FactBody => ({
      kind: 'push',
      service: 'chat',
      connection: 'x',
      action: 'data send',
      type: 'text',
      size: 1,
      preview: 'x',
      invocation: null,
      function: null,
      status: 200,
      errNo,
      errMsg: 'unknown connection',
    });
    assert.match(renderFact(fact(push(9001)), state)?.text ?? '', /9001.*unknown connection/);
    assert.equal(renderFact(fact(push(0)), state), undefined);
  });
});

describe('links of the log', () => {
  it('go to the fact that caused a line', () => {
    const text = '[Transmission 5f0c0d9e 3q2+7wAA #12] see issue #7x and colour #123456';
    assert.deepEqual(
      findLinks(text).map(({ start, end, target }) => [text.slice(start, end), target]),
      [['#12', { kind: 'fact', seq: 12 }]],
    );
  });

  it('go to the places of stack traces, on every system', () => {
    const places = (text: string) => findLinks(text).map(({ target }) => target);
    assert.deepEqual(places('  File "/p q/index.py", line 3, in main_handler'), [
      { kind: 'source', file: '/p q/index.py', line: 3 },
    ]);
    assert.deepEqual(places('    at exports.main_handler (/p/index.js:3:5)'), [
      { kind: 'source', file: '/p/index.js', line: 3 },
    ]);
    assert.deepEqual(places('    at go (C:\\p\\index.ts:10:1)'), [
      { kind: 'source', file: 'C:\\p\\index.ts', line: 10 },
    ]);
    for (const [frame, file] of [
      ['    at file:///p/index.mjs:3:5', '/p/index.mjs'],
      ['    at async go (file:///p%20q/index.mjs:3:5)', '/p q/index.mjs'],
      ['    at go (file:///C:/p%20q/index.mjs:3:5)', 'C:/p q/index.mjs'],
      ['    at go (/p q/my app/index.js:3:5)', '/p q/my app/index.js'],
      ['    at C:\\p q\\index.ts:3:1', 'C:\\p q\\index.ts'],
      ['broke at file:///p/index.mjs:3', '/p/index.mjs'],
    ] as const) {
      assert.deepEqual(places(`Error\n${frame}\n`), [{ kind: 'source', file, line: 3 }], frame);
    }
    assert.deepEqual(places('GET https://example.com/app.js:1'), []);
  });
});
