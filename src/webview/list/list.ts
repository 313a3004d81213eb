/**
 * The list of rows: fixed heights, a pool of as many elements as fit, moved by transforms. It follows the
 * newest row until the user scrolls up, and keeps the user's place when the filter changes.
 */
import * as l10n from '@vscode/l10n';
import type { InspectorModel } from '../model';
import type { Line } from '../rows/view';
import { anchorAt, lineHeight, rowOf, topOf, type Anchor } from './anchor';
import { layoutColumns, type Column, type Layout } from './columns';
import { FitNames } from './fitNames';
import { RowElement } from './row';

const headHeight = 23;
/** Pixels of a connection's cell that its name does not have: paddings and the dot. */
const beforeName = 24;
/** Lines kept ready above and below what is seen. */
const spare = 4;

export class TrafficList extends HTMLElement {
  model!: InspectorModel;
  private readonly grid = document.createElement('div');
  private readonly head = document.createElement('div');
  private readonly body = document.createElement('div');
  private readonly tail = document.createElement('button');
  private pool: RowElement[] = [];
  private layout: Layout = { shown: [], widths: {}, template: '' };
  private height = 0;
  private following = true;
  private seenEnd = 0;
  /** Where the user chose to look: set by scrolling and selecting only, so that a filter cannot move it. */
  private anchor: Anchor | null = null;
  /** Where the list itself scrolled to; a scroll event that reports it is not the user's. */
  private ownTop = 0;
  /** Line with the keyboard's attention. */
  private active = -1;
  private activeRow: number | null = null;
  private shownSelection: number | null = null;
  private readonly names = new FitNames((text) => this.measureText(text));
  private canvas: CanvasRenderingContext2D | null = null;
  private unwatch: (() => void)[] = [];
  private readonly resize = new ResizeObserver(() => this.measure());

  connectedCallback(): void {
    if (this.childElementCount === 0) {
      this.grid.className = 'grid';
      this.grid.tabIndex = 0;
      this.grid.id = 'traffic-grid';
      this.grid.setAttribute('aria-label', l10n.t('Traffic'));
      this.grid.setAttribute('aria-multiselectable', 'true');
      this.head.className = 'head';
      this.head.setAttribute('role', 'row');
      this.head.setAttribute('aria-rowindex', '1');
      this.body.className = 'body';
      this.body.setAttribute('role', 'rowgroup');
      const headGroup = document.createElement('div');
      headGroup.setAttribute('role', 'rowgroup');
      headGroup.className = 'head-group';
      headGroup.append(this.head);
      this.tail.className = 'tail';
      this.tail.type = 'button';
      this.tail.hidden = true;
      this.tail.addEventListener('click', () => this.follow());
      this.grid.append(headGroup, this.body);
      this.append(this.grid, this.tail);
      this.grid.addEventListener('scroll', () => this.scrolled(), { passive: true });
      this.grid.addEventListener('keydown', (event) => this.pressed(event));
      this.grid.addEventListener('focus', () => this.focused());
      this.body.addEventListener('click', (event) => this.clicked(event));
      this.grid.addEventListener('contextmenu', (event) => this.menu(event));
      this.head.addEventListener('pointerdown', (event) => this.startResize(event));
      this.head.addEventListener('dblclick', (event) => this.resetWidth(event));
    }
    this.resize.observe(this);
    this.resize.observe(this.grid);
    this.unwatch = [
      this.model.watch('rows', () => this.refresh()),
      this.model.watch('ui', () => this.relayout()),
      this.model.watch('selection', () => this.selectionChanged()),
    ];
    this.measure();
  }

  disconnectedCallback(): void {
    this.resize.disconnect();
    this.unwatch.forEach((stop) => stop());
  }

  override focus(): void {
    this.grid.focus();
  }

  // -- layout

  private measure(): void {
    this.height = this.grid.clientHeight;
    this.relayout();
  }

  private relayout(): void {
    const width = this.clientWidth;
    if (width === 0) {
      return;
    }
    const next = layoutColumns(width, this.model.ui);
    const same =
      next.shown.map((each) => each.id).join() === this.layout.shown.map((each) => each.id).join();
    this.layout = next;
    this.grid.style.setProperty('--columns', next.template);
    this.fitNames();
    if (!same) {
      this.head.replaceChildren(
        ...next.shown.map((column, index) => headCell(column, index, next.widths[column.id])),
      );
      this.pool.forEach((row) => row.build(next.shown));
    }
    this.grid.setAttribute('aria-colcount', String(next.shown.length));
    this.refresh();
  }

  private fitNames(): void {
    this.names.setWidth((this.layout.widths.connection ?? 0) - beforeName);
  }

  private measureText(text: string): number {
    if (this.canvas === null) {
      const { fontSize, fontFamily } = getComputedStyle(this.grid);
      this.canvas = document.createElement('canvas').getContext('2d')!;
      this.canvas.font = `${fontSize} ${fontFamily}`;
    }
    return this.canvas.measureText(text).width;
  }

  private startResize(event: PointerEvent): void {
    const handle = (event.target as HTMLElement).closest<HTMLElement>('.resize');
    const id = handle?.dataset.column as keyof Layout['widths'] | undefined;
    if (!handle || !id) {
      return;
    }
    event.preventDefault();
    const start = this.layout.widths[id] ?? 80;
    const min = this.layout.shown.find((column) => column.id === id)?.min ?? 24;
    const sign = handle.dataset.side === 'start' ? -1 : 1;
    handle.setPointerCapture(event.pointerId);
    let width = start;
    const move = (next: PointerEvent) => {
      width = Math.min(800, Math.max(min, start + sign * (next.clientX - event.clientX)));
      this.layout = layoutColumns(this.clientWidth, {
        ...this.model.ui,
        widths: { ...this.model.ui.widths, [id]: width },
      });
      this.grid.style.setProperty('--columns', this.layout.template);
      this.fitNames();
      this.draw();
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener(
      'lostpointercapture',
      () => {
        handle.removeEventListener('pointermove', move);
        this.model.update({ widths: { ...this.model.ui.widths, [id]: Math.round(width) } });
      },
      { once: true },
    );
  }

  private resetWidth(event: MouseEvent): void {
    const handle = (event.target as HTMLElement).closest<HTMLElement>('.resize');
    if (handle) {
      const widths = { ...this.model.ui.widths };
      delete widths[handle.dataset.column as keyof typeof widths];
      this.model.update({ widths });
    }
  }

  // -- drawing

  private refresh(): void {
    const { view, store } = this.model;
    const length = view.length;
    this.grid.setAttribute('role', view.grouped ? 'treegrid' : 'grid');
    this.grid.setAttribute('aria-rowcount', String(length + 1));
    const height = `${length * lineHeight}px`;
    if (this.body.style.height !== height) {
      this.body.style.height = height;
    }
    // Nothing is left of what was looked at: a new session, or cleared by hand.
    this.following ||= this.seenEnd <= store.start;
    this.keepPlace(length);
    this.draw();
    // What is in sight is not new, also to somebody who looks at one row and does not follow.
    const inSight = this.following || this.grid.scrollTop >= this.lastTop(length) - 2;
    if (inSight) {
      this.seenEnd = store.end;
    }
    const behind = inSight ? 0 : view.countFrom(Math.max(this.seenEnd, store.first));
    this.tail.hidden = inSight;
    const text =
      behind === 0 ? l10n.t('Newest') : l10n.t('{0} new', behind > 9999 ? '9,999+' : behind);
    if (this.tail.textContent !== text) {
      this.tail.textContent = text;
    }
  }

  /** How far down the list can be moved. */
  private lastTop(length: number): number {
    return Math.max(0, length * lineHeight - (this.height - headHeight));
  }

  private keepPlace(length: number): void {
    const { view } = this.model;
    const max = this.lastTop(length);
    let wanted = this.grid.scrollTop;
    if (this.following) {
      this.seenEnd = this.model.store.end;
      wanted = max;
    } else if (this.anchor) {
      wanted = topOf(view, this.anchor, max);
    }
    if (Math.abs(this.grid.scrollTop - wanted) > 1) {
      this.grid.scrollTop = wanted;
    }
    this.ownTop = this.grid.scrollTop;
    if (this.activeRow !== null) {
      const { index, exact } = view.indexOf(this.activeRow);
      this.active = exact ? index : -1;
    }
  }

  private draw(): void {
    const { view, store, selected, compared, names } = this.model;
    const length = view.length;
    const top = this.grid.scrollTop;
    const first = Math.max(0, Math.floor(top / lineHeight) - spare);
    const last = Math.min(length, Math.ceil((top + this.height) / lineHeight) + spare);
    const wanted = Math.ceil(this.height / lineHeight) + 2 * spare + 2;
    while (this.pool.length < wanted) {
      const row = new RowElement(this.model, this.layout.shown, (name) => this.names.fit(name));
      this.pool.push(row);
      this.body.append(row.element);
    }
    const size = this.pool.length;
    const used = new Set<number>();
    let before = first > 0 ? rowOf(view.line(first - 1)) : undefined;
    for (let index = first; index < last; index++) {
      const slot = index % size;
      used.add(slot);
      const line = view.line(index);
      if (line.line === 'group') {
        const name = names.of(store.connections[line.connection]!);
        this.pool[slot]!.showGroup(
          index,
          index * lineHeight,
          name.name,
          name.color,
          line.count,
          line.open,
        );
        before = undefined;
      } else {
        const marked = view.highlighting && view.isMatch(line.row);
        this.pool[slot]!.showRow(index, index * lineHeight, line.row, before, {
          selected: line.row === selected,
          compared: line.row === compared,
          marked,
          dimmed: view.highlighting && !marked,
          firstOfSession:
            before !== undefined && store.sessionOf(before) !== store.sessionOf(line.row),
          missed: store.missedBetween(before, line.row),
        });
        before = line.row;
      }
      this.pool[slot]!.element.classList.toggle('active', index === this.active);
    }
    this.pool.forEach((row, slot) => {
      if (!used.has(slot)) {
        row.hide();
      }
    });
    if (this.active >= first && this.active < last) {
      this.grid.setAttribute('aria-activedescendant', `line-${this.active}`);
    } else {
      this.grid.removeAttribute('aria-activedescendant');
    }
  }

  private remember(): void {
    const { view, selected } = this.model;
    this.anchor = anchorAt(view, selected, this.grid.scrollTop, this.height - headHeight);
  }

  private scrolled(): void {
    if (Math.abs(this.grid.scrollTop - this.ownTop) >= 1) {
      this.ownTop = this.grid.scrollTop;
      const end = this.grid.scrollHeight - this.grid.clientHeight;
      this.following = this.grid.scrollTop >= end - 2;
      if (this.following) {
        this.seenEnd = this.model.store.end;
      }
      this.remember();
      this.tail.hidden = this.following;
    }
    this.draw();
  }

  private follow(): void {
    this.following = true;
    this.refresh();
  }

  // -- selecting

  private selectionChanged(): void {
    const { selected, view, store } = this.model;
    if (selected !== null && selected !== this.shownSelection) {
      this.activeRow = selected;
      const { index, exact } = view.indexOf(selected);
      if (exact) {
        this.reach(index);
      }
      // A row that is being read stays where it is.
      this.following &&= selected === store.end - 1;
      this.remember();
    }
    this.shownSelection = selected;
    this.refresh();
  }

  /** Brings a line into sight. */
  private reach(index: number): void {
    const space = this.height - headHeight;
    const top = index * lineHeight;
    const { scrollTop } = this.grid;
    this.active = index;
    const target =
      top < scrollTop
        ? top
        : top + lineHeight > scrollTop + space
          ? top + lineHeight - space
          : null;
    if (target !== null) {
      this.following = false;
      this.grid.scrollTop = target;
      this.ownTop = target;
      this.remember();
    }
  }

  /** Makes a line the active one; `select` false leaves the selection where it is. */
  private go(index: number, select = true): void {
    const { view } = this.model;
    const length = view.length;
    if (length === 0) {
      return;
    }
    const target = Math.min(length - 1, Math.max(0, index));
    this.reach(target);
    const line = view.line(target);
    this.activeRow = rowOf(line) ?? null;
    if (select && line.line === 'row') {
      this.model.select(line.row);
    }
    this.draw();
  }

  private focused(): void {
    if (this.active < 0 && this.model.view.length > 0) {
      this.active = Math.min(
        this.model.view.length - 1,
        Math.ceil(this.grid.scrollTop / lineHeight),
      );
      this.activeRow = rowOf(this.model.view.line(this.active)) ?? null;
      this.draw();
    }
  }

  private pressed(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor((this.height - headHeight) / lineHeight) - 1);
    const { view } = this.model;
    const line = this.activeLine();
    // As lists do: with this key the selection stays, and a second row is chosen to be compared with it.
    const beside = event.ctrlKey || event.metaKey;
    switch (event.key) {
      case 'ArrowDown':
        this.go(this.active + 1, !beside);
        break;
      case 'ArrowUp':
        this.go(this.active < 0 ? view.length - 1 : this.active - 1, !beside);
        break;
      case 'PageDown':
        this.go(this.active + page);
        break;
      case 'PageUp':
        this.go(this.active - page);
        break;
      case 'Home':
        this.go(0);
        break;
      case 'End':
        this.go(view.length - 1);
        this.follow();
        break;
      case 'ArrowLeft':
      case 'ArrowRight':
        if (line?.line !== 'group' || line.open !== (event.key === 'ArrowLeft')) {
          return;
        }
        view.toggleGroup(line.connection);
        this.refresh();
        break;
      case 'Enter':
      case ' ':
        if (line?.line === 'group') {
          view.toggleGroup(line.connection);
          this.refresh();
        } else if (line && beside && this.model.selected !== null) {
          this.model.compare(line.row);
        } else if (line) {
          this.model.select(line.row);
          if (event.key === 'Enter') {
            this.dispatchEvent(new CustomEvent('enter-detail', { bubbles: true }));
          }
        }
        break;
      case 'F10':
        if (!event.shiftKey) {
          return;
        }
        this.openActiveMenu();
        break;
      case 'ContextMenu':
        this.openActiveMenu();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  private activeLine(): Line | undefined {
    const { view } = this.model;
    return this.active >= 0 && this.active < view.length ? view.line(this.active) : undefined;
  }

  private lineAt(event: Event): Line | undefined {
    const element = (event.target as HTMLElement).closest<HTMLElement>('.line');
    const index = this.pool.find((row) => row.element === element)?.index ?? -1;
    if (index < 0) {
      return undefined;
    }
    this.active = index;
    return this.model.view.line(index);
  }

  private clicked(event: MouseEvent): void {
    const line = this.lineAt(event);
    if (line?.line === 'group') {
      this.activeRow = null;
      this.model.view.toggleGroup(line.connection);
      this.refresh();
    } else if (line) {
      this.activeRow = line.row;
      if ((event.ctrlKey || event.metaKey || event.shiftKey) && this.model.selected !== null) {
        this.model.compare(line.row);
      } else {
        this.model.select(line.row);
      }
    }
  }

  private menu(event: MouseEvent): void {
    if (event.target === this.grid && event.button !== 2) {
      // Asked for from the keyboard or by a screen reader, of what has the focus.
      event.preventDefault();
      this.openActiveMenu();
      return;
    }
    const line = this.lineAt(event);
    if (line?.line === 'row') {
      event.preventDefault();
      // The selection stays, as in the editor's own lists: the menu compares with it.
      this.activeRow = line.row;
      this.draw();
      this.openMenu(line.row, event.clientX, event.clientY);
    }
  }

  private openActiveMenu(): void {
    const line = this.activeLine();
    if (line?.line === 'row') {
      const place = this.body.querySelector(`#line-${this.active}`)?.getBoundingClientRect();
      this.openMenu(line.row, place?.left ?? 0, place?.bottom ?? 0);
    }
  }

  private openMenu(row: number, x: number, y: number): void {
    this.dispatchEvent(new CustomEvent('row-menu', { bubbles: true, detail: { row, x, y } }));
  }
}

/** A column's head, with a handle at the side that moves its border away from the preview. */
function headCell(column: Column, index: number, width = 100): HTMLElement {
  const cell = document.createElement('div');
  cell.setAttribute('role', 'columnheader');
  cell.setAttribute('aria-colindex', String(index + 1));
  cell.className = `cell cell-${column.id}`;
  const label = document.createElement('span');
  // Too narrow for its title: the content must speak for itself, except to those who hear it.
  label.className = column.id === 'direction' || width < 50 ? 'label for-readers' : 'label';
  label.textContent = column.title();
  cell.append(label);
  if (column.id !== 'preview' && column.id !== 'direction') {
    const handle = document.createElement('span');
    handle.className = 'resize';
    handle.dataset.column = column.id;
    handle.dataset.side = column.id === 'invocation' || column.id === 'status' ? 'start' : 'end';
    cell.append(handle);
  }
  return cell;
}
