/**
 * Completion and hovers in a flow, from the table of steps and the schema. Works on lines and their indentation: while
 * somebody types, the file is seldom whole YAML. Pure.
 */
import * as l10n from '@vscode/l10n';
import { flowSchema } from './flowSchema';
import { operators } from './match';
import type { Schema } from './schema';
import { type StepEntry, stepTable } from './stepTable';

export interface Suggestion {
  label: string;
  /** A snippet: `${1:name}`, `$0`. */
  insert: string;
  /** Markdown. */
  says: string;
  /** Column of the first character that it replaces, up to the cursor. */
  from: number;
}

export interface Explanation {
  /** Markdown. */
  says: string;
  /** Columns of the words that it is about. */
  from: number;
  to: number;
}

/** A key around a place, or `item` for an entry of a list; the outermost first. */
type Around = (string | null)[];
const item = null;
const keyPattern = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^#'"{}[\],]+?)):(?:\s|$)/;
/** Keys under which a value is compared, so that matchers may stand there. */
const matched =
  /(^|\s)(receives( next| exactly| in any order)?|returned|error|logged|data|body|reason)$/;

/** `functions`: names that steps about functions may begin with. */
export function suggestAt(
  text: string,
  line: number,
  column: number,
  functions: readonly string[],
): Suggestion[] {
  const lines = text.split(/\r?\n/);
  const before = (lines[line] ?? '').slice(0, column);
  const [, indent = '', dashes = '', rest = ''] = /^(\s*)((?:-\s+)*)(.*)$/.exec(before) ?? [];
  if (rest.startsWith('#') || /^\s*-$/.test(before)) {
    return [];
  }
  const start = indent.length + dashes.length;
  const isItem = dashes !== '';
  const around = aroundOf(lines, line, isItem ? indent.length + 1 : start);
  const path = isItem ? [...around, item] : around;

  const inside = insideBraces(rest);
  if (inside !== undefined) {
    const keys = [...path, ...inside.keys];
    const from = column - inside.word.length;
    return inside.word.startsWith('$') || isMatched(keys)
      ? operatorSuggestions(from)
      : keySuggestions(schemaAt(keys), from);
  }
  const value = /^(.*?):\s+([\w-]*)$/.exec(rest);
  if (value !== null) {
    const [, key = '', word = ''] = value;
    return valueSuggestions(schemaAt([...path, key]), column - word.length);
  }
  if (rest.includes(': ')) {
    return [];
  }
  if (rest.startsWith('$') || (isMatched(path) && !isItem)) {
    return operatorSuggestions(start);
  }
  if (isItem && isStepList(around)) {
    return stepSuggestions(clientsIn(lines), functions, start);
  }
  return keySuggestions(schemaAt(path), start);
}

export function explainAt(text: string, line: number, column: number): Explanation | undefined {
  const lines = text.split(/\r?\n/);
  const whole = lines[line] ?? '';
  const [, indent = '', dashes = '', rest = ''] = /^(\s*)((?:-\s+)*)(.*)$/.exec(whole) ?? [];
  const start = indent.length + dashes.length;
  const isItem = dashes !== '';
  const around = aroundOf(lines, line, isItem ? indent.length + 1 : start);
  const key = keyOf(rest) ?? (isItem ? rest.trim() : undefined);
  if (key === undefined || key === '' || rest.startsWith('#')) {
    return undefined;
  }
  const to = start + key.length;
  if (column >= start && column <= to) {
    if (isItem && isStepList(around)) {
      const entry = stepTable().find(({ subject, words }) =>
        subject === undefined ? key === words : key.endsWith(` ${words}`),
      );
      return entry && { says: textOf(entry), from: start, to };
    }
    const says = schemaAt([...around, ...(isItem ? [item] : []), key])?.description;
    return says === undefined ? undefined : { says, from: start, to };
  }
  // A word within braces behind the key.
  const word = /[\w$-]+$/.exec(whole.slice(0, column))?.[0] ?? '';
  const end = column + (/^[\w-]*/.exec(whole.slice(column))?.[0].length ?? 0);
  const name = whole.slice(column - word.length, end);
  const inside = insideBraces(whole.slice(start, column - word.length));
  const keys = [...around, ...(isItem ? [item] : []), ...(inside?.keys ?? []), name];
  const says = inside === undefined ? undefined : schemaAt(keys)?.description;
  return says === undefined ? undefined : { says, from: column - word.length, to: end };
}

function aroundOf(lines: string[], line: number, column: number): Around {
  const found: Around = [];
  let limit = column;
  for (let at = line - 1; at >= 0 && limit > 0; at--) {
    const [, indent = '', dashes = '', rest = ''] =
      /^(\s*)((?:-\s+)*)(.*)$/.exec(lines[at] ?? '') ?? [];
    if (rest === '' || rest.startsWith('#')) {
      continue;
    }
    const start = indent.length + dashes.length;
    const key = keyOf(rest);
    if (start < limit && key !== undefined) {
      found.unshift(key);
      limit = start;
    }
    if (dashes !== '' && indent.length < limit) {
      found.unshift(item);
      limit = indent.length + 1; // The list may stand in the column of its key.
    }
  }
  return found;
}

function keyOf(text: string): string | undefined {
  const found = keyPattern.exec(text);
  return found?.[1] ?? found?.[2] ?? found?.[3]?.trim();
}

/** `ran: { for: alice, ret` → keys `ran`, word `ret`; undefined: not where a key of a `{ }` is written. */
function insideBraces(text: string): { keys: string[]; word: string } | undefined {
  const keys: string[] = [];
  let rest = text;
  let opened = 0;
  for (;;) {
    const open = /^([^{]*?):\s*\{/.exec(rest);
    if (open === null) {
      break;
    }
    const names = (open[1] ?? '').split(/[,{]/);
    keys.push((names.at(-1) ?? '').trim());
    rest = rest.slice(open[0].length);
    opened++;
  }
  const word = /(?:^|,)\s*([\w$-]*)$/.exec(rest)?.[1];
  return opened === 0 || rest.includes('}') || word === undefined ? undefined : { keys, word };
}

function isStepList(around: Around): boolean {
  const last = around.at(-1);
  return last === 'steps' || last === 'together';
}

function isMatched(path: Around): boolean {
  return path.some((each) => typeof each === 'string' && matched.test(each));
}

function schemaAt(path: Around): Schema | undefined {
  const root = flowSchema();
  return path.reduce<Schema | undefined>(
    (schema, segment) => schema && resolved(childOf(schema, segment), root),
    root,
  );
}

function childOf(schema: Schema, segment: string | null): Schema | undefined {
  if (segment === item) {
    return schema.items;
  }
  const { properties = {}, patternProperties = {}, additionalProperties } = schema;
  if (Object.hasOwn(properties, segment)) {
    return properties[segment];
  }
  // Longer words come first in the table: "receives next" is not "receives".
  const fits = Object.entries(patternProperties).find(([pattern]) =>
    new RegExp(pattern, 'u').test(segment),
  );
  return fits?.[1] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
}

function resolved(schema: Schema | undefined, root: Schema): Schema | undefined {
  const target =
    schema?.$ref === undefined
      ? schema
      : root.definitions?.[schema.$ref.replace('#/definitions/', '')];
  return target?.anyOf?.find(({ type }) => type === 'object') ?? target;
}

function keySuggestions(schema: Schema | undefined, from: number): Suggestion[] {
  return Object.entries(schema?.properties ?? {})
    .filter(([name]) => name !== '$schema')
    .map(([name, { type, description = '' }]) => {
      const types = [type].flat();
      const list = types.includes('array') && !types.includes('object');
      const insert = `${name}:${list && !types.includes('integer') ? '\n  - $0' : ' $0'}`;
      return { label: name, insert, says: description, from };
    });
}

function valueSuggestions(schema: Schema | undefined, from: number): Suggestion[] {
  const isSwitch = [schema?.type].flat().includes('boolean');
  const values = schema?.enum ?? (isSwitch ? [true, false] : []);
  return values.map((value) => ({
    label: String(value),
    insert: String(value),
    says: schema?.description ?? '',
    from,
  }));
}

function operatorSuggestions(from: number): Suggestion[] {
  const says = l10n.t('A matcher: says what the value must be like.');
  return operators.map((name) => ({ label: name, insert: `\\${name}: $0`, says, from }));
}

function stepSuggestions(
  clients: string[],
  functions: readonly string[],
  from: number,
): Suggestion[] {
  return stepTable().flatMap((entry) => {
    const { subject, words, takes } = entry;
    const end = takes === 'value' ? ': $0' : '';
    const add = (label: string, insert: string): Suggestion => ({
      label,
      insert,
      says: textOf(entry),
      from,
    });
    if (subject === undefined) {
      return [add(words, `${words}${end}`)];
    }
    const names = subject === 'client' ? clients : functions;
    return names.length === 0
      ? [add(`… ${words}`, `\${1:name} ${words}${end}`)]
      : names.map((name) => add(`${name} ${words}`, `${name} ${words}${end}`));
  });
}

function textOf({ says, example }: StepEntry): string {
  return `${says}\n\n\`\`\`yaml\n${example}\n\`\`\``;
}

/** Names under `clients`, and those that steps begin with. */
function clientsIn(lines: string[]): string[] {
  const names = new Set<string>();
  const at = lines.findIndex((each) => /^clients:/.test(each));
  const list = /^clients:\s*[[{](.*)[\]}]/.exec(lines[at] ?? '')?.[1];
  list
    ?.replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .split(',')
    .forEach((each) => names.add(each.split(':')[0]?.trim() ?? ''));
  if (at >= 0 && list === undefined) {
    let own: number | undefined;
    for (const each of lines.slice(at + 1)) {
      const [, space = '', name] = /^(\s+)(?:-\s+)?([\p{L}_][\p{L}\p{N}_-]*)/u.exec(each) ?? [];
      if (/^\S/.test(each)) {
        break;
      }
      if (name !== undefined && space.length === (own ??= space.length)) {
        names.add(name);
      }
    }
  }
  for (const each of lines) {
    const name = /^\s*-\s+([\p{L}_][\p{L}\p{N}_-]*) connects\b/u.exec(each)?.[1];
    if (name !== undefined) {
      names.add(name);
    }
  }
  names.delete('');
  return [...names];
}
