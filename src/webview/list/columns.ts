/** The columns of the list: what each shows, and which give way when there is little room. */
import * as l10n from '@vscode/l10n';
import type { ColumnId, UiState } from '../ui';

export interface Column {
  id: ColumnId;
  title: () => string;
  /** Pixels; the preview takes what is left. */
  width: number;
  min: number;
  /** Hidden in lists narrower than this many pixels. */
  from: number;
}

export const columns: readonly Column[] = [
  { id: 'seq', title: () => l10n.t('No.'), width: 58, min: 36, from: 940 },
  { id: 'time', title: () => l10n.t('Time'), width: 106, min: 48, from: 430 },
  { id: 'delta', title: () => l10n.t('Δt'), width: 74, min: 48, from: 860 },
  { id: 'direction', title: () => l10n.t('Direction'), width: 24, min: 24, from: 0 },
  { id: 'connection', title: () => l10n.t('Connection'), width: 92, min: 40, from: 0 },
  { id: 'kind', title: () => l10n.t('Type'), width: 84, min: 40, from: 900 },
  { id: 'size', title: () => l10n.t('Size'), width: 64, min: 40, from: 600 },
  { id: 'preview', title: () => l10n.t('Preview'), width: 0, min: 80, from: 0 },
  { id: 'invocation', title: () => l10n.t('Function'), width: 164, min: 60, from: 640 },
  { id: 'status', title: () => l10n.t('Status'), width: 64, min: 24, from: 250 },
];

const narrow: Partial<Record<ColumnId, number>> = { connection: 84 };

export interface Layout {
  shown: Column[];
  widths: Partial<Record<ColumnId, number>>;
  /** Value of `grid-template-columns`. */
  template: string;
}

export function layoutColumns(width: number, ui: Pick<UiState, 'widths' | 'hidden'>): Layout {
  const shown = columns.filter((column) => column.from <= width && !ui.hidden.includes(column.id));
  const widths: Layout['widths'] = {};
  const template = shown.map((column) => {
    if (column.id === 'preview') {
      return `minmax(${column.min}px, 1fr)`;
    }
    const usual = width < 520 ? (narrow[column.id] ?? column.width) : column.width;
    const chosen = Math.max(column.min, ui.widths[column.id] ?? usual);
    widths[column.id] = chosen;
    return `${chosen}px`;
  });
  return { shown, widths, template: template.join(' ') };
}
