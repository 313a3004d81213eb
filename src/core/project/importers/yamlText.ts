/** Reading other tools' YAML and JSON: data with places and notes, never an exception, and no work without bounds. */
import * as l10n from '@vscode/l10n';
import { findNodeAtLocation, getNodeValue } from 'jsonc-parser';
import { isAlias, isMap, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import { parseJsonText, problemAt } from '../jsonText';
import { noteAt } from './notes';
import type { Note, Place } from './notes';

const longestYaml = 500_000;

export interface TextFile {
  /** Relative to the project folder, with slashes. */
  file: string;
  text: string;
}

export type Path = readonly (string | number)[];

/** A file that was read: its mapping as plain objects, and where each part of it is written. */
export interface Source {
  file: string;
  value: Record<string, unknown>;
  placeOf(path: Path): Place;
}

/** A mapping; anything else, or a file that cannot be read, has no source but a note. */
export function parseYamlText({ text, file }: TextFile): { source?: Source; notes: Note[] } {
  const failed = (message: string, range?: Place['range']) => ({
    notes: [
      noteAt(
        { file, ...(range === undefined ? {} : { range }) },
        'unknown',
        `${message} ${l10n.t('Correct it and import again.')}`,
      ),
    ],
  });
  if (text.length > longestYaml) {
    return failed(l10n.t('This file is too large to be imported.'));
  }
  const lines = new LineCounter();
  try {
    // A flood of aliases is refused by toJS.
    const document = parseDocument(text.replace(/^\uFEFF/, ''), {
      lineCounter: lines,
      logLevel: 'silent',
      merge: true,
    });
    const [error] = document.errors;
    if (error !== undefined) {
      const reason = error.message.split('\n')[0]?.replace(/[:\s]+$/, '') ?? '';
      return failed(l10n.t('This YAML cannot be read: {0}.', reason), rangeOf(error.pos, lines));
    }
    keepTags(document);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    JSON.stringify(value); // Throws where an anchor contains itself.
    if (!isRecord(value)) {
      return { notes: [] };
    }
    return {
      source: { file, value, placeOf: (path) => placeIn(document, lines, file, path) },
      notes: [],
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failed(l10n.t('This YAML cannot be read: {0}.', reason.replace(/\.$/, '')));
  }
}

/** JSON with comments, as the console's command line keeps beside the code. */
export function parseJsonSource({ text, file }: TextFile): { source?: Source; notes: Note[] } {
  const { json, problems } = parseJsonText(text.replace(/^\uFEFF/, ''), file);
  const notes = problems.map((each): Note => ({ ...each, kind: 'leftOut', severity: 'warning' }));
  const value: unknown = json.root === undefined ? undefined : getNodeValue(json.root);
  if (!isRecord(value)) {
    return { notes };
  }
  const placeOf = (path: Path): Place => {
    const there = json.root && findNodeAtLocation(json.root, [...path]);
    const { range } = problemAt(json, there === undefined ? [] : [...path], 'warning', '', 'key');
    return { file, ...(range === undefined ? {} : { range }) };
  };
  return { source: { file, value, placeOf }, notes };
}

/** `!Ref Mode` refers to something, as `${Mode}` does: a reference must never be taken for its name. */
function keepTags(document: Document): void {
  visit(document, {
    Node(_, node) {
      const tag = isAlias(node) ? undefined : (node as Node & { tag?: string }).tag;
      if (tag === undefined || !/^![A-Za-z]/.test(tag)) {
        return undefined;
      }
      const written = isScalar(node) ? String(node.value) : '…';
      const scalar = document.createNode(`\${${tag} ${written.replace(/[{}]/g, '')}}`);
      scalar.range = node.range ?? null;
      return scalar;
    },
  });
}

/** The name that leads to the value, up to where the value ends; the nearest that is written, when it is not. */
function placeIn(document: Document, lines: LineCounter, file: string, path: Path): Place {
  let node: unknown = document.contents;
  let found: [number, number] | undefined;
  for (const step of path) {
    if (isAlias(node)) {
      node = node.resolve(document);
    }
    if (isMap(node)) {
      const pair = node.items.find(
        (each) => isPair(each) && isScalar(each.key) && String(each.key.value) === String(step),
      );
      const key = pair?.key as Node | undefined;
      if (pair === undefined || !key?.range) {
        break;
      }
      const value = pair.value as Node | null;
      found = [key.range[0], isScalar(value) && value.range ? value.range[1] : key.range[1]];
      node = value;
    } else {
      const items = (node as { items?: unknown[] } | undefined)?.items;
      const item = items?.[Number(step)] as Node | undefined;
      if (!item?.range) {
        break;
      }
      found = [item.range[0], item.range[0] + 1];
      node = item;
    }
  }
  return found === undefined ? { file } : { file, range: rangeOf(found, lines) };
}

function rangeOf([from, to]: [number, number], lines: LineCounter): NonNullable<Place['range']> {
  const start = lines.linePos(from);
  const end = lines.linePos(to);
  return {
    line: Math.max(0, start.line - 1),
    column: Math.max(0, start.col - 1),
    endLine: Math.max(0, end.line - 1),
    endColumn: Math.max(0, end.col - 1),
  };
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
