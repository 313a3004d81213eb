/** `$.user.name == 'ann'`: one comparison with one member of a JSON payload. Part of the filter language. */

export type JsonStep = string | number | '*';
export type JsonOperator = '==' | '!=' | '>' | '>=' | '<' | '<=' | '~' | 'exists';

export interface JsonTerm {
  test: 'json';
  path: JsonStep[];
  operator: JsonOperator;
  value: string | number | boolean | null;
}

type Read =
  | { end: number; test: JsonTerm }
  | { end: number; test?: undefined; message: string; values?: string[]; from?: number };

/** Null when the text at `at` is not meant as a path, like a price (`$100`). */
export function parseJsonTerm(source: string, at: number): Read | null {
  const path: JsonStep[] = [];
  let end = at + 1;
  for (;;) {
    const step =
      /\.([\p{L}_$][\p{L}\p{N}_$-]*|\*)|\[\s*(?:(\d+)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\*))\s*\]/uy;
    step.lastIndex = end;
    const match = step.exec(source);
    if (!match) {
      break;
    }
    const name = match[1] ?? match[3] ?? match[4] ?? match[5];
    path.push(match[2] !== undefined ? Number(match[2]) : unescape(name!));
    end = step.lastIndex;
  }
  if (path.length === 0) {
    return source[end] === '.' || source[end] === '['
      ? { end: wordEnd(source, end), message: 'A member is expected after $: $.name or $[0]' }
      : null;
  }
  const operator = /\s*(==|!=|>=|<=|>|<|=~|~|=)\s*/y;
  operator.lastIndex = end;
  const found = operator.exec(source);
  if (!found) {
    return end < source.length && !/\s/.test(source[end]!)
      ? {
          end: wordEnd(source, end),
          from: end,
          message: 'This is no path: {0}',
          values: [source.slice(end, wordEnd(source, end))],
        }
      : { end, test: { test: 'json', path, operator: 'exists', value: null } };
  }
  const valueAt = operator.lastIndex;
  const literal =
    /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?=\s|$)|(true|false|null)(?=\s|$)|([^\s'"]+)/iy;
  literal.lastIndex = valueAt;
  const match = literal.exec(source);
  if (!match) {
    return {
      end: source.length,
      from: end,
      message: 'A value is missing after {0}',
      values: [found[1]!],
    };
  }
  const text = match[1] ?? match[2];
  const value =
    text !== undefined
      ? unescape(text)
      : match[3] !== undefined
        ? Number(match[3])
        : match[4] !== undefined
          ? (JSON.parse(match[4].toLowerCase()) as boolean | null)
          : match[5]!;
  const sign = found[1] === '=' ? '==' : found[1] === '=~' ? '~' : (found[1] as JsonOperator);
  return { end: literal.lastIndex, test: { test: 'json', path, operator: sign, value } };
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

function wordEnd(source: string, at: number): number {
  const rest = source.slice(at).search(/\s/);
  return rest < 0 ? source.length : at + rest;
}

/** `undefined`, the sign of no JSON, matches nothing. `*` means any member. */
export function matchJson(term: JsonTerm, json: unknown): boolean {
  return json === undefined ? false : walk(term, json, 0);
}

function walk(term: JsonTerm, value: unknown, depth: number): boolean {
  const step = term.path[depth];
  if (step === undefined) {
    return compare(term, value);
  }
  if (value === null || typeof value !== 'object') {
    return false;
  }
  if (step === '*') {
    return Object.values(value).some((member) => walk(term, member, depth + 1));
  }
  return Object.hasOwn(value, step)
    ? walk(term, (value as Record<string | number, unknown>)[step], depth + 1)
    : false;
}

function compare({ operator, value: wanted }: JsonTerm, value: unknown): boolean {
  switch (operator) {
    case 'exists':
      return true;
    case '==':
      return value === wanted;
    case '!=':
      return value !== wanted;
    case '~':
      return (
        typeof value === 'string' && value.toLowerCase().includes(String(wanted).toLowerCase())
      );
    default:
      if (
        typeof value !== typeof wanted ||
        (typeof value !== 'number' && typeof value !== 'string')
      ) {
        return false;
      }
      return operator === '>'
        ? value > wanted!
        : operator === '>='
          ? value >= wanted!
          : operator === '<'
            ? value < wanted!
            : value <= wanted!;
  }
}

/** `$.users[0].name`, as the language writes it. */
export function formatPath(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number'
        ? `${text}[${step}]`
        : /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step)
          ? `${text}.${step}`
          : `${text}[${JSON.stringify(step)}]`,
    '$',
  );
}
