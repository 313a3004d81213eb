/** The fault lab: rules that make the gateway misbehave in ways that a seed reproduces. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import type { Direction, FaultPlan, FaultRule } from '../../protocol/fact';
import { faultPresets, parseFaultPlan, planOfPreset } from '../../protocol/faultPresets';
import { define, PageElement } from '../element';
import { button, checkbox, field, select } from '../forms';
import { icon, tool } from '../icon';
import { paneHead } from './pane';

type Fault = FaultRule['fault'];

const kinds: readonly Fault[] = [
  'latency',
  'drop',
  'duplicate',
  'reorder',
  'close',
  'halfOpen',
  'pushFails',
  'pushHangs',
  'slowRegister',
  'functionError',
  'functionTimeout',
];

function faultName(fault: Fault): string {
  switch (fault) {
    case 'latency':
      return l10n.t('Frames arrive late');
    case 'drop':
      return l10n.t('Frames are lost');
    case 'duplicate':
      return l10n.t('Frames arrive twice');
    case 'reorder':
      return l10n.t('Frames change places');
    case 'close':
      return l10n.t('Connections are closed');
    case 'halfOpen':
      return l10n.t('Connections go silent');
    case 'pushFails':
      return l10n.t('Pushes fail');
    case 'pushHangs':
      return l10n.t('Pushes hang');
    case 'slowRegister':
      return l10n.t('Register is slow');
    case 'functionError':
      return l10n.t('Functions fail');
    case 'functionTimeout':
      return l10n.t('Functions time out');
  }
}

function presetName(id: string): string {
  switch (id) {
    case 'slow-phone':
      return l10n.t('Slow phone network');
    case 'flaky-wifi':
      return l10n.t('Flaky Wi-Fi');
    case 'tunnel':
      return l10n.t('Train in a tunnel');
    case 'twice-and-shuffled':
      return l10n.t('Twice and shuffled');
    case 'lost-pushes':
      return l10n.t('Lost pushes');
    case 'rush-hour':
      return l10n.t('Rush hour');
    case 'failing-functions':
      return l10n.t('Failing functions');
    case 'restarts':
      return l10n.t('Server restarts');
    default:
      return id;
  }
}

/** The one figure that a fault has beside its rate. */
function figureOf(rule: FaultRule): { label: string; key: string; value: number } | null {
  switch (rule.fault) {
    case 'latency':
    case 'pushHangs':
    case 'slowRegister':
      return { label: l10n.t('Milliseconds'), key: 'ms', value: rule.ms };
    case 'reorder':
      return { label: l10n.t('Frames apart'), key: 'window', value: rule.window };
    case 'close':
      return { label: l10n.t('Close code'), key: 'code', value: rule.code };
    case 'pushFails':
      return { label: 'errNo', key: 'errNo', value: rule.errNo };
    default:
      return null;
  }
}

function newRule(fault: Fault): FaultRule {
  const rate = 0.1;
  switch (fault) {
    case 'latency':
      return { fault, rate: 1, ms: 200, jitterMs: 100 };
    case 'pushHangs':
      return { fault, rate, ms: 3000 };
    case 'slowRegister':
      return { fault, rate: 1, ms: 2000 };
    case 'reorder':
      return { fault, rate, window: 3 };
    case 'close':
      return { fault, rate: 0.02, code: 1011 };
    case 'pushFails':
      return { fault, rate, errNo: 9001 };
    default:
      return { fault, rate };
  }
}

function takesDirection(fault: Fault): boolean {
  return ['latency', 'drop', 'duplicate', 'reorder', 'close'].includes(fault);
}

class FaultsPane extends PageElement {
  protected override readonly topics = ['state'] as const;
  private draft: FaultPlan = { seed: 1, rules: [] };
  private next: Fault = 'latency';
  private known: FaultPlan | null = null;

  override willUpdate(): void {
    const { faults } = this.model.state;
    if (faults !== this.known) {
      this.known = faults;
      if (faults) {
        this.draft = structuredClone(faults);
      }
    }
  }

  override render() {
    const { draft } = this;
    const on = this.model.state.faults !== null;
    const problem = parseFaultPlan(draft).problems[0];
    return html`${paneHead(this.model, 'beaker', l10n.t('Fault lab'))}
      <div class="pane-body">
        <p class="quiet">
          ${l10n.t('Makes the network and the platform misbehave. The same seed gives the same run.')}
        </p>
        ${select({
          label: l10n.t('Preset'),
          value: draft.preset ?? '',
          choices: [
            { value: '', text: l10n.t('Your own rules') },
            ...faultPresets.map(({ id }) => ({ value: id, text: presetName(id) })),
          ],
          onChange: (id) => {
            this.draft = planOfPreset(id, draft.seed) ?? { ...draft, preset: undefined };
            this.requestUpdate();
          },
        })}
        <ul class="items rules" aria-label=${l10n.t('Rules')}>
          ${draft.rules.map((rule, index) => this.rule(rule, index))}
        </ul>
        <div class="form-row">
          ${select({
            label: l10n.t('Fault'),
            value: this.next,
            choices: kinds.map((value) => ({ value, text: faultName(value) })),
            onChange: (next) => {
              this.next = next;
            },
          })}
          ${button(
            l10n.t('Add'),
            () => this.change({ rules: [...draft.rules, newRule(this.next)] }),
            { look: 'secondary' },
          )}
        </div>
        ${field({
          label: l10n.t('Seed'),
          type: 'number',
          value: String(draft.seed),
          onInput: (value) => this.change({ seed: Math.floor(Number(value)) || 1 }),
        })}
        ${
          problem === undefined
            ? nothing
            : html`<p class="hint error" role="alert">
                ${icon('error')} ${problem.path}: ${l10n.t(problem.message)}
              </p>`
        }
        <div class="form-row">
          ${button(on ? l10n.t('Apply') : l10n.t('Start faults'), () => this.send(this.draft), {
            disabled: draft.rules.length === 0 || problem !== undefined,
          })}
          ${
            on
              ? button(l10n.t('Stop faults'), () => this.send(null), { look: 'secondary' })
              : nothing
          }
        </div>
        ${
          on
            ? html`<p class="hint warning">${icon('flame')} ${l10n.t('Fault lab is on')}</p>`
            : nothing
        }
      </div>`;
  }

  private rule(rule: FaultRule, index: number) {
    const figure = figureOf(rule);
    const set = (change: Partial<FaultRule>) =>
      this.change({
        rules: this.draft.rules.map((each, at) =>
          at === index ? ({ ...each, ...change } as FaultRule) : each,
        ),
      });
    return html`<li class="rule">
      <div class="rule-head">
        <strong>${faultName(rule.fault)}</strong>
        <span class="gap"></span>
        ${tool({
          icon: 'trash',
          label: l10n.t('Remove {0}', faultName(rule.fault)),
          onClick: () => this.change({ rules: this.draft.rules.filter((_, at) => at !== index) }),
        })}
      </div>
      <div class="form-row">
        ${field({
          label: l10n.t('Percent'),
          type: 'number',
          value: String(Math.round(rule.rate * 1000) / 10),
          onInput: (value) => set({ rate: Math.min(1, Math.max(0, Number(value) / 100 || 0)) }),
        })}
        ${
          figure
            ? field({
                label: figure.label,
                type: 'number',
                value: String(figure.value),
                onInput: (value) =>
                  set({ [figure.key]: Math.max(0, Math.floor(Number(value)) || 0) }),
              })
            : nothing
        }
      </div>
      ${
        takesDirection(rule.fault)
          ? html`<div class="form-row">
              ${(['toServer', 'toClient'] as const).map((direction) =>
                this.directionBox(rule, direction, set),
              )}
            </div>`
          : nothing
      }
    </li>`;
  }

  private directionBox(
    rule: FaultRule,
    direction: Direction,
    set: (change: Partial<FaultRule>) => void,
  ) {
    const other: Direction = direction === 'toServer' ? 'toClient' : 'toServer';
    const checked = rule.direction === undefined || rule.direction === direction;
    return checkbox({
      label: direction === 'toServer' ? l10n.t('client to server') : l10n.t('server to client'),
      checked,
      // At least one direction stays; both are written as none.
      onChange: (on) => set({ direction: on ? undefined : other }),
    });
  }

  private change(change: Partial<FaultPlan>): void {
    // What a person changed is no preset any more.
    this.draft = { seed: this.draft.seed, rules: this.draft.rules, ...change };
    this.requestUpdate();
  }

  private send(faults: FaultPlan | null): void {
    this.model.host.ask('setFaults', { faults }).catch((error: unknown) => this.model.fail(error));
  }
}

define('faults-pane', FaultsPane);
