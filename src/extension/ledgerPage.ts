/** The page of the fidelity ledger: all rows, a search box, and a switch for each mark. Pure. */
import * as l10n from '@vscode/l10n';
import {
  areaTitles,
  countByMark,
  ledger,
  marks,
  markTitles,
  translatedRow,
} from '../protocol/ledger';
import type { AreaRow, Mark } from '../protocol/ledger';
import { escapeHtml } from '../protocol/page';

export interface LedgerPageParts {
  nonce: string;
  language: string;
  /** Row to begin with. */
  rule?: string;
  /** Translates a text of the rows. */
  translate: (text: string) => string;
}

export function renderLedgerPage(parts: LedgerPageParts): string {
  const { nonce, translate: t } = parts;
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`;
  const counts = countByMark(ledger);
  const title = l10n.t('Fidelity Ledger');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(parts.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body data-rule="${escapeHtml(parts.rule ?? '')}">
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(
    l10n.t(
      'What the emulator does, row by row, and what is known about it. Nothing could be tried against the live cloud.',
    ),
  )}</p>
<div class="bar" role="search">
<input id="search" type="search" placeholder="${escapeHtml(l10n.t('Search'))}" aria-label="${escapeHtml(l10n.t('Search'))}">
${marks.map((mark) => chip(mark, counts[mark], t)).join('\n')}
<span id="count" role="status" aria-live="polite"></span>
</div>
<table>
<thead><tr>${[
    l10n.t('Row'),
    l10n.t('Mark'),
    l10n.t('Given'),
    l10n.t('When'),
    l10n.t('Then'),
    l10n.t('Source'),
    l10n.t('Changed by'),
  ]
    .map((text) => `<th scope="col">${escapeHtml(text)}</th>`)
    .join('')}</tr></thead>
<tbody>
${ledger.map((row) => renderRow(row, t)).join('\n')}
</tbody>
</table>
<script nonce="${nonce}">${script}</script>
</body>
</html>`;
}

function chip(mark: Mark, count: number, t: (text: string) => string): string {
  return `<label class="mark ${mark}"><input type="checkbox" checked value="${mark}"> ${escapeHtml(t(markTitles[mark]))} (${count})</label>`;
}

function renderRow(row: AreaRow, t: (text: string) => string): string {
  const { id, mark, given, when, then, source, area } = translatedRow(row, t);
  const changed = row.setting
    ? `scfWebSocket.${row.setting}`
    : row.projectKey
      ? `scfws.json: ${row.projectKey}`
      : row.fixed
        ? t(row.fixed)
        : '';
  const cells = [given, when, then, t(source), changed].map(
    (text) => `<td>${escapeHtml(text)}</td>`,
  );
  return `<tr id="${escapeHtml(id)}" data-mark="${mark}" title="${escapeHtml(t(areaTitles[area]))}"><th scope="row"><code>${escapeHtml(id)}</code></th><td class="mark ${mark}">${escapeHtml(t(markTitles[mark]))}</td>${cells.join('')}</tr>`;
}

const style = `
body { font: var(--vscode-font-size) var(--vscode-font-family); color: var(--vscode-foreground); padding: 0 20px 20px; }
h1 { font-size: 1.6em; font-weight: 400; }
.bar { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: 12px; align-items: center; padding: 8px 0; background: var(--vscode-editor-background); }
input[type=search] { flex: 1 1 240px; color: var(--vscode-input-foreground); background: var(--vscode-input-background); border: 1px solid var(--vscode-input-border, var(--vscode-contrastBorder, transparent)); padding: 4px 6px; font: inherit; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent)); font-weight: 400; }
thead th { font-weight: 600; }
code { font-family: var(--vscode-editor-font-family); }
td.documented { color: var(--vscode-charts-green); }
td.seen { color: var(--vscode-charts-blue); }
td.assumed { color: var(--vscode-charts-orange); }
tr.target { background: var(--vscode-editor-findMatchHighlightBackground); outline: 1px solid var(--vscode-contrastActiveBorder, transparent); }
tr[hidden] { display: none; }
`;

/** Runs in the page. Knows only what it sees there. */
const script = `
const search = document.getElementById('search');
const rows = [...document.querySelectorAll('tbody tr')];
const boxes = [...document.querySelectorAll('.bar input[type=checkbox]')];
function filter() {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const on = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !on.has(row.dataset.mark) || !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  document.getElementById('count').textContent = shown + ' / ' + rows.length;
}
function show(rule) {
  rows.forEach((row) => row.classList.toggle('target', row.id === rule));
  const row = rule && document.getElementById(rule);
  if (row) { row.hidden = false; row.scrollIntoView({ block: 'center' }); }
}
search.addEventListener('input', filter);
boxes.forEach((box) => box.addEventListener('change', filter));
window.addEventListener('message', ({ data }) => show(data.rule));
filter();
show(document.body.dataset.rule);
search.focus();
`;
