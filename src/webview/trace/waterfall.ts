/** A trace as bars of time on one axis. */
import * as l10n from '@vscode/l10n';
import { html, nothing, svg, type TemplateResult } from 'lit';
import { axisSteps, layoutWaterfall, type Phase } from '../../protocol/export/waterfall';
import type { Trace } from '../../protocol/trace';
import { formatCount, formatDuration } from '../format';
import type { InspectorModel } from '../model';
import { lookOf } from './nodeLook';

const maxRows = 500;
const rowHeight = 22;

export function phaseName(phase: Phase): string {
  switch (phase) {
    case 'frame':
      return l10n.t('frame');
    case 'queue':
      return l10n.t('waiting');
    case 'init':
      return l10n.t('starting');
    case 'run':
      return l10n.t('running');
    case 'push':
      return l10n.t('pushing');
    case 'delivery':
      return l10n.t('delivered');
  }
}

export function renderWaterfall(
  model: InspectorModel,
  trace: Trace,
  onSelect: (seq: number) => void,
): TemplateResult {
  const { rows, span } = layoutWaterfall(trace);
  const shown = rows.slice(0, maxRows);
  const percent = (ms: number) => (ms / span) * 100;
  const phases = [...new Set(shown.flatMap((row) => row.bars.map((bar) => bar.phase)))];
  const steps = axisSteps(span, 4);
  return html`<div class="waterfall">
    <div class="legend">
      ${phases.map(
        (phase) =>
          html`<span><span class="swatch phase-${phase}"></span>${phaseName(phase)}</span>`,
      )}
      <span class="quiet">${formatDuration(span)}</span>
    </div>
    <div class="water-axis" aria-hidden="true">
      <span></span>
      <svg width="100%" height="16">
        ${steps.map(
          (at) =>
            svg`<text x="${percent(at)}%" y="12" text-anchor=${
              percent(at) > 92 ? 'end' : at === 0 ? 'start' : 'middle'
            }>${at === 0 ? '0' : formatDuration(at)}</text>`,
        )}
      </svg>
    </div>
    <div class="water-rows" role="list" aria-label=${l10n.t('Waterfall')}>
      ${shown.map((row) => {
        const look = lookOf(row.node);
        const name = look.connection === null ? null : model.names.of(look.connection);
        const text = [look.title, name?.name ?? ''].filter((part) => part !== '').join(' ');
        const total = row.bars.map(
          (bar) => `${phaseName(bar.phase)} ${formatDuration(bar.to - bar.from)}`,
        );
        return html`<div
          class="water-row ${row.node === trace.focus ? 'focus' : ''}"
          role="listitem"
          title=${total.join(' · ')}
          @click=${() => onSelect(row.seq)}
        >
          <div class="water-name">
            ${Array.from({ length: Math.min(row.depth, 8) }, () => html`<span class="guide"></span>`)}
            <span class="codicon codicon-${look.icon} ${look.tone}" aria-hidden="true"></span>
            ${name ? html`<span class="dot conn-${name.color}"></span>` : nothing}
            <span class="ellipsis">${text}</span>
          </div>
          <svg
            width="100%"
            height=${rowHeight}
            role="img"
            aria-label=${`${text}: ${total.join(', ')}`}
          >
            ${steps.map(
              (at) =>
                svg`<line class="grid-line" x1="${percent(at)}%" x2="${percent(at)}%" y1="0" y2=${rowHeight}></line>`,
            )}
            ${row.bars.map((bar) =>
              bar.to - bar.from < span / 500
                ? svg`<rect class="bar phase-${bar.phase} tone-${row.tone}" x="${Math.min(99.2, percent(bar.from))}%" y="5" width="3" height=${rowHeight - 10}></rect>`
                : svg`<rect class="bar phase-${bar.phase} tone-${row.tone}" x="${percent(bar.from)}%" y="5" width="${percent(bar.to - bar.from)}%" height=${rowHeight - 10} rx="2"></rect>`,
            )}
          </svg>
        </div>`;
      })}
      ${
        rows.length > maxRows
          ? html`<p class="quiet padded">
              ${l10n.t('{0} more…', formatCount(rows.length - maxRows))}
            </p>`
          : nothing
      }
    </div>
  </div>`;
}
