/** What was true at a moment of the past: who was connected, and what each function had returned last. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { InvocationState } from '../../protocol/state';
import { formatCount, formatDuration, formatSize, formatTime, oneLine } from '../format';
import { icon } from '../icon';
import type { InspectorModel } from '../model';

export function momentPane(model: InspectorModel): TemplateResult | typeof nothing {
  const { moment } = model;
  if (moment === null) {
    return nothing;
  }
  const { state } = moment;
  const there = [...state.connections.values()].filter(
    ({ status }) => status === 'open' || status === 'connecting',
  );
  return html`<div class="moment padded">
    <h2>${l10n.t('Connections then')} <span class="count">${there.length}</span></h2>
    ${there.length === 0 ? html`<p class="quiet">${l10n.t('Nobody was connected.')}</p>` : nothing}
    <ul>
      ${there.slice(0, 200).map(({ connection, status, since, toServer, toClient }) => {
        const name = model.names.of(connection);
        return html`<li>
          <span class="conn-name"><span class="dot conn-${name.color}"></span>${name.name}</span>
          <span class="quiet">
            ${status === 'open' ? l10n.t('since {0}', formatTime(state.epoch + since)) : l10n.t('connecting')}
          </span>
          ${sum('arrow-right', 'to-server', toServer)} ${sum('arrow-left', 'to-client', toClient)}
        </li>`;
      })}
    </ul>
    <h2>${l10n.t('Values then')}</h2>
    <ul>
      ${[...state.functions.values()].map(
        ({ info, last, running }) =>
          html`<li>
            <strong>${info.name}</strong>
            ${running > 0 ? html`<span class="quiet">${l10n.t('{0} running', running)}</span>` : nothing}
            ${last === undefined ? html`<span class="quiet">${l10n.t('had not run')}</span>` : value(last)}
          </li>`,
      )}
    </ul>
  </div>`;
}

function sum(
  name: string,
  direction: string,
  { frames, bytes }: { frames: number; bytes: number },
): TemplateResult {
  return html`<span class="quiet sum"
    >${icon(name, direction)} ${formatCount(frames)} · ${formatSize(bytes)}</span
  >`;
}

function value({ ended, outcome, preview, durationMs, error }: InvocationState): TemplateResult {
  return ended === undefined
    ? html`` // It is counted as running.
    : html`<code
          >${oneLine(outcome === 'ok' ? (preview ?? '') : (error?.errorMessage ?? ''), 200)}</code
        >
        <span class="quiet">${formatDuration(durationMs ?? 0)}</span>`;
}
