/** One self-contained page with everything in it: data, script and style. It loads nothing. */
import { escapeHtml, htmlDocument } from '../page';
import type { RecordedPayload } from '../payload';
import type { Recording } from './recording';

export interface ReportParts {
  title: string;
  /** The filter that chose the rows, if any. */
  filter?: string;
  /** Patterns that were taken out, so that the reader knows. */
  redacted: string[];
  /** Facts of which only the preview is there. */
  missing: number;
  /** Program and look of the page, as built into `report.js` and `report.css`. */
  script: string;
  style: string;
  /** Random, for the page's own policy. */
  nonce: string;
  /** BCP 47. */
  language: string;
  translations: Record<string, string> | null;
}

/** What the program finds in the page. */
export interface ReportData {
  facts: Recording['facts'];
  payloads: [number, RecordedPayload][];
  filter: string;
  redacted: string[];
  missing: number;
  language: string;
  translations: Record<string, string> | null;
}

export function renderReport(recording: Recording, parts: ReportParts): string {
  const data: ReportData = {
    facts: recording.facts,
    payloads: [...recording.payloads],
    filter: parts.filter ?? '',
    redacted: parts.redacted,
    missing: parts.missing,
    language: parts.language,
    translations: parts.translations,
  };
  const policy = `default-src 'none'; script-src 'nonce-${parts.nonce}'; style-src 'nonce-${parts.nonce}'`;
  return htmlDocument({
    language: parts.language,
    title: parts.title,
    policy: policy,
    head: `<style nonce="${escapeHtml(parts.nonce)}">${parts.style.replace(/<\/(style)/gi, '<\\/$1')}</style>`,
    body: `<script type="application/json" id="data">${inScript(JSON.stringify(data))}</script>
<script nonce="${escapeHtml(parts.nonce)}">${parts.script.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--')}</script>`,
  });
}

/** JSON that cannot end the script element that it stands in. */
function inScript(json: string): string {
  return json
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}
