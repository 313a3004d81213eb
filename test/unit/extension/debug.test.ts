// What the debugger's messages mean for the gateway's clock.
import assert from 'node:assert/strict';
import { planChild } from '../../../src/extension/debug/childConfiguration';
import { ClockHold } from '../../../src/extension/debug/clockHold';
import { chooseExceptions } from '../../../src/extension/debug/exceptions';
import { OldCode } from '../../../src/extension/debug/oldCode';
import { StopQuestions } from '../../../src/extension/debug/stopQuestions';
import { readStop } from '../../../src/extension/debug/stops';

const event = (name: string, body: object = {}) =>
  readStop({ seq: 1, type: 'event', event: name, body } as never);
const response = (command: string, body: object = {}, success = true) =>
  readStop({ seq: 1, type: 'response', command, success, body } as never);

describe('messages of a debug adapter', () => {
  it('say that a thread stopped and that it goes on', () => {
    assert.deepEqual(event('stopped', { threadId: 3, reason: 'breakpoint' }), {
      kind: 'stopped',
      thread: 3,
      reason: 'breakpoint',
      all: false,
    });
    assert.deepEqual(event('continued', { threadId: 3, allThreadsContinued: false }), {
      kind: 'continued',
      thread: 3,
    });
    assert.deepEqual(event('continued', { threadId: 3 }), { kind: 'continued', thread: 'all' });
  });

  it('need no event for what a request resumes', () => {
    for (const command of ['continue', 'next', 'stepIn', 'stepOut']) {
      assert.deepEqual(response(command), { kind: 'continued', thread: 'all' }, command);
    }
    assert.equal(response('continue', {}, false), undefined);
    assert.equal(response('continue', { allThreadsContinued: false }), undefined);
    assert.equal(response('stackTrace'), undefined);
  });

  it('say that breakpoints are set, that a thread is gone, and that it is over', () => {
    assert.deepEqual(response('configurationDone'), { kind: 'configured' });
    assert.deepEqual(event('thread', { reason: 'exited', threadId: 4 }), {
      kind: 'continued',
      thread: 4,
    });
    assert.equal(event('thread', { reason: 'started', threadId: 4 }), undefined);
    assert.deepEqual(event('terminated'), { kind: 'ended' });
    assert.deepEqual(event('exited'), { kind: 'ended' });
    assert.equal(event('output'), undefined);
  });
});

describe('a process that runs the code from before a save', () => {
  const words = { frame: '(old)', breakpoint: 'old code' };
  const path = '/p/Transmission/index.py';
  let seq = 0;

  /** What the adapter is asked for, and what the editor gets as an answer. */
  function set(code: OldCode, lines: number[], sourceModified?: boolean) {
    const request = {
      ...{ seq: ++seq, type: 'request', command: 'setBreakpoints' },
      arguments: { source: { path }, breakpoints: lines.map((line) => ({ line })), sourceModified },
    };
    code.toAdapter(request);
    const asked = request.arguments.breakpoints.map(({ line }) => line);
    const response = {
      ...{ seq: ++seq, type: 'response', command: 'setBreakpoints', success: true },
      ...{ request_seq: request.seq },
      body: { breakpoints: asked.map((line) => ({ line, verified: true })) },
    };
    code.fromAdapter(response);
    return { asked, bound: response.body.breakpoints.map(({ verified }) => verified) };
  }

  function nameOfFrame(code: OldCode, file: string): string {
    const frame = { name: 'main_handler', source: { path: file } };
    const body = { stackFrames: [frame] };
    const head = { type: 'response', command: 'stackTrace', success: true, request_seq: 0 };
    code.fromAdapter({ seq: ++seq, ...head, body } as never);
    return frame.name;
  }

  it('keeps the lines that it has, and says so of those that the editor moved', () => {
    const code = new OldCode(words, (_, told) => told);
    assert.deepEqual(set(code, [4, 9]), { asked: [4, 9], bound: [true, true] });
    assert.deepEqual(set(code, [4]), { asked: [4], bound: [true] });
    assert.equal(nameOfFrame(code, path), 'main_handler');
    assert.deepEqual(set(code, [6], true), { asked: [4], bound: [false] });
    assert.deepEqual(set(code, [6, 8]), { asked: [4], bound: [false, false] });
    assert.equal(nameOfFrame(code, path), 'main_handler (old)');
    assert.equal(nameOfFrame(code, `vscode-remote://localhost${path}`), 'main_handler (old)');
    assert.equal(nameOfFrame(code, '/p/Register/index.py'), 'main_handler');
    assert.deepEqual(set(code, []), { asked: [], bound: [] });
  });

  it('does so, too, where the editor did not hear of the save', () => {
    let written = '';
    const code = new OldCode(words, (file) => file === written);
    set(code, [4]);
    written = path;
    assert.equal(nameOfFrame(code, path), 'main_handler (old)');
    assert.equal(nameOfFrame(code, `vscode-remote://localhost${path}`), 'main_handler (old)');
    assert.equal(nameOfFrame(code, '/p/Register/index.py'), 'main_handler');
    assert.deepEqual(set(code, [6, 8]), { asked: [4], bound: [false, false] });
    assert.deepEqual(set(code, []), { asked: [], bound: [] });
  });

  it('is none where the process has what was saved when the editor tells of it', () => {
    const code = new OldCode(words, () => false);
    set(code, [4]);
    assert.deepEqual(set(code, [4, 5], true), { asked: [4, 5], bound: [true, true] });
  });

  it('is none where no line moved', () => {
    const code = new OldCode(words, (_, told) => told);
    set(code, [4]);
    assert.deepEqual(set(code, [4], true), { asked: [4], bound: [true] });
    assert.deepEqual(set(code, [5]), { asked: [5], bound: [true] });
    assert.equal(nameOfFrame(code, path), 'main_handler');
  });
});

describe('what is asked about a stop', () => {
  for (const command of ['exceptionInfo', 'stackTrace']) {
    const asked = (questions: StopQuestions, threadId: number): number => {
      const request = { seq: 1, type: 'request', command, arguments: { threadId } };
      questions.toAdapter(request);
      return request.arguments.threadId;
    };
    const tell = (questions: StopQuestions, name: string, body: object) =>
      questions.fromAdapter({ seq: 1, type: 'event', event: name, body } as never);
    const resume = (questions: StopQuestions, how: string) =>
      questions.toAdapter({ seq: 2, type: 'request', command: how } as never);

    it(`reaches the thread as long as it stands: ${command}`, () => {
      const questions = new StopQuestions();
      tell(questions, 'stopped', { threadId: 1, reason: 'exception' });
      assert.deepEqual([asked(questions, 1), asked(questions, 2)], [1, -1]);
      tell(questions, 'stopped', { threadId: 1, reason: 'exception', allThreadsStopped: true });
      assert.deepEqual([asked(questions, 1), asked(questions, 2)], [1, 2]);
    });

    it(`is asked of no thread when it comes after the thread went on: ${command}`, () => {
      const questions = new StopQuestions();
      assert.equal(asked(questions, 1), -1);
      for (const how of ['continue', 'next']) {
        tell(questions, 'stopped', { threadId: 1, reason: 'exception', allThreadsStopped: true });
        resume(questions, how);
        assert.equal(asked(questions, 1), -1);
      }
      tell(questions, 'stopped', { threadId: 1, reason: 'exception' });
      tell(questions, 'continued', { threadId: 1, allThreadsContinued: false });
      assert.equal(asked(questions, 1), -1);
    });
  }

  it('leaves everything else as it is', () => {
    const request = { seq: 1, type: 'request', command: 'variables', arguments: { threadId: 1 } };
    new StopQuestions().toAdapter(request);
    assert.equal(request.arguments.threadId, 1);
  });
});

describe('exceptions at which a debugger stops', () => {
  it('are those that leave the handler, unless the person chose otherwise', () => {
    const filters = ['raised', 'uncaught', 'userUnhandled'].map((filter) => ({
      ...{ filter, label: filter, default: filter === 'uncaught' },
    }));
    const body = { exceptionBreakpointFilters: filters };
    const head = { seq: 1, type: 'response', command: 'initialize', success: true, request_seq: 1 };
    chooseExceptions({ ...head, body } as never);
    assert.deepEqual(
      filters.filter((each) => each.default).map(({ filter }) => filter),
      ['uncaught', 'userUnhandled'],
    );
  });
});

describe('the hold on the clock', () => {
  function record() {
    const said: string[] = [];
    const clock = new ClockHold((reason, frozen) => said.push(`${frozen ? '+' : '-'}${reason}`));
    return { clock, said };
  }

  it('is taken once for a stop, and says where', async () => {
    const { clock, said } = record();
    await clock.holdWhenKnown('s1 1', Promise.resolve('Transmission:12'), 'Transmission', 1000);
    clock.release('s1 1');
    assert.deepEqual(said, ['+Transmission:12', '-Transmission:12']);
  });

  it('is not taken for a thread that went on before it was known where it stood', async () => {
    const { clock, said } = record();
    const stops = ['a 1', 'a 2', 'b 1'].map((holder) =>
      clock.holdWhenKnown(holder, Promise.resolve(`Transmission ${holder}`), 'Transmission', 1000),
    );
    clock.release('a 1');
    clock.releaseAll('a ');
    await Promise.all(stops);
    assert.deepEqual(said, ['+Transmission b 1']);
  });

  it('does not wait for an adapter that takes its time', async () => {
    const said: string[] = [];
    let tell = (_place: string): void => undefined;
    const place = new Promise<string>((resolve) => (tell = resolve));
    const clock = new ClockHold((reason, frozen) => {
      said.push(`${frozen ? '+' : '-'}${reason}`);
      tell('Transmission:12');
    });
    await clock.holdWhenKnown('s1 1', place, 'Transmission', 1);
    assert.deepEqual(said, ['+Transmission', '+Transmission:12', '-Transmission']);
  });

  it('never lets go while one place follows the other', () => {
    const { clock, said } = record();
    clock.hold('s1 1', 'Transmission:12');
    clock.hold('s1 1', 'Transmission:13');
    clock.release('s1 1');
    assert.deepEqual(said, [
      '+Transmission:12',
      '+Transmission:13',
      '-Transmission:12',
      '-Transmission:13',
    ]);
  });

  it('stays as long as one of two holders with the same reason', () => {
    const { clock, said } = record();
    clock.hold('s1 1', 'Transmission:12');
    clock.hold('s2 1', 'Transmission:12');
    clock.release('s1 1');
    assert.deepEqual(said, ['+Transmission:12']);
    clock.release('s2 1');
    assert.deepEqual(said, ['+Transmission:12', '-Transmission:12']);
  });

  it('lifts everything of a session that ends, and nothing of another one', () => {
    const { clock, said } = record();
    clock.hold('a s1 1', 'Register:3');
    clock.hold('a s1 2', 'Register:9');
    clock.hold('b s2 1', 'Delete:5');
    said.length = 0;
    clock.releaseAll('a s1 ');
    assert.deepEqual(said, ['-Register:3', '-Register:9']);
    assert.equal(clock.holdsAny, true);
    clock.release('never held');
    assert.deepEqual(said, ['-Register:3', '-Register:9']);
  });
});

describe('the configuration of a child session', () => {
  const target = {
    info: {
      function: 'chat/Transmission',
      name: 'Transmission',
      roles: ['transfer' as const],
      runtime: 'Python3',
      folder: '/work space/Transmission',
      handler: 'index.main_handler',
      file: '/work space/Transmission/index.py',
      timeout: 3,
      memory: 128,
    },
    instance: 7,
    port: 4711,
    bootstrapFolder: '/ext/dist/bootstrap',
    justMyCode: true,
  };

  it('lets the editor connect to debugpy itself, and hides our bootstrap', () => {
    const python = planChild({ ...target, version: 1, info: { ...target.info, family: 'python' } });
    assert.equal(python.type, 'scf-websocket-python');
    assert.equal(python.name, 'Transmission');
    assert.deepEqual(python['connect'], { host: '127.0.0.1', port: 4711 });
    assert.match(JSON.stringify(python['rules']), /dist.*bootstrap/);
  });

  it('attaches to the inspector of Node.js, and says which version it serves', () => {
    const node = planChild({ ...target, version: 3, info: { ...target.info, family: 'node' } });
    assert.equal(node.type, 'node');
    assert.equal(node.name, 'Transmission (3)');
    assert.equal(node['port'], 4711);
    assert.equal(node['autoAttachChildProcesses'], false);
  });

  it('looks for source maps where the code is and where its build writes', () => {
    const info = { ...target.info, family: 'node' as const, buildFolder: '/work space/out' };
    assert.deepEqual(planChild({ ...target, version: 1, info })['outFiles'], [
      '/work space/Transmission/**/*.{js,cjs,mjs}',
      '/work space/out/**/*.{js,cjs,mjs}',
      '!**/node_modules/**',
    ]);
  });
});
