/** The page: toolbar, list, the pane beside or below it, and a line of figures. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import './act/breakpoints';
import './act/compose';
import './act/exportPane';
import './act/faults';
import './act/held';
import { rowMenu } from './act/rowMenu';
import './detail/detail';
import { define, PageElement } from './element';
import { emptyState } from './empty';
import { formatCount, formatSize, plural } from './format';
import { icon } from './icon';
import { TrafficList } from './list/list';
import { columns } from './list/columns';
import { openMenu, type MenuItem } from './menu';
import './toolbar';
import type { ColumnId } from './ui';

define('traffic-list', TrafficList);

/** Below this width the detail stands under the list. */
const sideBySide = 700;

class InspectorApp extends PageElement {
  protected override readonly topics = [
    'ready',
    'rows',
    'ui',
    'state',
    'status',
    'notice',
  ] as const;
  private layout: 'side' | 'stack' = 'stack';
  private readonly resize = new ResizeObserver(() => {
    const layout = this.clientWidth >= sideBySide ? 'side' : 'stack';
    if (layout !== this.layout) {
      this.layout = layout;
      this.requestUpdate();
    }
  });
  private announced = { text: '', at: 0, rows: 0 };
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.resize.observe(this);
    document.addEventListener('keydown', (event) => this.pressed(event));
    this.addEventListener('row-menu', (event) => this.rowMenu(event as CustomEvent));
    this.addEventListener('page-menu', (event) => this.pageMenu(event as CustomEvent));
    this.addEventListener('enter-detail', () => this.focusPane('side'));
    this.model.watch('notice', () => {
      clearTimeout(this.noticeTimer);
      const { notice } = this.model;
      if (notice?.tone === 'info') {
        this.noticeTimer = setTimeout(() => {
          this.model.notice = null;
          this.requestUpdate();
        }, 2500);
      }
    });
  }

  override render() {
    const { model } = this;
    if (!model.ready) {
      return html`<vscode-progress-bar aria-label=${l10n.t('Loading…')}></vscode-progress-bar>`;
    }
    const empty = emptyState(model);
    return html`<header><traffic-toolbar .model=${model}></traffic-toolbar></header>
      <held-frames .model=${model}></held-frames>
      <div class="progress-line" aria-hidden="true">
        ${
          model.view.scanning || model.hydrating
            ? html`<progress
                max="1"
                .value=${
                  model.hydrating ? model.hydrating.done / model.hydrating.of : model.view.progress
                }
              ></progress>`
            : nothing
        }
      </div>
      <main class="panes ${this.layout} ${model.pane === null ? 'alone' : ''}">
        <section class="list-pane">
          <traffic-list .model=${model} ?hidden=${empty !== null}></traffic-list>
          ${empty ?? nothing}
        </section>
        ${
          model.pane === null
            ? nothing
            : html`<div
                  class="splitter"
                  role="separator"
                  tabindex="0"
                  aria-label=${l10n.t('Size of the list')}
                  aria-orientation=${this.layout === 'side' ? 'vertical' : 'horizontal'}
                  aria-valuenow=${Math.round(model.ui.split * 100)}
                  aria-valuemin="15"
                  aria-valuemax="85"
                  @pointerdown=${(event: PointerEvent) => this.drag(event)}
                  @keydown=${(event: KeyboardEvent) => this.nudge(event)}
                ></div>
                <section class="side-pane" tabindex="-1" aria-label=${this.paneName()}>
                  ${this.pane()}
                </section>`
        }
      </main>
      ${this.footer()}`;
  }

  override updated(): void {
    this.querySelector<HTMLElement>('.panes')?.style.setProperty(
      '--split',
      `${this.model.ui.split * 100}%`,
    );
  }

  private paneName(): string {
    switch (this.model.pane) {
      case 'compose':
        return l10n.t('Compose');
      case 'breakpoints':
        return l10n.t('Frame breakpoints');
      case 'faults':
        return l10n.t('Fault lab');
      case 'export':
        return l10n.t('Export');
      default:
        return l10n.t('Detail');
    }
  }

  private pane() {
    const { model } = this;
    switch (model.pane) {
      case 'compose':
        return html`<compose-pane .model=${model}></compose-pane>`;
      case 'breakpoints':
        return html`<breakpoints-pane .model=${model}></breakpoints-pane>`;
      case 'faults':
        return html`<faults-pane .model=${model}></faults-pane>`;
      case 'export':
        return html`<export-pane .model=${model}></export-pane>`;
      default:
        return html`<detail-pane .model=${model}></detail-pane>`;
    }
  }

  private footer() {
    const { model } = this;
    const { store, view, state, ui } = model;
    const shown = view.highlighting ? view.matches : view.rowCount;
    const dropped = store.droppedFrames;
    const { clock } = state;
    return html`<footer class="foot">
      <span class="foot-count"
        >${
          shown === store.count
            ? plural(store.count, '{0} row', '{0} rows')
            : l10n.t('{0} of {1} rows', formatCount(shown), formatCount(store.count))
        }</span
      >
      ${
        model.paused
          ? html`<span class="foot-paused"
              >${icon('debug-pause')}${l10n.t('Paused')}${
                model.pausedRows > 0
                  ? html` · ${l10n.t('{0} new', formatCount(model.pausedRows))}`
                  : nothing
              }</span
            >`
          : nothing
      }
      ${
        dropped + state.dropped.facts > 0
          ? html`<span title=${l10n.t('The oldest rows were given up to stay within the limit.')}
              >${l10n.t('{0} dropped', formatCount(dropped + state.dropped.facts))}</span
            >`
          : nothing
      }
      ${
        state.dropped.payloads > 0
          ? html`<span title=${l10n.t('Of the oldest rows only the preview is kept.')}
              >${l10n.t('{0} payloads given up', formatCount(state.dropped.payloads))}</span
            >`
          : nothing
      }
      ${
        clock.frozen
          ? html`<span
              class="foot-frozen"
              title=${l10n.t('Every timer of the gateway stands still.')}
              >${icon('debug-pause')}${l10n.t('Clock stopped')}
              ${clock.by.length > 0 ? clock.by.join(', ') : nothing}</span
            >`
          : nothing
      }
      ${
        state.faults
          ? html`<span class="foot-frozen">${icon('flame')}${l10n.t('Fault lab is on')}</span>`
          : nothing
      }
      <span class="gap"></span>
      ${
        model.notice
          ? html`<span class="notice tone-${model.notice.tone}" role="alert"
              >${model.notice.text}${
                model.notice.tone === 'error'
                  ? html`<button
                      type="button"
                      class="tool small"
                      aria-label=${l10n.t('Close')}
                      @click=${() => {
                        model.notice = null;
                        this.requestUpdate();
                      }}
                    >
                      ${icon('close')}
                    </button>`
                  : nothing
              }</span
            >`
          : nothing
      }
      ${ui.preserve ? html`<span>${l10n.t('kept across restarts')}</span>` : nothing}
      <span
        class="foot-memory"
        title=${l10n.t(
          'Memory of the rows here, of {0} MB; at most {1} rows.',
          model.limits.memoryMb,
          formatCount(model.limits.rows),
        )}
        >${formatSize(store.bytes + view.bytes)}</span
      >
      <span class="for-readers" role="status" aria-live="polite">${this.announcement()}</span>
    </footer>`;
  }

  /** Says how many rows are new, at most every five seconds. */
  private announcement(): string {
    const { store } = this.model;
    const now = performance.now();
    if (now - this.announced.at > 5000 && store.end !== this.announced.rows) {
      const fresh = store.end - this.announced.rows;
      this.announced = {
        text: plural(fresh, '{0} new row', '{0} new rows'),
        at: now,
        rows: store.end,
      };
    }
    return this.announced.text;
  }

  // -- splitter

  private drag(event: PointerEvent): void {
    const splitter = event.currentTarget as HTMLElement;
    const panes = splitter.parentElement!.getBoundingClientRect();
    event.preventDefault();
    splitter.focus();
    splitter.setPointerCapture(event.pointerId);
    const share = (next: PointerEvent) =>
      this.layout === 'side'
        ? (next.clientX - panes.left) / panes.width
        : (next.clientY - panes.top) / panes.height;
    let split = this.model.ui.split;
    const move = (next: PointerEvent) => {
      split = Math.min(0.85, Math.max(0.15, share(next)));
      splitter.parentElement!.style.setProperty('--split', `${split * 100}%`);
    };
    splitter.addEventListener('pointermove', move);
    splitter.addEventListener(
      'lostpointercapture',
      () => {
        splitter.removeEventListener('pointermove', move);
        this.model.update({ split });
      },
      { once: true },
    );
  }

  private nudge(event: KeyboardEvent): void {
    const step =
      event.key === 'ArrowLeft' || event.key === 'ArrowUp'
        ? -0.05
        : event.key === 'ArrowRight' || event.key === 'ArrowDown'
          ? 0.05
          : 0;
    if (step !== 0) {
      event.preventDefault();
      this.model.update({ split: Math.min(0.85, Math.max(0.15, this.model.ui.split + step)) });
    }
  }

  // -- keyboard and menus

  private pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const typing = /^(INPUT|TEXTAREA|SELECT|VSCODE-)/.test(target.tagName);
    if (event.key === 'F6') {
      event.preventDefault();
      this.cycle(event.shiftKey ? -1 : 1);
    } else if (event.key === '/' && !typing) {
      event.preventDefault();
      this.focusPane('filter');
    } else if (event.key === 'Escape' && this.model.pane !== null && !event.defaultPrevented) {
      this.model.show(null);
      this.focusPane('list');
    } else if (event.key === 'Escape' && target.closest('filter-box')) {
      this.focusPane('list');
    }
  }

  private cycle(step: number): void {
    const stops = (['filter', 'list', 'side'] as const).filter(
      (stop) => stop !== 'side' || this.model.pane !== null,
    );
    const active = document.activeElement;
    const at = active?.closest('.side-pane')
      ? stops.indexOf('side')
      : active?.closest('traffic-list')
        ? stops.indexOf('list')
        : active?.closest('traffic-toolbar')
          ? stops.indexOf('filter')
          : -1;
    this.focusPane(stops[(at + step + stops.length) % stops.length]!);
  }

  private focusPane(pane: 'filter' | 'list' | 'side'): void {
    const go = () => {
      switch (pane) {
        case 'filter':
          this.querySelector<HTMLElement>('filter-box')?.focus();
          break;
        case 'list':
          this.querySelector<HTMLElement>('traffic-list')?.focus();
          break;
        case 'side':
          (
            this.querySelector<HTMLElement>(
              '.side-pane [role=tree], .side-pane [tabindex="0"], .side-pane vscode-textarea',
            ) ?? this.querySelector<HTMLElement>('.side-pane')
          )?.focus();
          break;
      }
    };
    void this.updateComplete.then(() => requestAnimationFrame(go));
  }

  private rowMenu(event: CustomEvent<{ row: number; x: number; y: number }>): void {
    const { row, x, y } = event.detail;
    const { model } = this;
    const pin: MenuItem[] =
      model.selected !== null && model.selected !== row
        ? [{ text: l10n.t('Compare with the selected row'), run: () => model.compare(row) }]
        : [];
    openMenu(x, y, [...pin, ...rowMenu(model, row, 'all')], l10n.t('Actions'));
  }

  private pageMenu(event: CustomEvent<{ x: number; y: number }>): void {
    const { model } = this;
    const { ui } = model;
    const toggle = (id: ColumnId) => () =>
      model.update({
        hidden: ui.hidden.includes(id)
          ? ui.hidden.filter((each) => each !== id)
          : [...ui.hidden, id],
      });
    const run = (command: 'openInEditor' | 'showLog') => () => {
      model.host.do('run', { command }).catch((error: unknown) => model.fail(error));
    };
    openMenu(
      event.detail.x,
      event.detail.y,
      [
        {
          text: l10n.t('Keep rows across restarts'),
          checked: ui.preserve,
          run: () => model.update({ preserve: !ui.preserve }),
        },
        ...(model.place === 'view'
          ? [{ text: l10n.t('Open in Editor'), run: run('openInEditor') }]
          : []),
        {
          text: l10n.t('Open recording…'),
          run: () => {
            model.host.do('import', {}).catch((error: unknown) => model.fail(error));
          },
        },
        { text: l10n.t('Show Log'), run: run('showLog') },
        'line',
        ...columns
          .filter((column) => column.id !== 'preview')
          .map((column) => ({
            text: column.title(),
            checked: !ui.hidden.includes(column.id),
            run: toggle(column.id),
          })),
        {
          text: l10n.t('Reset columns'),
          run: () => model.update({ hidden: [], widths: {} }),
        },
      ],
      l10n.t('More'),
    );
  }
}

define('inspector-app', InspectorApp);
