/** Form fields in the editor's look, each with its label. */
import { html, nothing, type TemplateResult } from 'lit';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textarea/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';

interface HasValue {
  value: string;
}
interface HasChecked {
  checked: boolean;
}

export function field(options: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  type?: 'text' | 'number';
  mono?: boolean;
  invalid?: boolean;
}): TemplateResult {
  return html`<div class="field">
    <span class="field-label" aria-hidden="true">${options.label}</span>
    <vscode-textfield
      class=${options.mono ? 'mono' : ''}
      .label=${options.label}
      type=${options.type ?? 'text'}
      placeholder=${options.placeholder ?? nothing}
      ?invalid=${options.invalid ?? false}
      .value=${options.value}
      @input=${(event: Event) => options.onInput((event.target as unknown as HasValue).value)}
    ></vscode-textfield>
  </div>`;
}

export function area(options: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  rows?: number;
  placeholder?: string;
  hideLabel?: boolean;
}): TemplateResult {
  return html`<div class="field">
    ${
      options.hideLabel
        ? nothing
        : html`<span class="field-label" aria-hidden="true">${options.label}</span>`
    }
    <vscode-textarea
      .label=${options.label}
      rows=${options.rows ?? 4}
      resize="vertical"
      monospace
      placeholder=${options.placeholder ?? nothing}
      .value=${options.value}
      .spellcheck=${false}
      @input=${(event: Event) => options.onInput((event.target as unknown as HasValue).value)}
    ></vscode-textarea>
  </div>`;
}

export function select<T extends string>(options: {
  label: string;
  value: T;
  choices: readonly { value: T; text: string }[];
  onChange: (value: T) => void;
}): TemplateResult {
  return html`<div class="field">
    <span class="field-label" aria-hidden="true">${options.label}</span>
    <vscode-single-select
      label=${options.label}
      .value=${options.value}
      @change=${(event: Event) => options.onChange((event.target as unknown as HasValue).value as T)}
    >
      ${options.choices.map(
        (choice) =>
          html`<vscode-option value=${choice.value} ?selected=${choice.value === options.value}
            >${choice.text}</vscode-option
          >`,
      )}
    </vscode-single-select>
  </div>`;
}

export function checkbox(options: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  content?: unknown;
}): TemplateResult {
  return html`<vscode-checkbox
    label=${options.content === undefined ? options.label : ''}
    .checked=${options.checked}
    @change=${(event: Event) => options.onChange((event.target as unknown as HasChecked).checked)}
    >${options.content ?? nothing}</vscode-checkbox
  >`;
}

export function button(
  text: string,
  onClick: () => void,
  options: { look?: 'primary' | 'secondary'; disabled?: boolean } = {},
): TemplateResult {
  return html`<vscode-button
    ?secondary=${options.look === 'secondary'}
    ?disabled=${options.disabled ?? false}
    @click=${onClick}
    >${text}</vscode-button
  >`;
}
