/**
 * The program of an exported report: a list with the filter of the inspector, and the trace of the chosen row.
 * It stands alone in a file, so it uses nothing of the editor.
 */
import * as l10n from '@vscode/l10n';
import './report.css';
import { epochOf } from '../../protocol/fact';
import { parseFilter, type Term } from '../../protocol/filter';
import { compileFilter, matchPayload, type Match } from '../../protocol/filterMatch';
import { prettyJson } from '../../protocol/json';
import type { ReportData } from '../../protocol/export/report';
import { renderSequenceSvg, renderTraceText } from '../../protocol/export/sequence';
import { FactIndex, traceOf, type Trace } from '../../protocol/trace';
import { RowCursor } from '../rows/lookup';
import { ConnectionNames } from '../rows/names';
import { RowStore } from '../rows/store';

const data = JSON.parse(document.getElementById('data')!.textContent ?? '') as ReportData;
if (data.translations) {
  l10n.config({ contents: data.translations });
}
const index = new FactIndex(data.facts);
const payloads = new Map(data.payloads);
const names = new ConnectionNames();
// The rows, and what a filter says of them, are those of the inspector; only nothing is ever given up.
const store = new RowStore(Infinity, Infinity, { touched: () => undefined });
data.facts.forEach((fact) => {
  names.add(fact);
  store.add(fact);
});
const cursor = new RowCursor(store, names);
const nameOf = (connection: string) => names.nameOf(connection);
const epoch = epochOf(data.facts) ?? 0;
const pageRows = 1000;

/** What the row shows in the list. */
function textOf(row: number): string {
  const kind = store.kind(row);
  const text = store.text(row);
  return kind === 'handshake'
    ? `GET ${text}`
    : kind === 'refusal' || kind === 'close'
      ? `${store.code(row) || ''} ${text}`.trim()
      : text;
}

/** All that is there of the row's payload: of a run, its result. */
function payloadOf(row: number): string {
  const ended = store.kind(row) === 'invocation' ? store.invocationOf(row)?.ended : undefined;
  const seq = store.kind(row) === 'invocation' ? ended?.seq : store.seq(row);
  return (seq === undefined ? undefined : payloads.get(seq)?.data) ?? textOf(row);
}

/** A filter as the inspector has it: what it asks its session, the report looks up in the payloads that it holds. */
function matchOf(terms: readonly Term[]): Match {
  const inside = new Map<Term, (text: string) => boolean>();
  return compileFilter(terms, (term, seq) => {
    const payload = payloads.get(seq);
    const matches = inside.get(term) ?? matchPayload([{ ...term, negated: false }]);
    inside.set(term, matches);
    return payload?.encoding === 'text' && matches(payload.data);
  });
}

function rowsThat(match: Match): number[] {
  const found: number[] = [];
  for (let row = store.first; row < store.end; row++) {
    cursor.row = row;
    if (match(cursor)) {
      found.push(row);
    }
  }
  return found;
}

// -- the page

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

const head = make('header', 'head');
const filter = make('input', 'filter');
const problem = make('p', 'problem');
const count = make('span', 'count');
const list = make('div', 'list');
const detail = make('section', 'detail');
const more = make('button', 'more');
let shown: number[] = [];
let limit = pageRows;

function layOut(): void {
  filter.type = 'search';
  filter.value = data.filter;
  filter.setAttribute('aria-label', l10n.t('Filter'));
  filter.placeholder = l10n.t('Filter: text, /regex/, conn:alice, size:>1k, -not');
  problem.setAttribute('role', 'alert');
  count.setAttribute('role', 'status');
  list.tabIndex = 0;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', l10n.t('Traffic'));
  detail.setAttribute('aria-label', l10n.t('Detail'));
  more.type = 'button';
  const first = data.facts[0];
  const title = make('h1', '', document.title);
  const when = make(
    'p',
    'quiet',
    first ? new Date(epoch + first.at).toLocaleString(data.language) : '',
  );
  const removed = make('details', 'quiet', '');
  removed.append(
    make('summary', '', l10n.t('{0} rules took secrets out', data.redacted.length)),
    ...data.redacted.map((pattern) => make('code', '', pattern)),
  );
  const gone = make(
    'p',
    'quiet',
    l10n.t('{0} payloads were gone; only their beginning is here.', data.missing),
  );
  head.append(
    title,
    when,
    ...(data.redacted.length > 0 ? [removed] : []),
    ...(data.missing > 0 ? [gone] : []),
    filter,
    count,
    problem,
  );
  const main = make('main', '');
  const left = make('div', 'left');
  left.append(list, more);
  main.append(left, detail);
  document.body.append(head, main);
  filter.addEventListener('input', () => {
    limit = pageRows;
    update();
  });
  more.addEventListener('click', () => {
    limit += pageRows;
    draw();
  });
  list.addEventListener('click', (event) => {
    const line = (event.target as HTMLElement).closest<HTMLElement>('.line');
    if (line) {
      choose(Number(line.dataset['index']));
    }
  });
  list.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      choose(Math.max(0, Math.min(shown.length - 1, chosen + step)));
    }
  });
}

let chosen = -1;

function update(): void {
  const { terms, problems } = parseFilter(filter.value);
  problem.textContent = problems[0] ? l10n.t(problems[0].message, ...problems[0].values) : '';
  shown = rowsThat(matchOf(terms));
  chosen = -1;
  draw();
}

function draw(): void {
  count.textContent = l10n.t('{0} of {1} rows', shown.length, store.count);
  list.replaceChildren(...shown.slice(0, limit).map(lineOf));
  more.hidden = shown.length <= limit;
  more.textContent = l10n.t('{0} more…', shown.length - limit);
}

function lineOf(row: number, at: number): HTMLElement {
  const kind = store.kind(row);
  const direction = store.direction(row);
  const line = make('div', `line kind-${kind}`);
  line.id = `line-${at}`;
  line.dataset['index'] = String(at);
  line.setAttribute('role', 'option');
  line.setAttribute('aria-selected', 'false');
  const isFrame = direction !== null && !/^(push|handshake|refusal)$/.test(kind);
  const arrow = isFrame ? (direction === 'toServer' ? '→' : '←') : kind === 'push' ? '⇠' : '·';
  line.classList.toggle('bad', store.status(row) === 'error');
  const time = new Date(epoch + store.at(row)).toISOString().slice(11, 23);
  line.append(
    make('span', 'seq', String(store.seq(row))),
    make('span', 'time', time),
    make('span', `arrow ${isFrame ? direction : ''}`, arrow),
    make('span', 'name', nameOf(store.connection(row))),
    make('span', 'kind', kind),
    make('span', 'text', textOf(row).slice(0, 300)),
  );
  return line;
}

function choose(at: number): void {
  list.querySelector('[aria-selected=true]')?.setAttribute('aria-selected', 'false');
  chosen = at;
  const line = document.getElementById(`line-${at}`);
  line?.setAttribute('aria-selected', 'true');
  line?.scrollIntoView({ block: 'nearest' });
  list.setAttribute('aria-activedescendant', `line-${at}`);
  const row = shown[at];
  if (row !== undefined) {
    showDetail(row);
  }
}

function showDetail(row: number): void {
  const trace = traceOf(index, store.seq(row));
  const text = payloadOf(row);
  const id = store.invocationOf(row)?.started.invocation;
  const run = id === undefined ? undefined : index.invocation(id);
  const parts: HTMLElement[] = [
    make('h2', '', l10n.t('Payload')),
    make('pre', 'payload', prettyJson(text, 'readable') ?? text),
  ];
  if (trace) {
    parts.push(make('h2', '', l10n.t('Trace')), make('pre', '', renderTraceText(trace, nameOf)));
    parts.push(drawing(trace));
  }
  if (run && run.logs.length > 0) {
    parts.push(
      make('h2', '', l10n.t('Log')),
      make('pre', '', run.logs.map((log) => log.text).join('\n')),
    );
  }
  const stack = run?.ended?.error?.stackTrace;
  if (stack !== undefined) {
    parts.push(make('h2', '', l10n.t('Stack trace')), make('pre', 'bad', stack));
  }
  parts.filter((part) => part.tagName === 'PRE').forEach((part) => (part.tabIndex = 0));
  detail.replaceChildren(...parts);
}

/** Parsed as a picture, not as markup of this page. */
function drawing(trace: Trace): HTMLElement {
  const box = make('div', 'drawing');
  box.tabIndex = 0;
  box.setAttribute('role', 'img');
  box.setAttribute('aria-label', l10n.t('Sequence diagram'));
  const parsed = new DOMParser().parseFromString(renderSequenceSvg(trace, nameOf), 'image/svg+xml');
  box.append(document.importNode(parsed.documentElement, true));
  return box;
}

layOut();
update();
