// One mistake in a file is one problem, at the line where it was made, whatever else the parser no longer understands.
import assert from 'node:assert/strict';
import { mistakesIn } from '../../../src/core/project/jsonMistakes';

const sound = JSON.stringify(
  {
    service: 'a',
    port: 9480,
    functions: {
      register: { folder: 'R', runtime: 'Python3.9' },
      transfer: { folder: 'T', environment: { A: 'b' }, build: { command: ['a', 'b'] } },
    },
  },
  null,
  2,
);
const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Where the brace or bracket was opened that is closed at the offset. */
function opened(offset: number): number {
  const indent = /^\s*/.exec(sound.split('\n')[lineAt(sound, offset) - 1]!)![0];
  const line = new RegExp(`^${indent}\\S.*[{[]$|^[{]$`, 'gm');
  return [...sound.slice(0, offset).matchAll(line)].at(-1)!.index;
}

const told = (text: string): string[] =>
  mistakesIn(text).map(({ name, offset, length }) => {
    return `${name} ${lineAt(text, offset)} ${text.slice(offset, offset + length)}`;
  });

describe('mistakes in JSON', () => {
  it('each sign that is missing is one, at its line; what is not closed, where it was opened', () => {
    for (const { index, 0: sign } of sound.matchAll(/["{}[\]:,]/g)) {
      const text = sound.slice(0, index) + sound.slice(index + 1);
      const at = /[}\]]/.test(sign) ? opened(index) : index;
      const lines = mistakesIn(text).map(({ offset }) => lineAt(text, offset));
      assert.deepEqual(lines, [lineAt(sound, at)], text);
    }
  });

  it('two of them are two', () => {
    const text = sound.replace('"R",', '"R"').replace('"T",', 'T",');
    assert.deepEqual(told(text), ['CommaExpected 6 "', 'InvalidSymbol 10 T']);
    assert.deepEqual(told(sound), []);
  });

  for (const [text, ...expected] of [
    ['{"a": 1 "b": 2 "c": 3}', 'CommaExpected 1 1', 'CommaExpected 1 2'],
    ['{"a": 1,, "b": 2}', 'PropertyNameExpected 1 ,'],
    ['{"a": 1;\n"b": 2}', 'InvalidSymbol 1 ;'],
    ['{"a" = 1}', 'InvalidSymbol 1 ='],
    ['{"a": True}', 'InvalidSymbol 1 True'],
    ["{'a': 1}", "InvalidSymbol 1 'a'"],
    ['{"a": ["b", "c" }', 'CloseBracketExpected 1 ['],
    ['{"a": , "b": 1}', 'ValueExpected 1 ,'],
  ]) {
    it(JSON.stringify(text), () => assert.deepEqual(told(text!), expected));
  }
});
