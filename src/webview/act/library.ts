/** Messages that the workspace keeps: taking one, keeping one, giving one up. */
import * as l10n from '@vscode/l10n';
import { html } from 'lit';
import { button, field } from '../forms';
import { tool } from '../icon';
import type { InspectorModel } from '../model';

type Saved = InspectorModel['library'][number];

export function messageLibrary(
  model: InspectorModel,
  options: {
    /** What stands in the message line, and the name it would get. */
    message: { name: string; data: string; kind: 'text' | 'binary' | 'close' };
    onName: (name: string) => void;
    onTake: (saved: Saved) => void;
  },
) {
  const { library } = model;
  const { data, kind } = options.message;
  const name = options.message.name.trim();
  const save = (messages: Saved[]) => {
    model.host.do('saveLibrary', { messages }).catch((error: unknown) => model.fail(error));
  };
  const keep = () =>
    save([
      ...library.filter((each) => each.name !== name),
      { name, data, dataType: kind === 'binary' ? 'binary' : 'text' },
    ]);
  return html`${
      library.length === 0
        ? html`<p class="quiet">
            ${l10n.t('Messages saved here belong to the workspace and may hold {0}.', '${variables}')}
          </p>`
        : html`<ul class="items" aria-label=${l10n.t('Message library')}>
            ${library.map(
              (saved) =>
                html`<li class="item">
                  <button
                    type="button"
                    class="link ellipsis"
                    title=${saved.data.slice(0, 300)}
                    @click=${() => options.onTake(saved)}
                  >
                    ${saved.name}
                  </button>
                  <span class="gap"></span>
                  ${tool({
                    icon: 'trash',
                    label: l10n.t('Remove {0}', saved.name),
                    onClick: () => save(library.filter((other) => other !== saved)),
                  })}
                </li>`,
            )}
          </ul>`
    }
    <div class="form-row">
      ${field({ label: l10n.t('Name'), value: options.message.name, onInput: options.onName })}
      ${button(l10n.t('Save'), keep, {
        look: 'secondary',
        disabled: name === '' || data === '' || kind === 'close',
      })}
    </div>`;
}
