/** A handshake: what the client asked with, and what it was answered. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { formatDuration } from '../format';
import { icon } from '../icon';
import { statusName } from '../list/row';
import type { InspectorModel } from '../model';
import { renderFindings } from './ending';

export function renderHandshake(model: InspectorModel, row: number): TemplateResult {
  const fact = model.store.factOf(row);
  const facts: [string, unknown][] = [];
  const headers: [string, string][] = [];
  if (fact.kind === 'connecting') {
    const duration = model.store.duration(row);
    const code = model.store.code(row);
    facts.push(
      [l10n.t('Request'), `GET ${fact.target}`],
      [l10n.t('Answer'), `${code || ''} ${statusName(model.store.status(row))}`],
      [l10n.t('Took'), duration === null ? '' : formatDuration(duration)],
      [l10n.t('Connection'), fact.connection],
      [l10n.t('Service'), `${fact.service} · ${fact.stage}`],
      [l10n.t('From'), fact.remote],
      [l10n.t('Sub-protocols'), fact.protocols ?? ''],
      [l10n.t('Extensions'), fact.extensions ?? ''],
      [l10n.t('Origin'), fact.headers['origin'] ?? ''],
    );
    headers.push(...Object.entries(fact.headers));
  }
  if (fact.kind === 'refused') {
    facts.push(
      [l10n.t('Request'), `GET ${fact.target}`],
      [l10n.t('Answer'), String(fact.status)],
      [l10n.t('Body'), fact.body],
      [l10n.t('From'), fact.remote],
    );
  }
  return html`${
      fact.kind === 'refused'
        ? html`<p class="hint error">${icon('error')} ${fact.reason}</p>`
        : renderFindings(
            model,
            model.store.endingOf(model.store.connection(row))?.diagnostics ?? [],
          )
    }
    <dl class="facts">
      ${facts
        .filter(([, value]) => value !== '')
        .map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
    </dl>
    ${
      headers.length === 0
        ? nothing
        : html`<h3>${l10n.t('Headers')}</h3>
            <dl class="facts mono">
              ${headers.map(
                ([name, value]) =>
                  html`<dt>${name}</dt>
                    <dd>${value}</dd>`,
              )}
            </dl>`
    }`;
}
