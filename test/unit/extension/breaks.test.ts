// Breaks on events and on frames: what they leave behind when a session ends, and what they keep for the next one.
import assert from 'node:assert/strict';
import { editor, person } from './editor';
import { EventBreaks } from '../../../src/extension/debug/eventBreaks';
import { keepFrameBreakpoints } from '../../../src/extension/debug/frameBreakpoints';

describe('breaks', () => {
  const facts = new editor.EventEmitter<object[]>();
  const status = new editor.EventEmitter<string>();
  let asked: unknown[][];
  let kept: Map<string, unknown>;
  const gateway = {
    onDidReceiveFacts: facts.event,
    onDidChangeStatus: status.event,
    ask: (...ask: unknown[]) => {
      asked.push(ask);
      return Promise.resolve({ problems: [] });
    },
  };
  const storage = {
    get: (key: string, fallback: unknown) => kept.get(key) ?? fallback,
    update: (key: string, value: unknown) => Promise.resolve(kept.set(key, value)),
  };

  beforeEach(() => {
    asked = [];
    kept = new Map();
    person.messages.length = 0;
  });

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('on events ask also when Traffic cannot be shown, and again at the next one', async () => {
    kept.set('eventBreaks', ['refusal']);
    const traffic = { reveal: () => Promise.reject(new Error('no view')) };
    const breaks = new EventBreaks(storage as never, gateway as never, traffic as never);
    facts.fire([{ kind: 'refused', seq: 1 }]);
    await turn();
    facts.fire([{ kind: 'refused', seq: 2 }]);
    await turn();
    assert.equal(person.messages.length, 2);
    assert.deepEqual(
      asked.map(([, ask]) => (ask as { frozen: boolean }).frozen),
      [true, false, true, false],
    );
    breaks.dispose();
  });

  it('on events hold nothing of a session that ended', async () => {
    kept.set('eventBreaks', ['refusal']);
    const traffic = { reveal: () => new Promise(() => undefined) };
    const breaks = new EventBreaks(storage as never, gateway as never, traffic as never);
    facts.fire([{ kind: 'refused', seq: 7 }]);
    status.fire('stopped');
    // The numbers of the next session begin again: the same event is a new one.
    facts.fire([{ kind: 'refused', seq: 7 }]);
    await turn();
    assert.equal(asked.length, 2);
    breaks.dispose();
  });

  it('on frames are given to the next session', () => {
    const keeper = keepFrameBreakpoints(storage as never, gateway as never, undefined as never);
    facts.fire([{ kind: 'listening', seq: 1 }]);
    assert.deepEqual(asked, []);
    const breakpoints = [{ id: 'b1', condition: 'size:>1k', direction: 'both', enabled: true }];
    facts.fire([{ kind: 'frameBreakpoints', breakpoints, seq: 2 }]);
    facts.fire([{ kind: 'listening', seq: 1 }]);
    assert.deepEqual(asked, [['setFrameBreakpoints', { breakpoints }]]);
    keeper.dispose();
  });
});
