import assert from 'node:assert/strict';
import {
  applyFact,
  emptyState,
  keptInvocations,
  openConnections,
} from '../../../src/protocol/state';
import { chatStory, longStory, Story } from '../../webview/story';

function fold(story: Story) {
  const state = emptyState();
  story.facts.forEach((fact) => applyFact(state, fact));
  return state;
}

describe('state', () => {
  it('knows who is there after a chat', () => {
    const story = chatStory();
    const state = fold(story);
    assert.equal(state.status, 'listening');
    assert.deepEqual(
      openConnections(state).map((each) => each.client),
      ['alice', 'bob', 'carol'],
    );
    const mallory = state.connections.get(story.idOf('mallory'))!;
    assert.equal(mallory.status, 'refused');
    assert.deepEqual(mallory.end, {
      code: 403,
      reason: 'Register answered errNo 401: no such user',
    });
    const dave = state.connections.get(story.idOf('dave'))!;
    assert.equal(dave.end?.cause, 'clientClose');
    assert.equal(dave.toServer.frames, 2);
  });

  it('counts runs, failures and the last run of a function', () => {
    const state = fold(chatStory());
    const transmission = state.functions.get('chat/Transmission')!;
    assert.equal(transmission.failed, 1);
    assert.equal(transmission.running, 0);
    assert.equal(transmission.last?.outcome, 'ok');
    assert.equal(transmission.last?.pushes, 2);
  });

  it('ignores what it already knows', () => {
    const story = chatStory();
    const once = fold(story);
    story.facts.forEach((fact) => applyFact(once, fact));
    assert.deepEqual(once, fold(chatStory()));
  });

  it('follows instances and what runs in them', () => {
    const story = new Story();
    const of = { function: 'chat/Register', instance: 1, version: 1 };
    story.tell({
      kind: 'instance',
      ...of,
      state: 'starting',
      interpreter: 'python3',
      waitsForDebugger: true,
    });
    story.tell({ kind: 'instance', ...of, state: 'ready' });
    story.invoke('Register', 'register', 'c', null, {});
    const state = fold(story);
    const instance = state.functions.get('chat/Register')!.instances.get(1)!;
    assert.equal(instance.interpreter, 'python3');
    assert.equal(instance.waitsForDebugger, false);
    assert.equal(instance.invocation, undefined);
    applyFact(state, { seq: 99, at: 99, kind: 'instance', ...of, state: 'stopped' });
    assert.equal(state.functions.get('chat/Register')!.instances.size, 0);
  });

  it('holds frames until they are released', () => {
    const story = new Story();
    const frame = {
      hold: 7,
      connection: 'c',
      direction: 'toServer' as const,
      type: 'text' as const,
      size: 2,
      preview: 'hi',
      breakpoint: 'b',
    };
    story.tell({ kind: 'held', frame });
    const state = fold(story);
    assert.deepEqual([...state.held.values()], [frame]);
    applyFact(state, { seq: 99, at: 99, kind: 'releasedFrame', hold: 7, how: 'released' });
    assert.equal(state.held.size, 0);
  });

  it('keeps functions over a change of the project file', () => {
    const story = chatStory();
    const state = fold(story);
    const services = state.services.map((service) => ({
      ...service,
      functions: service.functions.slice(1),
    }));
    applyFact(state, { seq: 1e6, at: 1e6, kind: 'servicesChanged', services });
    assert.deepEqual([...state.functions.keys()], ['chat/Transmission', 'chat/Delete']);
    assert.equal(state.functions.get('chat/Transmission')!.failed, 1);
  });

  it('stays within its bounds', () => {
    const state = fold(longStory(4 * (keptInvocations + 500)));
    assert.ok(state.invocations.size <= keptInvocations);
    assert.equal(openConnections(state).length, 8);
  });
});
