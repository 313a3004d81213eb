/** A JSON value as a tree: opened level by level, searched, and copied from. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type PropertyValues } from 'lit';
import { formatPath } from '../../protocol/jsonPath';
import { define, PageElement } from '../element';
import { formatCount, oneLine } from '../format';
import { icon } from '../icon';
import { openMenu } from '../menu';

/** Lines that are drawn at once; deeper or longer values are opened piece by piece. */
const maxLines = 3000;
const maxMembers = 200;

interface TreeLine {
  path: (string | number)[];
  id: string;
  name: string | number | null;
  value: unknown;
  depth: number;
  open?: boolean;
  /** Members that are not drawn, for the line that offers them. */
  more?: number;
}

class JsonTree extends PageElement {
  static override properties = {
    ...PageElement.properties,
    value: { attribute: false },
    label: { attribute: false },
  };
  value: unknown;
  label = '';
  private toggled = new Map<string, boolean>();
  private shown = new Map<string, number>();
  private search = '';
  private found: string[] = [];
  private active = 0;
  private lines: TreeLine[] = [];

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('value')) {
      this.toggled = new Map();
      this.shown = new Map();
      this.active = 0;
      this.findMatches();
    }
  }

  override render() {
    this.lines = [];
    this.collect(this.value, null, [], 0);
    const active = Math.min(this.active, this.lines.length - 1);
    return html`<div class="tree-bar">
        <input
          type="text"
          class="plain-input"
          aria-label=${l10n.t('Search in JSON')}
          placeholder=${l10n.t('Search in JSON')}
          spellcheck="false"
          @input=${(event: Event) => this.searched((event.target as HTMLInputElement).value)}
          @keydown=${(event: KeyboardEvent) => this.searchKey(event)}
        />
        <span class="quiet" role="status"
          >${
            this.search === '' ? nothing : l10n.t('{0} matches', formatCount(this.found.length))
          }</span
        >
      </div>
      <div
        class="json-tree"
        role="tree"
        tabindex="0"
        aria-label=${this.label || l10n.t('JSON')}
        aria-activedescendant=${active >= 0 ? `json-${active}` : nothing}
        @keydown=${(event: KeyboardEvent) => this.pressed(event)}
      >
        ${this.lines.map((line, index) => this.line(line, index, index === active))}
      </div>`;
  }

  private line(line: TreeLine, index: number, active: boolean) {
    const indent = 'x'.repeat(Math.min(line.depth, 40));
    const match = this.found.includes(line.id);
    return html`<div
      id="json-${index}"
      role="treeitem"
      aria-level=${line.depth + 1}
      aria-expanded=${line.open === undefined ? nothing : String(line.open)}
      aria-selected=${String(active)}
      class="json-line depth-${indent.length} ${active ? 'active' : ''} ${match ? 'match' : ''}"
      @click=${() => this.clicked(line, index)}
      @contextmenu=${(event: MouseEvent) => this.menu(event, line, index)}
    >
      ${Array.from(indent, () => html`<span class="guide"></span>`)}
      <span class="twist"
        >${line.open === undefined ? nothing : icon(line.open ? 'chevron-down' : 'chevron-right')}</span
      >
      ${
        line.more
          ? html`<span class="quiet">${l10n.t('{0} more…', formatCount(line.more))}</span>`
          : html`${
              line.name === null
                ? nothing
                : html`<span class="json-name">${line.name}</span><span class="json-colon">:</span>`
            }
            ${valueOf(line.value, line.open)}`
      }
    </div>`;
  }

  private collect(
    value: unknown,
    name: string | number | null,
    path: (string | number)[],
    depth: number,
  ): void {
    if (this.lines.length >= maxLines) {
      return;
    }
    const id = formatPath(path);
    if (!isBranch(value)) {
      this.lines.push({ path, id, name, value, depth });
      return;
    }
    const members = Object.keys(value).length;
    const open = this.toggled.get(id) ?? (depth < 3 && members <= 60);
    this.lines.push({ path, id, name, value, depth, open: members === 0 ? undefined : open });
    if (!open) {
      return;
    }
    const limit = this.shown.get(id) ?? maxMembers;
    let count = 0;
    for (const [key, member] of Object.entries(value)) {
      if (count++ >= limit) {
        this.lines.push({
          path,
          id: `${id} …`,
          name: null,
          value: undefined,
          depth: depth + 1,
          more: members - limit,
        });
        break;
      }
      const step = Array.isArray(value) ? Number(key) : key;
      this.collect(member, step, [...path, step], depth + 1);
    }
  }

  private clicked(line: TreeLine, index: number): void {
    this.active = index;
    if (line.more) {
      const id = formatPath(line.path);
      this.shown.set(id, (this.shown.get(id) ?? maxMembers) + 5 * maxMembers);
    } else if (line.open !== undefined) {
      this.toggled.set(line.id, !line.open);
    }
    this.requestUpdate();
  }

  private menu(event: MouseEvent, line: TreeLine, index: number): void {
    event.preventDefault();
    this.active = index;
    this.requestUpdate();
    this.openMenu(line, event.clientX, event.clientY);
  }

  private openMenu(line: TreeLine, x: number, y: number): void {
    if (line.more) {
      return;
    }
    const copy = (text: string) => () => this.model.copy(text);
    const literal = JSON.stringify(line.value);
    openMenu(
      x,
      y,
      [
        { text: l10n.t('Copy value'), run: copy(textOf(line.value)) },
        { text: l10n.t('Copy path'), run: copy(line.id) },
        { text: l10n.t('Copy as JSON'), run: copy(JSON.stringify(line.value, null, 2)) },
        'line',
        {
          text: l10n.t('Filter by this value'),
          disabled: isBranch(line.value) || literal.length > 200,
          run: () =>
            this.model.update({
              filter: `${this.model.ui.filter} ${line.id} == ${literal}`.trim(),
            }),
        },
      ],
      l10n.t('JSON'),
    );
  }

  private pressed(event: KeyboardEvent): void {
    const line = this.lines[this.active];
    const go = (index: number) => {
      this.active = Math.max(0, Math.min(this.lines.length - 1, index));
      this.requestUpdate();
      void this.updateComplete.then(() =>
        this.querySelector('.json-line.active')?.scrollIntoView({ block: 'nearest' }),
      );
    };
    switch (event.key) {
      case 'ArrowDown':
        go(this.active + 1);
        break;
      case 'ArrowUp':
        go(this.active - 1);
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(this.lines.length - 1);
        break;
      case 'ArrowRight':
        if (line?.open === false) {
          this.clicked(line, this.active);
        } else {
          go(this.active + 1);
        }
        break;
      case 'ArrowLeft':
        if (line?.open) {
          this.clicked(line, this.active);
        } else {
          const parent = this.lines.findLastIndex(
            (each, index) => index < this.active && line !== undefined && each.depth < line.depth,
          );
          go(Math.max(0, parent));
        }
        break;
      case 'Enter':
      case ' ':
        if (line) {
          this.clicked(line, this.active);
        }
        break;
      case 'c':
        if (!(event.ctrlKey || event.metaKey) || !line) {
          return;
        }
        this.model.copy(event.shiftKey ? line.id : textOf(line.value));
        break;
      case 'ContextMenu': {
        const place = this.querySelector('.json-line.active')?.getBoundingClientRect();
        if (line && place) {
          this.openMenu(line, place.left + 40, place.bottom);
        }
        break;
      }
      default:
        return;
    }
    event.preventDefault();
  }

  private searched(text: string): void {
    this.search = text.trim().toLowerCase();
    this.findMatches();
    this.requestUpdate();
  }

  private findMatches(): void {
    this.found = [];
    if (this.search === '') {
      return;
    }
    const visit = (value: unknown, name: string, path: (string | number)[]): void => {
      if (this.found.length >= 500) {
        return;
      }
      const own = isBranch(value) ? '' : textOf(value).toLowerCase();
      if (name.toLowerCase().includes(this.search) || own.includes(this.search)) {
        this.found.push(formatPath(path));
        for (let length = 0; length < path.length; length++) {
          this.toggled.set(formatPath(path.slice(0, length)), true);
        }
      }
      if (isBranch(value)) {
        for (const [key, member] of Object.entries(value)) {
          visit(member, key, [...path, Array.isArray(value) ? Number(key) : key]);
        }
      }
    };
    visit(this.value, '', []);
  }

  private searchKey(event: KeyboardEvent): void {
    if (event.key === 'Enter' && this.found.length > 0) {
      const places = this.lines.flatMap((line, index) =>
        this.found.includes(line.id) ? [index] : [],
      );
      const next = event.shiftKey
        ? places.findLast((index) => index < this.active)
        : places.find((index) => index > this.active);
      this.active = next ?? places[event.shiftKey ? places.length - 1 : 0] ?? 0;
      this.requestUpdate();
      void this.updateComplete.then(() =>
        this.querySelector('.json-line.active')?.scrollIntoView({ block: 'nearest' }),
      );
      event.preventDefault();
    }
  }
}

function isBranch(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function valueOf(value: unknown, open: boolean | undefined) {
  if (Array.isArray(value)) {
    return html`<span class="json-branch">${open ? '[' : `[ ${value.length} ]`}</span>`;
  }
  if (isBranch(value)) {
    const keys = Object.keys(value);
    return html`<span class="json-branch"
      >${
        open
          ? '{'
          : keys.length === 0
            ? '{ }'
            : `{ ${oneLine(keys.slice(0, 6).join(', '), 60)}${keys.length > 6 ? ', …' : ''} }`
      }</span
    >`;
  }
  const kind = value === null ? 'null' : typeof value;
  return html`<span class="json-${kind}"
    >${typeof value === 'string' ? JSON.stringify(value) : String(value)}</span
  >`;
}

define('json-tree', JsonTree);
