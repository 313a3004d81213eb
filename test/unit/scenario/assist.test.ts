// Completion and hovers in flows, at the mark | of texts as they are while somebody types.
import assert from 'node:assert/strict';
import { explainAt, suggestAt } from '../../../src/core/scenario/assist';
import { stepTable } from '../../../src/core/scenario/stepTable';

function placeOf(marked: string): { text: string; line: number; column: number } {
  const at = marked.indexOf('|');
  const before = marked.slice(0, at).split('\n');
  const line = before.length - 1;
  return {
    text: before.join('\n') + marked.slice(at + 1),
    line,
    column: before[line]?.length ?? 0,
  };
}

function labels(marked: string, functions = ['Transmission']): string[] {
  const { text, line, column } = placeOf(marked);
  return suggestAt(text, line, column, functions).map(({ label }) => label);
}

function hover(marked: string): string | undefined {
  const { text, line, column } = placeOf(marked);
  return explainAt(text, line, column)?.says;
}

const clients = 'clients:\n  alice: { query: { a: b } }\n  bob:\n    protocols: [chat]\n';

describe('help in flows', () => {
  it('suggests the keys of the place', () => {
    assert.ok(labels('|').includes('scenarios'));
    assert.ok(labels('cl|').includes('clients'));
    assert.deepEqual(labels(`scenarios:\n  - name: x\n    |`), [
      'name',
      'skip',
      'vars',
      'matrix',
      'order',
      'steps',
    ]);
    assert.deepEqual(labels(`scenarios:\n- name: x\n  st|`), [
      'name',
      'skip',
      'vars',
      'matrix',
      'order',
      'steps',
    ]);
    assert.ok(labels('clients:\n  alice:\n    |').includes('protocols'));
    assert.ok(labels('clients:\n  alice: { |').includes('headers'));
  });

  it('suggests every step for each who can do it', () => {
    const found = labels(`${clients}steps:\n  - a|`);
    for (const { subject, words } of stepTable()) {
      const names = { client: ['alice', 'bob'], function: ['Transmission'] };
      const wanted =
        subject === undefined ? [words] : names[subject].map((name) => `${name} ${words}`);
      assert.deepEqual(
        wanted.filter((each) => !found.includes(each)),
        [],
      );
    }
    assert.ok(labels('clients: [carol]\nsteps:\n- |').includes('carol connects'));
    assert.ok(labels('steps:\n  - dan connects\n  - together:\n      - |').includes('dan sends'));
  });

  it('replaces all of the words that were typed', () => {
    const { text, line, column } = placeOf(`${clients}steps:\n  - alice rec|`);
    assert.equal(suggestAt(text, line, column, [])[0]?.from, 4);
  });

  it('suggests what may stand in a step, in braces and below', () => {
    assert.ok(labels('steps:\n  - Transmission ran: { |').includes('returned'));
    assert.ok(labels('steps:\n  - Transmission ran: { for: alice, ret|').includes('returned'));
    assert.ok(labels('steps:\n  - Transmission ran:\n      |').includes('pushes'));
    assert.deepEqual(labels('steps:\n  - Transmission ran:\n      start: |'), ['cold', 'warm']);
    assert.ok(labels('steps:\n  - alice receives: x\n    |').includes('wait'));
  });

  it('suggests matchers where something is compared', () => {
    assert.ok(labels('steps:\n  - alice receives: { id: { $|').includes('$type'));
    assert.ok(labels('steps:\n  - alice receives next:\n      $|').includes('$regex'));
  });

  it('stays silent in texts and comments', () => {
    assert.deepEqual(labels('# cl|'), []);
    assert.deepEqual(labels('steps:\n  - alice sends: hello w|'), []);
  });

  it('explains each step and each key', () => {
    for (const { subject, words, says } of stepTable()) {
      const name = subject === undefined ? '' : 'alice ';
      assert.ok(
        hover(`steps:\n  - ${name}${words.slice(0, 2)}|${words.slice(2)}: 1`)?.includes(says),
        words,
      );
    }
    assert.match(hover('sce|narios:\n  - name: x') ?? '', /Conversations/);
    assert.match(hover('steps:\n  - Transmission ran: { st|art: cold }') ?? '', /fresh process/);
    assert.equal(hover('steps:\n  - alice sends: hel|lo'), undefined);
  });
});
