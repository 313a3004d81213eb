/** The result of a search for people. */
import * as l10n from '@vscode/l10n';
import type { Looked } from './explore';

export function lookedText({ runs, orders, depth, complete, byChance, ms }: Looked): string {
  const parts = [
    runs === 1 ? l10n.t('1 run') : l10n.t('{0} runs', runs),
    orders === 1 ? l10n.t('1 order') : l10n.t('{0} distinct orders', orders),
    l10n.t('deepest: {0} deviations', depth),
    ...(complete === undefined || complete === 0
      ? []
      : [l10n.t('all with up to {0} tried', complete)]),
    ...(byChance > 0 ? [l10n.t('{0} by chance', byChance)] : []),
    `${(ms / 1000).toFixed(1)} s`,
  ];
  return parts.join(' · ');
}

/** What no order decides. */
export function cannotOrder({ unordered, unsteady }: Looked): string[] {
  return [
    l10n.t(
      'Not ordered: what two handlers do to the store between their pushes, and timers and threads of handlers.',
    ),
    ...(unordered > 0
      ? [l10n.t('{0} pushes came from no run of the scenario: they were let through.', unordered)]
      : []),
    ...(unsteady > 0
      ? [
          l10n.t(
            '{0} orders failed once, and not again: look for chance or for time limits in the handlers.',
            unsteady,
          ),
        ]
      : []),
  ];
}

export function againText(again: number): string {
  return l10n.t('Run again, this order failed {0} times of {1}.', again, 3);
}
