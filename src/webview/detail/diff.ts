/** Two payloads side by side in one column: what is gone and what is new, by sign as well as by colour. */
import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import { prettyJson } from '../../protocol/json';
import type { InspectorModel } from '../model';
import { hexLines } from './hex';
import { diffLines } from './lineDiff';
import type { Payload } from './payload';

export function renderDiff(
  model: InspectorModel,
  left: Payload | null | undefined,
  right: Payload | null | undefined,
): TemplateResult {
  if (!left || !right) {
    return html`<p class="quiet padded">${l10n.t('Loading…')}</p>`;
  }
  const [a, b] = [readable(left), readable(right)];
  const lines = diffLines(a, b);
  const open = () =>
    model.host
      .do('openDiff', {
        title: l10n.t('Compare two frames'),
        language: 'json',
        left: { title: 'frame-a', content: a },
        right: { title: 'frame-b', content: b },
      })
      .catch((error: unknown) => model.fail(error));
  const changed = lines?.filter((line) => line.in !== 'both').length ?? 0;
  return html`<p class="hint">
      ${
        lines === null
          ? l10n.t('These payloads are too long to compare here.')
          : changed === 0
            ? left.text === right.text
              ? l10n.t('Both payloads are the same.')
              : l10n.t('Both payloads say the same; they are written differently.')
            : l10n.t('{0} lines differ.', changed)
      }
      <button type="button" class="link" @click=${open}>${l10n.t('Open in Editor')}</button>
    </p>
    <div class="diff" tabindex="0" role="group" aria-label=${l10n.t('Compare')}>
      ${(lines ?? []).map(
        (line) =>
          html`<div class="diff-line in-${line.in}">
            <span class="diff-sign"
              >${line.in === 'both' ? ' ' : line.in === 'left' ? '−' : '+'}</span
            ><span>${line.text}</span>
          </div>`,
      )}
    </div>`;
}

function readable(payload: Payload): string {
  if (payload.text === undefined) {
    return hexLines(payload.bytes).join('\n');
  }
  return prettyJson(payload.text, 'readable') ?? payload.text;
}
