/** What stands above the list: the filter, the chips, and the few things done to the whole list. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import { rowKinds, type RowKind } from '../protocol/filter';
import { define, PageElement } from './element';
import './filterBox';
import { icon, tool } from './icon';
import { kindName } from './list/row';
import type { Pane } from './model';

/** Kinds that share a chip: control frames are of interest together. */
const chips: readonly { kinds: RowKind[]; name: () => string }[] = [
  { kinds: ['text'], name: () => kindName('text') },
  { kinds: ['binary'], name: () => kindName('binary') },
  { kinds: ['ping', 'pong'], name: () => l10n.t('ping/pong') },
  { kinds: ['close'], name: () => kindName('close') },
  { kinds: ['handshake', 'refusal'], name: () => kindName('handshake') },
  { kinds: ['push'], name: () => kindName('push') },
  { kinds: ['invocation'], name: () => kindName('invocation') },
];

class TrafficToolbar extends PageElement {
  protected override readonly topics = ['ui', 'status', 'ready', 'state'] as const;
  static override readonly properties = {
    ...PageElement.properties,
    hasRows: { attribute: false },
  };
  /** Without rows there is nothing to filter, to group or to export. */
  declare hasRows: boolean;

  override render() {
    const { model } = this;
    const { ui } = model;
    const live = model.mode === 'live';
    const pane = (which: Exclude<Pane, null>, name: string, label: string) =>
      tool({
        icon: name,
        label,
        pressed: model.pane === which,
        onClick: () => model.show(model.pane === which ? null : which),
      });
    const { faults, frameBreakpoints } = model.state;
    const { hasRows } = this;
    return html`<div class="toolbar" role="toolbar" aria-label=${l10n.t('Traffic')}>
        ${hasRows ? html`<filter-box .model=${model}></filter-box>` : html`<span class="gap"></span>`}
        <div class="tools">
          ${
            live && hasRows
              ? tool({
                  icon: model.paused ? 'debug-continue' : 'debug-pause',
                  label: model.paused ? l10n.t('Resume') : l10n.t('Pause'),
                  pressed: model.paused,
                  onClick: () => model.setPaused(!model.paused),
                })
              : nothing
          }
          ${
            live && hasRows
              ? tool({
                  icon: 'clear-all',
                  label: l10n.t('Clear'),
                  onClick: () => model.clear(),
                })
              : nothing
          }
          ${
            hasRows
              ? html`${tool({
                    icon: 'list-tree',
                    label: l10n.t('Group by connection'),
                    pressed: ui.grouped,
                    onClick: () => model.update({ grouped: !ui.grouped }),
                  })}<span class="gap"></span>`
              : nothing
          }
          ${live ? pane('compose', 'send', l10n.t('Compose')) : nothing}
          ${
            live
              ? pane(
                  'breakpoints',
                  frameBreakpoints.some((each) => each.enabled) ? 'debug-breakpoint' : 'debug-all',
                  l10n.t('Frame breakpoints'),
                )
              : nothing
          }
          ${live ? pane('faults', faults ? 'flame' : 'beaker', l10n.t('Fault lab')) : nothing}
          ${
            hasRows
              ? tool({
                  icon: 'history',
                  label: l10n.t('Time travel'),
                  pressed: model.traveling,
                  onClick: () => model.setTraveling(!model.traveling),
                })
              : nothing
          }
          ${hasRows ? pane('export', 'export', l10n.t('Export')) : nothing}
          ${tool({
            icon: 'ellipsis',
            label: l10n.t('More'),
            id: 'more-button',
            expanded: false,
            onClick: (event) => this.more(event),
          })}
        </div>
      </div>
      ${hasRows ? this.kindChips() : nothing}`;
  }

  private kindChips() {
    const { model } = this;
    const { ui } = model;
    return html`<div class="chips" role="group" aria-label=${l10n.t('Shown')}>
      ${this.directionChip('in', 'arrow-right', l10n.t('in'), l10n.t('Client to server'))}
      ${this.directionChip('out', 'arrow-left', l10n.t('out'), l10n.t('Server to client'))}
      <span class="chip-gap"></span>
      ${chips.map((chip) => {
        const on = chip.kinds.every((kind) => ui.kinds.includes(kind));
        return this.chip(chip.name(), on, '', () => {
          const kinds = rowKinds.filter((kind) =>
            chip.kinds.includes(kind) ? !on : ui.kinds.includes(kind),
          );
          model.update({ kinds });
        });
      })}
    </div>`;
  }

  private directionChip(which: 'in' | 'out', glyph: string, text: string, title: string) {
    const { directions } = this.model.ui;
    const on = directions.includes(which);
    return this.chip(
      html`${icon(glyph, which === 'in' ? 'to-server' : 'to-client')}${text}`,
      on,
      title,
      () =>
        this.model.update({
          directions: (['in', 'out'] as const).filter((each) =>
            each === which ? !on : directions.includes(each),
          ),
        }),
    );
  }

  private chip(content: unknown, on: boolean, title: string, toggle: () => void) {
    return html`<button
      type="button"
      class="chip ${on ? 'on' : ''}"
      aria-pressed=${String(on)}
      title=${title || nothing}
      @click=${toggle}
    >
      ${content}
    </button>`;
  }

  private more(event: MouseEvent): void {
    const place = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.dispatchEvent(
      new CustomEvent('page-menu', { bubbles: true, detail: { x: place.right, y: place.bottom } }),
    );
  }
}

define('traffic-toolbar', TrafficToolbar);
