/** Three different kinds of nothing, each with what to do about it. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { HostCommand } from '../protocol/inspector';
import { formatCount } from './format';
import { icon } from './icon';
import type { InspectorModel } from './model';

/** Null when there are lines to show. */
export function emptyState(model: InspectorModel): TemplateResult | null {
  const { view, store, ui } = model;
  if (view.length > 0 || view.scanning) {
    return null;
  }
  if (model.paused && model.pausedRows > 0 && view.rowCount === 0) {
    return message(
      'debug-pause',
      l10n.t('Paused'),
      l10n.t('{0} new rows wait.', formatCount(model.pausedRows)),
      button(l10n.t('Resume'), () => model.setPaused(false)),
    );
  }
  if (store.count > 0) {
    const hidden = l10n.t('{0} rows are hidden.', formatCount(store.shownCount - model.pausedRows));
    return ui.filter === ''
      ? message(
          'filter',
          l10n.t('Nothing of the chosen kinds'),
          hidden,
          button(l10n.t('Show all kinds'), () => model.showAll()),
        )
      : message(
          'filter',
          l10n.t('The filter hides all'),
          hidden,
          button(l10n.t('Clear filter'), () => model.update({ filter: '' })),
        );
  }
  return nothingYet(model);
}

function nothingYet(model: InspectorModel): TemplateResult {
  const run = (command: HostCommand) => () => {
    model.host.do('run', { command }).catch((error: unknown) => model.fail(error));
  };
  const { status } = model;
  // In the side panel the view above has the same button.
  const alone = model.place === 'editor';
  if (model.mode === 'recording') {
    return message('inbox', l10n.t('Nothing has passed here so far'), '', nothing);
  }
  switch (status.state) {
    case 'untrusted':
      return message(
        'workspace-untrusted',
        l10n.t('This workspace is not trusted'),
        l10n.t('Functions run only in a trusted workspace. Recordings can be opened all the same.'),
        alone ? button(l10n.t('Manage Trust'), run('manageTrust')) : nothing,
      );
    case 'noProject':
      return message(
        'radio-tower',
        l10n.t('No project yet'),
        l10n.t('A project holds the functions that run when a client connects, sends and leaves.'),
        alone ? button(l10n.t('Create Project'), run('createProject')) : nothing,
      );
    case 'stopped':
      return message(
        'radio-tower',
        l10n.t('The gateway is stopped'),
        l10n.t('Start it to see connections and frames here.'),
        button(l10n.t('Start Gateway'), run('startGateway')),
      );
    case 'starting':
      return message('loading', l10n.t('The gateway starts'), '', nothing);
    case 'failed':
      return message(
        'error',
        l10n.t('The gateway could not start'),
        status.message,
        html`${button(l10n.t('Try Again'), run('startGateway'))}${button(
          l10n.t('Show Log'),
          run('showLog'),
          'secondary',
        )}`,
      );
    case 'running':
      return message(
        'radio-tower',
        l10n.t('Waiting for a client'),
        html`<code>${breakable(status.url)}</code>`,
        html`${button(l10n.t('Connect Test Client'), run('connectTestClient'))}${button(
          l10n.t('Copy URL'),
          run('copyUrl'),
          'secondary',
        )}`,
      );
  }
}

/** In a narrow view an address breaks before its slashes. */
function breakable(url: string): unknown[] {
  return url.split(/(?=\/[^/])/).map((part, index) => (index === 0 ? part : html`<wbr />${part}`));
}

function message(glyph: string, title: string, text: unknown, buttons: unknown): TemplateResult {
  return html`<div class="empty">
    ${icon(glyph, glyph === 'loading' ? 'codicon-modifier-spin' : '')}
    <h2>${title}</h2>
    ${text === '' ? nothing : html`<p>${text}</p>`}
    <div class="buttons">${buttons}</div>
  </div>`;
}

function button(text: string, onClick: () => void, look: 'primary' | 'secondary' = 'primary') {
  return html`<vscode-button ?secondary=${look === 'secondary'} @click=${onClick}
    >${text}</vscode-button
  >`;
}
