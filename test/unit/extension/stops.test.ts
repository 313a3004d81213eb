// What one stop of a debugger becomes: one hold on the clock of the gateway, with the place.
import assert from 'node:assert/strict';
import { editor } from './editor';
import { Children } from '../../../src/extension/debug/children';
import { ClockHold } from '../../../src/extension/debug/clockHold';
import { debugTypes } from '../../../src/extension/ids';
import { markKey } from '../../../src/extension/debug/childConfiguration';

describe('a stop of a debugged function', () => {
  interface Tracker {
    onDidSendMessage(message: object): void;
  }
  let tracker: Tracker;
  let said: string[];
  let answer: () => Promise<unknown>;
  let children: Children;
  let asked: object[];

  beforeEach(async () => {
    said = [];
    const clock = new ClockHold((reason, frozen) => said.push(`${frozen ? '+' : '-'}${reason}`));
    children = new Children(
      () => Promise.resolve(),
      clock,
      { info: () => undefined } as never,
      () => undefined,
      () => false,
    );
    asked = [];
    answer = () => Promise.resolve({ stackFrames: [{ line: 12 }] });
    const mark = { function: 'chat/Transmission', instance: 1, neverRun: '/dist/check.py' };
    const configuration = {
      ...{ type: debugTypes.python, name: 'x', request: 'attach', [markKey]: mark },
    };
    const attached = children.attach({
      ...{ id: 'chat/Transmission', name: 'Transmission', instance: 1, loaded: false },
      ...{ folder: '/p', configuration },
    });
    tracker = editor.debug.trackers.at(-1)!.createDebugAdapterTracker({
      id: 's1',
      configuration,
      customRequest: (command: string, more: object) => {
        asked.push({ command, ...more });
        return answer();
      },
    }) as Tracker;
    tell('response', { command: 'setExceptionBreakpoints', success: true });
    tell('response', { command: 'configurationDone', success: true });
    await attached;
  });
  afterEach(() => children.dispose());

  const tell = (type: string, more: object) => tracker.onDidSendMessage({ seq: 1, type, ...more });
  const stop = (threadId: number) =>
    tell('event', { event: 'stopped', body: { threadId, reason: 'breakpoint' } });
  const goOn = () => tell('response', { command: 'continue', success: true, body: {} });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('freezes the clock once, and lets it go once', async () => {
    stop(1);
    await settled();
    assert.deepEqual(said, ['+Transmission:12']);
    goOn();
    assert.deepEqual(said, ['+Transmission:12', '-Transmission:12']);
  });

  it('freezes nothing when the thread went on before the place was known', async () => {
    stop(1);
    goOn();
    await settled();
    assert.deepEqual(said, []);
  });

  it('freezes the clock for the function where no place is told', async () => {
    answer = () => Promise.reject(new Error('the thread is busy'));
    stop(1);
    await settled();
    assert.deepEqual(said, ['+Transmission']);
  });

  it('has debugpy look again at functions that it leaves alone, when other errors are to stop them', () => {
    assert.deepEqual(asked, []); // Before the first event it has left none alone.
    tell('response', { command: 'setExceptionBreakpoints', success: false });
    assert.deepEqual(asked, []);
    tell('response', { command: 'setExceptionBreakpoints', success: true });
    const source = { path: '/dist/check.py' };
    assert.deepEqual(asked, [
      { command: 'setBreakpoints', source, breakpoints: [{ line: 1 }] },
      { command: 'setBreakpoints', source, breakpoints: [] },
    ]);
  });
});
