/**
 * The ledger as a page: pure text, so that the editor and the tests show the same. The page asks its host for one
 * thing only, to open a setting; it loads nothing.
 */
import { escapeHtml, htmlDocument } from './page';
import { type AreaRow, type Area, areas, type Mark, marks } from './ledger';

/** What the page asks of its host. */
export type LedgerAsk = { open: 'setting'; name: string } | { open: 'projectFile' };

/** Everything on the page that is said to a person, in the person's language. */
export interface LedgerWords {
  language: string;
  title: string;
  intro: string;
  search: string;
  all: string;
  given: string;
  when: string;
  then: string;
  source: string;
  /** `{0}` stands for the number. */
  shown: string;
  nothing: string;
  setting: string;
  projectFile: string;
  areas: Record<Area, string>;
  marks: Record<Mark, string>;
  sources: Record<string, string>;
}

export interface LedgerPage {
  nonce: string;
  rows: readonly AreaRow[];
  words: LedgerWords;
  /** Row to show first. */
  reveal?: string;
}

export function ledgerPage({ nonce, rows, words, reveal = '' }: LedgerPage): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`;
  const choices = [
    choice('', words.all, rows.length),
    ...marks.map((mark) =>
      choice(mark, words.marks[mark], rows.filter((row) => row.mark === mark).length),
    ),
  ];
  return htmlDocument({
    language: words.language,
    title: words.title,
    policy: policy,
    head: `<style nonce="${nonce}">${style}</style>`,
    attributes: `data-reveal="${escapeHtml(reveal)}" data-shown="${escapeHtml(words.shown)}"`,
    body: `<header>
<h1>${escapeHtml(words.title)}</h1>
<p>${escapeHtml(words.intro)}</p>
<div class="tools" role="search">
<input type="search" id="search" aria-label="${escapeHtml(words.search)}" placeholder="${escapeHtml(words.search)}" autofocus>
<fieldset>${choices.join('')}</fieldset>
<output id="shown" role="status"></output>
</div>
</header>
<main>
${areas.map((area) => section(area, rows, words)).join('\n')}
<p id="nothing" hidden>${escapeHtml(words.nothing)}</p>
</main>
<script nonce="${nonce}">${script}</script>`,
  });
}

function choice(mark: string, title: string, count: number): string {
  const checked = mark === '' ? ' checked' : '';
  return `<label><input type="radio" name="mark" value="${mark}"${checked}><span>${escapeHtml(title)} <small>${count}</small></span></label>`;
}

function section(area: Area, rows: readonly AreaRow[], words: LedgerWords): string {
  const mine = rows.filter((row) => row.area === area);
  return `<section aria-labelledby="area-${area}">
<h2 id="area-${area}">${escapeHtml(words.areas[area])}</h2>
${mine.map((row) => article(row, words)).join('\n')}
</section>`;
}

function article(row: AreaRow, words: LedgerWords): string {
  const { id, mark, given, when, then, source } = row;
  const place = words.sources[source] ?? source;
  const found = [id, given, when, then, place, row.setting, row.projectKey].join(' ').toLowerCase();
  return `<article id="${id}" tabindex="-1" data-mark="${mark}" data-text="${escapeHtml(found)}">
<h3><code>${id}</code> <span class="mark ${mark}">${escapeHtml(words.marks[mark])}</span></h3>
<dl>
<div><dt>${escapeHtml(words.given)}</dt><dd>${prose(given)}</dd></div>
<div><dt>${escapeHtml(words.when)}</dt><dd>${prose(when)}</dd></div>
<div class="then"><dt>${escapeHtml(words.then)}</dt><dd>${prose(then)}</dd></div>
</dl>
<p class="foot">${escapeHtml(words.source)} ${escapeHtml(place)}${changedBy(row, words)}</p>
</article>`;
}

function changedBy({ setting, projectKey, fixed }: AreaRow, words: LedgerWords): string {
  const parts: string[] = [];
  if (setting !== undefined) {
    parts.push(
      `${escapeHtml(words.setting)} <button type="button" data-setting="${setting}">scfWebSocket.${setting}</button>`,
    );
  }
  if (projectKey !== undefined) {
    parts.push(
      `${escapeHtml(words.projectFile)} <button type="button" data-file>${escapeHtml(projectKey)}</button>`,
    );
  }
  if (fixed !== undefined) {
    parts.push(escapeHtml(fixed));
  }
  return parts.map((part) => ` · ${part}`).join('');
}

/** Backquotes mark code. */
function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

const style = `
body { margin: 0 auto; max-width: 62rem; padding: 0 1.25rem 3rem; color: var(--vscode-foreground); background: var(--vscode-editor-background); font: var(--vscode-font-size, 13px)/1.5 var(--vscode-font-family, sans-serif); }
header { position: sticky; top: 0; padding: .75rem 0 .5rem; background: var(--vscode-editor-background); border-bottom: 1px solid var(--vscode-panel-border, #8884); }
h1 { margin: 0; font-size: 1.4em; font-weight: 600; }
header p { margin: .15rem 0 .6rem; color: var(--vscode-descriptionForeground); }
.tools { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: center; }
#search { flex: 1 1 14rem; padding: .3rem .5rem; color: var(--vscode-input-foreground); background: var(--vscode-input-background); border: 1px solid var(--vscode-input-border, var(--vscode-panel-border, #8888)); border-radius: 2px; font: inherit; }
#search::placeholder { color: var(--vscode-input-placeholderForeground); }
fieldset { display: flex; flex-wrap: wrap; margin: 0; padding: 0; border: 0; gap: .25rem; }
fieldset input { position: absolute; opacity: 0; }
fieldset span { display: inline-block; padding: .15rem .55rem; border: 1px solid var(--vscode-panel-border, #8888); border-radius: 2px; cursor: pointer; }
fieldset input:checked + span { color: var(--vscode-button-foreground); background: var(--vscode-button-background); border-color: var(--vscode-contrastActiveBorder, transparent); }
fieldset small { font-size: .9em; }
#shown { color: var(--vscode-descriptionForeground); }
h2 { margin: 1.6rem 0 .4rem; font-size: 1.15em; font-weight: 600; }
article { padding: .55rem .75rem; border-left: 3px solid transparent; scroll-margin-top: 9rem; }
article + article { border-top: 1px solid var(--vscode-panel-border, #8883); }
article.revealed, article:target { border-left-color: var(--vscode-focusBorder, #07f); background: var(--vscode-editor-hoverHighlightBackground, transparent); }
h3 { margin: 0 0 .2rem; font-size: 1em; font-weight: 600; display: flex; gap: .6rem; align-items: baseline; }
code { font-family: var(--vscode-editor-font-family, monospace); color: inherit; }
.mark { font-weight: 400; font-size: .92em; padding: 0 .45rem; border: 1px solid; border-left-width: .5rem; border-radius: 2px; }
.mark.documented { border-color: var(--vscode-charts-green, #388a34); }
.mark.seen { border-color: var(--vscode-charts-blue, #1a85ff); }
.mark.assumed { border-color: var(--vscode-charts-yellow, #b89500); }
dl { margin: 0; }
dl div { display: flex; gap: .6rem; }
dt { flex: 0 0 3.6rem; color: var(--vscode-descriptionForeground); }
dd { margin: 0; overflow-wrap: anywhere; }
.then dd { font-weight: 600; }
.foot { margin: .2rem 0 0; color: var(--vscode-descriptionForeground); }
button { padding: 0; border: 0; background: none; color: var(--vscode-textLink-foreground); font: inherit; text-decoration: underline; cursor: pointer; }
:focus-visible { outline: 1px solid var(--vscode-focusBorder, #07f); outline-offset: 1px; }
fieldset input:focus-visible + span { outline: 1px solid var(--vscode-focusBorder, #07f); outline-offset: 1px; }
[hidden] { display: none; }
`;

const script = `
(() => {
  const host = acquireVsCodeApi();
  const search = document.getElementById('search');
  const marks = [...document.querySelectorAll('input[name="mark"]')];
  const articles = [...document.querySelectorAll('article')];
  const kept = host.getState() ?? {};
  function filter() {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const mark = marks.find((each) => each.checked)?.value ?? '';
    let shown = 0;
    for (const article of articles) {
      const { text, mark: own } = article.dataset;
      const fits = (mark === '' || own === mark) && words.every((word) => text.includes(word));
      article.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const section of document.querySelectorAll('section')) {
      section.hidden = section.querySelector('article:not([hidden])') === null;
    }
    document.getElementById('nothing').hidden = shown > 0;
    document.getElementById('shown').textContent = document.body.dataset.shown.replace('{0}', shown);
    host.setState({ search: search.value, mark });
  }
  function reveal(id) {
    const article = document.getElementById(id);
    if (!article) {
      return;
    }
    search.value = '';
    marks[0].checked = true;
    filter();
    document.querySelector('.revealed')?.classList.remove('revealed');
    article.classList.add('revealed');
    article.scrollIntoView({ block: 'start' });
    article.focus({ preventScroll: true });
  }
  search.addEventListener('input', filter);
  marks.forEach((each) => each.addEventListener('change', filter));
  document.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (button?.dataset.setting) {
      host.postMessage({ open: 'setting', name: button.dataset.setting });
    } else if (button) {
      host.postMessage({ open: 'projectFile' });
    }
  });
  window.addEventListener('message', ({ data }) => reveal(data.reveal));
  search.value = kept.search ?? '';
  for (const each of marks) {
    each.checked = each.value === (kept.mark ?? '');
  }
  filter();
  if (document.body.dataset.reveal) {
    reveal(document.body.dataset.reveal);
  }
})();
`;
