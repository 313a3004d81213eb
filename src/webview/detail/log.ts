/** What a run printed, line by line, and how it failed, with links to the source. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { FactOf, SourcePlace } from '../../protocol/fact';
import { formatDelta } from '../format';
import { icon } from '../icon';
import type { InspectorModel } from '../model';
import type { InvocationRecord } from '../rows/store';
import { findPlaces } from './places';

export function linkedText(model: InspectorModel, text: string): unknown {
  return findPlaces(text).map((piece) =>
    typeof piece === 'string' ? piece : placeLink(model, piece.place, piece.text),
  );
}

export function placeLink(
  model: InspectorModel,
  place: SourcePlace,
  text?: string,
): TemplateResult {
  const name = place.file.split(/[\\/]/).pop() ?? place.file;
  // The text as a property: white space between tags would show in a stack trace.
  return html`<button
    type="button"
    class="link"
    title=${`${place.file}:${place.line}`}
    .textContent=${text ?? `${name}:${place.line}`}
    @click=${() => model.openSource(place)}
  ></button>`;
}

export function renderLog(model: InspectorModel, record: InvocationRecord): TemplateResult {
  const { logs, started } = record;
  if (logs.length === 0 && record.diagnostics.length === 0) {
    return html`<p class="quiet padded">${l10n.t('This run printed nothing.')}</p>`;
  }
  return html`<div class="log" role="log" aria-live="off" aria-label=${l10n.t('Log')} tabindex="0">
    ${record.diagnostics.map(
      (each) =>
        html`<div class="log-line level-${each.severity}">
          <span class="log-time">${icon(each.severity)}</span
          ><span class="log-text"
            >${each.message} ${each.advice}
            ${each.place ? placeLink(model, each.place) : nothing}</span
          >
        </div>`,
    )}
    ${logs.map((log) => line(model, log, started.at))}
    ${
      record.moreLogs > 0
        ? html`<p class="quiet padded">${l10n.t('{0} more lines in the log', record.moreLogs)}</p>`
        : nothing
    }
  </div>`;
}

function line(model: InspectorModel, log: FactOf<'log'>, start: number): TemplateResult {
  return html`<div class="log-line level-${log.level} stream-${log.stream}">
    <span class="log-time">${formatDelta(Math.max(0, log.at - start))}</span
    ><span class="log-level">${log.level === 'info' ? nothing : log.level}</span
    ><span class="log-text">${linkedText(model, log.text)}</span>
  </div>`;
}
