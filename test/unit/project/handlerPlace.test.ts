// Finding a handler in text, and the line where a breakpoint stops in it.
import assert from 'node:assert/strict';
import { findHandler } from '../../../src/core/project/handlerPlace';

function place(family: 'python' | 'node', text: string, handler = 'index.main_handler') {
  const found = findHandler(text, handler, family);
  return found && [found.line, found.body.line, found.body.column];
}

describe('the place of a handler', () => {
  it('in Python: the first statement behind signature, docstring and comments', () => {
    assert.deepEqual(
      place('python', 'def main_handler(event, context):\n    return 1\n'),
      [0, 1, 4],
    );
    assert.deepEqual(
      place(
        'python',
        'import json\n\n\ndef main_handler(\n    event,\n    context,\n):\n    return 1\n',
      ),
      [3, 7, 4],
    );
    assert.deepEqual(
      place(
        'python',
        'def main_handler(event, context):\n    """One line."""\n    # note\n\n    x = 1\n',
      ),
      [0, 4, 4],
    );
    assert.deepEqual(
      place(
        'python',
        'def main_handler(event, context):\n    """Two\n    lines.\n    """\n    x = 1\n',
      ),
      [0, 4, 4],
    );
    assert.deepEqual(place('python', 'async def main_handler(e, c):  # note\n  pass'), [0, 1, 2]);
  });

  it('in JavaScript and TypeScript: whatever way it is exported', () => {
    assert.deepEqual(
      place('node', 'exports.main_handler = async (event) => {\n  return 1;\n};'),
      [0, 1, 2],
    );
    assert.deepEqual(
      place(
        'node',
        "'use strict';\nmodule.exports.main_handler = function (e) {\n\n  // x\n  go();\n}",
      ),
      [1, 4, 2],
    );
    assert.deepEqual(
      place('node', 'export async function main_handler(event: Event) {\n  go();\n}'),
      [0, 1, 2],
    );
    assert.deepEqual(
      place('node', 'export const main_handler = async (event: { a: string }) => {\n  go();\n};'),
      [0, 1, 2],
    );
    assert.deepEqual(
      place('node', 'exports.main_handler = async (\n  event,\n) => {\n  go();\n};'),
      [0, 3, 2],
    );
  });

  it('of one line: the column of the body', () => {
    assert.deepEqual(
      place('node', 'exports.main_handler = async () => { return 1; };'),
      [0, 0, 37],
    );
    assert.deepEqual(place('node', 'exports.main_handler = async () => 1;'), [0, 0, 35]);
  });

  it('takes the name from the handler, and no other function', () => {
    assert.equal(place('python', 'def main_handler_two(event):\n    pass\n'), undefined);
    assert.deepEqual(place('python', 'def go(event):\n    pass\n', 'app/index.go'), [0, 1, 4]);
    assert.equal(place('node', 'const other = 1;'), undefined);
  });
});
