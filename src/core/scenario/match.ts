/**
 * What a message (or a value, a log line, a body) must be like. Plain values must be equal, mappings and lists are a
 * part of the JSON; a mapping whose keys begin with `$` says more.
 */
import * as l10n from '@vscode/l10n';
import {
  compareNumbers,
  isNumber,
  isWhole,
  JsonText,
  plainNumber,
  readExact,
  writeJson,
} from '../../protocol/json';
import { isRecord, typeOf } from './schema';

/** What is looked at: text and bytes as they came, JSON where the text is one. */
export type Subject =
  { is: 'text'; text: string } | { is: 'binary'; bytes: Buffer } | { is: 'value'; value: unknown };

export interface Difference {
  /** `$.user.name`, `$[2]`; `$` for the whole. */
  path: string;
  expected: string;
  got: string;
}

export interface MatchResult {
  differences: Difference[];
  /** By name, from `$capture` and named groups of `$regex`. */
  captures: Record<string, unknown>;
}

export const operators = [
  '$type',
  '$regex',
  '$absent',
  '$any',
  '$not',
  '$oneOf',
  '$contains',
  '$size',
  '$above',
  '$below',
  '$exactly',
  '$text',
  '$json',
  '$bytes',
  '$hex',
  '$capture',
] as const;

export const matchedTypes = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

export function match(expected: unknown, subject: Subject): MatchResult {
  const result: MatchResult = { differences: [], captures: {} };
  if (subject.is === 'value') {
    compare(expected, subject.value, '$', result);
    return result;
  }
  if (typeof expected === 'string') {
    compareText(expected, subject, result);
  } else if (isOperators(expected)) {
    compareWhole(expected, subject, result);
  } else {
    const json = jsonOf(subject);
    if (json === undefined) {
      differ(result, '$', render(expected), describe(subject));
    } else {
      compare(expected, json.value, '$', result);
    }
  }
  return result;
}

/** What is wrong with an expectation as it is written; empty: nothing. `path` is that within the expectation. */
export function checkMatcher(
  expected: unknown,
  report: (path: (string | number)[], message: string) => void,
  path: (string | number)[] = [],
): void {
  if (Array.isArray(expected)) {
    expected.forEach((each, index) => checkMatcher(each, report, [...path, index]));
    return;
  }
  if (!isRecord(expected)) {
    return;
  }
  const keys = Object.keys(expected);
  const withDollar = keys.filter((key) => key.startsWith('$'));
  if (withDollar.length > 0 && withDollar.length < keys.length) {
    const [first = ''] = withDollar;
    report(
      [...path, first],
      l10n.t('"{0}" is a matcher and cannot stand beside names of the JSON.', first),
    );
    return;
  }
  for (const [key, value] of Object.entries(expected)) {
    const at = [...path, key];
    if (!key.startsWith('$')) {
      checkMatcher(value, report, at);
      continue;
    }
    if (!(operators as readonly string[]).includes(key)) {
      report(at, l10n.t('There is no matcher {0}. There are: {1}.', key, operators.join(', ')));
      continue;
    }
    const problem = operatorProblem(key, value);
    if (problem !== undefined) {
      report(at, problem);
    } else if (['$not', '$oneOf', '$contains'].includes(key)) {
      checkMatcher(value, report, at);
    }
  }
}

function operatorProblem(key: string, value: unknown): string | undefined {
  switch (key) {
    case '$type':
      return [value].flat().every((each) => matchedTypes.includes(String(each)))
        ? undefined
        : l10n.t('"$type" must be one of: {0}.', matchedTypes.join(', '));
    case '$regex':
      try {
        new RegExp(String(value), 'su');
        return undefined;
      } catch (error) {
        return l10n.t('This is not a regular expression: {0}', (error as Error).message);
      }
    case '$oneOf':
      return Array.isArray(value) && value.length > 0
        ? undefined
        : l10n.t('"{0}" takes a list.', key);
    case '$size':
    case '$above':
    case '$below':
      return isNumber(value) || isVariable(value)
        ? undefined
        : l10n.t('"{0}" takes a number.', key);
    case '$absent':
    case '$any':
      return value === true ? undefined : l10n.t('"{0}" takes true.', key);
    case '$capture':
      return typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value)
        ? undefined
        : l10n.t('"$capture" takes the name of a variable: letters, digits and _.');
    case '$bytes':
      return typeof value === 'string' && /^[A-Za-z0-9+/\s]*=*$/.test(value)
        ? undefined
        : l10n.t('"$bytes" takes base64.');
    case '$hex':
      return isVariable(value) || /^([0-9a-fA-F]{2}\s*)*$/.test(String(value))
        ? undefined
        : l10n.t('"$hex" takes pairs of hexadecimal digits.');
    default:
      return undefined;
  }
}

function isVariable(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${');
}

export function isOperators(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) {
    return false;
  }
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.startsWith('$'));
}

function compareText(expected: string, subject: Subject, result: MatchResult): void {
  if (subject.is !== 'text' || subject.text !== expected) {
    differ(result, '$', JSON.stringify(expected), describe(subject));
  }
}

/** Operators on a whole message: some are about its bytes or its text, the others about its JSON. */
function compareWhole(
  expected: Record<string, unknown>,
  subject: Subject,
  result: MatchResult,
): void {
  for (const [operator, wanted] of Object.entries(expected)) {
    switch (operator) {
      case '$bytes':
      case '$hex': {
        const bytes = Buffer.from(
          String(wanted).replace(/\s/g, ''),
          operator === '$hex' ? 'hex' : 'base64',
        );
        if (subject.is !== 'binary' || !subject.bytes.equals(bytes)) {
          differ(result, '$', `binary ${hex(bytes)}`, describe(subject));
        }
        break;
      }
      case '$text':
        if (subject.is !== 'text' || subject.text !== String(wanted)) {
          differ(result, '$', JSON.stringify(String(wanted)), describe(subject));
        }
        break;
      case '$size': {
        const size =
          subject.is === 'binary' ? subject.bytes.length : Buffer.byteLength(textOf(subject) ?? '');
        if (size !== Number(wanted)) {
          differ(result, '$', l10n.t('{0} bytes', Number(wanted)), l10n.t('{0} bytes', size));
        }
        break;
      }
      case '$json':
        compareJson(wanted, subject, result);
        break;
      case '$any':
        break;
      case '$capture':
        result.captures[String(wanted)] =
          subject.is === 'binary' ? subject.bytes.toString('base64') : textOf(subject);
        break;
      case '$regex':
      case '$contains': {
        const text = textOf(subject);
        const json = jsonOf(subject);
        if (operator === '$contains' && Array.isArray(json?.value)) {
          compare({ [operator]: wanted }, json.value, '$', result);
        } else if (text === undefined) {
          differ(result, '$', render({ [operator]: wanted }), describe(subject));
        } else {
          compare({ [operator]: wanted }, text, '$', result);
        }
        break;
      }
      case '$not': {
        if (match(wanted, subject).differences.length === 0) {
          differ(result, '$', `not ${render(wanted)}`, describe(subject));
        }
        break;
      }
      case '$oneOf': {
        const fits = (wanted as unknown[]).map((each) => match(each, subject));
        const fit = fits.find(({ differences }) => differences.length === 0);
        if (fit === undefined) {
          differ(result, '$', render({ $oneOf: wanted }), describe(subject));
        } else {
          Object.assign(result.captures, fit.captures);
        }
        break;
      }
      default:
        compareJson({ [operator]: wanted }, subject, result);
    }
  }
}

function compareJson(expected: unknown, subject: Subject, result: MatchResult): void {
  const json = jsonOf(subject);
  if (json === undefined) {
    differ(result, '$', render(expected), describe(subject));
  } else {
    compare(expected, json.value, '$', result);
  }
}

function compare(expected: unknown, got: unknown, path: string, result: MatchResult): void {
  if (isOperators(expected)) {
    for (const [operator, wanted] of Object.entries(expected)) {
      compareOperator(operator, wanted, got, path, result);
    }
    return;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(got)) {
      differ(result, path, render(expected), render(got));
      return;
    }
    if (got.length !== expected.length) {
      differ(result, path, l10n.t('{0} items', expected.length), l10n.t('{0} items', got.length));
    }
    const both = Math.min(expected.length, got.length);
    for (let index = 0; index < both; index++) {
      compare(expected[index], got[index], `${path}[${index}]`, result);
    }
    return;
  }
  if (isRecord(expected)) {
    if (!isRecord(got)) {
      differ(result, path, render(expected), render(got));
      return;
    }
    for (const [key, wanted] of Object.entries(expected)) {
      const at = /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
      const isThere = Object.hasOwn(got, key);
      if (isOperators(wanted) && wanted['$absent'] === true) {
        if (isThere) {
          differ(result, at, l10n.t('nothing'), render(got[key]));
        }
      } else if (!isThere) {
        differ(result, at, render(wanted), l10n.t('nothing'));
      } else {
        compare(wanted, got[key], at, result);
      }
    }
    return;
  }
  if (!isSame(expected, got)) {
    differ(result, path, render(expected), render(got));
  }
}

function compareOperator(
  operator: string,
  wanted: unknown,
  got: unknown,
  path: string,
  result: MatchResult,
): void {
  const fail = (): void => differ(result, path, render({ [operator]: wanted }), render(got));
  switch (operator) {
    case '$any':
      return;
    case '$absent':
      return fail(); // It is there, or this would not be asked.
    case '$type': {
      const types = [wanted].flat().map(String);
      const type = typeOf(got);
      if (!types.includes(type) && !(types.includes('integer') && isInteger(got))) {
        differ(result, path, types.join(l10n.t(' or ')), render(got));
      }
      return;
    }
    case '$regex': {
      const found = typeof got === 'string' ? new RegExp(String(wanted), 'su').exec(got) : null;
      if (found === null) {
        differ(result, path, `/${String(wanted)}/`, render(got));
      } else {
        Object.assign(result.captures, found.groups);
      }
      return;
    }
    case '$not':
      if (match(wanted, { is: 'value', value: got }).differences.length === 0) {
        fail();
      }
      return;
    case '$oneOf': {
      const fits = (wanted as unknown[]).map((each) => match(each, { is: 'value', value: got }));
      const fit = fits.find(({ differences }) => differences.length === 0);
      if (fit === undefined) {
        fail();
      } else {
        Object.assign(result.captures, fit.captures);
      }
      return;
    }
    case '$contains': {
      const all = [wanted].flat<unknown[]>();
      const missing = all.filter((each) =>
        typeof got === 'string'
          ? !got.includes(String(each))
          : !(
              Array.isArray(got) &&
              got.some((item) => match(each, { is: 'value', value: item }).differences.length === 0)
            ),
      );
      if (missing.length > 0) {
        differ(result, path, l10n.t('to contain {0}', missing.map(render).join(', ')), render(got));
      }
      return;
    }
    case '$size': {
      const size =
        typeof got === 'string' || Array.isArray(got)
          ? got.length
          : isRecord(got)
            ? Object.keys(got).length
            : undefined;
      if (size !== Number(wanted)) {
        differ(
          result,
          path,
          l10n.t('size {0}', Number(wanted)),
          size === undefined ? render(got) : l10n.t('size {0}', size),
        );
      }
      return;
    }
    case '$above':
    case '$below':
      if (
        !isNumber(got) ||
        Math.sign(compareNumbers(String(got), String(wanted))) !== (operator === '$above' ? 1 : -1)
      ) {
        differ(result, path, `${operator === '$above' ? '>' : '<'} ${String(wanted)}`, render(got));
      }
      return;
    case '$exactly':
      if (canonical(wanted) !== canonical(got)) {
        fail();
      }
      return;
    case '$text':
      if (got !== String(wanted)) {
        fail();
      }
      return;
    case '$json':
      compare(wanted, got, path, result);
      return;
    case '$capture':
      result.captures[String(wanted)] = got;
      return;
    default:
      fail();
  }
}

function differ(result: MatchResult, path: string, expected: string, got: string): void {
  result.differences.push({ path, expected, got });
}

export function textOf(subject: Subject): string | undefined {
  switch (subject.is) {
    case 'text':
      return subject.text;
    case 'binary':
      return undefined;
    case 'value':
      return typeof subject.value === 'string' || subject.value === undefined
        ? subject.value
        : writeJson(subject.value);
  }
}

function jsonOf(subject: Subject): { value: unknown } | undefined {
  if (subject.is === 'value') {
    return { value: subject.value };
  }
  if (subject.is === 'binary') {
    return undefined;
  }
  return readExact(subject.text);
}

/** One line for people. */
export function describe(subject: Subject): string {
  switch (subject.is) {
    case 'text':
      return JSON.stringify(subject.text);
    case 'binary':
      return `binary ${hex(subject.bytes)}`;
    case 'value':
      return render(subject.value);
  }
}

export function hex(bytes: Buffer): string {
  const shown = bytes
    .subarray(0, 32)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ');
  return bytes.length > 32 ? `${shown} … (${bytes.length} bytes)` : shown;
}

export function render(value: unknown): string {
  return value === undefined ? l10n.t('nothing') : writeJson(value);
}

/** The same text for values that are equal, whatever the order of their keys. */
function canonical(value: unknown): string {
  return value === undefined ? '' : writeJson(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (isNumber(value)) {
    return new JsonText(plainNumber(String(value)));
  }
  return isRecord(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([key, each]) => [key, sorted(each)]),
      )
    : value;
}

export function isInteger(value: unknown): boolean {
  return isNumber(value) && isWhole(String(value));
}

/** Numbers are equal when they are the same number, however many digits they have and however they are written. */
function isSame(one: unknown, other: unknown): boolean {
  return isNumber(one) && isNumber(other)
    ? compareNumbers(String(one), String(other)) === 0
    : one === other;
}
