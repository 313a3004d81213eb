/** A load over time as two pictures: latency; frames, errors and reach. Pure. */
import * as l10n from '@vscode/l10n';
import { escapeHtml } from '../../protocol/page';
import type { Second } from './live';
import { ms } from './tell';

const width = 900;
const height = 150;
/** Columns at most: of a long load several seconds share one. */
const columns = 300;

/** For the style sheet of whoever shows the charts; the colours are also told by words in the legends. */
export const chartStyle = `
figure.chart { margin: 0 0 12px; } .chart figcaption { font-size: 12px; }
.chart svg { display: block; width: 100%; height: 140px; overflow: visible; }
.chart .rate { fill: var(--wire); fill-opacity: 0.45; } .chart .bad { fill: var(--bad); }
.chart polyline { fill: none; stroke-width: 1.75; vector-effect: non-scaling-stroke; }
.chart .p50 { stroke: var(--handler); } .chart .p99 { stroke: var(--bad); stroke-dasharray: 6 2; }
.chart .reach { stroke: var(--push); }
.chart .ground { stroke: currentColor; stroke-opacity: 0.4; }
`;

export function charts(all: readonly Second[]): string {
  const seconds = merged(all);
  const step = width / Math.max(1, seconds.length);
  const x = (index: number): string => ((index + 0.5) * step).toFixed(1);
  const line = (name: string, values: readonly (number | null)[], most: number): string =>
    `<polyline class="${name}" points="${values
      .flatMap((value, index) =>
        value === null ? [] : `${x(index)},${(height - (height * value) / most).toFixed(1)}`,
      )
      .join(' ')}"/>`;
  const bars = (name: string, values: readonly number[], most: number): string =>
    values
      .map((value, index) => {
        const tall = (height * value) / most;
        return value === 0
          ? ''
          : `<rect class="${name}" x="${(index * step).toFixed(1)}" y="${(height - tall).toFixed(1)}" width="${(step * 0.9).toFixed(1)}" height="${tall.toFixed(1)}"/>`;
      })
      .join('');
  const slowest = Math.max(1, ...seconds.map(({ p99 }) => p99 ?? 0));
  const busiest = Math.max(1, ...seconds.map(({ frames, errors }) => Math.max(frames, errors)));
  const latest = all.at(-1);
  const latency = l10n.t('Latency: p50 (green), p99 (red, dashed); the top is {0}.', ms(slowest));
  const rates = l10n.t(
    'Each second: frames (blue), errors (red), the top is {0}; reach (violet), the top is 100 %.',
    busiest,
  );
  const now =
    latest === undefined || latest.p50 === null || latest.p99 === null
      ? ''
      : l10n.t('Latest: p50 {0}, p99 {1}.', ms(latest.p50), ms(latest.p99));
  return [
    picture(
      latency,
      now,
      line(
        'p50',
        seconds.map(({ p50 }) => p50),
        slowest,
      ) +
        line(
          'p99',
          seconds.map(({ p99 }) => p99),
          slowest,
        ),
    ),
    picture(
      rates,
      latest === undefined ? '' : l10n.t('Latest: {0} frames a second.', latest.frames),
      bars(
        'rate',
        seconds.map(({ frames }) => frames),
        busiest,
      ) +
        bars(
          'bad',
          seconds.map(({ errors }) => errors),
          busiest,
        ) +
        line(
          'reach',
          seconds.map(({ reach }) => reach),
          1,
        ),
    ),
  ].join('\n');
}

function picture(legend: string, now: string, drawing: string): string {
  // As wide as the page and always as tall; what is said of it keeps its size.
  return `<figure class="chart"><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(`${legend} ${now}`)}"><line class="ground" x1="0" x2="${width}" y1="${height}" y2="${height}"/>${drawing}</svg><figcaption>${escapeHtml(legend)}</figcaption></figure>`;
}

/** The worst of the seconds that share a column, and their mean rate. */
function merged(all: readonly Second[]): Second[] {
  const each = Math.ceil(all.length / columns);
  if (each <= 1) {
    return [...all];
  }
  const worst = (values: (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  return Array.from({ length: Math.ceil(all.length / each) }, (_, index) => {
    const some = all.slice(index * each, (index + 1) * each);
    const mean = (values: number[]): number =>
      Math.round(values.reduce((sum, value) => sum + value, 0) / some.length);
    return {
      frames: mean(some.map(({ frames }) => frames)),
      sent: mean(some.map(({ sent }) => sent)),
      errors: Math.max(...some.map(({ errors }) => errors)),
      p50: worst(some.map(({ p50 }) => p50)),
      p99: worst(some.map(({ p99 }) => p99)),
      reach: some.at(-1)?.reach ?? null,
    };
  });
}
