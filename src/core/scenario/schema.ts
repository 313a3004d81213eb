/** The part of JSON Schema that flows need, and its check against a value with a place for each finding. */
import * as l10n from '@vscode/l10n';
import { isNumber, writeJson } from '../../protocol/json';
import { didYouMean } from '../project/suggestion';

export interface Schema {
  type?: SchemaType | SchemaType[];
  description?: string;
  enum?: readonly (string | number | boolean)[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  minLength?: number;
  pattern?: string;
  /** What the pattern means, for people; not a keyword of JSON Schema. */
  patternSays?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  $ref?: string;
  definitions?: Record<string, Schema>;
  examples?: unknown[];
  title?: string;
  $schema?: string;
}

type SchemaType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';
export type ValuePath = (string | number)[];

/** `at`: of the value, or of the key that leads to it. */
export type Report = (path: ValuePath, at: 'key' | 'value', message: string) => void;

/** Reports what is wrong with a value. `$ref` and `anyOf` are for editors; a flow's own reading knows what they say. */
export function checkShape(schema: Schema, value: unknown, path: ValuePath, report: Report): void {
  const name = nameOf(path);
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => hasType(value, type))) {
    const wanted = types.map(typeName).join(l10n.t(' or '));
    report(path, 'value', l10n.t('"{0}" must be {1}, not {2}.', name, wanted, shown(value)));
    return;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    const words = schema.enum.map(String);
    const hint = typeof value === 'string' ? didYouMean(value, words) : '';
    report(path, 'value', l10n.t('"{0}" must be one of: {1}.', name, words.join(', ')) + hint);
  }
  if (isNumber(value)) {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    if (Number(value) < minimum || Number(value) > maximum) {
      report(
        path,
        'value',
        maximum === Infinity
          ? l10n.t('"{0}" must be at least {1}.', name, minimum)
          : l10n.t('"{0}" must be between {1} and {2}.', name, minimum, maximum),
      );
    }
  } else if (typeof value === 'string') {
    if (value.length < (schema.minLength ?? 0)) {
      report(path, 'value', l10n.t('"{0}" must not be empty.', name));
    } else if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
      report(
        path,
        'value',
        l10n.t('"{0}" must be {1}, not {2}.', name, schema.patternSays ?? '', shown(value)),
      );
    }
  } else if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) {
      report(path, 'value', l10n.t('"{0}" must not be empty.', name));
    }
    if (schema.items !== undefined) {
      for (const [index, item] of value.entries()) {
        checkShape(schema.items, item, [...path, index], report);
      }
    }
  } else if (isRecord(value)) {
    checkRecord(schema, value, path, report);
  }
}

function checkRecord(
  schema: Schema,
  value: Record<string, unknown>,
  path: ValuePath,
  report: Report,
): void {
  const { properties = {}, additionalProperties, required = [] } = schema;
  for (const missing of required) {
    if (!Object.hasOwn(value, missing)) {
      report(path, 'key', l10n.t('"{0}" is missing here.', missing));
    }
  }
  for (const [key, each] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known !== undefined) {
      checkShape(known, each, [...path, key], report);
    } else if (additionalProperties === false) {
      const names = Object.keys(properties);
      const hint = didYouMean(key, names) || l10n.t(' Known here: {0}.', names.join(', '));
      report([...path, key], 'key', l10n.t('"{0}" means nothing here.', key) + hint);
    } else if (typeof additionalProperties === 'object') {
      checkShape(additionalProperties, each, [...path, key], report);
    }
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumber(value);
}

function hasType(value: unknown, type: SchemaType): boolean {
  if (type === 'integer') {
    return Number.isInteger(isNumber(value) ? Number(value) : value);
  }
  return type === typeOf(value);
}

export function typeOf(value: unknown): SchemaType {
  return value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : isNumber(value)
        ? 'number'
        : (typeof value as 'string' | 'number' | 'boolean' | 'object');
}

function typeName(type: SchemaType): string {
  switch (type) {
    case 'string':
      return l10n.t('text');
    case 'number':
      return l10n.t('a number');
    case 'integer':
      return l10n.t('a whole number');
    case 'boolean':
      return l10n.t('true or false');
    case 'object':
      return l10n.t('a mapping');
    case 'array':
      return l10n.t('a list');
    case 'null':
      return l10n.t('nothing');
  }
}

function shown(value: unknown): string {
  switch (typeOf(value)) {
    case 'object':
      return l10n.t('a mapping');
    case 'array':
      return l10n.t('a list');
    case 'null':
      return l10n.t('nothing');
    default: {
      const text = writeJson(value);
      return text.length > 60 ? `${text.slice(0, 59)}…` : text;
    }
  }
}

function nameOf(path: ValuePath): string {
  return String(path.filter((segment) => typeof segment === 'string').at(-1) ?? '');
}
