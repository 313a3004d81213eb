/** The story of a failing order as one HTML page without a script: both orders as sequence diagrams, side by side. */
import * as l10n from '@vscode/l10n';
import {
  type Happening,
  layoutHappenings,
  type SequenceLook,
  sequenceSvg,
} from '../../protocol/export/sequence';
import { escapeHtml, htmlDocument } from '../../protocol/page';
import {
  type Deviation,
  type EventName,
  parseEvent,
  roleWords,
  runText,
} from '../scenario/order/eventName';
import { movedIn } from './story';

export interface StoryParts {
  title: string;
  /** BCP 47. */
  language: string;
  story: readonly string[];
  /** How much was looked at, and what no order decides: a sentence each. */
  looked: readonly string[];
  /** The failure, as text. */
  failure: readonly string[];
  /** Names of events. */
  events: { plain: readonly string[]; found: readonly string[] };
  /** What differs; nothing: it fails in the plain order, which is drawn alone. */
  order: readonly Deviation[];
  /** Links that a host understands. */
  actions?: readonly { title: string; href: string }[];
}

const themed: SequenceLook = {
  ground: 'var(--ground)',
  lifeline: 'var(--line)',
  box: 'var(--line)',
  work: 'var(--line)',
  fill: {
    client: 'var(--client)',
    external: 'var(--external)',
    gateway: 'var(--gateway)',
    function: 'var(--function)',
  },
  name: 'var(--text)',
  font: 13,
  tone: { ok: 'var(--text)', error: 'var(--error)', moved: 'var(--moved)' },
  bar: { ok: 'var(--work)', error: 'var(--work)', moved: 'var(--work)' },
};

/** In an editor its colours, else those of the system; the page's ground is the editor's, too. */
const style = `
:root { color-scheme: light dark; }
body.vscode-light, body.vscode-high-contrast-light { color-scheme: light; }
body.vscode-dark, body.vscode-high-contrast:not(.vscode-high-contrast-light) { color-scheme: dark; }
body {
  --text: var(--vscode-editor-foreground, light-dark(#1f1f1f, #d6d6d6));
  --ground: var(--vscode-editor-background, light-dark(#ffffff, #1f1f1f));
  --line: var(--vscode-contrastBorder, light-dark(#8d8d8d, #7d7d7d));
  --moved: light-dark(#9a3e00, #ffb066);
  --error: light-dark(#b3261e, #ff8a80);
  --client: light-dark(#e8f1fb, #17324f); --external: light-dark(#f0f0f0, #3a3a3a);
  --gateway: light-dark(#fdf3e1, #4a3710); --function: light-dark(#e9f5ea, #1c3f22);
  --work: light-dark(#bfe0c3, #3f7a49);
  font: 13px/1.5 var(--vscode-font-family, system-ui, sans-serif);
  color: var(--text); background: var(--ground); margin: 0; padding: 16px 20px;
}
body.vscode-high-contrast { --client: transparent; --external: transparent; --gateway: transparent; --function: transparent; }
h1 { font-size: 1.3em; font-weight: 600; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1em; font-weight: 600; margin: 0 0 4px; }
ul { margin: 0 0 12px; padding-left: 20px; }
.story li { font-weight: 600; }
.story { border-left: 3px solid var(--moved); list-style: none; padding-left: 12px; }
.quiet { opacity: 0.85; }
pre { overflow: auto; padding: 8px 12px; border: 1px solid var(--line); border-radius: 3px;
  font: 12px/1.5 var(--vscode-editor-font-family, ui-monospace, monospace); }
.orders { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; }
.drawing { overflow: auto; border: 1px solid var(--line); border-radius: 3px; }
.drawing:focus-visible, pre:focus-visible, a:focus-visible { outline: 2px solid var(--vscode-focusBorder, #0a64c2); }
svg { display: block; margin: 0 auto; min-width: 490px; max-width: 100%; height: auto; }
nav { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 12px; }
nav a { padding: 3px 10px; border-radius: 2px; text-decoration: none; border: 1px solid var(--vscode-button-border, transparent);
  color: var(--vscode-button-foreground, #fff); background: var(--vscode-button-background, #0a64c2); }
`;

export function renderStoryPage(parts: StoryParts): string {
  const { title, language, story, looked, failure, events, order, actions = [] } = parts;
  const list = (lines: readonly string[], name: string): string =>
    lines.length === 0
      ? ''
      : `<ul class="${name}">${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
  const links = actions.map(
    (each) => `<a href="${escapeHtml(each.href)}">${escapeHtml(each.title)}</a>`,
  );
  const named = (names: readonly string[]): { name: string }[] => names.map((name) => ({ name }));
  const moved = movedIn(named(events.plain), named(events.found), order);
  const drawings = [
    [l10n.t('plain order'), events.plain, new Set<string>()],
    ...(order.length === 0 ? [] : [[l10n.t('this order'), events.found, moved] as const]),
  ] as const;
  return htmlDocument({
    language,
    title,
    policy: "default-src 'none'; style-src 'unsafe-inline'",
    head: `<style>${style}</style>`,
    body: `<main>
<h1>${escapeHtml(title)}</h1>
${links.length === 0 ? '' : `<nav>${links.join('')}</nav>`}
${list(story, 'story')}
<div class="orders">
${drawings
  .map(
    ([name, names, marked]) =>
      `<section><h2>${escapeHtml(name)}</h2>${drawing(name, names, marked)}</section>`,
  )
  .join('\n')}
</div>
${moved.size === 0 ? '' : `<p class="quiet">${escapeHtml(l10n.t('Bold and coloured: what stands elsewhere than in the plain order.'))}</p>`}
${failure.length === 0 ? '' : `<h2>${escapeHtml(l10n.t('What failed'))}</h2><pre tabindex="0">${escapeHtml(failure.join('\n'))}</pre>`}
${list(looked, 'quiet')}
</main>`,
  });
}

/** Who cannot see it reads the names of the events in their order. */
function drawing(name: string, order: readonly string[], moved: ReadonlySet<string>): string {
  const happenings = order.flatMap((each, index) => {
    const event = parseEvent(each);
    return event === undefined ? [] : [happening(event, index, moved.has(each))];
  });
  const svg = sequenceSvg(
    layoutHappenings(happenings, (client) => client, 106),
    themed,
  );
  const label = `${name}: ${order.join(', ')}`;
  return `<div class="drawing" role="img" tabindex="0" aria-label="${escapeHtml(label)}">${svg}</div>`;
}

function happening(event: EventName, index: number, isMoved: boolean): Happening {
  const tone = isMoved ? 'moved' : 'ok';
  const plain = { seq: index, at: index, tone, dashed: false } as const;
  switch (event.is) {
    case 'step':
      return { ...plain, from: `c:${event.client}`, to: 'gateway', label: event.verb };
    case 'outside':
      return { ...plain, from: 'external', to: 'gateway', label: 'push' };
    case 'starts': {
      const run = runText(event.run);
      const to = `f:/${roleWords[event.run.role]}`;
      return { ...plain, from: 'gateway', to, label: `▶ ${event.run.client}`, starts: run };
    }
    case 'ends': {
      const run = runText(event.run);
      const from = `f:/${roleWords[event.run.role]}`;
      const label = `■ ${event.run.client}`;
      return { ...plain, from, to: 'gateway', label, dashed: true, ends: run };
    }
    case 'pushes': {
      const from = `f:/${roleWords[event.run.role]}`;
      return { ...plain, from, to: `c:${event.to}`, label: `${event.run.client} ▸ ${event.to}` };
    }
    case 'hasPushed': {
      const to = `f:/${roleWords[event.run.role]}`;
      return { ...plain, from: 'gateway', to, label: `✓ ${event.to}`, dashed: true };
    }
  }
}
