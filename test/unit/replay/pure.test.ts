// What two runs of the same code may differ in becomes a mark; everything else is compared to the letter.
import assert from 'node:assert/strict';
import { canonical, isSame, type Run } from '../../../src/core/replay/canonical';
import { compare, type Told } from '../../../src/core/replay/compare';
import { byEnd, type Move } from '../../../src/core/replay/moves';
import type { Leaf } from '../../../src/core/replay/trees';

const from = Date.parse('2026-03-04T05:06:07Z');
const run = (more: Partial<Run> = {}): Run => ({
  from,
  to: from + 2000,
  requestIds: new Set(['11111111-2222-3333-4444-555555555555']),
  sent: new Set(),
  foreignIds: false,
  ...more,
});

describe('texts of handlers', () => {
  const cases: [text: string, expected: string][] = [
    ['request 11111111-2222-3333-4444-555555555555.', 'request ⟨uuid⟩.'],
    ['{"at":1772600768123}', '{"at":⟨time⟩}'],
    ['{"at":1772600768.5}', '{"at":⟨time⟩}'],
    ['{"at":1772600768123456}', '{"at":⟨time⟩}'],
    ['on 2026-03-04T05:06:08.123Z', 'on ⟨time⟩'],
    ['on 2026-03-04 05:06:08.123456', 'on ⟨time⟩'],
    ['on 2026-03-04, at 05:06:08', 'on ⟨date⟩, at ⟨time⟩'],
    ['at 05:06', 'at ⟨time⟩'],
    // Not of this run, so it is written in the code.
    ['since 2020-01-01T00:00:00Z', 'since 2020-01-01T00:00:00Z'],
    ['id 1500000000, order 1234567890123', 'id 1500000000, order 1234567890123'],
    ['opens 09:30', 'opens 09:30'],
    ['v1.2.3 12345 a:1', 'v1.2.3 12345 a:1'],
    ['3q2+7wAAkB9/Zk1sCQ1Rew==', '3q2+7wAAkB9/Zk1sCQ1Rew=='],
  ];
  for (const [text, expected] of cases) {
    it(`${text} → ${expected}`, () => assert.equal(canonical(text, run()), expected));
  }

  it('keep what clients sent', () => {
    const sent = new Set(['2026-03-04T05:06:08.123Z', 'aaaaaaaa-2222-3333-4444-555555555555']);
    const text = 'you said 2026-03-04T05:06:08.123Z aaaaaaaa-2222-3333-4444-555555555555';
    assert.equal(canonical(text, run({ sent })), text);
  });

  it('of a browser hold ids of a gateway that is not ours', () => {
    const text = canonical('you are 3q2+7wAAkB9/Zk1sCQ1Rew==', run({ foreignIds: true }));
    assert.equal(text, 'you are ⟨connection⟩');
  });

  it('may be anything where a secret was taken out', () => {
    assert.ok(isSame('{"token":"[redacted]","n":1}', '{"token":"abc","n":1}'));
    assert.ok(!isSame('{"token":"[redacted]","n":1}', '{"token":"abc","n":2}'));
    assert.ok(!isSame('a [redacted]', 'b c'));
  });
});

describe('comparing', () => {
  const told = (...texts: (string | undefined)[]): Told => ({
    run: run(),
    trees: new Map(
      texts.map((text, index) => [
        `m${index}`,
        {
          key: `m${index}`,
          seq: index,
          leaves: new Map<string, Leaf>(
            text === undefined ? [] : [['value', { part: 'value', text, theirs: true }]],
          ),
        },
      ]),
    ),
  });
  const outcome = (recorded: string | undefined, ...replays: (string | undefined)[]): string => {
    const { counts, different } = compare(
      told(recorded),
      replays.map((text) => told(text)),
    );
    return different.length > 0 ? 'different' : counts.varies > 0 ? 'varies' : 'same';
  };

  it('is exact where replays agree', () => {
    assert.equal(outcome('{"a":1}', '{"a":1}', '{"a":1}'), 'same');
    assert.equal(outcome('{"a":1}', '{"a": 1}', '{"a": 1}'), 'different');
    assert.equal(outcome('{"a":1,"b":2}', '{"b":2,"a":1}', '{"b":2,"a":1}'), 'different');
    assert.equal(outcome(undefined, 'x', 'x'), 'different');
    assert.equal(outcome('x', undefined, undefined), 'different');
  });

  it('looks beside what varies', () => {
    assert.equal(outcome('{"r":1,"n":1}', '{"r":2,"n":1}', '{"r":3,"n":1}'), 'varies');
    assert.equal(outcome('{"r":1,"n":2}', '{"r":2,"n":1}', '{"r":3,"n":1}'), 'different');
    assert.equal(outcome('{"r":1}', '{"r":2,"n":1}', '{"r":3,"n":1}'), 'different');
    assert.equal(outcome('{"r":"x","n":1}', '{"r":2,"n":1}', '{"r":3,"n":1}'), 'different');
    assert.equal(outcome('dice 1 of two', 'dice 2 of two', 'dice 3 of two'), 'varies');
    assert.equal(outcome('dice 1 of six', 'dice 2 of two', 'dice 3 of two'), 'different');
    assert.equal(outcome('[1,[5]]', '[2,[5]]', '[3,[5]]'), 'varies');
    assert.equal(outcome('[1,[6]]', '[2,[5]]', '[3,[5]]'), 'different');
  });

  it('takes what one of the replays explains', () => {
    assert.equal(outcome('a', 'b', 'a'), 'same');
    assert.equal(outcome(undefined, 'a', undefined), 'same');
  });

  it('counts what was compared', () => {
    const { counts } = compare(told('a', 'b'), [told('a', 'b'), told('a', 'b')]);
    assert.deepEqual([counts.moves, counts.value], [2, 2]);
    assert.equal(compare(told(), [told(), told()]).counts.moves, 0);
  });
});

describe('the order in which handlers ended', () => {
  const move = (key: string, connection: string, seq: number, ended: number): Move => ({
    key,
    seq,
    ended,
    at: seq,
    connection,
    deed: { do: 'fallSilent' },
  });

  it('lets those that were quicker go first, and none overtake its own', () => {
    const moves = [
      move('slow', 'a', 1, 10),
      move('quick', 'b', 2, 4),
      move('later', 'a', 3, 5),
      move('last', 'c', 6, 20),
    ];
    assert.deepEqual(
      byEnd(moves).map(({ key }) => key),
      ['quick', 'slow', 'later', 'last'],
    );
  });
});
