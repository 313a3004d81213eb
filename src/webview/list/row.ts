/**
 * One line of the list: its elements are made once and filled again and again, and only what differs is
 * written. Everything from the wire goes through `textContent`.
 */
import * as l10n from '@vscode/l10n';
import type { Direction, FactOf } from '../../protocol/fact';
import type { RowKind } from '../../protocol/filter';
import {
  formatCount,
  formatDelta,
  formatDuration,
  formatSize,
  formatTime,
  oneLine,
} from '../format';
import type { InspectorModel } from '../model';
import { rowFlag as flag } from '../../protocol/facts/row';
import type { ColumnId } from '../ui';
import type { Column } from './columns';

export function kindName(kind: RowKind): string {
  switch (kind) {
    case 'text':
      return l10n.t('text');
    case 'binary':
      return l10n.t('binary');
    case 'ping':
      return l10n.t('ping');
    case 'pong':
      return l10n.t('pong');
    case 'close':
      return l10n.t('close');
    case 'handshake':
      return l10n.t('handshake');
    case 'refusal':
      return l10n.t('refusal');
    case 'push':
      return l10n.t('push');
    case 'invocation':
      return l10n.t('run');
  }
}

export function directionName(direction: Direction | null): string {
  return direction === 'toServer'
    ? l10n.t('client to server')
    : direction === 'toClient'
      ? l10n.t('server to client')
      : '';
}

export function directionIcon(direction: Direction | null, kind: RowKind): string {
  if (kind === 'invocation') {
    return 'symbol-method';
  }
  if (kind === 'push') {
    return 'broadcast';
  }
  return direction === 'toServer'
    ? 'arrow-right'
    : direction === 'toClient'
      ? 'arrow-left'
      : 'debug-disconnect';
}

/** What a row is about, in one line. */
export function previewOf(model: InspectorModel, row: number): string {
  const { store } = model;
  const text = store.text(row);
  switch (store.kind(row)) {
    case 'handshake':
      return `GET ${text}`;
    case 'close': {
      const fact = store.factOf(row);
      const code = store.code(row) || '';
      const cause = fact.kind === 'closed' ? causeName(fact) : '';
      const counted =
        fact.kind === 'closed' && fact.counted !== undefined
          ? l10n.t('a Web function counts {0}', fact.counted)
          : '';
      const found = fact.kind === 'closed' ? findingsOf(model, row)[0]?.message : undefined;
      return [code, text, cause, counted, found ?? ''].filter((part) => part !== '').join(' · ');
    }
    case 'refusal':
      return `${store.code(row)} · ${text}`;
    case 'invocation':
      return text === '' ? l10n.t('running') : text;
    case 'push': {
      const fact = store.factOf(row);
      return fact.kind === 'push' && fact.action === 'closing' ? l10n.t('closes the client') : text;
    }
    default:
      return text;
  }
}

/** What was found about a connection that ended without a Close frame: mostly why it did. */
export function findingsOf(model: InspectorModel, row: number): readonly FactOf<'diagnostic'>[] {
  const { store } = model;
  return store.code(row) === noCloseFrame
    ? (store.endingOf(store.connection(row))?.diagnostics ?? [])
    : [];
}

const noCloseFrame = 1006;

export function causeName({ cause, code }: FactOf<'closed'>): string {
  if (cause === 'protocolError' && (code === 1008 || code === 1009)) {
    return l10n.t('the client went over a limit');
  }
  const names: Record<string, string> = {
    clientClose: l10n.t('closed by the client'),
    clientVanished: l10n.t('the client vanished'),
    protocolError: l10n.t('the client broke the protocol'),
    notReading: l10n.t('the client did not read'),
    pushClosing: l10n.t('closed by a push'),
    idle: l10n.t('idle for too long'),
    platformFailure: l10n.t('the platform failed'),
    leftDuringRegister: l10n.t('left during Register'),
    gatewayStop: l10n.t('the gateway stopped'),
    operator: l10n.t('closed by you'),
  };
  return names[cause] ?? cause;
}

export function statusOf(
  model: InspectorModel,
  row: number,
): { icon: string; text: string; tone: string } {
  const { store } = model;
  const status = store.status(row);
  const code = store.code(row);
  switch (status) {
    case 'pending':
      return { icon: 'loading', text: '', tone: 'pending' };
    case 'held':
      return { icon: 'debug-pause', text: l10n.t('held'), tone: 'held' };
    case 'dropped':
      return { icon: 'circle-slash', text: '', tone: 'dropped' };
    case 'error':
      return { icon: 'error', text: code === 0 ? '' : String(code), tone: 'error' };
    case 'ok': {
      const edited = (store.flags(row) & flag.edited) !== 0;
      const warned = (store.flags(row) & flag.warned) !== 0;
      return {
        icon: warned ? 'warning' : edited ? 'edit' : code > 0 ? '' : 'check',
        text: code > 0 ? String(code) : '',
        tone: warned ? 'warning' : 'ok',
      };
    }
  }
}

export function functionText(model: InspectorModel, row: number): string {
  const { store } = model;
  const id = store.functionOf(row);
  if (id === null) {
    return (store.flags(row) & flag.external) !== 0 ? l10n.t('external') : '';
  }
  const name = id.slice(id.indexOf('/') + 1);
  const duration = store.kind(row) === 'handshake' ? null : store.duration(row);
  return duration === null ? name : `${name} · ${formatDuration(duration)}`;
}

/** A whole row as one sentence, for screen readers. */
export function describeRow(model: InspectorModel, row: number): string {
  const { store } = model;
  return [
    kindName(store.kind(row)),
    directionName(store.direction(row)),
    model.names.nameOf(store.connection(row)),
    oneLine(previewOf(model, row), 80),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

interface Cell {
  element: HTMLElement;
  icon?: HTMLElement;
  tag?: HTMLElement;
  label: HTMLElement;
}

export class RowElement {
  readonly element = document.createElement('div');
  private readonly cells = new Map<ColumnId, Cell>();
  private readonly group = document.createElement('div');
  private readonly gap = document.createElement('span');
  private readonly groupIcon = document.createElement('span');
  private readonly groupLabel = document.createElement('span');
  private top = -1;
  /** Line that it shows; -1: none. */
  index = -1;

  constructor(
    private readonly model: InspectorModel,
    private columns: readonly Column[],
    /** The part of a connection's name that its column has room for. */
    private readonly fit: (name: string) => string,
  ) {
    this.element.setAttribute('role', 'row');
    this.group.setAttribute('role', 'gridcell');
    this.group.className = 'group-cell';
    this.gap.className = 'tag gap-mark';
    this.groupLabel.className = 'label';
    this.group.append(this.groupIcon, this.groupLabel);
    this.build(columns);
  }

  build(columns: readonly Column[]): void {
    this.columns = columns;
    this.cells.clear();
    this.element.replaceChildren(
      ...columns.map((column) => {
        const cell = document.createElement('div');
        cell.setAttribute('role', 'gridcell');
        cell.className = `cell cell-${column.id}`;
        const label = document.createElement('span');
        label.className = 'label';
        const made: Cell = { element: cell, label };
        if (['direction', 'connection', 'status'].includes(column.id)) {
          made.icon = document.createElement('span');
          made.icon.setAttribute('aria-hidden', 'true');
          cell.append(made.icon);
        }
        if (column.id === 'preview') {
          made.tag = document.createElement('span');
          made.tag.className = 'tag';
          cell.append(made.tag);
        }
        cell.append(label);
        this.cells.set(column.id, made);
        return cell;
      }),
    );
  }

  hide(): void {
    if (this.index !== -1) {
      this.index = -1;
      this.element.hidden = true;
    }
  }

  private place(index: number, top: number): void {
    this.index = index;
    this.element.hidden = false;
    this.element.id = `line-${index}`;
    this.element.setAttribute('aria-rowindex', String(index + 2));
    if (top !== this.top) {
      this.top = top;
      this.element.style.transform = `translateY(${top}px)`;
    }
  }

  showGroup(
    index: number,
    top: number,
    name: string,
    color: number,
    count: number,
    open: boolean,
  ): void {
    this.place(index, top);
    this.element.className = `line group conn-${color}`;
    this.element.setAttribute('aria-expanded', String(open));
    this.element.removeAttribute('aria-selected');
    this.group.setAttribute('aria-colspan', String(this.columns.length));
    this.groupIcon.className = `codicon codicon-chevron-${open ? 'down' : 'right'}`;
    write(
      this.groupLabel,
      `${name === '' ? l10n.t('no connection') : name}  ·  ${formatCount(count)}`,
    );
    if (this.element.firstChild !== this.group) {
      this.element.replaceChildren(this.group);
    }
  }

  showRow(
    index: number,
    top: number,
    row: number,
    before: number | undefined,
    look: {
      selected: boolean;
      compared: boolean;
      marked: boolean;
      dimmed: boolean;
      firstOfSession: boolean;
      /** Facts that are missing between it and the row before. */
      missed: number;
    },
  ): void {
    if (this.element.firstChild === this.group) {
      this.build(this.columns);
      this.element.removeAttribute('aria-expanded');
    }
    this.place(index, top);
    const { store, names } = this.model;
    const kind = store.kind(row);
    const direction = store.direction(row);
    const tone = store.status(row);
    setClass(
      this.element,
      `line kind-${kind} ${direction ?? 'none'} is-${tone}${look.selected ? ' selected' : ''}${
        look.compared ? ' compared' : ''
      }${look.marked ? ' marked' : ''}${look.dimmed ? ' dimmed' : ''}${
        look.firstOfSession ? ' first-of-session' : ''
      }${look.missed > 0 ? ' after-gap' : ''}`,
    );
    setAttribute(this.element, 'aria-selected', String(look.selected || look.compared));
    for (const [id, cell] of this.cells) {
      this.fill(id, cell, row, before, kind, direction, names.of(store.connection(row)));
    }
    this.showGap(look.missed);
  }

  private showGap(missed: number): void {
    if (missed === 0) {
      this.gap.remove();
      return;
    }
    write(this.gap, l10n.t('{0} missed', formatCount(missed)));
    this.gap.title = l10n.t(
      'The node told more than was read in time: {0} facts are missing before this row.',
      formatCount(missed),
    );
    const preview = this.cells.get('preview')?.element ?? this.element.lastElementChild;
    if (preview !== null && preview !== this.gap.parentElement) {
      preview.prepend(this.gap);
    }
  }

  private fill(
    id: ColumnId,
    cell: Cell,
    row: number,
    before: number | undefined,
    kind: RowKind,
    direction: Direction | null,
    name: { name: string; color: number },
  ): void {
    const { model } = this;
    const { store } = model;
    switch (id) {
      case 'seq':
        write(cell.label, String(store.seq(row)));
        break;
      case 'time':
        write(cell.label, formatTime(model.timeOf(row)));
        break;
      case 'delta':
        write(
          cell.label,
          before === undefined || store.sessionOf(before) !== store.sessionOf(row)
            ? ''
            : formatDelta(Math.max(0, store.at(row) - store.at(before))),
        );
        break;
      case 'direction': {
        const text = directionName(direction) || kindName(kind);
        setClass(cell.icon!, `codicon codicon-${directionIcon(direction, kind)}`);
        setAttribute(cell.element, 'title', text);
        setClass(cell.label, 'label for-readers');
        write(cell.label, text);
        break;
      }
      case 'connection': {
        const connection = store.connection(row);
        setClass(cell.icon!, connection === '' ? '' : `dot conn-${name.color}`);
        setAttribute(cell.element, 'title', connection === '' ? '' : `${name.name}\n${connection}`);
        write(cell.label, connection === '' ? '' : this.fit(name.name));
        break;
      }
      case 'kind':
        write(cell.label, kindName(kind));
        break;
      case 'size': {
        const size = store.size(row);
        write(cell.label, size === null ? '' : formatSize(size));
        break;
      }
      case 'preview': {
        const tag = kind === 'text' || this.cells.has('kind') ? '' : kindName(kind);
        write(cell.tag!, tag);
        write(cell.label, oneLine(previewOf(model, row)));
        break;
      }
      case 'invocation':
        write(cell.label, functionText(model, row));
        setClass(
          cell.label,
          (store.flags(row) & flag.cold) !== 0 || store.invocationOf(row)?.started.cold
            ? 'label cold'
            : 'label',
        );
        break;
      case 'status': {
        const status = statusOf(model, row);
        setClass(
          cell.icon!,
          status.icon === '' ? '' : `codicon codicon-${status.icon} tone-${status.tone}`,
        );
        write(cell.label, status.text);
        setAttribute(cell.element, 'aria-label', `${statusName(store.status(row))} ${status.text}`);
        break;
      }
    }
  }
}

export function statusName(status: string): string {
  const names: Record<string, string> = {
    ok: l10n.t('ok'),
    error: l10n.t('error'),
    pending: l10n.t('pending'),
    held: l10n.t('held'),
    dropped: l10n.t('dropped'),
  };
  return names[status] ?? status;
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function setClass(element: HTMLElement, name: string): void {
  if (element.className !== name) {
    element.className = name;
  }
}

function setAttribute(element: HTMLElement, name: string, value: string): void {
  if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}
