/**
 * Checks a parsed file against the JSON schema of scfws.json and says each finding in a plain sentence. It walks the
 * schema itself: a general validator takes a tenth of a second to compile one, at each start of a session.
 */
import * as l10n from '@vscode/l10n';
import type { JSONPath } from 'jsonc-parser';
import type { Problem } from '../../protocol/project';
import { mostProblems, parseJsonText, problemAt } from './jsonText';
import type { JsonText } from './jsonText';
import { didYouMean } from './suggestion';
import contributedSchema from '../../../schemas/scfws.schema.json';

/** The keywords that the schema uses; a test compares this reading of them with a general validator. */
interface Schema {
  $ref?: string;
  if?: Schema;
  then?: Schema;
  else?: Schema;
  type?: string;
  enum?: readonly (string | number)[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  uniqueItems?: boolean;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: false | Schema;
  propertyNames?: Schema;
}

const schema = contributedSchema as Schema & { definitions: Record<string, Schema> };

/** The same check as an editor makes with the contributed schema; `bySchema` marks what both of them say. */
export function schemaProblems(json: JsonText, value: unknown): Problem[] {
  const problems: Problem[] = [];
  check(json, schema, value, [], problems);
  if (problems.length >= mostProblems) {
    // The check ended early: what it did not look at may be worse than what it found.
    const message = l10n.t('This file has more than {0} problems.', mostProblems);
    problems.push(problemAt(json, [], 'error', message));
  }
  return problems;
}

/** What is wrong with settings of the emulator that do not stand in a project file; empty when nothing is. */
export function emulatorProblems(value: unknown): string[] {
  const problems: Problem[] = [];
  const { json } = parseJsonText('{}', '');
  check(json, schema.properties?.['emulator'] ?? {}, value, ['emulator'], problems);
  return problems.map(({ message }) => message);
}

function check(
  json: JsonText,
  part: Schema,
  value: unknown,
  path: JSONPath,
  problems: Problem[],
): void {
  if (problems.length >= mostProblems) {
    return;
  }
  const add = (message: string) =>
    problems.push({ ...problemAt(json, path, 'error', message), bySchema: true });
  const name = nameOf(path);

  if (part.$ref !== undefined) {
    const target = schema.definitions[part.$ref.replace('#/definitions/', '')];
    return target === undefined ? undefined : check(json, target, value, path, problems);
  }
  if (part.if !== undefined) {
    const branch = typeOf(value) === part.if.type ? part.then : part.else;
    return branch === undefined ? undefined : check(json, branch, value, path, problems);
  }
  if (part.type !== undefined && !hasType(value, part.type)) {
    add(sentenceOfType(name, part.type));
    return;
  }
  if (part.enum !== undefined && !part.enum.includes(value as string | number)) {
    add(sentenceOfEnum(name, part.enum, value));
  }
  if (typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity } = part;
    if (value < minimum || value > maximum) {
      add(l10n.t('"{0}" must be between {1} and {2}.', name, minimum, maximum));
    }
  } else if (typeof value === 'string') {
    if (value.length < (part.minLength ?? 0)) {
      add(l10n.t('"{0}" must not be empty.', name));
    } else if ([...value].length > (part.maxLength ?? Infinity)) {
      add(l10n.t('"{0}" is too long.', name));
    } else if (part.pattern !== undefined && !new RegExp(part.pattern, 'u').test(value)) {
      add(sentenceOfPattern(name, value));
    }
  } else if (Array.isArray(value)) {
    checkList(json, part, value, path, problems, add);
  } else if (typeOf(value) === 'object') {
    checkObject(json, part, value as Record<string, unknown>, path, problems);
  }
}

function checkList(
  json: JsonText,
  part: Schema,
  list: unknown[],
  path: JSONPath,
  problems: Problem[],
  add: (message: string) => void,
): void {
  if (list.length < (part.minItems ?? 0)) {
    add(l10n.t('"{0}" must not be empty.', nameOf(path)));
  }
  if (part.uniqueItems === true && new Set(list).size !== list.length) {
    add(l10n.t('"{0}" lists something twice.', nameOf(path)));
  }
  if (part.items !== undefined) {
    for (const [index, item] of list.entries()) {
      check(json, part.items, item, [...path, index], problems);
    }
  }
}

function checkObject(
  json: JsonText,
  part: Schema,
  object: Record<string, unknown>,
  path: JSONPath,
  problems: Problem[],
): void {
  const add = (at: JSONPath, severity: Problem['severity'], message: string) =>
    problems.push({ ...problemAt(json, at, severity, message, 'key'), bySchema: true });
  const { properties = {}, propertyNames, additionalProperties } = part;

  for (const missing of part.required ?? []) {
    if (!Object.hasOwn(object, missing)) {
      add(path, 'error', l10n.t('"{0}" is missing here.', missing));
    }
  }
  for (const [key, value] of Object.entries(object)) {
    if (problems.length >= mostProblems) {
      return;
    }
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (propertyNames?.pattern !== undefined && !new RegExp(propertyNames.pattern, 'u').test(key)) {
      const message = l10n.t('"{0}" cannot be the name of an environment variable.', key);
      add([...path, key], 'error', message);
    }
    if (known !== undefined) {
      check(json, known, value, [...path, key], problems);
    } else if (additionalProperties === false) {
      const hint = didYouMean(key, Object.keys(properties));
      add([...path, key], 'warning', l10n.t('"{0}" means nothing here.', key) + hint);
    } else if (additionalProperties !== undefined) {
      check(json, additionalProperties, value, [...path, key], problems);
    }
  }
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function hasType(value: unknown, type: string): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type;
}

/** The name that a person sees for a place: of a list's item, the list's. */
function nameOf(path: JSONPath): string {
  const name = path.filter((segment) => typeof segment === 'string').at(-1);
  return name === undefined ? 'scfws.json' : String(name);
}

function sentenceOfType(name: string, type: unknown): string {
  switch (type) {
    case 'string':
      return l10n.t('"{0}" must be text in double quotes.', name);
    case 'integer':
      return l10n.t('"{0}" must be a whole number.', name);
    case 'boolean':
      return l10n.t('"{0}" must be true or false.', name);
    case 'array':
      return l10n.t('"{0}" must be a list in square brackets.', name);
    default:
      return l10n.t('"{0}" must be an object in braces.', name);
  }
}

function sentenceOfEnum(name: string, allowed: readonly unknown[], written: unknown): string {
  if (name === 'memory') {
    return l10n.t('"{0}" must be 64, or 128 to 3072 in steps of 128.', name);
  }
  const words = allowed.map(String);
  const hint = typeof written === 'string' ? didYouMean(written, words) : '';
  return l10n.t('"{0}" must be one of: {1}.', name, words.join(', ')) + hint;
}

const runtimeNames = ['Python3', 'Python2.7', 'Nodejs', 'CustomRuntime', 'Go1'];

function sentenceOfPattern(name: string, written: string): string {
  switch (name) {
    case 'path':
      return l10n.t('"{0}" must start with / and hold no space, ? or #.', name);
    case 'runtime': {
      const sentence = l10n.t(
        '"{0}" must be a runtime such as Python3.9, Nodejs18.15, CustomRuntime or Go1.',
        name,
      );
      return sentence + didYouMean(written, runtimeNames);
    }
    case 'service':
    case 'name':
      return l10n.t('"{0}" must have 1 to 60 characters, without / and \\.', name);
    default:
      return l10n.t('"{0}" must not hold a NUL character.', name);
  }
}
