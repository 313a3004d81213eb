/** Frames that a breakpoint holds: what they are, and what may become of them. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { HeldFrame } from '../../protocol/fact';
import type { Ask } from '../../protocol/intent';
import { fromBase64, toBase64 } from '../detail/payload';
import { define, PageElement } from '../element';
import { formatSize, oneLine, plural } from '../format';
import { icon } from '../icon';
import { directionName } from '../list/row';

class HeldFrames extends PageElement {
  protected override readonly topics = ['state'] as const;
  /** The hold that is being edited, and its text. */
  private editing: { hold: number; text: string; binary: boolean; problem: string } | null = null;

  override render() {
    const held = [...this.model.state.held.values()];
    if (held.length === 0) {
      return nothing;
    }
    return html`<section class="held" role="region" aria-label=${l10n.t('Held frames')}>
      <div class="held-head">
        ${icon('debug-pause')}
        <strong>${plural(held.length, '{0} frame is held', '{0} frames are held')}</strong>
        <span class="gap"></span>
        ${
          held.length > 1
            ? html`<button
                type="button"
                class="link"
                @click=${() => held.forEach((frame) => this.release(frame, 'released'))}
              >
                ${l10n.t('Release all')}
              </button>`
            : nothing
        }
      </div>
      ${held.slice(0, 20).map((frame) => this.frame(frame))}
    </section>`;
  }

  private frame(frame: HeldFrame) {
    const name = this.model.names.of(frame.connection);
    const editing = this.editing?.hold === frame.hold ? this.editing : null;
    const act = (text: string, glyph: string, run: () => void, disabled = false) =>
      html`<button type="button" class="act" ?disabled=${disabled} @click=${run}>
        ${icon(glyph)}${text}
      </button>`;
    return html`<div class="held-frame">
      <div class="held-line">
        <span
          class="codicon codicon-${
            frame.direction === 'toServer' ? 'arrow-right' : 'arrow-left'
          } ${frame.direction}"
          title=${directionName(frame.direction)}
        ></span>
        <span class="conn-name"><span class="dot conn-${name.color}"></span>${name.name}</span>
        <span class="held-preview mono">${oneLine(frame.preview)}</span>
        <span class="quiet">${formatSize(frame.size)}</span>
      </div>
      ${
        editing
          ? html`<textarea
                class="editor"
                rows="5"
                spellcheck="false"
                aria-label=${l10n.t('Payload')}
                .value=${editing.text}
                @input=${(event: Event) => {
                  editing.text = (event.target as HTMLTextAreaElement).value;
                }}
              ></textarea>
              ${
                editing.problem === ''
                  ? nothing
                  : html`<p class="hint error" role="alert">${icon('error')} ${editing.problem}</p>`
              }`
          : nothing
      }
      <div class="held-acts">
        ${
          editing
            ? html`${act(l10n.t('Send edited'), 'check', () => this.sendEdited(frame))}
              ${act(l10n.t('Cancel'), 'close', () => {
                this.editing = null;
                this.requestUpdate();
              })}`
            : html`${act(l10n.t('Release'), 'debug-continue', () => this.release(frame, 'released'))}
              ${act(l10n.t('Edit'), 'edit', () => void this.edit(frame))}
              ${act(l10n.t('Drop'), 'trash', () => this.release(frame, 'dropped'))}
              ${act(
                l10n.t('Step into'),
                'debug-step-into',
                () => this.release(frame, 'steppedInto'),
                frame.direction !== 'toServer',
              )}`
        }
      </div>
    </div>`;
  }

  private async edit(frame: HeldFrame): Promise<void> {
    try {
      const payload = await this.model.host.ask('payload', { seq: frame.hold });
      const data = payload?.data ?? frame.preview;
      const binary = frame.type === 'binary';
      this.editing = { hold: frame.hold, text: data, binary, problem: '' };
    } catch (error) {
      this.model.fail(error);
    }
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector<HTMLElement>('textarea')?.focus();
  }

  private sendEdited(frame: HeldFrame): void {
    const { editing } = this;
    if (!editing) {
      return;
    }
    let data = editing.text;
    if (editing.binary) {
      const bytes = fromBase64(data);
      if (!bytes) {
        editing.problem = l10n.t('This is no base64.');
        this.requestUpdate();
        return;
      }
      data = toBase64(bytes);
    }
    this.editing = null;
    this.release(frame, 'edited', data);
  }

  private release(frame: HeldFrame, how: Ask<'releaseFrame'>['how'], data?: string): void {
    this.model.host
      .ask('releaseFrame', {
        hold: frame.hold,
        how,
        ...(data === undefined ? {} : { data }),
      })
      .catch((error: unknown) => this.model.fail(error));
  }
}

define('held-frames', HeldFrames);
