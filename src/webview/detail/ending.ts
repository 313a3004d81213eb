/** The end of a connection: why, the Close frames of both sides, and what was found about it before. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { FactOf } from '../../protocol/fact';
import { formatSize } from '../format';
import { icon } from '../icon';
import { causeName, directionName } from '../list/row';
import type { InspectorModel } from '../model';
import { placeLink } from './log';

export function renderEnding(model: InspectorModel, row: number): TemplateResult {
  const { store } = model;
  const fact = store.factOf(row);
  const ending = store.endingOf(store.connection(row));
  const frames = (ending?.frames ?? []).filter((frame) => store.has(frame));
  const facts: [string, string][] =
    fact.kind === 'closed'
      ? [
          [l10n.t('Cause'), causeName(fact)],
          [l10n.t('Code'), String(fact.code)],
          [l10n.t('Reason'), fact.reason],
          [l10n.t('Status of a Web function'), String(fact.counted ?? '')],
        ]
      : [];
  facts.push(
    ...frames.map((frame): [string, string] => [
      directionName(store.direction(frame)),
      [
        l10n.t('Close {0}', store.code(frame) || ''),
        store.text(frame),
        formatSize(store.size(frame) ?? 0),
      ]
        .filter((part) => part !== '')
        .join(' · '),
    ]),
  );
  if (fact.kind === 'closed' && frames.length === 0) {
    facts.push([l10n.t('Close frames'), l10n.t('none')]);
  }
  return html`${renderFindings(model, ending?.diagnostics ?? [])}
    <dl class="facts">
      ${facts
        .filter(([, value]) => value !== '')
        .map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
    </dl>`;
}

/** What was found about a connection, each with what to do. */
export function renderFindings(
  model: InspectorModel,
  findings: readonly FactOf<'diagnostic'>[],
): TemplateResult | typeof nothing {
  return findings.length === 0
    ? nothing
    : html`${findings.map(
        (each) =>
          html`<p class="hint ${each.severity}">
            ${icon(each.severity)} ${each.message} ${each.advice}
            ${each.place ? placeLink(model, each.place) : nothing}
          </p>`,
      )}`;
}
