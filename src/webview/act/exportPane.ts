/** Sharing what was recorded: which rows, in which format, and what is taken out of them first. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import { defaultRedactionRules, problemOf, type RedactionRule } from '../../protocol/export/redact';
import { exportFormats, type ExportFormat } from '../../protocol/inspector';
import { define, PageElement } from '../element';
import { button, checkbox, field, select } from '../forms';
import { formatCount } from '../format';
import { icon, tabs, tool } from '../icon';
import { paneHead } from './pane';

function formatName(format: ExportFormat): string {
  switch (format) {
    case 'jsonl':
      return l10n.t('JSON Lines');
    case 'har':
      return 'HAR';
    case 'html':
      return l10n.t('Report');
    case 'wsflow':
      return l10n.t('Scenario');
  }
}

function formatHelp(format: ExportFormat): string {
  switch (format) {
    case 'jsonl':
      return l10n.t('Lossless: every fact with its payload. Can be opened here again.');
    case 'har':
      return l10n.t('Opens in the network panel of browsers, one entry for each connection.');
    case 'html':
      return l10n.t('One page that needs nothing else, with a filter and the traces.');
    case 'wsflow':
      return l10n.t('The conversation as a test: what clients did, and what each got for it.');
  }
}

function ruleName(rule: RedactionRule): string {
  switch (rule.id) {
    case 'credentials':
      return l10n.t('Credentials in headers');
    case 'secrets':
      return l10n.t('Names of secrets');
    case 'jwt':
      return l10n.t('Signed tokens (JWT)');
    case 'cloudKeys':
      return l10n.t('SecretId of Tencent Cloud');
    case 'bearer':
      return l10n.t('Bearer tokens');
    default:
      return rule.on === 'name' ? l10n.t('Own names') : l10n.t('Own texts');
  }
}

class ExportPane extends PageElement {
  protected override readonly topics = ['rows', 'ui'] as const;
  private format: ExportFormat = 'jsonl';
  private scope: 'all' | 'shown' = 'all';
  private rules: RedactionRule[] = defaultRedactionRules.map((rule) => ({ ...rule }));
  private busy = false;
  private done = '';
  private problem = '';

  override render() {
    const { view, store } = this.model;
    return html`${paneHead(this.model, 'export', l10n.t('Export'))}
      <div class="pane-body">
        ${tabs<ExportFormat>(
          l10n.t('Format'),
          exportFormats.map((id) => ({ id, text: formatName(id) })),
          this.format,
          (format) => this.set({ format }),
          'segments',
        )}
        <p class="quiet">${formatHelp(this.format)}</p>
        ${select({
          label: l10n.t('Rows'),
          value: this.scope,
          choices: [
            { value: 'all', text: l10n.t('All ({0})', formatCount(store.count)) },
            {
              value: 'shown',
              text: l10n.t(
                'Shown ({0})',
                formatCount(view.highlighting ? view.matches : view.rowCount),
              ),
            },
          ],
          onChange: (scope) => this.set({ scope }),
        })}
        <h3>${l10n.t('Taken out before')}</h3>
        <ul class="items" aria-label=${l10n.t('Taken out before')}>
          ${this.rules.map((rule, index) => this.rule(rule, index))}
        </ul>
        ${button(
          l10n.t('Add rule'),
          () =>
            this.set({
              rules: [
                ...this.rules,
                { id: `own-${Date.now()}`, enabled: true, on: 'name', pattern: '' },
              ],
            }),
          { look: 'secondary' },
        )}
        ${
          this.problem === ''
            ? nothing
            : html`<p class="hint error" role="alert">${icon('error')} ${this.problem}</p>`
        }
        ${
          this.done === ''
            ? nothing
            : html`<p class="hint" role="status">${icon('check')} ${this.done}</p>`
        }
        <div class="form-row">
          ${button(l10n.t('Export…'), () => void this.export(), {
            disabled: this.busy || store.count === 0,
          })}
          ${button(
            l10n.t('Open recording…'),
            () => {
              this.model.host.do('import', {}).catch((error: unknown) => this.model.fail(error));
            },
            { look: 'secondary' },
          )}
        </div>
      </div>`;
  }

  private rule(rule: RedactionRule, index: number) {
    const set = (change: Partial<RedactionRule>) =>
      this.set({
        rules: this.rules.map((each, at) => (at === index ? { ...each, ...change } : each)),
      });
    const own = rule.id.startsWith('own-');
    const problem = rule.pattern === '' ? null : problemOf(rule);
    return html`<li class="rule">
      <div class="rule-head">
        ${checkbox({
          label: ruleName(rule),
          checked: rule.enabled,
          onChange: (enabled) => set({ enabled }),
        })}
        <span class="gap"></span>
        ${
          own
            ? tool({
                icon: 'trash',
                label: l10n.t('Remove'),
                onClick: () => this.set({ rules: this.rules.filter((_, at) => at !== index) }),
              })
            : html`<span class="badge"
                >${rule.on === 'name' ? l10n.t('by name') : l10n.t('by text')}</span
              >`
        }
      </div>
      ${
        own
          ? html`<div class="form-row">
              ${select({
                label: l10n.t('Looks at'),
                value: rule.on,
                choices: [
                  { value: 'name', text: l10n.t('names') },
                  { value: 'text', text: l10n.t('texts') },
                ],
                onChange: (on) => set({ on }),
              })}
              ${field({
                label: l10n.t('Regular expression'),
                mono: true,
                value: rule.pattern,
                invalid: problem !== null,
                onInput: (pattern) => set({ pattern }),
              })}
            </div>`
          : html`<code class="rule-pattern">${rule.pattern}</code>`
      }
      ${
        problem === null
          ? nothing
          : html`<p class="hint error">
              ${icon('error')}
              ${problem === 'empty' ? l10n.t('This would match everything.') : problem}
            </p>`
      }
    </li>`;
  }

  private set(
    change: Partial<{ format: ExportFormat; scope: 'all' | 'shown'; rules: RedactionRule[] }>,
  ): void {
    Object.assign(this, change);
    this.problem = '';
    this.done = '';
    this.requestUpdate();
  }

  private async export(): Promise<void> {
    const { model } = this;
    const { store } = model;
    this.busy = true;
    this.requestUpdate();
    try {
      const answer = await model.host.do('export', {
        format: this.format,
        redact: this.rules.filter((rule) => rule.enabled && rule.pattern !== ''),
        ...(this.scope === 'all'
          ? {}
          : {
              filter: model.ui.filter,
              seqs: model.view
                .shownRows()
                .filter((row) => store.sessionOf(row) === store.session)
                .map((row) => store.seq(row)),
            }),
      });
      this.done = answer ? l10n.t('Saved as {0}', answer.file) : '';
    } catch (error) {
      this.problem = (error as Error).message;
    }
    this.busy = false;
    this.requestUpdate();
  }
}

define('export-pane', ExportPane);
