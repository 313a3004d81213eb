/**
 * Checks a parsed file against the JSON schema of scfws.json and says each finding in a plain sentence. The validator
 * is ajv's own code, compiled from the schema by the build, so that no start of a session pays for compiling it.
 */
import * as l10n from '@vscode/l10n';
import nodePath from 'node:path';
import type { DefinedError } from 'ajv';
import type { JSONPath } from 'jsonc-parser';
import type { Problem } from '../../protocol/project';
import { validateEmulator, validateProject } from './compiled/scfwsSchema';
import { mostProblems, parseJsonText, problemAt } from './jsonText';
import type { JsonText } from './jsonText';
import { didYouMean } from './suggestion';

/** The same check as an editor makes with the contributed schema; `bySchema` marks what both of them say. */
export function schemaProblems(json: JsonText, value: unknown): Problem[] {
  validateProject(value);
  const problems = problemsOf(json, value, validateProject.errors ?? []);
  if (problems.length >= mostProblems) {
    // What is left out may be worse than what is told.
    const message = l10n.t('This file has more than {0} problems.', mostProblems);
    problems.push(problemAt(json, [], 'error', message));
  }
  return problems;
}

/** What is wrong with settings of the emulator that do not stand in a project file; empty when nothing is. */
export function emulatorProblems(value: unknown): string[] {
  validateEmulator(value);
  const { json } = parseJsonText('{}', '');
  return problemsOf(json, value, validateEmulator.errors ?? []).map(({ message }) => message);
}

/** The findings of a compiled schema, each at its place and as a sentence. */
export function problemsOf(
  json: JsonText,
  value: unknown,
  errors: readonly DefinedError[],
): Problem[] {
  // What has the wrong type needs no word about its value.
  const mistyped = new Set(
    errors.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath),
  );
  const problems: Problem[] = [];
  for (const error of errors) {
    if (problems.length >= mostProblems) {
      break;
    }
    if (error.keyword === 'type' || !mistyped.has(error.instancePath)) {
      const problem = problemOf(json, value, error);
      if (problem !== undefined) {
        problems.push({ ...problem, bySchema: true });
      }
    }
  }
  return problems.sort(byPlace);
}

function byPlace(one: Problem, other: Problem): number {
  const [a, b] = [one.range, other.range];
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

/** Undefined for errors that only say that another one was found below. */
function problemOf(json: JsonText, value: unknown, error: DefinedError): Problem | undefined {
  const at = pathOf(value, error.instancePath);
  const name = nameOf(at, json.file);
  const here = (message: string) => problemAt(json, at, 'error', message);
  switch (error.keyword) {
    case 'type':
      return here(sentenceOfType(name, error.params.type));
    case 'enum':
      return here(sentenceOfEnum(name, error.params.allowedValues as unknown[], error.data));
    case 'minimum':
    case 'maximum': {
      const { minimum = 0, maximum = 0 } = error.parentSchema as Record<string, number | undefined>;
      return here(l10n.t('"{0}" must be between {1} and {2}.', name, minimum, maximum));
    }
    case 'minLength':
    case 'minItems':
      return here(l10n.t('"{0}" must not be empty.', name));
    case 'maxLength':
      return here(l10n.t('"{0}" is too long.', name));
    case 'uniqueItems':
      return here(l10n.t('"{0}" lists something twice.', name));
    case 'pattern': {
      const { propertyName } = error;
      if (propertyName === undefined) {
        return here(sentenceOfPattern(name, String(error.data)));
      }
      const message = l10n.t('"{0}" cannot be the name of an environment variable.', propertyName);
      return problemAt(json, [...at, propertyName], 'error', message, 'key');
    }
    case 'required': {
      const message = l10n.t('"{0}" is missing here.', error.params.missingProperty);
      return problemAt(json, at, 'error', message, 'key');
    }
    case 'additionalProperties': {
      const key = error.params.additionalProperty;
      const known = (error.parentSchema as { properties?: object }).properties ?? {};
      const hint = didYouMean(key, Object.keys(known));
      const message = l10n.t('"{0}" means nothing here.', key) + hint;
      return problemAt(json, [...at, key], 'warning', message, 'key');
    }
    case 'if':
    case 'propertyNames':
      return undefined;
    default:
      // A keyword that the schema did not use yet: better ajv's own English than nothing.
      return here(`"${name}" ${error.message ?? error.keyword}`);
  }
}

/** ajv's JSON pointer, with numbers where the value is a list. */
function pathOf(value: unknown, pointer: string): JSONPath {
  const path: JSONPath = [];
  let current = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(current) ? Number(key) : key);
    current = (current as Record<string, unknown> | undefined)?.[key];
  }
  return path;
}

/** The name that a person sees for a place: of a list's item, the list's. */
function nameOf(path: JSONPath, file: string): string {
  const name = path.filter((segment) => typeof segment === 'string').at(-1);
  return name === undefined ? nodePath.basename(file) : String(name);
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
