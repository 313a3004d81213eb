/** What the page remembers between loads: how it looks, never what was recorded. */
import { rowKinds, type RowKind } from '../protocol/filter';

export const columnIds = [
  'seq',
  'time',
  'delta',
  'direction',
  'connection',
  'kind',
  'size',
  'preview',
  'invocation',
  'status',
] as const;
export type ColumnId = (typeof columnIds)[number];

export const detailTabs = ['payload', 'trace', 'event', 'log', 'diff'] as const;
export type DetailTab = (typeof detailTabs)[number];
export const traceForms = ['tree', 'sequence', 'waterfall'] as const;
export type TraceForm = (typeof traceForms)[number];

export interface UiState {
  filter: string;
  highlight: boolean;
  kinds: RowKind[];
  directions: ('in' | 'out')[];
  grouped: boolean;
  /** Keep the rows of earlier sessions. */
  preserve: boolean;
  widths: Partial<Record<ColumnId, number>>;
  hidden: ColumnId[];
  /** Share of the list in the page, 0.15 … 0.85. */
  split: number;
  tab: DetailTab;
  payloadForm: string;
  traceForm: TraceForm;
  /** The compose pane is open. */
  composing: boolean;
}

/** A push that arrived is a frame too, and a run is told in its frame's row: both only on demand. */
export const defaultKinds: readonly RowKind[] = rowKinds.filter(
  (kind) => kind !== 'push' && kind !== 'invocation',
);

export function defaultUi(): UiState {
  return {
    filter: '',
    highlight: false,
    kinds: [...defaultKinds],
    directions: ['in', 'out'],
    grouped: false,
    preserve: false,
    widths: {},
    hidden: [],
    split: 0.55,
    tab: 'payload',
    payloadForm: '',
    traceForm: 'tree',
    composing: false,
  };
}

/** Takes what a host kept; whatever does not fit is replaced by its default. */
export function parseUi(value: unknown): UiState {
  const ui = defaultUi();
  if (value === null || typeof value !== 'object') {
    return ui;
  }
  const from = value as Record<string, unknown>;
  const list = <T extends string>(key: string, allowed: readonly T[]): T[] | undefined =>
    Array.isArray(from[key])
      ? allowed.filter((each) => (from[key] as unknown[]).includes(each))
      : undefined;
  const flag = (key: 'highlight' | 'grouped' | 'preserve' | 'composing') =>
    typeof from[key] === 'boolean' ? from[key] : ui[key];
  const widths: UiState['widths'] = {};
  if (from.widths !== null && typeof from.widths === 'object') {
    for (const [id, width] of Object.entries(from.widths)) {
      if ((columnIds as readonly string[]).includes(id) && typeof width === 'number') {
        widths[id as ColumnId] = Math.min(1000, Math.max(24, width));
      }
    }
  }
  return {
    filter: typeof from.filter === 'string' ? from.filter.slice(0, 2000) : ui.filter,
    highlight: flag('highlight'),
    kinds: list('kinds', rowKinds) ?? ui.kinds,
    directions: list('directions', ['in', 'out'] as const) ?? ui.directions,
    grouped: flag('grouped'),
    preserve: flag('preserve'),
    widths,
    hidden: list('hidden', columnIds) ?? ui.hidden,
    split: typeof from.split === 'number' ? Math.min(0.85, Math.max(0.15, from.split)) : ui.split,
    tab: detailTabs.find((tab) => tab === from.tab) ?? ui.tab,
    payloadForm: typeof from.payloadForm === 'string' ? from.payloadForm : ui.payloadForm,
    traceForm: traceForms.find((form) => form === from.traceForm) ?? ui.traceForm,
    composing: flag('composing'),
  };
}
