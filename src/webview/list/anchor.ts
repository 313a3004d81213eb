/** The place in the list that the user chose to look at, so that rows can come and go above it. */
import type { Line, TrafficView } from '../rows/view';

export const lineHeight = 22;

export interface Anchor {
  row: number;
  /** Pixels from the top of what is seen to the row's own top. */
  offset: number;
}

type Lines = Pick<TrafficView, 'length' | 'line' | 'indexOf'>;

/** The row to hold on to: the selected one when it is in sight, else the topmost. */
export function anchorAt(
  view: Lines,
  selected: number | null,
  top: number,
  space: number,
): Anchor | null {
  if (selected !== null) {
    const { index, exact } = view.indexOf(selected);
    const offset = index * lineHeight - top;
    if (exact && offset > -lineHeight && offset < space) {
      return { row: selected, offset };
    }
  }
  for (let index = Math.floor(top / lineHeight); index < view.length; index++) {
    const row = rowOf(view.line(index));
    if (row !== undefined) {
      return { row, offset: index * lineHeight - top };
    }
  }
  return null;
}

/** Where the list must be scrolled to for the anchor to stay where it is, `max` at most. */
export function topOf(view: Lines, anchor: Anchor, max: number): number {
  const { index } = view.indexOf(anchor.row);
  return Math.min(max, Math.max(0, index * lineHeight - anchor.offset));
}

export function rowOf(line: Line): number | undefined {
  return line.line === 'row' ? line.row : undefined;
}
