/** Everything about the selected row: its payload, why it happened, the event, the log, a comparison. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import { define, PageElement } from '../element';
import { formatDuration, formatSize, formatTime } from '../format';
import { icon, tabs, tool } from '../icon';
import { describeRow, directionIcon, directionName, kindName, statusOf } from '../list/row';
import { rowMenu } from '../act/rowMenu';
import { openMenu } from '../menu';
import type { InvocationRecord } from '../rows/store';
import '../trace/trace';
import { detailTabs, type DetailTab } from '../ui';
import { renderDiff } from './diff';
import { renderEnding } from './ending';
import { renderHandshake } from './handshake';
import { linkedText, placeLink, renderLog } from './log';
import { loadFact, loadPayload, type Payload } from './payload';
import './payloadView';

interface Loaded {
  key: string;
  payload: Payload | null;
}

class DetailPane extends PageElement {
  protected override readonly topics = ['selection', 'ui'] as const;
  /** By place: the payload, the event, the result, the compared payload. */
  private readonly loaded = new Map<string, Loaded>();

  override render() {
    const { model } = this;
    const row = model.selected;
    if (row === null || !model.store.has(row)) {
      return html`<div class="empty small">
        ${icon('list-selection')}
        <p>
          ${
            row === null
              ? l10n.t('Select a row to see its payload, its cause and its effects.')
              : l10n.t('This row was given up to stay within the limit.')
          }
        </p>
      </div>`;
    }
    const record = model.store.invocationOf(row);
    const shown = this.tabsFor(row, record);
    const tab = shown.find((each) => each.id === model.ui.tab)?.id ?? shown[0]!.id;
    return html`${this.heading(row, record)}
      <div class="tab-bar">
        ${tabs(l10n.t('Detail'), shown, tab, (id) => model.update({ tab: id }))}
      </div>
      <div class="detail-body tab-${tab}" role="tabpanel" aria-label=${tabName(tab)}>
        ${this.body(row, tab, record)}
      </div>`;
  }

  private tabsFor(row: number, record: InvocationRecord | undefined) {
    const { model } = this;
    const shown: Record<DetailTab, boolean> = {
      payload: true,
      trace: true,
      event: record !== undefined,
      log: record !== undefined,
      diff: model.compared !== null,
    };
    return detailTabs
      .filter((id) => shown[id])
      .map((id) => ({
        id,
        text: tabName(id),
        count: id === 'log' ? (record?.logs.length ?? 0) + (record?.diagnostics.length ?? 0) : 0,
      }));
  }

  private heading(row: number, record: InvocationRecord | undefined) {
    const { model } = this;
    const { store } = model;
    const connection = store.connection(row);
    const name = connection === '' ? null : model.names.of(connection);
    const direction = store.direction(row);
    const size = store.size(row);
    const status = statusOf(model, row);
    return html`<header class="detail-head" aria-label=${describeRow(model, row)}>
      <span
        class="codicon codicon-${directionIcon(direction, store.kind(row))} ${direction ?? ''}"
        title=${directionName(direction)}
      ></span>
      <div class="detail-title">
        <strong>${kindName(store.kind(row))}</strong>
        ${
          name
            ? html`<span class="conn-name" title=${connection}
                ><span class="dot conn-${name.color}"></span>${name.name}</span
              >`
            : nothing
        }
        <span class="quiet">${formatTime(model.timeOf(row))}</span>
        ${size === null ? nothing : html`<span class="quiet">${formatSize(size)}</span>`}
        ${
          status.text === ''
            ? nothing
            : html`<span class="badge tone-${status.tone}">${status.text}</span>`
        }
        ${
          record
            ? html`<span class="quiet"
                >${record.started.function.split('/').pop()}${
                  record.ended ? ` · ${formatDuration(record.ended.durationMs)}` : ''
                }</span
              >`
            : nothing
        }
      </div>
      <div class="tools">
        ${tool({
          icon: 'copy',
          label: l10n.t('Copy as…'),
          onClick: (event) => this.menu(event, row, 'copy'),
        })}
        ${tool({
          icon: 'ellipsis',
          label: l10n.t('Actions'),
          onClick: (event) => this.menu(event, row, 'all'),
        })}
        ${tool({
          icon: 'close',
          label: l10n.t('Close'),
          onClick: () => model.show(null),
        })}
      </div>
    </header>`;
  }

  private menu(event: MouseEvent, row: number, which: 'copy' | 'all'): void {
    const place = (event.currentTarget as HTMLElement).getBoundingClientRect();
    openMenu(place.right, place.bottom, rowMenu(this.model, row, which), l10n.t('Actions'));
  }

  private body(row: number, tab: DetailTab, record: InvocationRecord | undefined) {
    const { model } = this;
    switch (tab) {
      case 'payload':
        return this.payload(row, record);
      case 'trace':
        return html`<trace-view .model=${model} .row=${row}></trace-view>`;
      case 'event':
        return record ? this.event(record) : nothing;
      case 'log':
        return record ? renderLog(model, record) : nothing;
      case 'diff':
        return model.compared === null
          ? nothing
          : renderDiff(
              model,
              this.load(`left ${row}`, () => loadPayload(model, row)),
              this.load(`right ${model.compared}`, () => loadPayload(model, model.compared!)),
            );
    }
  }

  private payload(row: number, record: InvocationRecord | undefined) {
    const { model } = this;
    const kind = model.store.kind(row);
    if (kind === 'handshake' || kind === 'refusal') {
      return renderHandshake(model, row);
    }
    if (kind === 'invocation' && record) {
      return html`${this.failure(record)}
        <h3>${l10n.t('Returned')}</h3>
        ${
          record.ended
            ? this.view(`result ${row}`, 'result.json', () => this.result(record))
            : html`<p class="quiet padded">${l10n.t('Still running')}</p>`
        }`;
    }
    if (kind === 'close' && model.store.direction(row) === null) {
      return renderEnding(model, row);
    }
    const fact = model.store.factOf(row);
    return html`${
      fact.kind === 'push' && fact.errNo !== 0
        ? html`<p class="hint error">${icon('error')} errNo ${fact.errNo}: ${fact.errMsg}</p>`
        : nothing
    }
    ${
      fact.kind === 'push' && fact.warnings
        ? fact.warnings.map(
            (warning) => html`<p class="hint warning">${icon('warning')} ${warning}</p>`,
          )
        : nothing
    }
    ${record && model.store.direction(row) === 'toServer' ? this.failure(record) : nothing}
    ${this.view(`payload ${row}`, `frame-${model.store.seq(row)}`, () => loadPayload(model, row))}`;
  }

  private failure(record: InvocationRecord) {
    const error = record.ended?.error;
    if (!error) {
      return nothing;
    }
    return html`<div class="failure" role="note">
      <p>
        ${icon('error')} <strong>${error.statusCode}</strong> ${error.errorMessage}
        ${record.ended?.place ? placeLink(this.model, record.ended.place) : nothing}
      </p>
      ${
        error.stackTrace
          ? html`<pre tabindex="0" aria-label=${l10n.t('Stack trace')}>
${linkedText(this.model, error.stackTrace)}</pre>`
          : nothing
      }
    </div>`;
  }

  private async result(record: InvocationRecord): Promise<Payload | null> {
    const ended = record.ended!;
    const text = ended.preview;
    return ended.more
      ? loadFact(this.model, record.session, ended.seq)
      : { text, bytes: new TextEncoder().encode(text), whole: true };
  }

  private event(record: InvocationRecord) {
    const { started } = record;
    return html`<h3>${l10n.t('Event, as the handler got it')}</h3>
      ${this.view(`event ${record.row}`, 'event.json', () =>
        loadFact(this.model, record.session, started.seq),
      )}
      ${
        record.ended
          ? html`<h3>${l10n.t('Returned')}</h3>
              ${this.view(`result ${record.row}`, 'result.json', () => this.result(record))}`
          : nothing
      }`;
  }

  private view(key: string, name: string, load: () => Promise<Payload | null>) {
    const loaded = this.load(key, load);
    if (loaded === undefined) {
      return html`<p class="quiet padded">${l10n.t('Loading…')}</p>`;
    }
    return loaded === null
      ? html`<p class="quiet padded">${l10n.t('The session has given this up.')}</p>`
      : html`<payload-view .model=${this.model} .payload=${loaded} .name=${name}></payload-view>`;
  }

  /** Undefined while it loads. */
  private load(key: string, load: () => Promise<Payload | null>): Payload | null | undefined {
    const place = key.split(' ')[0]!;
    const known = this.loaded.get(place);
    if (known?.key === key) {
      return known.payload;
    }
    void load()
      .catch(() => null)
      .then((payload) => {
        this.loaded.set(place, { key, payload });
        this.requestUpdate();
      });
    return undefined;
  }
}

function tabName(tab: DetailTab): string {
  switch (tab) {
    case 'payload':
      return l10n.t('Payload');
    case 'trace':
      return l10n.t('Trace');
    case 'event':
      return l10n.t('Event');
    case 'log':
      return l10n.t('Log');
    case 'diff':
      return l10n.t('Compare');
  }
}

define('detail-pane', DetailPane);
