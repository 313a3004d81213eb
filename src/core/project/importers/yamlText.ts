/** Reading other tools' YAML and JSON: data with places and notes, never an exception, and no work without bounds. */
import * as l10n from '@vscode/l10n';
import { findNodeAtLocation, type Node as JsonNode } from 'jsonc-parser';
import { isAlias, isMap, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import { sentences } from '../../errors';
import { parseJsonText, problemAt } from '../jsonText';
import { noteAt } from './notes';
import type { Note, Place } from './notes';

const longestYaml = 500_000;
const deepestYaml = 1000;

export interface TextFile {
  /** Relative to the project folder, with slashes. */
  file: string;
  /** undefined: its bytes are no text in UTF-8 or UTF-16. */
  text: string | undefined;
}

export type Path = readonly (string | number)[];

/** A file that was read: its mapping as plain objects, and where each part of it is written. */
export interface Source {
  file: string;
  value: Record<string, unknown>;
  placeOf(path: Path): Place;
  /** Set where names are looked up otherwise than in `value`, by their path. */
  find?: (name: string) => Found | undefined;
}

/** What a name leads to. */
export interface Found {
  value: unknown;
  /** A default answered. */
  assumed?: boolean;
}

/** A mapping; anything else, or a file that cannot be read, has no source but a note. */
export function parseYamlText({ text, file }: TextFile): { source?: Source; notes: Note[] } {
  const failed = (message: string, range?: Place['range']) => ({
    notes: [
      noteAt(
        { file, ...(range === undefined ? {} : { range }) },
        'unknown',
        sentences(message, l10n.t('Correct it and import again.')),
      ),
    ],
  });
  if (text === undefined) {
    return { notes: [notUtf8(file)] };
  }
  if (text.length > longestYaml) {
    return failed(l10n.t('This file is too large to be imported.'));
  }
  if (isTooDeep(text)) {
    return failed(l10n.t('This file is nested too deeply.'));
  }
  const lines = new LineCounter();
  try {
    // A flood of aliases is refused by toJS.
    const document = parseDocument(text, {
      lineCounter: lines,
      logLevel: 'silent',
      merge: true,
    });
    const notes: Note[] = [];
    const { range: [, end] = [0, text.length] } = document;
    if (/^---(\s|$)/m.test(text.slice(end))) {
      const message = l10n.t('What follows "---" is left out: only the first document is read.');
      notes.push(noteAt({ file, range: rangeOf([end, end + 3], lines) }, 'leftOut', message));
    }
    const [error] = document.errors;
    if (error !== undefined) {
      const reason = error.message.split('\n')[0]?.replace(/[:\s]+$/, '') ?? '';
      return failed(l10n.t('This YAML cannot be read: {0}.', reason), rangeOf(error.pos, lines));
    }
    keepTags(document);
    keepNumbers(document);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    JSON.stringify(value); // Throws where an anchor contains itself.
    if (!isRecord(value)) {
      return { notes: [] };
    }
    return {
      source: { file, value, placeOf: (path) => placeIn(document, lines, file, path) },
      notes,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failed(l10n.t('This YAML cannot be read: {0}.', reason.replace(/\.$/, '')));
  }
}

/** Each level costs the parser as much as all before it: a file of brackets took half a minute. */
function isTooDeep(text: string): boolean {
  let open = 0;
  for (const sign of text) {
    open += sign === '[' || sign === '{' ? 1 : (sign === ']' || sign === '}') && open > 0 ? -1 : 0;
    if (open > deepestYaml) {
      return true;
    }
  }
  return /(?:[-?:][^\S\n]+){100}/.test(text);
}

/** JSON with comments, as the console's command line keeps beside the code. */
export function parseJsonSource({ text, file }: TextFile): { source?: Source; notes: Note[] } {
  if (text === undefined) {
    return { notes: [notUtf8(file)] };
  }
  const { json, problems } = parseJsonText(text, file);
  const notes = problems.map((each): Note => ({ ...each, kind: 'leftOut', severity: 'warning' }));
  const value: unknown = json.root === undefined ? undefined : valueOf(json.root, text);
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

/** Read as something else, its values would be others than those that were written. */
export function notUtf8(file: string): Note {
  const message = l10n.t('This file is not UTF-8.');
  const nextStep = l10n.t('Save it with that encoding and import again.');
  return noteAt({ file }, 'unknown', sentences(message, nextStep));
}

function valueOf(node: JsonNode, text: string): unknown {
  const { type, children = [], offset, length } = node;
  switch (type) {
    case 'object':
      return Object.fromEntries(
        children.map(({ children: [key, value] = [] }) => [
          String(key?.value),
          value && valueOf(value, text),
        ]),
      );
    case 'array':
      return children.map((each) => valueOf(each, text));
    case 'number':
      return asWritten(Number(node.value), text.slice(offset, offset + length));
    default:
      return node.value;
  }
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

/** A number whose written form would be lost (`1.10`, an id of 64 bits) stays as it is written: it may be a variable. */
function keepNumbers(document: Document): void {
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'number' && node.source !== undefined) {
        node.value = asWritten(node.value, node.source);
      }
    },
  });
}

export function asWritten(value: number, source: string): number | string {
  return String(value) === source ? value : source;
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
