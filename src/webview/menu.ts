/** A menu at a point, with the keyboard's usual ways. One is open at a time. */
import { html, nothing, render } from 'lit';
import { icon } from './icon';

export type MenuItem =
  { text: string; run: () => void; checked?: boolean; disabled?: boolean } | 'line';

let close: (() => void) | null = null;

export function closeMenu(): void {
  close?.();
}

export function openMenu(x: number, y: number, items: readonly MenuItem[], label: string): void {
  closeMenu();
  const before = document.activeElement as HTMLElement | null;
  const menu = document.createElement('div');
  menu.className = 'menu';
  menu.setAttribute('role', 'menu');
  menu.setAttribute('aria-label', label);
  render(
    items.map((item) =>
      item === 'line'
        ? html`<div class="menu-line" role="separator"></div>`
        : html`<button
            type="button"
            class="menu-item"
            role=${item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
            aria-checked=${item.checked === undefined ? nothing : String(item.checked)}
            ?disabled=${item.disabled ?? false}
            tabindex="-1"
            @click=${() => {
              done();
              item.run();
            }}
          >
            <span class="menu-mark">${item.checked ? icon('check') : nothing}</span>${item.text}
          </button>`,
    ),
    menu,
  );
  const outside = (event: Event) => {
    if (!menu.contains(event.target as Node)) {
      done();
    }
  };
  const done = () => {
    close = null;
    document.removeEventListener('pointerdown', outside, true);
    window.removeEventListener('blur', done);
    menu.remove();
    before?.focus();
  };
  close = done;
  menu.addEventListener('keydown', (event) => {
    const enabled = [...menu.querySelectorAll<HTMLButtonElement>('button:not(:disabled)')];
    const at = enabled.indexOf(document.activeElement as HTMLButtonElement);
    const go = (index: number) => enabled[(index + enabled.length) % enabled.length]?.focus();
    switch (event.key) {
      case 'ArrowDown':
        go(at + 1);
        break;
      case 'ArrowUp':
        go(at < 0 ? -1 : at - 1);
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(-1);
        break;
      case 'Escape':
      case 'Tab':
        done();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(menu);
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
  menu.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
  document.addEventListener('pointerdown', outside, true);
  window.addEventListener('blur', done);
}
