/** Any export format, from one recording and what the user asked for. */
import type { ExportFormat, ExportRequest } from '../inspector';
import { parseHar, renderHar } from './har';
import { parseJsonLines, renderJsonLines, type RecordingProblem } from './jsonLines';
import { choose, countMissing, type Recording } from './recording';
import { createRedactor } from './redact';
import { redactRecording } from './redactRecording';
import { renderReport, type ReportParts } from './report';

export const exportExtensions: Record<ExportFormat, string> = {
  jsonl: 'jsonl',
  har: 'har',
  html: 'html',
  wsflow: 'wsflow.yaml',
};

export interface ExportTools {
  /** Version of the extension. */
  version: string;
  /** The recording as a flow. */
  scenario(recording: Recording): string;
  report: Pick<ReportParts, 'title' | 'script' | 'style' | 'nonce' | 'language' | 'translations'>;
}

export function renderExport(
  recording: Recording,
  request: ExportRequest,
  tools: ExportTools,
): string {
  const chosen = request.seqs ? choose(recording, new Set(request.seqs)) : recording;
  const rules = request.redact.filter((rule) => rule.enabled);
  const clean = rules.length === 0 ? chosen : redactRecording(chosen, rules);
  const missing = countMissing(clean);
  // A filter with a secret in it finds nothing any more: what it chose is what is there.
  const filter = request.filter ?? '';
  const told = createRedactor(rules).text(filter) === filter ? filter : '';
  switch (request.format) {
    case 'jsonl':
      return renderJsonLines(clean, {
        ...(told === '' ? {} : { filter: told }),
        ...(rules.length === 0 ? {} : { redacted: rules.map((rule) => rule.id) }),
        ...(missing === 0 ? {} : { missingPayloads: missing }),
      });
    case 'har':
      return renderHar(clean, tools.version, missing);
    case 'html':
      return renderReport(clean, {
        ...tools.report,
        filter: told,
        redacted: rules.map((rule) => rule.pattern),
        missing,
      });
    case 'wsflow':
      return tools.scenario(clean);
  }
}

/** A file that was exported here, or a HAR file of a browser. */
export function parseRecording(text: string): {
  value?: Recording;
  problems: RecordingProblem[];
} {
  return isHar(text) ? parseHar(text) : parseJsonLines(text);
}

/** By the first characters of a file. */
export function isHar(text: string): boolean {
  const start = text.slice(0, 200);
  const lineEnd = start.indexOf('\n');
  const firstLine = lineEnd < 0 ? start : start.slice(0, lineEnd);
  return /^\s*\{\s*$/.test(firstLine) || /^\s*\{\s*"log"/.test(start);
}
