/** The result of a load as one HTML file: figures, percentiles with what they are made of, and a chart. Pure. */
import * as l10n from '@vscode/l10n';
import { escapeHtml, htmlDocument } from '../../protocol/page';
import { charts, chartStyle } from './chart';
import type { LoadResult } from './load';
import { rowsOf } from './rows';
import { parts } from './samples';
import { ms, partName, summaryLines, warnings } from './tell';

export interface ReportOptions {
  title: string;
  language: string;
  checks: readonly { check: string; holds: boolean; value: number }[];
}

export function renderLoadReport(
  result: LoadResult,
  { title, language, checks }: ReportOptions,
): string {
  const rows = rowsOf(result.samples);
  const widest = Math.max(...rows.map(({ latency }) => latency), 1);
  const cells = rows.map(({ name, latency, split }) => {
    const bar =
      split === undefined
        ? ''
        : parts
            .map(
              (part) =>
                `<i class="${part}" style="width:${((100 * Math.max(0, split[part])) / widest).toFixed(2)}%" title="${escapeHtml(`${partName(part)} ${ms(split[part])}`)}"></i>`,
            )
            .join('');
    const values = parts
      .map((part) => `<td>${split === undefined ? '–' : ms(split[part])}</td>`)
      .join('');
    return `<tr><th>${name}</th><td>${ms(latency)}</td>${values}<td class="bar">${bar}</td></tr>`;
  });
  const head = parts
    .map((part) => `<th><b class="${part}"></b>${escapeHtml(partName(part))}</th>`)
    .join('');
  const list = (lines: readonly string[]): string =>
    lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('');
  const judged = checks.map(
    ({ check, holds, value }) =>
      `${holds ? '✓' : '✗'} ${check} (${Math.round(value * 1000) / 1000})`,
  );
  return htmlDocument({
    language,
    title,
    policy: "default-src 'none'; style-src 'unsafe-inline'",
    head: `<style>
:root { color-scheme: light dark; --wait: #8e8e8e; --wire: #2f7ed8; --queue: #d8902f; --handler: #3a9a4c; --push: #a05bc0; --bad: #d0453e; }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: 2px 8px; border-bottom: 1px solid #8884; font-weight: normal; }
th:first-child { text-align: left; }
.bar { width: 30%; text-align: left; white-space: nowrap; font-size: 0; }
.bar i { display: inline-block; height: 12px; }
th b { display: inline-block; width: 10px; height: 10px; margin-right: 4px; }
${parts.map((part) => `.${part} { background: var(--${part}); }`).join(' ')}
${chartStyle}
</style>`,
    body: `<h1>${escapeHtml(title)}</h1>
<ul>${list(summaryLines(result))}${list(judged)}</ul>
<ul>${list(warnings(result))}</ul>
<h2>${escapeHtml(l10n.t('Latency by arrival schedule'))}</h2>
<table><tr><th></th><th>${escapeHtml(l10n.t('latency'))}</th>${head}<th></th></tr>${cells.join('')}</table>
<h2>${escapeHtml(l10n.t('Over time'))}</h2>
${charts(result.over)}`,
  });
}
