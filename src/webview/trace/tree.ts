/** A trace as an indented tree, with log lines and places in the source. */
import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { FactOf } from '../../protocol/fact';
import { flatten, seqOf, type Trace, type TraceNode } from '../../protocol/trace';
import { linkedText, placeLink } from '../detail/log';
import { formatCount, formatDelta, formatDuration } from '../format';
import { icon } from '../icon';
import type { InspectorModel } from '../model';
import { lookOf } from './nodeLook';

const maxNodes = 500;
const maxLogLines = 8;

export function renderTree(
  model: InspectorModel,
  trace: Trace,
  onSelect: (seq: number) => void,
): TemplateResult {
  const nodes = flatten(trace.root);
  const start = timeOf(trace.root);
  return html`<div
    class="trace-tree"
    role="tree"
    aria-label=${l10n.t('Trace')}
    @keydown=${(event: KeyboardEvent) => move(event)}
  >
    ${nodes
      .slice(0, maxNodes)
      .map(({ node, depth }) => line(model, node, depth, start, node === trace.focus, onSelect))}
    ${
      nodes.length > maxNodes
        ? html`<p class="quiet padded">
            ${l10n.t('{0} more…', formatCount(nodes.length - maxNodes))}
          </p>`
        : nothing
    }
  </div>`;
}

function line(
  model: InspectorModel,
  node: TraceNode,
  depth: number,
  start: number,
  focus: boolean,
  onSelect: (seq: number) => void,
): TemplateResult {
  const look = lookOf(node);
  const seq = seqOf(node);
  const name = look.connection === null ? null : model.names.of(look.connection);
  return html`<div
    class="trace-line ${focus ? 'focus' : ''} ${look.bad ? 'bad' : ''} node-${node.node}"
    role="treeitem"
    aria-level=${depth + 1}
    aria-selected=${String(focus)}
    tabindex=${focus ? 0 : -1}
    data-seq=${seq}
    @click=${() => onSelect(seq)}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key === 'Enter' && event.target === event.currentTarget) {
        onSelect(seq);
      }
    }}
  >
    ${Array.from({ length: Math.min(depth, 12) }, () => html`<span class="guide"></span>`)}
    <span class="codicon codicon-${look.icon} ${look.tone}" aria-hidden="true"></span>
    <div class="trace-text">
      <div class="trace-main">
        ${
          name
            ? html`<span class="conn-name"
                ><span class="dot conn-${name.color}"></span>${name.name}</span
              >`
            : nothing
        }
        ${look.title === '' ? nothing : html`<strong>${look.title}</strong>`}
        <span class="trace-detail">${look.detail}</span>
        ${
          node.node === 'invocation' && node.facts.ended?.place
            ? placeLink(model, node.facts.ended.place)
            : nothing
        }
      </div>
      ${node.node === 'invocation' ? logLines(model, node) : nothing}
    </div>
    <span class="trace-tags"
      >${look.tags.map((tag) => html`<span class="badge">${tag}</span>`)}</span
    >
    <span class="trace-time">${formatDelta(Math.max(0, timeOf(node) - start))}</span>
  </div>`;
}

function logLines(model: InspectorModel, node: Extract<TraceNode, { node: 'invocation' }>) {
  const { logs, started } = node.facts;
  if (logs.length === 0 && started.queuedMs < 1) {
    return nothing;
  }
  return html`<div class="trace-logs">
    ${
      started.queuedMs >= 1 ? html`<div class="trace-log quiet">${waiting(started)}</div>` : nothing
    }
    ${logs
      .slice(0, maxLogLines)
      .map(
        (log) =>
          html`<div class="trace-log level-${log.level} stream-${log.stream}">
            ${icon('output')}<span>${linkedText(model, log.text)}</span>
          </div>`,
      )}
    ${
      logs.length > maxLogLines
        ? html`<div class="trace-log quiet">${l10n.t('{0} more…', logs.length - maxLogLines)}</div>`
        : nothing
    }
  </div>`;
}

function timeOf(node: TraceNode): number {
  return node.node === 'invocation' ? node.facts.started.at : node.fact.at;
}

function move(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0) {
    return;
  }
  event.preventDefault();
  const items = [
    ...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[role=treeitem]'),
  ];
  const at = items.findIndex((item) => item.contains(document.activeElement));
  items[Math.max(0, Math.min(items.length - 1, at + step))]?.focus();
}

function waiting({ queuedMs, initMs }: FactOf<'invocationStarted'>): string {
  if (initMs === 0) {
    return l10n.t('waited {0}', formatDuration(queuedMs));
  }
  const [waited, start] = [formatDuration(queuedMs), formatDuration(initMs)];
  // A process can start before there is an event for it: then the event waited for the rest of that.
  return initMs > queuedMs
    ? l10n.t('waited {0} for a process that took {1} to start', waited, start)
    : l10n.t('waited {0}, of which {1} to start', waited, start);
}
