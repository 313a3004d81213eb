import assert from 'node:assert/strict';
import { FactIndex, flatten, seqOf, traceOf, type TraceNode } from '../../../src/protocol/trace';
import { Story } from '../../webview/story';

function outline(node: TraceNode): string {
  const name =
    node.node === 'frame'
      ? node.fact.direction
      : node.node === 'invocation'
        ? node.facts.started.function
        : node.node;
  return node.children.length === 0 ? name : `${name}(${node.children.map(outline).join(' ')})`;
}

describe('trace', () => {
  const story = new Story();
  ['alice', 'bob', 'carol'].forEach((person) => story.connect(person));
  const cause = story.say('alice', ['bob', 'carol'], 'hi');
  story.push(story.idOf('bob'), 'from outside', null, null);
  const outside = story.facts.at(-1)!.seq;
  story.leave('bob');
  const index = new FactIndex(story.facts);

  it('leads from a frame to who received what', () => {
    const trace = traceOf(index, cause)!;
    assert.equal(outline(trace.root), 'toServer(chat/Transmission(push(toClient) push(toClient)))');
    const receivers = flatten(trace.root).flatMap(({ node }) =>
      node.node === 'frame' && node.fact.direction === 'toClient' ? [node.fact.connection] : [],
    );
    assert.deepEqual(receivers, [story.idOf('bob'), story.idOf('carol')]);
  });

  it('is the same tree from each of its facts, with another focus', () => {
    const root = traceOf(index, cause)!.root;
    for (const { node } of flatten(root)) {
      const trace = traceOf(index, seqOf(node))!;
      assert.deepEqual(trace.root, root);
      assert.equal(seqOf(trace.focus), seqOf(node));
      assert.equal(trace.cut, false);
    }
  });

  it('begins an outside push with the push', () => {
    assert.equal(outline(traceOf(index, outside)!.root), 'push(toClient)');
  });

  it('leads from a handshake to Register and from an end to Delete', () => {
    const connecting = story.facts.find((fact) => fact.kind === 'connecting')!;
    const closed = story.facts.find((fact) => fact.kind === 'closed')!;
    assert.equal(outline(traceOf(index, connecting.seq)!.root), 'handshake(chat/Register)');
    assert.equal(outline(traceOf(index, closed.seq)!.root), 'closed(chat/Delete)');
  });

  it('says that a forgotten cause is missing', () => {
    const later = new FactIndex(story.facts.filter((fact) => fact.seq > cause));
    const delivered = story.facts.find(
      (fact) => fact.kind === 'frame' && fact.direction === 'toClient' && fact.seq > cause,
    )!;
    const trace = traceOf(later, delivered.seq)!;
    assert.equal(trace.cut, true);
    assert.equal(outline(trace.root), 'chat/Transmission(push(toClient) push(toClient))');
  });

  it('survives a forged circle', () => {
    const forged = story.facts.map((fact) =>
      fact.seq === cause && fact.kind === 'frame' ? { ...fact, push: cause + 3 } : fact,
    );
    assert.ok(traceOf(new FactIndex(forged), cause));
  });

  it('has none for what belongs to no chain', () => {
    assert.equal(traceOf(index, 1), undefined);
    assert.equal(traceOf(index, 99999), undefined);
  });
});
