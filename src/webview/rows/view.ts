/**
 * The rows that are shown, in order: those that the chips and the filter let through. A change of the filter
 * walks all rows in slices, so that no frame of animation is lost; until it is through, the old list stays.
 */
import type { Match } from '../../protocol/filterMatch';
import { RowList } from './chunk';
import type { RowCursor } from './lookup';
import type { RowStore } from './store';

export interface Criteria {
  match: Match;
  /** Whether `match` lets everything through. */
  open: boolean;
  /** Shown kinds and directions, as bits of their numbers. */
  kinds: number;
  directions: number;
  /** The filter marks rows instead of hiding the others. */
  highlight: boolean;
}

/** A line of the list: a row, or the head of a connection's group. */
export type Line =
  | { line: 'row'; row: number }
  | { line: 'group'; connection: number; count: number; open: boolean };

interface Group {
  rows: RowList;
  open: boolean;
}

export class TrafficView {
  private rows = new RowList();
  private criteria: Criteria = {
    match: () => true,
    open: true,
    kinds: -1,
    directions: -1,
    highlight: false,
  };
  /** Rows from here on have not been looked at. */
  private next = 0;
  /** Rows from here on are not shown while the list is paused. */
  limit = Infinity;
  /** Rows from here on are hidden: what is shown is a moment of the past. */
  cut = Infinity;
  private scan: { rows: RowList; next: number } | null = null;
  private groups: Map<number, Group> | null = null;
  private lines = { dirty: true, starts: [] as number[], groups: [] as number[], length: 0 };
  private waiting = { from: -1, next: 0, count: 0 };
  private readonly closed = new Set<number>();
  /** Rows of the highlight, counted as they are met. */
  matches = 0;
  revision = 0;

  constructor(
    private readonly store: RowStore,
    private readonly cursor: RowCursor,
  ) {}

  get scanning(): boolean {
    return this.scan !== null;
  }
  /** 0 … 1 */
  get progress(): number {
    const { first, end } = this.store;
    return this.scan && end > first ? (this.scan.next - first) / (end - first) : 1;
  }
  get rowCount(): number {
    return this.lengthOf(this.rows);
  }
  get highlighting(): boolean {
    return this.criteria.highlight && !this.criteria.open;
  }
  get bytes(): number {
    return this.rows.bytes;
  }

  setCriteria(criteria: Criteria): void {
    this.criteria = criteria;
    this.scan = { rows: new RowList(), next: this.store.first };
    this.matches = 0;
    this.waiting.from = -1;
  }

  clear(): void {
    this.rows.clear();
    this.next = this.store.first;
    this.scan = null;
    this.matches = 0;
    if (this.groups) {
      this.groups = new Map();
    }
    this.changed();
  }

  /** Whether the filter holds, apart from the chips. */
  isMatch(row: number): boolean {
    this.cursor.row = row;
    return this.criteria.match(this.cursor);
  }

  private isShown(row: number): boolean {
    if (!this.isChosen(row)) {
      return false;
    }
    const { highlight, open } = this.criteria;
    if (open) {
      return true;
    }
    const match = this.isMatch(row);
    this.matches += match ? 1 : 0;
    return highlight || match;
  }

  /** Whether no chip hides it, and no other row tells it. */
  private isChosen(row: number): boolean {
    const { kinds, directions } = this.criteria;
    // A push that failed has no frame that could tell it: no chip of kinds hides it.
    return (
      !this.store.isFolded(row) &&
      ((kinds & (1 << this.store.kindIndex(row))) !== 0 || this.store.isFailedPush(row)) &&
      (directions & (1 << this.store.directionIndex(row))) !== 0
    );
  }

  setCut(row: number): void {
    this.cut = row;
    this.changed();
  }

  private lengthOf(rows: RowList): number {
    return this.cut === Infinity ? rows.length : rows.indexOf(this.cut);
  }

  /** The row that is shown before that one or after it, whatever is cut; undefined: there is none. */
  neighbourOf(row: number, step: 1 | -1): number | undefined {
    const index = step === 1 ? this.rows.indexOf(row + 1) : this.rows.indexOf(row) - 1;
    return index >= 0 && index < this.rows.length ? this.rows.at(index) : undefined;
  }

  /** How many lines have come since `row`, that row included, without the heads of groups. */
  countFrom(row: number): number {
    return Math.max(0, this.rowCount - this.rows.indexOf(row));
  }

  /** How many rows would be shown if the list were not paused. Counted on, since it is asked at every frame. */
  countWaiting(): number {
    const { end } = this.store;
    const from = Math.max(this.limit, this.store.first);
    if (this.waiting.from !== from) {
      this.waiting = { from, next: from, count: 0 };
    }
    const { open, highlight } = this.criteria;
    for (; this.waiting.next < end; this.waiting.next++) {
      const row = this.waiting.next;
      this.waiting.count += this.isChosen(row) && (open || highlight || this.isMatch(row)) ? 1 : 0;
    }
    return this.waiting.count;
  }

  /** Looks at rows until `deadline` (of performance.now). True when nothing is left to do. */
  step(deadline: number): boolean {
    const end = Math.min(this.store.end, this.limit);
    if (this.scan) {
      const { scan } = this;
      scan.next = Math.max(scan.next, this.store.first);
      while (scan.next < end) {
        const stop = Math.min(end, scan.next + 256);
        for (; scan.next < stop; scan.next++) {
          if (this.isShown(scan.next)) {
            scan.rows.push(scan.next);
          }
        }
        if (performance.now() > deadline) {
          return false;
        }
      }
      this.rows = scan.rows;
      this.next = scan.next;
      this.scan = null;
      this.regroup();
      this.changed();
    }
    this.next = Math.max(this.next, this.store.first);
    while (this.next < end) {
      const stop = Math.min(end, this.next + 256);
      for (; this.next < stop; this.next++) {
        if (this.isShown(this.next)) {
          this.rows.push(this.next);
          this.addToGroup(this.next);
        }
      }
      this.changed();
      if (performance.now() > deadline) {
        return false;
      }
    }
    this.dropOld();
    return true;
  }

  /** A row changed: it may match now, or no longer. */
  touched(row: number): void {
    this.revision += 1;
    if (row < this.waiting.next) {
      this.waiting.from = -1;
    }
    if (this.store.isFolded(row)) {
      this.takeOut(row);
      return;
    }
    if (this.criteria.open) {
      return;
    }
    const list = this.scan ? this.scan.rows : this.rows;
    if (row >= (this.scan ? this.scan.next : this.next) || this.criteria.highlight) {
      return;
    }
    const shown = this.isShown(row);
    if (shown === list.has(row)) {
      return;
    }
    if (shown) {
      list.insert(row);
    } else {
      list.remove(row);
    }
    if (!this.scan && this.groups) {
      this.regroup();
    }
    this.changed();
  }

  private takeOut(row: number): void {
    if (this.rows.has(row)) {
      if (this.highlighting && this.isMatch(row)) {
        this.matches -= 1;
      }
      this.rows.remove(row);
      this.groups?.get(this.store.connectionOf(row))?.rows.remove(row);
      this.changed();
    }
    this.scan?.rows.remove(row);
  }

  private dropOld(): void {
    if (this.rows.length > 0 && this.rows.at(0) < this.store.first) {
      this.rows.dropBefore(this.store.first);
      this.groups?.forEach((group, connection) => {
        group.rows.dropBefore(this.store.first);
        if (group.rows.length === 0) {
          this.groups!.delete(connection);
        }
      });
      this.changed();
    }
  }

  private changed(): void {
    this.revision += 1;
    this.lines.dirty = true;
  }

  // -- groups

  get grouped(): boolean {
    return this.groups !== null;
  }

  setGrouped(on: 'byConnection' | 'off'): void {
    this.groups = on === 'byConnection' ? new Map() : null;
    this.regroup();
    this.changed();
  }

  toggleGroup(connection: number): void {
    const group = this.groups?.get(connection);
    if (group) {
      group.open = !group.open;
      if (group.open) {
        this.closed.delete(connection);
      } else {
        this.closed.add(connection);
      }
      this.changed();
    }
  }

  private regroup(): void {
    if (this.groups) {
      this.groups = new Map();
      for (let index = 0; index < this.rows.length; index++) {
        this.addToGroup(this.rows.at(index));
      }
    }
  }

  private addToGroup(row: number): void {
    if (!this.groups) {
      return;
    }
    const connection = this.store.connectionOf(row);
    let group = this.groups.get(connection);
    if (!group) {
      group = { rows: new RowList(), open: !this.closed.has(connection) };
      this.groups.set(connection, group);
    }
    group.rows.push(row);
  }

  private layout(): typeof this.lines {
    if (this.lines.dirty) {
      const starts: number[] = [];
      const order: number[] = [];
      let length = 0;
      this.groups?.forEach((group, connection) => {
        const count = this.lengthOf(group.rows);
        if (count === 0 && this.cut !== Infinity) {
          return; // It had not begun.
        }
        starts.push(length);
        order.push(connection);
        length += 1 + (group.open ? count : 0);
      });
      this.lines = { dirty: false, starts, groups: order, length };
    }
    return this.lines;
  }

  /** Number of lines. */
  get length(): number {
    return this.groups ? this.layout().length : this.rowCount;
  }

  line(index: number): Line {
    if (!this.groups) {
      return { line: 'row', row: this.rows.at(index) };
    }
    const { starts, groups } = this.layout();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle]! <= index) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const connection = groups[low]!;
    const group = this.groups.get(connection)!;
    const inside = index - starts[low]! - 1;
    return inside < 0
      ? { line: 'group', connection, count: this.lengthOf(group.rows), open: group.open }
      : { line: 'row', row: group.rows.at(inside) };
  }

  /** Index of the line of a row, or of the one that stands where it would; -1 when there is none. */
  indexOf(row: number): { index: number; exact: boolean } {
    if (this.length === 0) {
      return { index: -1, exact: false };
    }
    if (!this.groups) {
      const index = Math.min(this.rows.indexOf(row), this.rowCount - 1);
      return { index, exact: this.rows.at(index) === row };
    }
    if (!this.store.has(row)) {
      return { index: 0, exact: false };
    }
    const connection = this.store.connectionOf(row);
    const { starts, groups } = this.layout();
    const place = groups.indexOf(connection);
    const group = this.groups.get(connection);
    if (place < 0 || !group) {
      return { index: 0, exact: false };
    }
    if (!group.open || group.rows.length === 0) {
      return { index: starts[place]!, exact: false };
    }
    const index = Math.min(group.rows.indexOf(row), this.lengthOf(group.rows) - 1);
    return { index: starts[place]! + 1 + index, exact: group.rows.at(index) === row };
  }

  /** Row numbers that the filter lets through, oldest first. */
  shownRows(): number[] {
    return Array.from({ length: this.rows.length }, (_, index) => this.rows.at(index)).filter(
      (row) => !this.highlighting || this.isMatch(row),
    );
  }
}
