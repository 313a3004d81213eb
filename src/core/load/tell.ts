/** The result of a load in words and figures. */
import * as l10n from '@vscode/l10n';
import type { Check } from './checks';
import { type LoadResult, saturatedMs } from './load';
import type { Row } from './rows';
import { parts, sampleAt, type SplitPart } from './samples';

/** Value of what a check names. */
export function figureOf(result: LoadResult, figure: string): number {
  const { samples, expected, received, seconds, errors, functions } = result;
  const share = /^p(.+)$/.exec(figure)?.[1];
  if (share !== undefined || figure === 'max') {
    const sample = sampleAt(samples.ranked(), share === undefined ? 1 : Number(share) / 100);
    return sample === undefined ? NaN : samples.latency(sample);
  }
  switch (figure) {
    case 'throughput':
      return received / seconds;
    case 'reach':
      return received / expected;
    case 'errors':
      return [...errors.values()].reduce((sum, count) => sum + count, 0) + (functions?.failed ?? 0);
    case 'cold':
      return functions?.cold ?? NaN;
    default:
      return functions?.gigabyteSeconds ?? NaN;
  }
}

/** How much of the measured latency the parts explain, over all frames of which they are known; NaN: of none. */
export function explained({ samples }: LoadResult): number {
  let latency = 0;
  let sum = 0;
  for (let sample = 0; sample < samples.count; sample++) {
    const split = samples.split(sample);
    if (split !== undefined) {
      latency += samples.latency(sample);
      sum += parts.reduce((total, part) => total + split[part], 0);
    }
  }
  return sum / latency;
}

export function partName(part: SplitPart): string {
  const names: Record<SplitPart, string> = {
    wait: l10n.t('late at the client'),
    wire: l10n.t('wire'),
    queue: l10n.t('queue'),
    handler: l10n.t('handler until the push'),
    push: l10n.t('push'),
  };
  return names[part];
}

export const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;

/** What stands beside the percentiles, a line each. */
export function summaryLines(result: LoadResult): string[] {
  const share = explained(result);
  const { clients, groups, seconds, sent, expected, received, functions, memoryMb } = result;
  return [
    l10n.t(
      '{0} clients in {1} groups, {2} s; {3} MB in this process.',
      clients,
      groups,
      seconds.toFixed(1),
      memoryMb,
    ),
    l10n.t(
      '{0} messages sent ({1}/s), {2} of {3} awaited frames came ({4} %, {5}/s).',
      sent,
      (sent / seconds).toFixed(1),
      received,
      expected,
      expected === 0 ? '–' : ((100 * received) / expected).toFixed(2),
      (received / seconds).toFixed(1),
    ),
    ...(Number.isNaN(share)
      ? []
      : [l10n.t('The parts add up to {0} % of the measured latency.', (100 * share).toFixed(1))]),
    ...(functions === undefined
      ? []
      : [
          l10n.t(
            '{0} invocations, {1} failed, {2} cold starts, {3} GB·s.',
            functions.invocations,
            functions.failed,
            functions.cold,
            functions.gigabyteSeconds.toFixed(3),
          ),
        ]),
  ];
}

/** What a reader must know before believing the figures, a sentence each. */
export function warnings(result: LoadResult): string[] {
  const { lateMs, leftOut, errors, functions } = result;
  const failures = [...(functions?.failures ?? []), ...errors];
  return [
    ...(lateMs > saturatedMs
      ? [
          l10n.t(
            'This process itself was late by {0} (p99 of its event loop): latencies are upper bounds. Take fewer clients, or more machines.',
            ms(lateMs),
          ),
        ]
      : []),
    ...(leftOut.size === 0
      ? []
      : [l10n.t('A load leaves out steps of these kinds: {0}.', [...leftOut].join(', '))]),
    ...failures.slice(0, 20).map(([message, count]) => `${count} × ${message}`),
  ];
}

export function tableLines(rows: readonly Row[]): string[] {
  return rows.map(({ name, latency, split }) => {
    const detail =
      split === undefined
        ? ''
        : ` = ${parts.map((part) => `${partName(part)} ${ms(split[part])}`).join(' + ')}`;
    return `${name.padEnd(6)} ${ms(latency).padStart(10)}${detail}`;
  });
}

/** Each check with what was measured; a figure that nobody knows keeps no check. */
export function judge(
  result: LoadResult,
  checks: readonly Check[],
): { check: string; holds: boolean; value: number }[] {
  return checks.map(({ text, figure, holds }) => {
    const value = figureOf(result, figure);
    return { check: text, holds: holds(value), value };
  });
}
