/** The result of a load as one HTML file: figures, percentiles with what they are made of, and a chart. Pure. */
import * as l10n from '@vscode/l10n';
import { escapeHtml } from '../../protocol/page';
import type { LoadResult } from './load';
import { parts } from './samples';
import { ms, partName, rowsOf, summaryLines, warnings } from './tell';

export interface ReportOptions {
  title: string;
  language: string;
  checks: readonly { check: string; holds: boolean; value: number }[];
}

const width = 900;
const height = 180;

export function renderLoadReport(
  result: LoadResult,
  { title, language, checks }: ReportOptions,
): string {
  const rows = rowsOf(result);
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
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; --wait: #8e8e8e; --wire: #2f7ed8; --queue: #d8902f; --handler: #3a9a4c; --push: #a05bc0; }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: 2px 8px; border-bottom: 1px solid #8884; font-weight: normal; }
th:first-child { text-align: left; }
.bar { width: 30%; text-align: left; white-space: nowrap; font-size: 0; }
.bar i { display: inline-block; height: 12px; }
th b { display: inline-block; width: 10px; height: 10px; margin-right: 4px; }
${parts.map((part) => `.${part} { background: var(--${part}); }`).join(' ')}
svg { width: 100%; height: auto; } svg text { fill: currentColor; font-size: 11px; }
.rate { fill: #2f7ed855; } .p50, .p99 { fill: none; stroke-width: 1.5; } .p50 { stroke: #3a9a4c; } .p99 { stroke: #d0453e; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<ul>${list(summaryLines(result))}${list(judged)}</ul>
<ul>${list(warnings(result))}</ul>
<h2>${escapeHtml(l10n.t('Latency by arrival schedule'))}</h2>
<table><tr><th></th><th>${escapeHtml(l10n.t('latency'))}</th>${head}<th></th></tr>${cells.join('')}</table>
<h2>${escapeHtml(l10n.t('Over time'))}</h2>
${chart(result)}
</body>
</html>
`;
}

/** Frames a second as areas, p50 and p99 of each second as lines. */
function chart({ samples, began, seconds }: LoadResult): string {
  const bins: number[][] = Array.from({ length: Math.max(1, Math.ceil(seconds)) }, () => []);
  for (let sample = 0; sample < samples.count; sample++) {
    const bin = Math.floor((samples.at(sample) - began) / 1000);
    bins[Math.min(bins.length - 1, Math.max(0, bin))]?.push(samples.latency(sample));
  }
  bins.forEach((bin) => bin.sort((one, other) => one - other));
  const most = Math.max(1, ...bins.map(({ length }) => length));
  const slowest = Math.max(1, ...bins.map((bin) => bin[Math.ceil(bin.length * 0.99) - 1] ?? 0));
  const step = width / bins.length;
  const line = (share: number): string =>
    bins
      .flatMap((bin, index) => {
        const value = bin[Math.max(0, Math.ceil(bin.length * share) - 1)];
        return value === undefined
          ? []
          : `${((index + 0.5) * step).toFixed(1)},${(height - (height * Math.min(value, slowest)) / slowest).toFixed(1)}`;
      })
      .join(' ');
  const bars = bins.map(({ length }, index) => {
    const tall = (height * length) / most;
    return `<rect class="rate" x="${(index * step).toFixed(1)}" y="${(height - tall).toFixed(1)}" width="${(step * 0.9).toFixed(1)}" height="${tall.toFixed(1)}"/>`;
  });
  const legend = l10n.t(
    'Bars: frames a second (at most {0}). Lines: p50 (green) and p99 (red), at most {1}.',
    most,
    ms(slowest),
  );
  return `<svg viewBox="0 0 ${width} ${height + 20}" role="img" aria-label="${escapeHtml(legend)}">${bars.join('')}<polyline class="p50" points="${line(0.5)}"/><polyline class="p99" points="${line(0.99)}"/><text x="0" y="${height + 15}">${escapeHtml(legend)}</text></svg>`;
}
