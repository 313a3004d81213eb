/**
 * The program of an exported report: a list with the filter of the inspector, and the trace of the chosen row.
 * It stands alone in a file, so it uses nothing of the editor.
 */
import * as l10n from '@vscode/l10n';
import './report.css';
import type { Fact } from '../../protocol/fact';
import type { FilterSubject, RowKind } from '../../protocol/filter';
import { parseFilter } from '../../protocol/filter';
import { compileFilter } from '../../protocol/filterMatch';
import { prettyJson, readJson } from '../../protocol/json';
import type { ReportData } from '../../protocol/export/report';
import { renderSequenceSvg, renderTraceText } from '../../protocol/export/sequence';
import { FactIndex, traceOf, type Trace } from '../../protocol/trace';
import { ConnectionNames } from '../rows/names';

const data = JSON.parse(document.getElementById('data')!.textContent ?? '') as ReportData;
if (data.translations) {
  l10n.config({ contents: data.translations });
}
const index = new FactIndex(data.facts);
const payloads = new Map(data.payloads);
const names = new ConnectionNames();
data.facts.forEach((fact) => names.add(fact));
const nameOf = (connection: string) => names.nameOf(connection);
const epoch = data.facts.find((fact) => fact.kind === 'listening')?.epoch ?? 0;
const pageRows = 1000;

interface Row {
  fact: Fact;
  kind: RowKind;
  connection: string;
  text: string;
}

function rowOf(fact: Fact): Row | undefined {
  const whole = payloads.get(fact.seq);
  switch (fact.kind) {
    case 'frame':
      return {
        fact,
        kind: fact.type,
        connection: fact.connection,
        text: whole?.data ?? fact.preview,
      };
    case 'push':
      return { fact, kind: 'push', connection: fact.connection, text: whole?.data ?? fact.preview };
    case 'connecting':
      return { fact, kind: 'handshake', connection: fact.connection, text: `GET ${fact.target}` };
    case 'refused':
      return {
        fact,
        kind: 'refusal',
        connection: fact.connection ?? '',
        text: `${fact.status} ${fact.reason}`,
      };
    case 'closed':
      return {
        fact,
        kind: 'close',
        connection: fact.connection,
        text: `${fact.code} ${fact.reason}`.trim(),
      };
    case 'invocationStarted': {
      const ended = index.invocation(fact.invocation)?.ended;
      return {
        fact,
        kind: 'invocation',
        connection: fact.connection ?? '',
        text: ended?.error?.errorMessage ?? ended?.preview ?? '',
      };
    }
    default:
      return undefined;
  }
}

const rows = data.facts.flatMap((fact) => rowOf(fact) ?? []);

function runOf(row: Row): ReturnType<FactIndex['invocation']> {
  const { fact } = row;
  const id =
    fact.kind === 'push' || fact.kind === 'invocationStarted'
      ? fact.invocation
      : fact.kind === 'frame' && fact.push !== undefined
        ? pushOf(fact.push)
        : (index.causedBy(fact.seq)[0] ?? null);
  return id === null ? undefined : index.invocation(id);
}

function pushOf(seq: number): string | null {
  const push = index.fact(seq);
  return push?.kind === 'push' ? push.invocation : null;
}

function subjectOf(row: Row): FilterSubject {
  const { fact } = row;
  const run = runOf(row);
  const failed =
    (fact.kind === 'push' && fact.errNo !== 0) ||
    fact.kind === 'refused' ||
    (run?.ended !== undefined && run.ended.outcome !== 'ok' && fact.kind !== 'push');
  const code =
    fact.kind === 'push'
      ? fact.errNo
      : fact.kind === 'refused'
        ? fact.status
        : fact.kind === 'closed'
          ? fact.code
          : (run?.ended?.error?.errorCode ?? 0);
  return {
    seq: fact.seq,
    connection: row.connection,
    alias: nameOf(row.connection),
    direction: fact.kind === 'frame' ? fact.direction : fact.kind === 'push' ? 'toClient' : null,
    kind: row.kind,
    functionName: run?.started.function.split('/').pop() ?? null,
    role: run?.started.role ?? null,
    status: failed ? 'error' : 'ok',
    size: 'size' in fact ? fact.size : null,
    durationMs: run?.ended?.durationMs ?? null,
    codes: code === 0 ? [] : [code],
    invocation: run?.started.invocation ?? null,
    text: row.text,
    whole: true,
    get json() {
      return readJson(row.text);
    },
    has: (flag) =>
      (flag === 'cold' && run?.started.cold === true) ||
      (flag === 'external' && fact.kind === 'push' && fact.invocation === null) ||
      (flag === 'edited' && fact.kind === 'frame' && fact.edited !== undefined),
  };
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
let shown: Row[] = [];
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
  const match = compileFilter(terms);
  shown = rows.filter((row) => match(subjectOf(row)));
  chosen = -1;
  draw();
}

function draw(): void {
  count.textContent = l10n.t('{0} of {1} rows', shown.length, rows.length);
  list.replaceChildren(...shown.slice(0, limit).map(lineOf));
  more.hidden = shown.length <= limit;
  more.textContent = l10n.t('{0} more…', shown.length - limit);
}

function lineOf(row: Row, at: number): HTMLElement {
  const line = make('div', `line kind-${row.kind}`);
  line.id = `line-${at}`;
  line.dataset['index'] = String(at);
  line.setAttribute('role', 'option');
  line.setAttribute('aria-selected', 'false');
  const { fact } = row;
  const arrow =
    fact.kind === 'frame'
      ? fact.direction === 'toServer'
        ? '→'
        : '←'
      : fact.kind === 'push'
        ? '⇠'
        : '·';
  const bad = subjectOf(row).status === 'error';
  line.classList.toggle('bad', bad);
  const time = new Date(epoch + fact.at).toISOString().slice(11, 23);
  line.append(
    make('span', 'seq', String(fact.seq)),
    make('span', 'time', time),
    make('span', `arrow ${fact.kind === 'frame' ? fact.direction : ''}`, arrow),
    make('span', 'name', nameOf(row.connection)),
    make('span', 'kind', row.kind),
    make('span', 'text', row.text.slice(0, 300)),
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
  if (row) {
    showDetail(row);
  }
}

function showDetail(row: Row): void {
  const trace = traceOf(index, row.fact.seq);
  const run = runOf(row);
  const parts: HTMLElement[] = [
    make('h2', '', l10n.t('Payload')),
    make('pre', 'payload', prettyJson(row.text, 'readable') ?? row.text),
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
