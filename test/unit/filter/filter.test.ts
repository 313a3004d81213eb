import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseFilter, withKey, type RowKind } from '../../../src/protocol/filter';
import { compileFilter, frameSubject } from '../../../src/protocol/filterMatch';

const join = {
  ...frameSubject({
    connection: 'q8x7mzab',
    alias: 'alice',
    direction: 'toServer',
    type: 'text',
    size: 1500,
    text: '{"type":"join","room":{"name":"Lobby","size":3},"tags":["a","b c"],"n":null}',
  }),
  seq: 42,
  functionName: 'Transmission',
  role: 'transfer' as const,
  durationMs: 31,
  codes: [9001],
  invocation: '0000000a-1111',
};

function matches(source: string, subject = join): boolean {
  const { terms, problems } = parseFilter(source);
  assert.deepEqual(problems, [], source);
  return compileFilter(terms)(subject);
}

describe('filter', () => {
  const yes = [
    '',
    'join',
    'JOIN lobby',
    '"b c"',
    '"type":"join"',
    '{"type"',
    '/jo[i]n/',
    '/LOBBY/i',
    'conn:alice',
    'conn:ALI*',
    'conn:q8x7',
    'conn:q8x7mzab',
    'dir:in',
    'dir:toServer',
    'kind:text,binary',
    'kind:frame',
    'fn:transmission',
    'fn:trans*',
    'role:transfer',
    'role:transmission',
    'status:ok',
    'status:9001',
    'inv:0000000a',
    'size:>1k',
    'size:1k..2kb',
    'size:1500',
    'dur:<50ms',
    'dur:<1s',
    'seq:42',
    '-bob',
    '-conn:bob -kind:ping',
    "$.type == 'join'",
    '$.type=join',
    "$.type === 'join'",
    '$.room.size===3',
    "$.type !== 'leave'",
    '$.type == "join" conn:alice',
    '$.room.size >= 3',
    '$.room.size<4',
    '$.room["name"]~lob',
    '$.tags[1] == "b c"',
    '$.tags[*] == a',
    '$.n == null',
    '$.n',
    "-$.type == 'leave'",
    '-$.missing',
  ];
  for (const source of yes) {
    it(`takes a join by ${source || 'nothing'}`, () => assert.equal(matches(source), true));
  }
  const no = [
    'leave',
    '-join',
    '/JOIN/',
    'conn:bob',
    'conn:q8',
    'dir:out',
    'kind:binary',
    'kind:control',
    'status:error',
    'size:<1k',
    'size:>1500',
    'dur:>1s',
    '$.type == leave',
    "$.type === 'leave'",
    "$.type !== 'join'",
    '$.room.size == "3"',
    '$.missing',
    '$.tags[7]',
    'join leave',
    '$100',
    'is:cold',
    'http://x',
  ];
  for (const source of no) {
    it(`leaves a join by ${source}`, () => assert.equal(matches(source), false));
  }

  const wrong: [string, number, number, string][] = [
    ['hi cnn:bob', 3, 10, 'There is no key {0}: use one of {1}, or quotes to look for this text'],
    ['size:big', 5, 8, '{0} is no number: write for instance {1}'],
    ['kind:txt', 5, 8, '{0} cannot be {1}: use one of {2}'],
    ['conn:', 0, 5, 'A value is missing after {0}'],
    ['a /[ b', 2, 6, 'This expression has no closing /'],
    ['/(/', 0, 3, 'This expression is not valid: {0}'],
    ['/(a+)+$/', 0, 8, 'A repeat inside a repeat can take forever: {0}'],
    ['"open', 0, 5, 'This text has no closing quote'],
    ['$.a ==', 3, 6, 'A value is missing after {0}'],
    ['$.a ===', 3, 7, 'A value is missing after {0}'],
    ['$.', 0, 2, 'A member is expected after $: $.name or $[0]'],
    ['$.a!b', 3, 5, 'This is no path: {0}'],
  ];
  for (const [source, start, end, message] of wrong) {
    it(`says where ${source} is wrong`, () => {
      const { problems } = parseFilter(source);
      assert.equal(problems.length, 1);
      assert.deepEqual(
        [problems[0]!.start, problems[0]!.end, problems[0]!.message],
        [start, end, message],
      );
    });
  }

  it('keeps the good terms beside a wrong one', () => {
    const { terms, problems } = parseFilter('kind:text size:big join');
    assert.equal(terms.length, 2);
    assert.equal(problems.length, 1);
  });

  it('never throws, and its places lie in the source, in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (source) => {
        const { terms, problems } = parseFilter(source);
        compileFilter(terms)(join);
        let last = 0;
        for (const { start, end } of terms) {
          assert.ok(start >= last && end > start && end <= source.length);
          last = end;
        }
        for (const { start, end } of problems) {
          assert.ok(start >= 0 && end > start && end <= source.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('asks for the rest of a payload only when the beginning does not decide', () => {
    const { terms } = parseFilter('join needle');
    const asked: number[] = [];
    const match = compileFilter(terms, (term, seq) => {
      asked.push(seq);
      return term.test === 'text' && term.text === 'needle';
    });
    assert.equal(match({ ...join, whole: false }), true);
    assert.deepEqual(asked, [42]);
  });

  it('looks at rows of every kind', () => {
    const kinds: RowKind[] = ['handshake', 'refusal', 'push', 'invocation', 'close'];
    for (const kind of kinds) {
      assert.equal(matches(`kind:${kind}`, { ...join, kind }), true);
    }
  });

  it('replaces the terms of one key', () => {
    assert.equal(withKey('hi conn:a size:>1', 'conn', 'b'), 'hi size:>1 conn:b');
    assert.equal(withKey('hi conn:a', 'conn', null), 'hi');
    assert.equal(withKey('-conn:a', 'conn', 'b'), '-conn:a conn:b');
  });
});
