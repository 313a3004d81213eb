// The place that the list keeps while rows come and go.
import assert from 'node:assert/strict';
import { anchorAt, lineHeight, topOf } from '../../../src/webview/list/anchor';
import type { Line } from '../../../src/webview/rows/view';

/** Lines as a filter leaves them; null is the line of a group. */
function lines(...rows: (number | null)[]) {
  return {
    length: rows.length,
    line: (index: number): Line => {
      const row = rows[index];
      return typeof row === 'number'
        ? { line: 'row', row }
        : { line: 'group', connection: 0, count: 0, open: true };
    },
    indexOf: (row: number) => ({
      index: Math.max(0, rows.indexOf(row)),
      exact: rows.includes(row),
    }),
  };
}

describe('the anchor of the list', () => {
  const space = 3 * lineHeight;

  it('is the selected row while it is in sight, else the topmost one', () => {
    const view = lines(10, 11, 12, 13, 14, 15);
    assert.deepEqual(anchorAt(view, 12, lineHeight, space), { row: 12, offset: lineHeight });
    assert.deepEqual(anchorAt(view, 15, lineHeight, space), { row: 11, offset: 0 });
    assert.deepEqual(anchorAt(view, null, lineHeight + 5, space), { row: 11, offset: -5 });
  });

  it('is never the line of a group, and nothing in an empty list', () => {
    assert.deepEqual(anchorAt(lines(null, 7), null, 0, space), { row: 7, offset: lineHeight });
    assert.equal(anchorAt(lines(), null, 0, space), null);
  });

  it('stays where it is when lines above it go, within the list', () => {
    const anchor = { row: 12, offset: lineHeight };
    assert.equal(topOf(lines(10, 11, 12, 13), anchor, 1000), lineHeight);
    assert.equal(topOf(lines(11, 12, 13), anchor, 1000), 0);
    assert.equal(topOf(lines(12, 13), anchor, 1000), 0);
    assert.equal(topOf(lines(8, 9, 10, 11, 12), anchor, 30), 30);
  });
});
