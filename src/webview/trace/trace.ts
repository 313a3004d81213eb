/** Why a row happened and what came of it, in three forms of the same data. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import { renderMermaid, renderSequenceSvg, renderTraceText } from '../../protocol/export/sequence';
import type { Trace } from '../../protocol/trace';
import { define, PageElement } from '../element';
import { icon, tabs, tool } from '../icon';
import { openMenu } from '../menu';
import type { TraceForm } from '../ui';
import { nameOf } from './nodeLook';
import { renderSequence } from './sequence';
import { traceOfRow } from './traceOfRow';
import { renderTree } from './tree';
import { renderWaterfall } from './waterfall';

class TraceView extends PageElement {
  static override properties = { ...PageElement.properties, row: { attribute: false } };
  row = -1;
  protected override readonly topics = ['selection', 'ui'] as const;
  /** Null: as large as fits, and at most life-size. */
  private zoom: number | null = null;
  private fitted = 1;

  override render() {
    const { model } = this;
    const trace = model.store.has(this.row) ? traceOfRow(model, this.row) : undefined;
    if (!trace) {
      return html`<p class="quiet padded">${l10n.t('This row has no cause and no effect.')}</p>`;
    }
    const form = model.ui.traceForm;
    const forms: { id: TraceForm; text: string }[] = [
      { id: 'tree', text: l10n.t('Tree') },
      { id: 'sequence', text: l10n.t('Sequence') },
      { id: 'waterfall', text: l10n.t('Waterfall') },
    ];
    return html`<div class="payload-bar">
        ${tabs(l10n.t('Form'), forms, form, (id) => model.update({ traceForm: id }), 'segments')}
        <span class="gap"></span>
        ${
          form === 'sequence'
            ? html`${tool({
                icon: 'zoom-out',
                label: l10n.t('Zoom out'),
                onClick: () => this.setZoom(this.scale / 1.25),
              })}${tool({
                icon: 'zoom-in',
                label: l10n.t('Zoom in'),
                onClick: () => this.setZoom(this.scale * 1.25),
              })}${tool({
                icon: 'screen-normal',
                label: l10n.t('Fit'),
                onClick: () => this.fit(),
              })}`
            : nothing
        }
        ${tool({
          icon: 'export',
          label: l10n.t('Export trace'),
          onClick: (event) => this.exportMenu(event, trace),
        })}
      </div>
      ${
        trace.cut
          ? html`<p class="hint">${icon('info')} ${l10n.t('Its cause is not kept any more.')}</p>`
          : nothing
      }
      ${this.body(trace, form)}`;
  }

  private body(trace: Trace, form: TraceForm) {
    const select = (seq: number) => this.choose(seq);
    switch (form) {
      case 'tree':
        return renderTree(this.model, trace, select);
      case 'sequence':
        return renderSequence(this.model, trace, this.scale, select);
      case 'waterfall':
        return renderWaterfall(this.model, trace, select);
    }
  }

  /** Selects the row of a fact; the end of a run belongs to the row of its start. */
  private choose(seq: number): void {
    const { store } = this.model;
    const session = store.sessionOf(this.row);
    let row = store.rowOf(seq, session);
    if (row === undefined) {
      for (const record of store.invocations.values()) {
        if (record.session === session && record.ended?.seq === seq) {
          row = record.row;
        }
      }
    }
    if (row !== undefined) {
      this.model.select(row);
    }
  }

  private setZoom(zoom: number): void {
    this.zoom = Math.min(4, Math.max(0.3, zoom));
    this.requestUpdate();
  }

  private get scale(): number {
    return this.zoom ?? this.fitted;
  }

  private fit(): void {
    this.zoom = null;
    this.requestUpdate();
  }

  override updated(): void {
    const drawing = this.querySelector<SVGSVGElement>('.sequence svg');
    const room = (this.querySelector<HTMLElement>('.sequence')?.clientWidth ?? 0) - 16;
    if (drawing && room > 0 && this.zoom === null) {
      const fitted = Math.min(1, Math.max(0.6, room / drawing.viewBox.baseVal.width));
      if (Math.abs(fitted - this.fitted) > 0.005) {
        this.fitted = fitted;
        this.requestUpdate();
      }
    }
  }

  private exportMenu(event: MouseEvent, trace: Trace): void {
    const place = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const names = nameOf(this.model);
    const save = (name: string, content: string) => () => {
      this.model.host
        .do('save', { name, content })
        .catch((error: unknown) => this.model.fail(error));
    };
    openMenu(
      place.right,
      place.bottom,
      [
        { text: l10n.t('Copy as text'), run: () => this.model.copy(renderTraceText(trace, names)) },
        {
          text: l10n.t('Copy as Mermaid'),
          run: () => this.model.copy(renderMermaid(trace, names)),
        },
        'line',
        {
          text: l10n.t('Save as SVG…'),
          run: save('trace.svg', renderSequenceSvg(trace, names)),
        },
        {
          text: l10n.t('Save as Mermaid…'),
          run: save('trace.mmd', renderMermaid(trace, names)),
        },
      ],
      l10n.t('Export trace'),
    );
  }
}

define('trace-view', TraceView);
