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
import { footer } from './footer';
import { plural } from './format';
import { TrafficList } from './list/list';
import { openMenu, type MenuItem } from './menu';
import type { InspectorModel } from './model';
import { openPageMenu } from './pageMenu';
import { dragSplitter, nudgeSplitter } from './splitter';
import './toolbar';
import { travelBar } from './travel/bar';
import { momentPane } from './travel/moment';

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
    this.addEventListener('page-menu', (event) => {
      const { x, y } = (event as CustomEvent<{ x: number; y: number }>).detail;
      openPageMenu(this.model, x, y);
    });
    this.addEventListener('enter-detail', () => this.focusPane('side'));
    this.model.watch('notice', () => {
      clearTimeout(this.noticeTimer);
      const { notice } = this.model;
      if (notice?.tone === 'info') {
        this.noticeTimer = setTimeout(() => this.dismissNotice(), 2500);
      }
    });
  }

  override render() {
    const { model } = this;
    if (!model.ready) {
      return html`<vscode-progress-bar aria-label=${l10n.t('Loading…')}></vscode-progress-bar>`;
    }
    const empty = emptyState(model);
    const toolbar = html`<header>
      <traffic-toolbar .model=${model} .hasRows=${model.store.count > 0}></traffic-toolbar>
    </header>`;
    return html`${hasTools(model) ? toolbar : nothing}
      ${(model.moment !== null || model.traveling) && model.store.count > 0 ? travelBar(model) : nothing}
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
        <section class="list-pane ${model.moment === null ? '' : 'past-list'}">
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
                  @pointerdown=${(event: PointerEvent) => dragSplitter(event, this.layout, model)}
                  @keydown=${(event: KeyboardEvent) => nudgeSplitter(event, model)}
                ></div>
                <section class="side-pane" tabindex="-1" aria-label=${this.paneName()}>
                  ${this.pane()}
                </section>`
        }
      </main>
      ${
        hasTools(model) || model.notice !== null
          ? footer(model, this.announcement(), () => this.dismissNotice())
          : nothing
      }`;
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
      case 'moment':
        return l10n.t('That moment');
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
      case 'moment':
        return momentPane(model);
      case 'export':
        return html`<export-pane .model=${model}></export-pane>`;
      default:
        return html`<detail-pane .model=${model}></detail-pane>`;
    }
  }

  private dismissNotice(): void {
    this.model.notice = null;
    this.requestUpdate();
  }

  /** Says how many rows are new, at most every five seconds. */
  private announcement(): string {
    const { store, view } = this.model;
    const now = performance.now();
    if (now - this.announced.at > 5000 && store.end !== this.announced.rows) {
      const fresh = view.countFrom(Math.max(this.announced.rows, store.first));
      this.announced = {
        text: fresh === 0 ? '' : plural(fresh, '{0} new row', '{0} new rows'),
        at: now,
        rows: store.end,
      };
    }
    return this.announced.text;
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
}

/** Tools stand there when there is something to use them on: rows, or a gateway that runs. */
function hasTools({ store, status, mode, pane }: InspectorModel): boolean {
  return store.count > 0 || status.state === 'running' || mode === 'recording' || pane !== null;
}

define('inspector-app', InspectorApp);
