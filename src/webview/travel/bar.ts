/** The bar of time travel: a slider over all rows of the session, and the way back to now. */
import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import { formatCount, formatTime } from '../format';
import { icon, tool } from '../icon';
import type { InspectorModel } from '../model';

export function travelBar(model: InspectorModel): TemplateResult {
  const { moment, store, view } = model;
  const first = store.firstOfSession;
  const last = store.end - 1;
  const row = moment?.row ?? last;
  const place = l10n.t(
    '#{0}, {1}, {2} of {3}',
    store.seq(row),
    formatTime(model.timeOf(row)),
    formatCount(row - first + 1),
    formatCount(last - first + 1),
  );
  const step = (by: 1 | -1) => () => {
    const next = view.neighbourOf(row, by);
    if (next !== undefined && next >= first) {
      model.travel(next);
    }
  };
  return html`<section
    class="travel ${moment === null ? '' : 'past'}"
    role="region"
    aria-label=${l10n.t('Time travel')}
  >
    ${tool({ icon: 'chevron-left', label: l10n.t('One row back'), onClick: step(-1) })}
    <input
      type="range"
      min=${first}
      max=${last}
      .value=${String(row)}
      aria-label=${l10n.t('Moment')}
      aria-valuetext=${place}
      @input=${(event: Event) => model.travel(Number((event.target as HTMLInputElement).value))}
    />
    ${tool({ icon: 'chevron-right', label: l10n.t('One row on'), onClick: step(1) })}
    <button
      type="button"
      class="act"
      ?disabled=${moment === null}
      @click=${() => model.travel(null)}
    >
      ${model.mode === 'live' ? l10n.t('Live') : l10n.t('To the end')}
    </button>
    <span class="travel-place">
      ${moment === null ? l10n.t('now') : html`${icon('history')}${l10n.t('In the past:')} ${place}`}
    </span>
  </section>`;
}
