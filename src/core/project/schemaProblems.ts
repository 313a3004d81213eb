/** Checks a parsed file against the JSON schema of scfws.json and says each finding in a plain sentence. */
import * as l10n from '@vscode/l10n';
import Ajv from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { JSONPath } from 'jsonc-parser';
import type { Problem } from '../../protocol/project';
import { problemAt } from './jsonText';
import type { JsonText } from './jsonText';
import { didYouMean } from './suggestion';
import schema from '../../../schemas/scfws.schema.json';

let compiled: ValidateFunction | undefined;

function validator(): ValidateFunction {
  compiled ??= new Ajv({
    allErrors: true,
    verbose: true,
    strict: false, // The schema also carries keywords for editors (defaultSnippets).
  }).compile(schema);
  return compiled;
}

/** The same check as an editor makes with the contributed schema; `bySchema` marks what both of them say. */
export function schemaProblems(json: JsonText, value: unknown): Problem[] {
  const validate = validator();
  validate(value);
  const problems: Problem[] = [];
  for (const error of validate.errors ?? []) {
    const problem = problemOf(json, error);
    if (problem !== undefined) {
      problems.push({ ...problem, bySchema: true });
    }
  }
  return problems;
}

interface SchemaPart {
  minimum?: number;
  maximum?: number;
  properties?: Record<string, unknown>;
}

function problemOf(json: JsonText, error: ErrorObject): Problem | undefined {
  const path = pathOf(error.instancePath, json);
  const name = nameOf(path);
  const part = (error.parentSchema ?? {}) as SchemaPart;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required': {
      const missing = String(params['missingProperty']);
      return problemAt(json, path, 'error', l10n.t('"{0}" is missing here.', missing), 'key');
    }
    case 'additionalProperties': {
      const unknown = String(params['additionalProperty']);
      const known = Object.keys(part.properties ?? {});
      const message = l10n.t('"{0}" means nothing here.', unknown) + didYouMean(unknown, known);
      return problemAt(json, [...path, unknown], 'warning', message, 'key');
    }
    case 'type':
      return problemAt(json, path, 'error', sentenceOfType(name, params['type']));
    case 'enum': {
      const allowed = params['allowedValues'] as unknown[];
      return problemAt(json, path, 'error', sentenceOfEnum(name, allowed, error.data));
    }
    case 'minimum':
    case 'maximum': {
      const message = l10n.t(
        '"{0}" must be between {1} and {2}.',
        name,
        part.minimum ?? 0,
        part.maximum ?? 0,
      );
      return problemAt(json, path, 'error', message);
    }
    case 'minItems':
    case 'minLength':
      return problemAt(json, path, 'error', l10n.t('"{0}" must not be empty.', name));
    case 'maxLength':
      return problemAt(json, path, 'error', l10n.t('"{0}" is too long.', name));
    case 'uniqueItems':
      return problemAt(json, path, 'error', l10n.t('"{0}" lists something twice.', name));
    case 'pattern':
      // For a wrong name of a property, ajv reports `pattern` first and `propertyNames` afterwards.
      return error.propertyName === undefined
        ? problemAt(json, path, 'error', sentenceOfPattern(path, error.data))
        : undefined;
    case 'propertyNames': {
      const wrong = String(params['propertyName']);
      const message = l10n.t('"{0}" cannot be the name of an environment variable.', wrong);
      return problemAt(json, [...path, wrong], 'error', message, 'key');
    }
    case 'if':
      return undefined; // Its branch has been reported.
    default:
      return problemAt(json, path, 'error', l10n.t('"{0}" is not valid here.', name));
  }
}

function pathOf(pointer: string, json: JsonText): JSONPath {
  const path: JSONPath = [];
  let node = json.root;
  for (const escaped of pointer.split('/').slice(1)) {
    const segment = escaped.replace(/~1/g, '/').replace(/~0/g, '~');
    if (node?.type === 'array') {
      path.push(Number(segment));
      node = node.children?.[Number(segment)];
    } else {
      path.push(segment);
      const same = node?.children?.filter((child) => child.children?.[0]?.value === segment);
      node = same?.at(-1)?.children?.[1];
    }
  }
  return path;
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

function sentenceOfEnum(name: string, allowed: unknown[], written: unknown): string {
  if (name === 'memory') {
    return l10n.t('"{0}" must be 64, or 128 to 3072 in steps of 128.', name);
  }
  const words = allowed.map(String);
  const hint = typeof written === 'string' ? didYouMean(written, words) : '';
  return l10n.t('"{0}" must be one of: {1}.', name, words.join(', ')) + hint;
}

const runtimeNames = ['Python3', 'Python2.7', 'Nodejs', 'CustomRuntime', 'Go1'];

function sentenceOfPattern(path: JSONPath, written: unknown): string {
  const name = nameOf(path);
  switch (name) {
    case 'path':
      return l10n.t('"{0}" must start with / and hold no space, ? or #.', name);
    case 'runtime': {
      const sentence = l10n.t(
        '"{0}" must be a runtime such as Python3.9, Nodejs18.15, CustomRuntime or Go1.',
        name,
      );
      return sentence + didYouMean(String(written), runtimeNames);
    }
    case 'service':
    case 'name':
      return l10n.t('"{0}" must have 1 to 60 characters, without / and \\.', name);
    default:
      return l10n.t('"{0}" must not hold a NUL character.', name);
  }
}
