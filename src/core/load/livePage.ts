/** A load while it runs, as a page of a host that sends `LivePart`s: charts, figures, and what a percentile is made of. */
import * as l10n from '@vscode/l10n';
import { escapeHtml, htmlDocument } from '../../protocol/page';
import { charts, chartStyle } from './chart';
import { recentSeconds, type Second } from './live';
import { type Row, rowNames } from './rows';
import { parts } from './samples';
import { ms, partName } from './tell';

export interface LivePage {
  title: string;
  /** BCP 47. */
  language: string;
  nonce: string;
}

/** What the page shows instead of before. Its HTML is made here, with everything from outside escaped. */
export interface LivePart {
  charts: string;
  figures: string;
  /** Texts of the table's cells by their id. */
  cells: Record<string, string>;
  /** What each percentile is made of. */
  splits: Record<string, string>;
  running: boolean;
  hasReport: boolean;
}

/** What the page asks of its host. */
export type LiveAsk = 'ready' | 'stop' | 'report' | 'again';

export function livePart(state: {
  over: readonly Second[];
  rows: readonly Row[];
  lines: readonly string[];
  warnings: readonly string[];
  running: boolean;
  hasReport: boolean;
}): LivePart {
  const { over, rows, lines, warnings, running, hasReport } = state;
  const cells: Record<string, string> = {};
  const splits: Record<string, string> = {};
  for (const name of rowNames) {
    const row = rows.find((each) => each.name === name);
    cells[`latency-${name}`] = row === undefined ? '–' : ms(row.latency);
    for (const part of parts) {
      cells[`${part}-${name}`] = row?.split === undefined ? '–' : ms(row.split[part]);
    }
    splits[name] = splitOf(name, row);
  }
  const list = (name: string, all: readonly string[]): string =>
    all.length === 0
      ? ''
      : `<ul class="${name}">${all.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
  return {
    charts: charts(over),
    figures: list('figures', lines) + list('warnings', warnings),
    cells,
    splits,
    running,
    hasReport,
  };
}

function splitOf(name: string, row: Row | undefined): string {
  if (row?.split === undefined) {
    return `<p>${escapeHtml(l10n.t('Of {0} only the latency is known.', name))}</p>`;
  }
  const { split, latency } = row;
  const sum = Math.max(
    1e-9,
    parts.reduce((total, part) => total + Math.max(0, split[part]), 0),
  );
  const bar = parts.map(
    (part) =>
      `<i class="${part}" style="width:${((100 * Math.max(0, split[part])) / sum).toFixed(2)}%"></i>`,
  );
  const items = parts.map(
    (part) =>
      `<li><b class="${part}"></b>${escapeHtml(partName(part))}: ${ms(split[part])} (${((100 * Math.max(0, split[part])) / sum).toFixed(0)} %)</li>`,
  );
  const title = l10n.t('What {0} is made of: {1}', name, ms(latency));
  return `<h3>${escapeHtml(title)}</h3><div class="bar" aria-hidden="true">${bar.join('')}</div><ul class="parts">${items.join('')}</ul>`;
}

const style = `
body.vscode-light, body.vscode-high-contrast-light { color-scheme: light; }
body.vscode-dark, body.vscode-high-contrast:not(.vscode-high-contrast-light) { color-scheme: dark; }
body {
  --wait: light-dark(#6e6e6e, #a0a0a0); --wire: light-dark(#2f7ed8, #5ca4f0); --queue: light-dark(#b06f10, #e0a04a);
  --handler: light-dark(#2c7d3b, #5fc173); --push: light-dark(#8a45a8, #c58ae0); --bad: light-dark(#c03028, #ff7b72);
  font: 13px/1.5 var(--vscode-font-family, system-ui, sans-serif); color: var(--vscode-editor-foreground);
  background: var(--vscode-editor-background); margin: 0; padding: 12px 20px 24px; max-width: 1000px;
}
header { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
h1 { font-size: 1.3em; font-weight: 600; margin: 0; flex: 1 1 auto; overflow-wrap: anywhere; }
h2, h3 { font-size: 1em; font-weight: 600; margin: 16px 0 4px; }
button { font: inherit; }
header button { padding: 3px 12px; border-radius: 2px; border: 1px solid var(--vscode-button-border, transparent);
  color: var(--vscode-button-foreground); background: var(--vscode-button-background); cursor: pointer; }
header button.second { color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground); }
.charts { display: grid; gap: 12px; margin-top: 12px; }
ul { margin: 8px 0; padding-left: 20px; }
.warnings li { color: var(--bad); }
table { border-collapse: collapse; width: 100%; } .scroll { overflow-x: auto; }
th, td { text-align: right; font-weight: normal; padding: 2px 8px; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); white-space: nowrap; }
th:first-child { text-align: left; }
td { font-variant-numeric: tabular-nums; }
th button { padding: 0 6px; border: 1px solid transparent; border-radius: 2px; background: none; color: var(--vscode-textLink-foreground); cursor: pointer; }
th button[aria-pressed=true] { border-color: var(--vscode-focusBorder); color: inherit; }
:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 1px; }
.bar { display: flex; height: 16px; border: 1px solid var(--vscode-contrastBorder, transparent); }
.parts { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 18px; }
.parts b, th b { display: inline-block; width: 10px; height: 10px; margin-right: 5px; }
${parts.map((part) => `i.${part}, b.${part} { background: var(--${part}); }`).join(' ')}
[hidden] { display: none; }
${chartStyle}`;

const script = `
(() => {
  const host = acquireVsCodeApi();
  const at = (id) => document.getElementById(id);
  let splits = {};
  let chosen = host.getState()?.chosen ?? 'p99';
  const showSplit = () => {
    at('split').innerHTML = splits[chosen] ?? '';
    for (const button of document.querySelectorAll('th button')) {
      button.setAttribute('aria-pressed', String(button.dataset.row === chosen));
    }
  };
  addEventListener('message', ({ data }) => {
    splits = data.splits;
    at('charts').innerHTML = data.charts;
    at('figures').innerHTML = data.figures;
    for (const [id, text] of Object.entries(data.cells)) {
      at(id).textContent = text;
    }
    at('recent').hidden = !data.running;
    at('stop').hidden = !data.running;
    at('again').hidden = data.running;
    at('report').hidden = data.running || !data.hasReport;
    showSplit();
  });
  document.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (button?.dataset.row) {
      chosen = button.dataset.row;
      host.setState({ chosen });
      showSplit();
    } else if (button) {
      host.postMessage(button.id);
    }
  });
  host.postMessage('ready');
})();
`;

export function renderLivePage({ title, language, nonce }: LivePage): string {
  const rows = rowNames.map((name) => {
    const cells = ['latency', ...parts].map((column) => `<td id="${column}-${name}">–</td>`);
    const button = `<button type="button" data-row="${name}" aria-pressed="false">${name}</button>`;
    return `<tr><th scope="row">${button}</th>${cells.join('')}</tr>`;
  });
  const heads = parts.map(
    (part) => `<th scope="col"><b class="${part}"></b>${escapeHtml(partName(part))}</th>`,
  );
  const button = (id: LiveAsk, text: string, name = ''): string =>
    `<button type="button" id="${id}" class="${name}" hidden>${escapeHtml(text)}</button>`;
  return htmlDocument({
    language,
    title,
    policy: `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'`,
    head: `<style>${style}</style>`,
    body: `<header><h1>${escapeHtml(title)}</h1>${button('stop', l10n.t('Stop'))}${button('report', l10n.t('Open Report'))}${button('again', l10n.t('Run Again'), 'second')}</header>
<main>
<div id="figures" role="status"></div>
<div id="charts" class="charts"></div>
<h2>${escapeHtml(l10n.t('Latency by arrival schedule'))} <span id="recent" hidden>(${escapeHtml(l10n.t('the last {0} s', recentSeconds))})</span></h2>
<div class="scroll"><table><tr><td></td><th scope="col">${escapeHtml(l10n.t('latency'))}</th>${heads.join('')}</tr>${rows.join('')}</table></div>
<section id="split" aria-live="off"></section>
</main>
<script nonce="${escapeHtml(nonce)}">${script}</script>`,
  });
}
