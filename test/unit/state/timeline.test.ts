/** The state at any moment is the one that a fold up to it gives, wherever the copies lie. */
import assert from 'node:assert/strict';
import type { Fact } from '../../../src/protocol/fact';
import {
  applyFact,
  emptyState,
  openConnections,
  type SessionState,
} from '../../../src/protocol/state';
import { Timeline } from '../../../src/protocol/timeline';
import { longStory } from '../../webview/story';

const isFrame = ({ kind }: Fact): boolean => kind === 'frame' || kind === 'push';

/** What is shown of a state. */
function shown(state: SessionState): unknown {
  return {
    lastSeq: state.lastSeq,
    open: openConnections(state),
    functions: [...state.functions.values()].map(({ info, running, ended, failed, last }) => ({
      name: info.name,
      running,
      ended,
      failed,
      last: { ended: last?.ended, preview: last?.preview },
    })),
    clock: state.clock,
    held: [...state.held.keys()],
  };
}

describe('a timeline', () => {
  const { facts } = longStory(9000);

  it('gives at each moment what a fold up to it gives', () => {
    const timeline = new Timeline();
    const state = emptyState();
    const asked = new Map<number, unknown>();
    facts.forEach((fact, index) => {
      applyFact(state, fact);
      timeline.note(state, fact, 0);
      if (index % 977 === 0 || index === facts.length - 1) {
        asked.set(fact.seq, structuredClone(shown(state)));
      }
    });
    assert.ok(asked.size > 10);
    for (const [seq, expected] of asked) {
      const then = timeline.at(seq, (after, upTo) =>
        facts.filter((fact) => isFrame(fact) && fact.seq > after && fact.seq <= upTo),
      );
      assert.deepEqual(shown(then), expected, String(seq));
    }
  });
});
