import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Fact } from '../../../src/protocol/fact';
import { FactIndex, traceOf } from '../../../src/protocol/trace';
import { RowList } from '../../../src/webview/rows/chunk';
import { RowCursor, StoreLookup } from '../../../src/webview/rows/lookup';
import { ConnectionNames } from '../../../src/webview/rows/names';
import { RowStore } from '../../../src/webview/rows/store';
import { TrafficView } from '../../../src/webview/rows/view';
import { compileFilter } from '../../../src/protocol/filterMatch';
import { parseFilter, rowKinds } from '../../../src/protocol/filter';
import { chatStory, longStory, Story } from '../../webview/story';

interface Page {
  store: RowStore;
  view: TrafficView;
  add(facts: readonly Fact[]): void;
  filter(source: string): void;
  shown(): number[];
}

function page(maxRows = 1e6, maxBytes = 1e9): Page {
  const names = new ConnectionNames();
  const store: RowStore = new RowStore(maxRows, maxBytes, {
    touched: (row) => view.touched(row),
  });
  const view = new TrafficView(store, new RowCursor(store, names));
  const step = () => {
    while (!view.step(performance.now() + 50));
  };
  return {
    store,
    view,
    add(facts) {
      facts.forEach((fact) => {
        names.add(fact);
        store.add(fact);
      });
      step();
    },
    filter(source) {
      const { terms } = parseFilter(source);
      view.setCriteria({
        match: compileFilter(terms),
        open: terms.length === 0,
        kinds: -1,
        directions: -1,
        highlight: false,
      });
      step();
    },
    shown: () => view.shownRows().map((row) => store.seq(row)),
  };
}

describe('rows', () => {
  it('give back the facts that made them', () => {
    const { facts } = chatStory();
    const { store, add } = page();
    add(facts);
    for (const fact of facts) {
      const row = store.rowOf(fact.seq);
      if (row !== undefined) {
        assert.deepEqual(store.factOf(row), fact);
      }
    }
    const kinds = new Set([
      'connecting',
      'refused',
      'closed',
      'frame',
      'invocationStarted',
      'push',
    ]);
    assert.equal(store.count, facts.filter((fact) => kinds.has(fact.kind)).length);
  });

  it('lead to the same traces as the facts themselves', () => {
    const { facts } = chatStory();
    const { store, add } = page();
    add(facts);
    const index = new FactIndex(facts);
    const lookup = new StoreLookup(store, 0);
    for (const { seq } of facts) {
      const fromRows = store.rowOf(seq) === undefined ? undefined : traceOf(lookup, seq);
      if (fromRows) {
        assert.deepEqual(
          JSON.parse(JSON.stringify(fromRows.root, withoutPageParts)),
          plain(traceOf(index, seq)!.root),
        );
        assert.equal(fromRows.cut, false);
      }
    }
  });

  it('follow a frame that becomes two, as a fault makes it', () => {
    const story = new Story();
    const id = story.connect('alice');
    const seq = story.frame(id, 'toServer', 'hi');
    story.invoke('Transmission', 'transfer', id, seq, {});
    story.invoke('Transmission', 'transfer', id, seq, {});
    const { store, add } = page();
    add(story.facts);
    assert.equal(new StoreLookup(store, 0).causedBy(seq).length, 2);
  });

  it('stay within the rows and bytes allowed, and say how many frames went', () => {
    const story = longStory(20_000);
    const frames = story.facts.filter((fact) => fact.kind === 'frame').length;
    const bounded = page(10_000);
    bounded.add(story.facts);
    assert.ok(bounded.store.count <= 10_000 + 2 * 8192);
    const kept = bounded.shown().filter((seq) => story.facts[seq - 1]!.kind === 'frame').length;
    assert.equal(bounded.store.droppedFrames + kept, frames);
    assert.equal(bounded.store.invocations.size < 20_000 / 4, true);
    const small = page(1e6, 3e6);
    small.add(story.facts);
    // At least two blocks of rows are always kept.
    assert.ok(small.store.bytes < 5e6, `${small.store.bytes}`);
  });

  it('are filtered the same at once, by appending, and by later changes', () => {
    const { facts } = chatStory();
    const filters = [
      'status:error',
      'fn:transmission',
      'dur:>15',
      'conn:alice -kind:push',
      'psst',
      'kind:invocation status:ok',
    ];
    for (const filter of filters) {
      const after = page();
      after.add(facts);
      after.filter(filter);
      const during = page();
      during.filter(filter);
      facts.forEach((fact) => during.add([fact]));
      assert.deepEqual(during.shown(), after.shown(), filter);
      assert.ok(after.shown().length > 0, filter);
    }
  });

  it('of pushes that failed are shown whatever kinds are, as no frame tells them', () => {
    const story = new Story();
    const ann = story.connect('ann');
    story.push(ann, 'arrives', null, null);
    const failed = [9001, 9002, 9007].map((errNo) => story.push(ann, 'lost', null, null, errNo));
    const late = page();
    late.add(story.facts);
    const criteria = {
      match: () => true,
      open: true,
      kinds: ~(1 << rowKinds.indexOf('push')),
      directions: -1,
      highlight: false,
    };
    late.view.setCriteria(criteria);
    late.add([]);
    const early = page();
    early.view.setCriteria(criteria);
    early.add(story.facts);
    for (const { store, shown } of [late, early]) {
      const pushes = shown().filter((seq) => store.kind(store.rowOf(seq)!) === 'push');
      assert.deepEqual(pushes, failed);
      assert.deepEqual(
        pushes.map((seq) => store.code(store.rowOf(seq)!)),
        [9001, 9002, 9007],
      );
    }
    early.view.setCriteria({ ...criteria, directions: 0 });
    early.add([]);
    assert.deepEqual(early.shown(), [], 'what else hides rows hides these, too');
  });

  it('of runs that failed have the status that README and the lens tell', () => {
    const story = new Story();
    const ann = story.connect('ann');
    const cause = story.frame(ann, 'toServer', 'x');
    story.invoke('Transmission', 'transfer', ann, cause, { fails: "KeyError: 'to'" });
    const { store, add, filter, shown } = page();
    add(story.facts);
    assert.equal(store.code(store.rowOf(cause)!), 430);
    filter('status:430');
    assert.ok(shown().includes(cause));
  });

  it('are grouped with every row in one group, in order', () => {
    const { facts } = chatStory();
    const { view, store, add } = page();
    view.setGrouped('byConnection');
    add(facts);
    const lines = Array.from({ length: view.length }, (_, index) => view.line(index));
    const rows = lines.flatMap((line) => (line.line === 'row' ? [line.row] : []));
    assert.equal(new Set(rows).size, store.count);
    rows.forEach((row) => {
      const { index, exact } = view.indexOf(row);
      assert.deepEqual([exact, view.line(index)], [true, { line: 'row', row }]);
    });
    const head = lines[0]!;
    assert.equal(head.line, 'group');
    if (head.line === 'group') {
      view.toggleGroup(head.connection);
      assert.equal(view.length, lines.length - head.count);
    }
  });

  it('keep their causes after any number of starts', () => {
    const { store, add } = page();
    const story = new Story();
    const id = story.connect('alice');
    const said = story.frame(id, 'toServer', 'hi');
    story.invoke('Transmission', 'transfer', id, said, { pushes: [[id, 'hello']] });
    for (let session = 1; session <= 70_000; session += session < 300 ? 1 : 34_850) {
      store.startSession(session);
      add(story.facts);
      const frame = store.rowOf(said)!;
      assert.equal(store.sessionOf(frame), session);
      assert.equal(store.invocationOf(frame)?.session, session, `in session ${session}`);
      const lookup = new StoreLookup(store, session);
      assert.equal(lookup.causedBy(said).length, 1, `in session ${session}`);
    }
  });

  it('are found by number in each session', () => {
    const { store, add } = page();
    store.startSession(1);
    const { facts } = chatStory();
    add(facts);
    store.startSession(2);
    add(facts);
    const frame = facts.find((fact) => fact.kind === 'frame')!;
    const [first, second] = [store.rowOf(frame.seq, 1)!, store.rowOf(frame.seq, 2)!];
    assert.ok(first < second);
    assert.deepEqual(store.factOf(first), store.factOf(second));
    assert.equal(store.rowOf(999_999), undefined);
  });
});

describe('the colour of a connection', () => {
  it('is the same in a page that drew a refusal first and in one that is opened later', () => {
    const { facts } = chatStory();
    const drawn = new ConnectionNames();
    // A handshake that is refused before Register is a row of no connection.
    assert.equal(drawn.of('').name, '');
    const later = new ConnectionNames();
    facts.forEach((fact) => {
      drawn.add(fact);
      later.add(fact);
    });
    const connections = facts.flatMap((fact) =>
      fact.kind === 'connecting' ? [fact.connection] : [],
    );
    assert.ok(connections.length > 1);
    for (const connection of connections) {
      assert.deepEqual(drawn.of(connection), later.of(connection));
    }
  });
});

describe('a list of rows', () => {
  it('behaves as a sorted set', () => {
    const act = fc.oneof(
      fc.record({ what: fc.constant('insert' as const), row: fc.nat(60) }),
      fc.record({ what: fc.constant('remove' as const), row: fc.nat(60) }),
      fc.record({ what: fc.constant('drop' as const), row: fc.nat(60) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
        const list = new RowList();
        let model: number[] = [];
        for (const { what, row } of acts) {
          if (what === 'insert') {
            list.insert(row);
            model = [...new Set([...model, row])].sort((a, b) => a - b);
          } else if (what === 'remove') {
            list.remove(row);
            model = model.filter((each) => each !== row);
          } else {
            list.dropBefore(row);
            model = model.filter((each) => each >= row);
          }
          assert.deepEqual(
            Array.from({ length: list.length }, (_, index) => list.at(index)),
            model,
          );
        }
      }),
    );
  });
});

/** The page's invocation records carry more than the facts: row numbers, counts. */
function withoutPageParts(key: string, value: unknown): unknown {
  return ['row', 'session', 'moreLogs', 'diagnostics'].includes(key) ? undefined : value;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
