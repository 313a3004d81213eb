// What one stop of a debugger becomes: one hold on the clock of the gateway, with the place.
import assert from 'node:assert/strict';
import { editor } from './editor';
import { Children } from '../../../src/extension/debug/children';
import { ClockHold } from '../../../src/extension/debug/clockHold';
import { markKey } from '../../../src/extension/debug/childConfiguration';

describe('a stop of a debugged function', () => {
  interface Tracker {
    onDidSendMessage(message: object): void;
  }
  let tracker: Tracker;
  let said: string[];
  let answer: () => Promise<unknown>;
  let children: Children;

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
    answer = () => Promise.resolve({ stackFrames: [{ line: 12 }] });
    const attached = children.attach({
      ...{ id: 'chat/Transmission', name: 'Transmission', instance: 1, loaded: false },
      ...{ folder: '/p', configuration: { type: 'debugpy', name: 'x', request: 'attach' } },
    });
    tracker = editor.debug.trackers.at(-1)!.createDebugAdapterTracker({
      id: 's1',
      configuration: { [markKey]: { function: 'chat/Transmission', instance: 1 } },
      customRequest: () => answer(),
    }) as Tracker;
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
});
