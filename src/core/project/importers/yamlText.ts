/** Reading other tools' YAML: data and problems, never an exception, and no work without bounds. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { LineCounter, parseDocument } from 'yaml';
import type { Problem } from '../../../protocol/project';

const longestYaml = 500_000;

/** Mappings as plain objects; anything else, or a file that cannot be read, is undefined with a problem. */
export function parseYamlText(
  text: string,
  file: string,
): { value?: Record<string, unknown>; problems: Problem[] } {
  const problem = (message: string, range?: Problem['range']): Problem => ({
    file,
    path: '',
    message,
    severity: 'error',
    ...(range === undefined ? {} : { range }),
  });
  if (text.length > longestYaml) {
    return { problems: [problem(l10n.t('This file is too large to be imported.'))] };
  }
  const lines = new LineCounter();
  try {
    // Tags such as !Ref are kept as their text; a flood of aliases is refused by toJS.
    const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', merge: true });
    const [error] = document.errors;
    if (error !== undefined) {
      const start = lines.linePos(error.pos[0]);
      const end = lines.linePos(error.pos[1]);
      return {
        problems: [
          problem(l10n.t('This YAML cannot be read: {0}', error.message.split('\n')[0] ?? ''), {
            line: start.line - 1,
            column: start.col - 1,
            endLine: end.line - 1,
            endColumn: end.col - 1,
          }),
        ],
      };
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    JSON.stringify(value); // Throws where an anchor contains itself.
    return isRecord(value) ? { value, problems: [] } : { problems: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problems: [problem(l10n.t('This YAML cannot be read: {0}', reason))] };
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Text, or a number as text; undefined for anything else, the empty text included. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A folder that a file in `base` names; an absolute one stays so, and is refused later. */
export function folderFrom(base: string, written: string): string {
  return path.posix.isAbsolute(written) ? written : path.posix.join(base, written);
}

/** `{A: 1}` and `[{key: 'A', value: 1}]` (both are in use) as text by name. */
export function variablesOf(value: unknown): Record<string, string> | undefined {
  const pairs: [string, unknown][] = Array.isArray(value)
    ? listOf(value)
        .map(recordOf)
        .map((each) => [String(each['key'] ?? each['Key'] ?? ''), each['value'] ?? each['Value']])
    : Object.entries(recordOf(value));
  const variables: Record<string, string> = Object.fromEntries(
    pairs
      .filter(([name]) => name !== '' && name !== '__proto__')
      .map(([name, each]) => [name, typeof each === 'string' ? each : (textOf(each) ?? '')]),
  );
  return Object.keys(variables).length === 0 ? undefined : variables;
}
