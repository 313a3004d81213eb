// The last run of each function: read from the fold, which stays as it is.
import assert from 'node:assert/strict';
import { Runs } from '../../../src/extension/runs';
import type { Fact } from '../../../src/protocol/fact';
import { applyFact, emptyState } from '../../../src/protocol/state';
import { Story } from '../../webview/story';

describe('the last run of a function', () => {
  const id = 'chat/Transmission';
  let story: Story;
  let state = emptyState();
  let runs: Runs;
  let told: number;

  beforeEach(() => {
    story = new Story();
    state = emptyState();
    runs = new Runs();
    told = 0;
    story.connect('alice');
    story.connect('bob');
    story.say('alice', ['bob', 'bob'], 'hi');
  });

  function receive(): Set<string> {
    const facts: Fact[] = story.facts.slice(told);
    told = story.facts.length;
    facts.forEach((fact) => applyFact(state, fact));
    return runs.receive(facts, state);
  }

  it('has the numbers of its pushes, of which the state knows nothing', () => {
    assert.ok(receive().has(id));
    const run = runs.lastOf(id)!;
    const pushes = story.facts.filter((fact) => fact.kind === 'push').map(({ seq }) => seq);
    assert.deepEqual(run.pushSeqs, pushes);
    const ofState = state.invocations.get(run.invocation)!;
    assert.equal('pushSeqs' in ofState, false);
    assert.equal(state.functions.get(id)?.last, ofState);
  });

  it('counts what it pushes after its end', () => {
    receive();
    const before = runs.lastOf(id)!;
    const push = story.facts.find((fact) => fact.kind === 'push')!;
    story.facts.push({ ...push, seq: told + 1, at: push.at + 1000 });
    assert.deepEqual([...receive()], [id]);
    const after = runs.lastOf(id)!;
    assert.equal(after.pushes, before.pushes + 1);
    assert.equal(after.pushSeqs.length, before.pushSeqs.length + 1);
  });

  it('is forgotten with the traffic, whose payloads are gone', () => {
    receive();
    story.tell({ kind: 'trafficCleared', epoch: 5 });
    assert.ok(receive().has(id));
    assert.equal(runs.lastOf(id), undefined);
    story.say('alice', ['bob'], 'again');
    receive();
    assert.equal(runs.lastOf(id)?.pushSeqs.length, 1);
  });
});
