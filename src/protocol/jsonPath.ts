/** `$.user.name == 'ann'`: one comparison with one member of a JSON payload. Part of the filter language. */
import { compareNumbers, stringOf, type JsonLeaf, type JsonNode } from './json';

export type JsonStep = string | number | '*';
export type JsonOperator = '==' | '!=' | '>' | '>=' | '<' | '<=' | '~' | 'exists';

export interface JsonTerm {
  test: 'json';
  path: JsonStep[];
  operator: JsonOperator;
  value: string | boolean | null | JsonNumber;
}

/** A number with all its digits: ids of 64 bits are everyday ones. */
export interface JsonNumber {
  number: string;
}

/** As other languages write the same. */
const otherSigns: Record<string, JsonOperator> = { '=': '==', '===': '==', '!==': '!=', '=~': '~' };

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
  const operator = /\s*(===|!==|==|!=|>=|<=|>|<|=~|~|=)\s*/y;
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
        ? { number: match[3] }
        : match[4] !== undefined
          ? (JSON.parse(match[4].toLowerCase()) as boolean | null)
          : match[5]!;
  const sign = otherSigns[found[1]!] ?? (found[1] as JsonOperator);
  return { end: literal.lastIndex, test: { test: 'json', path, operator: sign, value } };
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

function wordEnd(source: string, at: number): number {
  const rest = source.slice(at).search(/\s/);
  return rest < 0 ? source.length : at + rest;
}

/** `undefined`, the sign of no JSON, matches nothing. `*` means any member; a name that comes twice, each of them. */
export function matchJson(term: JsonTerm, json: JsonNode | undefined): boolean {
  return json !== undefined && walk(term, json, 0);
}

/** Whether the text can hold what the path names; reading it costs much more than this. */
export function mayMatch({ path }: JsonTerm, text: string): boolean {
  const name = path.findLast((step) => typeof step === 'string' && step !== '*');
  return name === undefined || text.includes(String(name)) || text.includes('\\');
}

function walk(term: JsonTerm, node: JsonNode, depth: number): boolean {
  const step = term.path[depth];
  if (step === undefined) {
    return compare(term, node);
  }
  if (node.kind === 'list') {
    const item = step === '*' ? undefined : node.items[Number(step)];
    return step === '*'
      ? node.items.some((each) => walk(term, each, depth + 1))
      : item !== undefined && walk(term, item, depth + 1);
  }
  return (
    node.kind === 'object' &&
    node.members.some(
      ({ name, value }) => (step === '*' || name === String(step)) && walk(term, value, depth + 1),
    )
  );
}

function compare({ operator, value: wanted }: JsonTerm, node: JsonNode): boolean {
  switch (operator) {
    case 'exists':
      return true;
    case '==':
      return order(node, wanted) === 0;
    case '!=':
      return order(node, wanted) !== 0;
    case '~':
      return (
        node.kind === 'string' &&
        stringOf(node).toLowerCase().includes(textOf(wanted).toLowerCase())
      );
    default: {
      const sign = order(node, wanted);
      if (sign === undefined || (node.kind !== 'number' && node.kind !== 'string')) {
        return false;
      }
      return operator === '>'
        ? sign > 0
        : operator === '>='
          ? sign >= 0
          : operator === '<'
            ? sign < 0
            : sign <= 0;
    }
  }
}

/** Below 0, 0 or above 0; undefined for what cannot be compared. Numbers are compared with all their digits. */
function order(node: JsonNode, wanted: JsonTerm['value']): number | undefined {
  if (node.kind === 'list' || node.kind === 'object') {
    return undefined;
  }
  if (node.kind === 'string') {
    const text = stringOf(node);
    return typeof wanted !== 'string' ? undefined : text < wanted ? -1 : text > wanted ? 1 : 0;
  }
  if (node.kind === 'number') {
    return wanted !== null && typeof wanted === 'object'
      ? compareNumbers(node.source, wanted.number)
      : undefined;
  }
  return isWord(node, wanted) ? 0 : undefined;
}

function isWord({ source }: JsonLeaf, wanted: JsonTerm['value']): boolean {
  return (wanted === null || typeof wanted === 'boolean') && source === String(wanted);
}

function textOf(wanted: JsonTerm['value']): string {
  return wanted !== null && typeof wanted === 'object' ? wanted.number : String(wanted);
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
