/** A JSON text as a tree: opened level by level, searched, and copied from, each value as it is written. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type PropertyValues } from 'lit';
import { prettyJson, readJson, stringOf, type JsonNode } from '../../protocol/json';
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
  /** Undefined for the line that offers more. */
  value: JsonNode | undefined;
  depth: number;
  open?: boolean;
  /** Another member has the same name. */
  isTwice?: boolean;
  /** Members that are not drawn, for the line that offers them. */
  more?: number;
}

class JsonTree extends PageElement {
  static override properties = {
    ...PageElement.properties,
    text: { attribute: false },
    label: { attribute: false },
  };
  text = '';
  label = '';
  private root: JsonNode | undefined;
  private toggled = new Map<string, boolean>();
  private shown = new Map<string, number>();
  private search = '';
  private found: string[] = [];
  private active = 0;
  private lines: TreeLine[] = [];

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('text')) {
      this.root = readJson(this.text);
      this.toggled = new Map();
      this.shown = new Map();
      this.active = 0;
      this.findMatches();
    }
  }

  override render() {
    this.lines = [];
    if (this.root !== undefined) {
      this.collect({ path: [], id: '$', name: null, value: this.root, depth: 0 });
    }
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
            ${line.value === undefined ? nothing : valueOf(line.value, line.open)}
            ${
              line.isTwice
                ? html`<span class="quiet">${l10n.t('the name is there twice')}</span>`
                : nothing
            }`
      }
    </div>`;
  }

  private collect(line: TreeLine & { value: JsonNode }): void {
    if (this.lines.length >= maxLines) {
      return;
    }
    const { value, id, path, depth } = line;
    const members = membersOf(value);
    if (members === undefined) {
      this.lines.push(line);
      return;
    }
    const open = this.toggled.get(id) ?? (depth < 3 && members.length <= 60);
    this.lines.push({ ...line, open: members.length === 0 ? undefined : open });
    if (!open) {
      return;
    }
    const limit = this.shown.get(id) ?? maxMembers;
    for (const member of members.slice(0, limit)) {
      this.collect({ ...member, ...placeOf(line, member), depth: depth + 1 });
    }
    if (members.length > limit) {
      this.lines.push({
        path,
        id: `${id} …`,
        name: null,
        value: undefined,
        depth: depth + 1,
        more: members.length - limit,
      });
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
    const { value } = line;
    if (value === undefined) {
      return;
    }
    const copy = (text: string) => () => this.model.copy(text);
    const literal = literalOf(value);
    openMenu(
      x,
      y,
      [
        { text: l10n.t('Copy value'), run: copy(this.textOf(value)) },
        { text: l10n.t('Copy path'), run: copy(formatPath(line.path)) },
        { text: l10n.t('Copy as JSON'), run: copy(prettyJson(this.sourceOf(value)) ?? '') },
        'line',
        {
          text: l10n.t('Filter by this value'),
          disabled: literal === undefined || literal.length > 200,
          run: () =>
            this.model.update({
              filter: `${this.model.ui.filter} ${formatPath(line.path)} == ${literal ?? ''}`.trim(),
            }),
        },
      ],
      l10n.t('JSON'),
    );
  }

  private sourceOf({ start, end }: JsonNode): string {
    return this.text.slice(start, end);
  }

  /** What a string says, of anything else how it is written. */
  private textOf(value: JsonNode): string {
    return value.kind === 'string' ? stringOf(value) : this.sourceOf(value);
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
        if (line.value !== undefined) {
          this.model.copy(event.shiftKey ? formatPath(line.path) : this.textOf(line.value));
        }
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
    const visit = (line: Place, value: JsonNode, name: string): void => {
      if (this.found.length >= 500) {
        return;
      }
      const members = membersOf(value);
      const own = members === undefined ? this.textOf(value).toLowerCase() : '';
      if (name.toLowerCase().includes(this.search) || own.includes(this.search)) {
        this.found.push(line.id);
        line.above.forEach((id) => this.toggled.set(id, true));
      }
      const above = [...line.above, line.id];
      members?.forEach((member) =>
        visit({ ...placeOf(line, member), above }, member.value, String(member.name)),
      );
    };
    if (this.root !== undefined) {
      visit({ path: [], id: '$', above: [] }, this.root, '');
    }
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

interface Place {
  path: (string | number)[];
  id: string;
  /** Ids of what it is in. */
  above: string[];
}

interface Member {
  name: string | number;
  value: JsonNode;
  isTwice?: boolean;
  /** How many members before it have its name. */
  repeat: number;
}

/** Undefined for what has no members. */
function membersOf(node: JsonNode): Member[] | undefined {
  if (node.kind === 'list') {
    return node.items.map((value, index) => ({ name: index, value, repeat: 0 }));
  }
  if (node.kind !== 'object') {
    return undefined;
  }
  const counts = new Map<string, number>();
  const members = node.members.map(({ name, value }) => {
    const repeat = counts.get(name) ?? 0;
    counts.set(name, repeat + 1);
    return { name, value, repeat };
  });
  return members.map((member) => ({ ...member, isTwice: counts.get(member.name) !== 1 }));
}

function placeOf(
  parent: Pick<Place, 'path' | 'id'>,
  { name, repeat }: Member,
): Pick<Place, 'path' | 'id'> {
  const path = [...parent.path, name];
  const step = formatPath([name]).slice(1);
  return { path, id: `${parent.id}${step}${repeat === 0 ? '' : ` (${repeat + 1})`}` };
}

/** As the filter language writes it; undefined for an object or list. */
function literalOf(value: JsonNode): string | undefined {
  return value.kind === 'string'
    ? JSON.stringify(stringOf(value))
    : value.kind === 'object' || value.kind === 'list'
      ? undefined
      : value.source;
}

function valueOf(value: JsonNode, open: boolean | undefined) {
  if (value.kind === 'list') {
    return html`<span class="json-branch">${open ? '[' : `[ ${value.items.length} ]`}</span>`;
  }
  if (value.kind === 'object') {
    const keys = value.members.map(({ name }) => name);
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
  return html`<span class="json-${value.kind}">${literalOf(value)}</span>`;
}

define('json-tree', JsonTree);
