/** The head that every pane beside the list has. */
import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import { icon, tool } from '../icon';
import type { InspectorModel } from '../model';

export function paneHead(model: InspectorModel, glyph: string, title: string): TemplateResult {
  return html`<header class="pane-head">
    ${icon(glyph)}
    <h2>${title}</h2>
    <span class="gap"></span>
    ${tool({ icon: 'close', label: l10n.t('Close'), onClick: () => model.show(null) })}
  </header>`;
}
