/** The line below the list: how many rows, what was given up, what stands still, and the latest message. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { formatCount, formatSize, plural } from './format';
import { icon } from './icon';
import type { InspectorModel } from './model';

export function footer(
  model: InspectorModel,
  announcement: string,
  dismissNotice: () => void,
): TemplateResult {
  const { store, view, state, ui } = model;
  const shown = view.highlighting ? view.matches : view.rowCount;
  const dropped = store.droppedFrames;
  const { clock } = state;
  return html`<footer class="foot">
    <span class="foot-count" ?hidden=${store.count === 0}
      >${
        shown === store.count
          ? plural(store.count, '{0} row', '{0} rows')
          : l10n.t('{0} of {1} rows', formatCount(shown), formatCount(store.shownCount))
      }</span
    >
    ${
      model.paused
        ? html`<span class="foot-paused"
            >${icon('debug-pause')}${l10n.t('Paused')}${
              model.pausedRows > 0
                ? html` · ${l10n.t('{0} new', formatCount(model.pausedRows))}`
                : nothing
            }</span
          >`
        : nothing
    }
    ${
      dropped + state.dropped.facts > 0
        ? html`<span title=${l10n.t('The oldest rows were given up to stay within the limit.')}
            >${l10n.t('{0} dropped', formatCount(dropped + state.dropped.facts))}</span
          >`
        : nothing
    }
    ${
      state.missed > 0
        ? html`<span
            class="foot-paused"
            title=${l10n.t('The node told more than was read in time: so many facts are missing between the rows.')}
            >${icon('warning')}${l10n.t('{0} missed', formatCount(state.missed))}</span
          >`
        : nothing
    }
    ${
      state.dropped.payloads > 0
        ? html`<span title=${l10n.t('Of the oldest rows only the preview is kept.')}
            >${l10n.t('{0} payloads given up', formatCount(state.dropped.payloads))}</span
          >`
        : nothing
    }
    ${
      clock.frozen
        ? html`<span class="foot-frozen" title=${l10n.t('Every timer of the gateway stands still.')}
            >${icon('debug-pause')}${l10n.t('Clock stopped')}
            ${clock.by.length > 0 ? clock.by.join(', ') : nothing}</span
          >`
        : nothing
    }
    ${
      state.faults
        ? html`<span class="foot-frozen">${icon('flame')}${l10n.t('Fault lab is on')}</span>`
        : nothing
    }
    <span class="gap"></span>
    ${
      model.notice
        ? html`<span class="notice tone-${model.notice.tone}" role="alert"
            >${model.notice.text}${
              model.notice.tone === 'error'
                ? html`<button
                    type="button"
                    class="tool small"
                    aria-label=${l10n.t('Close')}
                    @click=${dismissNotice}
                  >
                    ${icon('close')}
                  </button>`
                : nothing
            }</span
          >`
        : nothing
    }
    ${ui.preserve ? html`<span>${l10n.t('kept across restarts')}</span>` : nothing}
    <span
      class="foot-memory"
      ?hidden=${store.count === 0}
      title=${l10n.t(
        'Memory of the rows here, of {0} MB; at most {1} rows.',
        model.limits.memoryMb,
        formatCount(model.limits.rows),
      )}
      >${formatSize(store.bytes + view.bytes)}</span
    >
    <span class="for-readers" role="status" aria-live="polite">${announcement}</span>
  </footer>`;
}
