/** A trace as a sequence diagram that can be zoomed and selected in. */
import * as l10n from '@vscode/l10n';
import { html, nothing, svg, type TemplateResult } from 'lit';
import {
  fit,
  labelWidth,
  layoutSequence,
  type SequenceMessage,
} from '../../protocol/export/sequence';
import type { Trace } from '../../protocol/trace';
import { seqOf } from '../../protocol/trace';
import { formatCount, formatDelta } from '../format';
import type { InspectorModel } from '../model';
import { nameOf } from './nodeLook';

export function renderSequence(
  model: InspectorModel,
  trace: Trace,
  zoom: number,
  onSelect: (seq: number) => void,
): TemplateResult {
  const sequence = layoutSequence(trace, nameOf(model));
  const { lifelines, messages, bars, width, height, box, omitted } = sequence;
  const focus = seqOf(trace.focus);
  const label = (message: SequenceMessage) =>
    `${formatDelta(message.at)} ${lifelines[message.from]!.name} → ${lifelines[message.to]!.name}: ${message.label}`;
  return html`<div
      class="sequence"
      tabindex="0"
      role="group"
      aria-label=${l10n.t('Sequence diagram')}
    >
      <svg
        width=${Math.round(width * zoom)}
        height=${Math.round(height * zoom)}
        viewBox="0 0 ${width} ${height}"
        role="list"
        aria-label=${l10n.t('Sequence diagram')}
      >
        ${lifelines.map(
          (line) => svg`<g class="lifeline life-${line.kind}" aria-hidden="true">
            <line x1=${line.x} y1="40" x2=${line.x} y2=${height - 8}></line>
            <rect x=${line.x - box / 2} y="12" width=${box} height="26" rx="3"></rect>
            <text x=${line.x} y="29" text-anchor="middle">${fit(line.name, box - 8)}</text>
          </g>`,
        )}
        ${bars.map(
          (bar) => svg`<rect
            class="work work-${bar.tone}" aria-hidden="true"
            x=${bar.x} y=${bar.from}
            width="10" height=${Math.max(4, bar.to - bar.from)}></rect>`,
        )}
        ${messages.map((message) => {
          const from = lifelines[message.from]!.x;
          const to = lifelines[message.to]!.x;
          const tip = to > from ? -1 : 1;
          return svg`<g
            class="message message-${message.tone} ${message.dashed ? 'answer' : ''} ${
              message.seq === focus ? 'focus' : ''
            }"
            role="listitem"
            aria-label=${label(message)}
            @click=${() => onSelect(message.seq)}>
            <title>${label(message)}</title>
            <rect class="hit" x=${Math.min(from, to)} y=${message.y - 18}
              width=${Math.max(8, Math.abs(to - from))} height="24"></rect>
            <line x1=${from} y1=${message.y} x2=${to + tip * 7} y2=${message.y}></line>
            <path d="M${to} ${message.y}l${8 * tip} -4v8z"></path>
            <text x=${(from + to) / 2} y=${message.y - 5} text-anchor="middle">${fit(
              message.label,
              labelWidth(sequence, message),
            )}</text>
          </g>`;
        })}
      </svg>
    </div>
    ${
      omitted > 0
        ? html`<p class="quiet padded">${l10n.t('{0} more…', formatCount(omitted))}</p>`
        : nothing
    }`;
}
