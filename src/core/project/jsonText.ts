/** Reading JSON with comments that a person wrote: values with their places, and problems instead of exceptions. */
import * as l10n from '@vscode/l10n';
import { createScanner, findNodeAtLocation, parseTree } from 'jsonc-parser';
import type { JSONPath, Node } from 'jsonc-parser';
import type { Problem } from '../../protocol/project';
import { mistakesIn, type MistakeName } from './jsonMistakes';

/** A project file is some kilobytes; more is no project file, and would only make the editor slow. */
export const longestJsonText = 1_000_000;
/** Parsing is recursive: a file of brackets must not reach the end of the stack. */
const deepestNesting = 64;
/** Nobody reads more at once, and finding the place of each takes time. */
export const mostProblems = 100;

/** Text that was parsed, and the file that problems in it are reported for. */
export interface JsonText {
  file: string;
  text: string;
  /** Offsets of the starts of the lines. */
  lines: number[];
  root: Node | undefined;
}

export function parseJsonText(text: string, file: string): { json: JsonText; problems: Problem[] } {
  const json: JsonText = { file, text, lines: lineStarts(text), root: undefined };
  if (text.length > longestJsonText) {
    return {
      json,
      problems: [problemAt(json, [], 'error', l10n.t('This file is too large: more than 1 MB.'))],
    };
  }
  const tooDeep = offsetOfNesting(text, deepestNesting);
  if (tooDeep !== undefined) {
    const message = l10n.t('This file is nested too deeply.');
    return { json, problems: [problemFrom(json, '', tooDeep, 1, 'error', message)] };
  }
  json.root = parseTree(text, [], { allowTrailingComma: true });
  const problems = mistakesIn(text).map(({ name, offset, length }): Problem => {
    const problem = problemFrom(json, '', offset, length, 'error', sentenceOf(name));
    return text.trim() === '' ? problem : { ...problem, bySchema: true };
  });
  if (json.root === undefined && problems.length === 0) {
    problems.push(problemAt(json, [], 'error', l10n.t('This file is empty.')));
  }
  if (json.root !== undefined) {
    addDuplicateKeys(json, json.root, [], problems);
  }
  return { json, problems };
}

/**
 * A problem at the value (or, with `key`, at the name) that the JSON path leads to; where nothing is written, at
 * the name of what should hold it.
 */
export function problemAt(
  json: JsonText,
  path: JSONPath,
  severity: Problem['severity'],
  message: string,
  place: 'value' | 'key' = 'value',
): Problem {
  let node = json.root === undefined ? undefined : findNodeAtLocation(json.root, path);
  let atKey = place === 'key';
  for (let depth = path.length - 1; node === undefined && depth > 0; depth--) {
    node =
      json.root === undefined ? undefined : findNodeAtLocation(json.root, path.slice(0, depth));
    atKey = true;
  }
  if (atKey && node?.parent?.type === 'property') {
    node = node.parent.children?.[0] ?? node;
  }
  const whole = node === undefined || (atKey && node === json.root);
  return problemFrom(
    json,
    path.join('.'),
    node?.offset ?? 0,
    whole ? 1 : (node?.length ?? 1),
    severity,
    message,
  );
}

function problemFrom(
  json: JsonText,
  path: string,
  offset: number,
  length: number,
  severity: Problem['severity'],
  message: string,
): Problem {
  const start = positionOf(json.lines, Math.min(offset, json.text.length));
  const end = positionOf(json.lines, Math.min(offset + length, json.text.length));
  return {
    file: json.file,
    path,
    message,
    severity,
    range: {
      line: start.line,
      column: start.column,
      endLine: end.line,
      endColumn: end.column,
    },
  };
}

export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) {
      starts.push(at + 1);
    }
  }
  return starts;
}

export function positionOf(lines: number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle] ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return { line: low, column: offset - (lines[low] ?? 0) };
}

const openers = new Set([1, 3]); // OpenBraceToken, OpenBracketToken
const closers = new Set([2, 4]);
const endOfFile = 17;

function offsetOfNesting(text: string, limit: number): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== endOfFile; token = scanner.scan()) {
    if (openers.has(token) && ++depth > limit) {
      return scanner.getTokenOffset();
    }
    if (closers.has(token)) {
      depth = Math.max(0, depth - 1);
    }
  }
  return undefined;
}

function addDuplicateKeys(json: JsonText, node: Node, path: JSONPath, problems: Problem[]): void {
  const seen = new Set<string>();
  (node.children ?? []).forEach((child, index) => {
    if (node.type === 'array') {
      addDuplicateKeys(json, child, [...path, index], problems);
      return;
    }
    const [key, value] = child.children ?? [];
    if (key === undefined) {
      return;
    }
    const name = String(key.value);
    if (seen.has(name) && problems.length < mostProblems) {
      const message = l10n.t('"{0}" is written twice; the last one counts.', name);
      const place = [...path, name].join('.');
      const problem = problemFrom(json, place, key.offset, key.length, 'warning', message);
      problems.push({ ...problem, bySchema: true });
    }
    seen.add(name);
    if (value !== undefined) {
      addDuplicateKeys(json, value, [...path, name], problems);
    }
  });
}

function sentenceOf(mistake: MistakeName): string {
  switch (mistake) {
    case 'InvalidSymbol':
      return l10n.t('This is not JSON. Names and text need double quotes.');
    case 'InvalidNumberFormat':
    case 'UnexpectedEndOfNumber':
      return l10n.t('This is not a number as JSON writes it.');
    case 'PropertyNameExpected':
      return l10n.t('A name in double quotes is expected here.');
    case 'ValueExpected':
      return l10n.t('A value is expected here.');
    case 'ColonExpected':
      return l10n.t('A colon is expected here.');
    case 'CommaExpected':
      return l10n.t('A comma is expected here.');
    case 'CloseBraceExpected':
      return l10n.t('A closing brace } is missing.');
    case 'CloseBracketExpected':
      return l10n.t('A closing bracket ] is missing.');
    case 'OpenBraceExpected':
      return l10n.t('An opening brace { is missing.');
    case 'OpenBracketExpected':
      return l10n.t('An opening bracket [ is missing.');
    case 'EndOfFileExpected':
      return l10n.t('The file should end here.');
    case 'InvalidCommentToken':
      return l10n.t('Comments are not allowed here.');
    case 'UnexpectedEndOfComment':
      return l10n.t('This comment has no end.');
    case 'UnexpectedEndOfString':
      return l10n.t('This text has no closing quote.');
    case 'InvalidUnicode':
    case 'InvalidEscapeCharacter':
      return l10n.t('A backslash sequence in this text is not valid.');
    case 'InvalidCharacter':
      return l10n.t('This text holds a character that must be escaped.');
    case '<unknown ParseErrorCode>':
      return l10n.t('This is not JSON.');
  }
}
