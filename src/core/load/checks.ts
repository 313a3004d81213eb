/** `--check 'p99<200ms'`: what a load must keep, as a person writes it. Pure. */
import * as l10n from '@vscode/l10n';
import { UserError } from '../errors';

export interface Check {
  text: string;
  figure: string;
  holds(value: number): boolean;
}

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '==': (value, bound) => value === bound,
};
const units: Record<string, number> = { '': 1, ms: 1, s: 1000, '%': 0.01 };

/** Figures besides percentiles (`p50`, `p99.9`: milliseconds). */
export const figures = ['max', 'throughput', 'reach', 'errors', 'cold', 'gbs'] as const;

/** Throws a `UserError` that says how a check is written. */
export function parseCheck(text: string): Check {
  const [, figure = '', sign = '', number = '', unit = ''] =
    /^\s*([a-z][\w.]*)\s*(<=|>=|==|<|>)\s*(\d+(?:\.\d+)?)\s*(ms|s|%)?\s*$/.exec(text) ?? [];
  const share = /^p(\d{1,2}(?:\.\d+)?)$/.test(figure);
  const compare = comparisons[sign];
  if (compare === undefined || !(share || (figures as readonly string[]).includes(figure))) {
    throw new UserError(
      'usage',
      l10n.t('--check does not understand "{0}".', text),
      l10n.t(
        "Write it like 'p99<200ms', 'reach>=99%' or 'errors==0'; there are: {0}.",
        `p50, p99.9, ${figures.join(', ')}`,
      ),
    );
  }
  const bound = Number(number) * (units[unit] ?? 1);
  return { text: text.trim(), figure, holds: (value) => compare(value, bound) };
}
