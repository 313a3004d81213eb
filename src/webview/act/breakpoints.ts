/** Frame breakpoints: conditions in the filter's language, for a direction. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import type { FrameBreakpoint } from '../../protocol/fact';
import { problemOfCondition } from '../../protocol/filter';
import { define, PageElement } from '../element';
import { button, checkbox, field, select } from '../forms';
import { icon, tool } from '../icon';
import { paneHead } from './pane';

class BreakpointsPane extends PageElement {
  protected override readonly topics = ['state'] as const;
  private draft = '';
  private direction: FrameBreakpoint['direction'] = 'toServer';
  private problem = '';
  private readonly refused = new Map<string, string>();

  override connectedCallback(): void {
    super.connectedCallback();
    // What the list shows is most often what one wants to stop at.
    this.draft = this.model.ui.filter;
  }

  override render() {
    const { frameBreakpoints } = this.model.state;
    return html`${paneHead(this.model, 'debug-all', l10n.t('Frame breakpoints'))}
      <div class="pane-body">
        <p class="quiet">
          ${l10n.t(
            'A frame that fulfils the condition is held: it can be edited, dropped, released, or followed into its handler.',
          )}
        </p>
        <form
          class="form"
          @submit=${(event: Event) => {
            event.preventDefault();
            void this.add();
          }}
        >
          ${field({
            label: l10n.t('Condition'),
            mono: true,
            value: this.draft,
            placeholder: "conn:alice $.type == 'join'",
            invalid: this.problem !== '',
            onInput: (value) => {
              this.draft = value;
              this.problem = '';
              this.requestUpdate();
            },
          })}
          ${
            this.problem === ''
              ? nothing
              : html`<p class="hint error" role="alert">${icon('error')} ${this.problem}</p>`
          }
          <div class="form-row">
            ${select<FrameBreakpoint['direction']>({
              label: l10n.t('Direction'),
              value: this.direction,
              choices: [
                { value: 'toServer', text: l10n.t('client to server') },
                { value: 'toClient', text: l10n.t('server to client') },
                { value: 'both', text: l10n.t('both directions') },
              ],
              onChange: (direction) => {
                this.direction = direction;
              },
            })}
            ${button(l10n.t('Add'), () => void this.add())}
          </div>
        </form>
        ${
          frameBreakpoints.length === 0
            ? nothing
            : html`<ul class="items" aria-label=${l10n.t('Frame breakpoints')}>
                ${frameBreakpoints.map((each) => this.item(each))}
              </ul>`
        }
      </div>`;
  }

  private item(breakpoint: FrameBreakpoint) {
    const problem = this.refused.get(breakpoint.id);
    const all = this.model.state.frameBreakpoints;
    const text = breakpoint.condition === '' ? l10n.t('every frame') : breakpoint.condition;
    return html`<li class="item">
      ${checkbox({
        label: text,
        content: html`<span class="mono">${text}</span>`,
        checked: breakpoint.enabled,
        onChange: (enabled) => {
          void this.set(
            all.map((each) => (each.id === breakpoint.id ? { ...each, enabled } : each)),
          );
        },
      })}
      <span class="gap"></span>
      <span class="badge"
        >${
          breakpoint.direction === 'both'
            ? l10n.t('both')
            : breakpoint.direction === 'toServer'
              ? l10n.t('in')
              : l10n.t('out')
        }</span
      >
      ${tool({
        icon: 'trash',
        label: l10n.t('Remove'),
        onClick: () => void this.set(all.filter((each) => each.id !== breakpoint.id)),
      })}
      ${problem ? html`<p class="hint error">${icon('error')} ${problem}</p>` : nothing}
    </li>`;
  }

  private async add(): Promise<void> {
    const problem = problemOfCondition(this.draft);
    if (problem !== undefined) {
      this.problem = l10n.t(problem.message, ...problem.values);
      this.requestUpdate();
      return;
    }
    const isSet = await this.set([
      ...this.model.state.frameBreakpoints,
      {
        id: crypto.randomUUID().slice(0, 8),
        condition: this.draft.trim(),
        direction: this.direction,
        enabled: true,
      },
    ]);
    if (isSet) {
      this.draft = '';
      this.requestUpdate();
    }
  }

  /** Whether the session has taken them; if not, the page says why. */
  private async set(breakpoints: FrameBreakpoint[]): Promise<boolean> {
    try {
      const { problems } = await this.model.host.ask('setFrameBreakpoints', { breakpoints });
      this.refused.clear();
      problems.forEach((problem) => this.refused.set(problem.id, problem.message));
      this.requestUpdate();
      return true;
    } catch (error) {
      this.model.fail(error);
      return false;
    }
  }
}

define('breakpoints-pane', BreakpointsPane);
