/** The menu of the page as a whole: what is kept, what else can be opened, and which columns are shown. */
import * as l10n from '@vscode/l10n';
import { columns } from './list/columns';
import { openMenu } from './menu';
import type { InspectorModel } from './model';
import type { ColumnId } from './ui';

export function openPageMenu(model: InspectorModel, x: number, y: number): void {
  const { ui } = model;
  const toggle = (id: ColumnId) => () =>
    model.update({
      hidden: ui.hidden.includes(id) ? ui.hidden.filter((each) => each !== id) : [...ui.hidden, id],
    });
  const run = (command: 'openInEditor' | 'showLog') => () => {
    model.host.do('run', { command }).catch((error: unknown) => model.fail(error));
  };
  openMenu(
    x,
    y,
    [
      {
        text: l10n.t('Keep rows across restarts'),
        checked: ui.preserve,
        run: () => model.update({ preserve: !ui.preserve }),
      },
      ...(model.place === 'view'
        ? [{ text: l10n.t('Open in Editor'), run: run('openInEditor') }]
        : []),
      {
        text: l10n.t('Open recording…'),
        run: () => {
          model.host.do('import', {}).catch((error: unknown) => model.fail(error));
        },
      },
      { text: l10n.t('Show Log'), run: run('showLog') },
      'line',
      ...columns
        .filter((column) => column.id !== 'preview')
        .map((column) => ({
          text: column.title(),
          checked: !ui.hidden.includes(column.id),
          run: toggle(column.id),
        })),
      {
        text: l10n.t('Reset columns'),
        run: () => model.update({ hidden: [], widths: {} }),
      },
    ],
    l10n.t('More'),
  );
}
