/** The filter box: it completes while one types, and marks the place where the filter is wrong. */
import * as l10n from '@vscode/l10n';
import { html, noChange, nothing } from 'lit';
import type { FilterKey } from '../protocol/filter';
import { completeFilter, type FilterCompletion } from '../protocol/filterComplete';
import { define, PageElement } from './element';
import { icon, tool } from './icon';

function keyHelp(key: FilterKey): string {
  switch (key) {
    case 'conn':
      return l10n.t('connection, by name or id');
    case 'dir':
      return l10n.t('direction, as the gateway sees it');
    case 'kind':
      return l10n.t('kind of row');
    case 'fn':
      return l10n.t('function that ran for it');
    case 'role':
      return l10n.t('role of that function');
    case 'status':
      return l10n.t('how it ended, or a code');
    case 'is':
      return l10n.t('something special about it');
    case 'inv':
      return l10n.t('request id of a run');
    case 'size':
      return l10n.t('bytes of payload');
    case 'dur':
      return l10n.t('time that the function took');
    case 'seq':
      return l10n.t('number of the row');
  }
}

class FilterBox extends PageElement {
  protected override readonly topics = ['ui'] as const;
  private completion: FilterCompletion | null = null;
  private chosen = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override focus(): void {
    const input = this.querySelector('input');
    input?.focus();
    input?.select();
  }

  override render() {
    const { ui, problems } = this.model;
    const open = this.completion !== null && this.completion.options.length > 0;
    const problem = problems[0];
    return html`<div class="filter-box ${problem ? 'wrong' : ''}">
        <div class="marks" aria-hidden="true">${this.marks()}</div>
        <input
          type="text"
          role="combobox"
          aria-label=${l10n.t('Filter')}
          aria-autocomplete="list"
          aria-controls="filter-options"
          aria-expanded=${String(open)}
          aria-activedescendant=${
            open && this.chosen >= 0 ? `filter-option-${this.chosen}` : nothing
          }
          aria-invalid=${String(problem !== undefined)}
          aria-describedby=${problem ? 'filter-problem' : nothing}
          placeholder=${l10n.t('Filter: text, /regex/, conn:alice, size:>1k, -not')}
          spellcheck="false"
          autocomplete="off"
          .value=${this.timer === undefined ? ui.filter : noChange}
          @input=${(event: InputEvent) => this.typed(event)}
          @keydown=${(event: KeyboardEvent) => this.pressed(event)}
          @scroll=${(event: Event) => this.scrollMarks(event)}
          @blur=${() => this.close()}
        />
        ${
          ui.filter === ''
            ? nothing
            : tool({
                icon: 'close',
                label: l10n.t('Clear filter'),
                onClick: () => this.apply(''),
                extra: 'small',
              })
        }
        ${tool({
          icon: 'paintcan',
          label: l10n.t('Highlight instead of hiding'),
          pressed: ui.highlight,
          onClick: () => this.model.update({ highlight: !ui.highlight }),
          extra: 'small',
        })}
      </div>
      <ul
        id="filter-options"
        role="listbox"
        class="options"
        aria-label=${l10n.t('Completions')}
        ?hidden=${!open}
      >
        ${
          open
            ? this.completion!.options.map(
                (option, index) =>
                  html`<li
                    id="filter-option-${index}"
                    role="option"
                    aria-selected=${String(index === this.chosen)}
                    @mousedown=${(event: MouseEvent) => this.take(event, index)}
                  >
                    <span class="option-text">${option.text}</span>
                    <span class="option-help"
                      >${option.what === 'key' ? keyHelp(option.key) : nothing}</span
                    >
                  </li>`,
              )
            : nothing
        }
      </ul>
      ${
        problem
          ? html`<div id="filter-problem" class="filter-problem" role="alert">
              ${icon('error')}
              <span>${l10n.t(problem.message, ...problem.values)}</span>
              <span class="place">${l10n.t('at {0}', problem.start + 1)}</span>
            </div>`
          : nothing
      }`;
  }

  private marks() {
    const source = this.model.ui.filter;
    const parts: unknown[] = [];
    let at = 0;
    for (const problem of this.model.problems) {
      parts.push(source.slice(at, problem.start));
      parts.push(html`<span class="wave">${source.slice(problem.start, problem.end)}</span>`);
      at = problem.end;
    }
    return [...parts, source.slice(at)];
  }

  private scrollMarks(event: Event): void {
    const marks = this.querySelector<HTMLElement>('.marks');
    if (marks) {
      marks.scrollLeft = (event.target as HTMLInputElement).scrollLeft;
    }
  }

  private typed(event: InputEvent): void {
    const input = event.target as HTMLInputElement;
    const { state, names } = this.model;
    this.completion = completeFilter(input.value, input.selectionStart ?? input.value.length, {
      connections: [...state.connections.keys()].slice(-200).map((id) => names.nameOf(id)),
      functions: [...state.functions.values()].map((each) => each.info.name),
    });
    if (input.value.trim() === '') {
      this.completion = null;
    }
    this.chosen = -1;
    clearTimeout(this.timer);
    this.timer = undefined;
    // Filtering itself is cheap; the pause is for the reader, not for the machine.
    // Until then a frame that is drawn must not write over what is typed.
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.model.update({ filter: input.value });
    }, 60);
    this.requestUpdate();
  }

  private apply(filter: string): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.completion = null;
    this.model.update({ filter });
    this.querySelector('input')?.focus();
  }

  private close(): void {
    this.completion = null;
    this.requestUpdate();
  }

  private pressed(event: KeyboardEvent): void {
    const count = this.completion?.options.length ?? 0;
    const input = event.target as HTMLInputElement;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (count === 0 && event.key === 'ArrowDown' && this.completion === null) {
        this.typed({ target: input } as unknown as InputEvent);
      } else if (count > 0) {
        this.chosen = (this.chosen + (event.key === 'ArrowDown' ? 1 : -1) + count) % count;
        this.requestUpdate();
        void this.updateComplete.then(() =>
          this.querySelector('[role=option][aria-selected=true]')?.scrollIntoView({
            block: 'nearest',
          }),
        );
      }
      event.preventDefault();
    } else if ((event.key === 'Enter' || event.key === 'Tab') && count > 0 && this.chosen >= 0) {
      this.take(event, this.chosen);
    } else if (event.key === 'Enter') {
      this.apply(input.value);
    } else if (event.key === 'Escape') {
      if (count > 0) {
        this.close();
        event.stopPropagation();
      } else if (input.value !== '') {
        this.apply('');
        event.stopPropagation();
      }
    }
  }

  private take(event: Event, index: number): void {
    event.preventDefault();
    const input = this.querySelector('input')!;
    const { start, end, options } = this.completion!;
    const option = options[index]!;
    const rest = input.value.slice(end);
    const text = option.what === 'value' && !/^[\s,]/.test(rest) ? `${option.text} ` : option.text;
    input.value = input.value.slice(0, start) + text + rest;
    input.setSelectionRange(start + text.length, start + text.length);
    this.typed({ target: input } as unknown as InputEvent);
  }
}

define('filter-box', FilterBox);
