/** Icons of the editor's own font, and buttons that show only one. */
import { html, nothing, type TemplateResult } from 'lit';

export function icon(name: string, extra = ''): TemplateResult {
  return html`<span class="codicon codicon-${name} ${extra}" aria-hidden="true"></span>`;
}

export interface ToolOptions {
  icon: string;
  label: string;
  onClick: (event: MouseEvent) => void;
  /** For a switch: whether it is on. */
  pressed?: boolean;
  disabled?: boolean;
  id?: string;
  /** For a button that opens something: whether it is open. */
  expanded?: boolean;
  extra?: string;
}

export function tool(options: ToolOptions): TemplateResult {
  return html`<button
    type="button"
    id=${options.id ?? nothing}
    class="tool ${options.extra ?? ''} ${options.pressed ? 'on' : ''}"
    title=${options.label}
    aria-label=${options.label}
    aria-pressed=${options.pressed === undefined ? nothing : String(options.pressed)}
    aria-expanded=${options.expanded === undefined ? nothing : String(options.expanded)}
    ?disabled=${options.disabled ?? false}
    @click=${options.onClick}
  >
    ${icon(options.icon)}
  </button>`;
}

/** A row of tabs; the arrow keys move between them. */
export function tabs<T extends string>(
  label: string,
  all: readonly { id: T; text: string; count?: number }[],
  current: T,
  onChoose: (id: T) => void,
  look: 'tabs' | 'segments' = 'tabs',
): TemplateResult {
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) {
      const index = all.findIndex((tab) => tab.id === current);
      const next = all[(index + step + all.length) % all.length]!;
      const list = event.currentTarget as HTMLElement;
      event.preventDefault();
      onChoose(next.id);
      requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected=true]')?.focus());
    }
  };
  return html`<div class=${look} role="tablist" aria-label=${label} @keydown=${move}>
    ${all.map(
      (tab) =>
        html`<button
          type="button"
          role="tab"
          class="tab"
          data-tab=${tab.id}
          aria-selected=${String(tab.id === current)}
          tabindex=${tab.id === current ? 0 : -1}
          @click=${() => onChoose(tab.id)}
        >
          ${tab.text}${tab.count ? html`<span class="count">${tab.count}</span>` : nothing}
        </button>`,
    )}
  </div>`;
}
