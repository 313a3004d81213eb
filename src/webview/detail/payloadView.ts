/** One payload in the form that the reader chose: JSON tree, pretty text, raw text, hex, or decoded. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type PropertyValues } from 'lit';
import { prettyJson, readJson } from '../../protocol/json';
import { define, PageElement } from '../element';
import { formatSize, showHalves } from '../format';
import { icon, tabs } from '../icon';
import { fittingDecoders } from './decoders';
import { hexBytes, hexLines } from './hex';
import './jsonTree';
import { fromBase64, looksLikeBase64, shownCharacters, type Payload } from './payload';

interface Form {
  id: string;
  text: string;
}

class PayloadView extends PageElement {
  static override properties = {
    ...PageElement.properties,
    payload: { attribute: false },
    name: { attribute: false },
  };
  payload: Payload | null = null;
  /** For the title of an editor tab. */
  name = '';
  protected override readonly topics = ['ui'] as const;
  private isJson = false;
  private decoded: ReturnType<typeof fittingDecoders> = [];
  private inner: Uint8Array | null = null;
  private forms: Form[] = [];

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('payload')) {
      this.examine();
    }
  }

  private examine(): void {
    const { payload } = this;
    const json = payload?.text === undefined ? undefined : readJson(payload.text);
    this.isJson = json?.kind === 'object' || json?.kind === 'list';
    this.inner =
      payload?.text !== undefined && looksLikeBase64(payload.text)
        ? fromBase64(payload.text)
        : null;
    const bytes = payload?.text === undefined ? payload?.bytes : (this.inner ?? undefined);
    this.decoded = bytes && payload?.whole ? fittingDecoders(bytes) : [];
    this.forms = [
      ...(this.isJson
        ? [
            { id: 'json', text: l10n.t('JSON') },
            { id: 'pretty', text: l10n.t('Pretty') },
          ]
        : []),
      ...this.decoded.map(({ decoder }) => ({ id: decoder.id, text: decoder.title })),
      ...(payload?.text === undefined ? [] : [{ id: 'text', text: l10n.t('Text') }]),
      { id: 'hex', text: l10n.t('Hex') },
      ...(this.inner ? [{ id: 'base64', text: l10n.t('Hex of base64') }] : []),
    ];
  }

  /** The chosen form, or the first that fits this payload. */
  private get form(): string {
    const wanted = this.model.ui.payloadForm;
    return this.forms.some((form) => form.id === wanted) ? wanted : (this.forms[0]?.id ?? 'hex');
  }

  override render() {
    const { payload, form } = this;
    if (!payload) {
      return nothing;
    }
    return html`<div class="payload-bar">
        ${tabs(
          l10n.t('Form'),
          this.forms,
          form,
          (id) => this.model.update({ payloadForm: id }),
          'segments',
        )}
      </div>
      ${
        payload.whole
          ? nothing
          : html`<p class="hint">
              ${icon('info')} ${l10n.t('Only the beginning is kept; the rest was given up.')}
            </p>`
      }
      ${
        payload.bytes.length === 0
          ? html`<p class="quiet padded">${l10n.t('Empty payload')}</p>`
          : this.body(payload, form)
      }`;
  }

  private body(payload: Payload, form: string) {
    const decoded = this.decoded.find(({ decoder }) => decoder.id === form);
    if (decoded) {
      return html`<json-tree .model=${this.model} .text=${decoded.json}></json-tree>`;
    }
    switch (form) {
      case 'json':
        return html`<json-tree .model=${this.model} .text=${payload.text ?? ''}></json-tree>`;
      case 'pretty':
        return this.long(prettyJson(payload.text ?? '', 'readable') ?? '', 'json');
      case 'text':
        return this.long(showHalves(payload.text ?? ''), 'plaintext');
      default: {
        const bytes = form === 'base64' ? this.inner! : payload.bytes;
        const width = this.closest('.side-pane')?.clientWidth ?? 600;
        return html`<pre class="hex" tabindex="0" aria-label=${l10n.t('Hex')}>
${hexLines(bytes, width < 520 ? 8 : 16).join('\n')}</pre>
          ${
            bytes.length > hexBytes
              ? this.cut(l10n.t('{0} more', formatSize(bytes.length - hexBytes)), () =>
                  hexOfAll(bytes),
                )
              : nothing
          }`;
      }
    }
  }

  private long(text: string, language: string) {
    const cut = text.length > shownCharacters;
    return html`<pre class="text" tabindex="0" aria-label=${l10n.t('Payload')}>
${cut ? text.slice(0, shownCharacters) : text}</pre>
      ${
        cut
          ? this.cut(
              l10n.t('{0} more', formatSize(text.length - shownCharacters)),
              () => text,
              language,
            )
          : nothing
      }`;
  }

  private cut(text: string, content: () => string, language = 'plaintext') {
    return html`<p class="hint">
      ${text}
      <button
        type="button"
        class="link"
        @click=${() => this.model.openText(this.name, language, content())}
      >
        ${l10n.t('Open in Editor')}
      </button>
    </p>`;
  }
}

function hexOfAll(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += hexBytes) {
    parts.push(...hexLines(bytes.subarray(at, at + hexBytes)));
  }
  return parts.join('\n');
}

define('payload-view', PayloadView);
