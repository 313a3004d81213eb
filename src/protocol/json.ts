/**
 * JSON as it is written: a reader that keeps the source of every value. `JSON.parse` cannot say what was sent: ids of
 * 64 bits and `1.10` change, `1e400` is lost, and so is the first of two members with one name.
 */

export type JsonNode = JsonLeaf | JsonList | JsonObject;

export interface JsonLeaf {
  kind: 'string' | 'number' | 'boolean' | 'null';
  /** As it is written, a string with its quotes. */
  source: string;
  start: number;
  end: number;
}

export interface JsonList {
  kind: 'list';
  items: JsonNode[];
  start: number;
  end: number;
}

export interface JsonObject {
  kind: 'object';
  /** As they are written; a name may come twice. */
  members: { name: string; value: JsonNode }[];
  start: number;
  end: number;
}

/** The value of a text with the places of its parts; undefined when it is no JSON. */
export function readJson(text: string): JsonNode | undefined {
  return isJson(text) ? scan(text) : undefined;
}

export function isJson(text: string): boolean {
  const first = /[^ \t\r\n]/.exec(text)?.[0];
  if (first === undefined || !'{["-0123456789tfn'.includes(first)) {
    return false;
  }
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * What a text says, as `JSON.parse` does, but numbers that a double would change keep what they are: whole ones as
 * bigints, others as exact numbers. Throws when it is no JSON.
 */
export function parseExact(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!/\d[\d.]{15}|\d[eE]/.test(text)) {
    return value;
  }
  try {
    return exactValue(scan(text));
  } catch {
    return value; // Nested more deeply than the stack goes.
  }
}

/** The same for text that may be none: undefined then. */
export function readExact(text: string): { value: unknown } | undefined {
  try {
    return { value: parseExact(text) };
  } catch {
    return undefined;
  }
}

/** What it says as JSON; the text itself, where it is none. */
export function exactOrText(text: string): unknown {
  const read = readExact(text);
  return read === undefined ? text : read.value;
}

function exactValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ name, value }) => [name, exactValue(value)]));
    case 'list':
      return node.items.map(exactValue);
    case 'number':
      return exactNumber(node.source);
    default:
      return JSON.parse(node.source);
  }
}

function exactNumber(source: string): number | bigint | ExactNumber {
  const value = Number(source);
  if (/^-?\d+$/.test(source)) {
    return Number.isSafeInteger(value) ? value : BigInt(source);
  }
  return Number.isFinite(value) && compareNumbers(String(value), source) === 0
    ? value
    : new ExactNumber(source);
}

/** What a string says. */
export function stringOf({ source }: JsonLeaf): string {
  return decode(source);
}

/** The last member of that name, which is the one that most parsers take. */
export function memberOf(node: JsonNode | undefined, name: string): JsonNode | undefined {
  return node?.kind === 'object'
    ? node.members.findLast((member) => member.name === name)?.value
    : undefined;
}

function decode(source: string): string {
  return source.includes('\\') ? (JSON.parse(source) as string) : source.slice(1, -1);
}

/** Reads what is known to be JSON; without recursion, for it may be nested as deeply as anybody likes. */
function scan(text: string): JsonNode {
  const open: (JsonList | JsonObject)[] = [];
  let name: string | undefined;
  let root: JsonNode | undefined;
  const add = (node: JsonNode): void => {
    const parent = open.at(-1);
    if (parent === undefined) {
      root = node;
    } else if (parent.kind === 'list') {
      parent.items.push(node);
    } else {
      parent.members.push({ name: name as string, value: node });
      name = undefined;
    }
  };
  for (let start = skipSpace(text, 0); start < text.length;) {
    const end = endOfToken(text, start);
    switch (text[start]) {
      case '{':
      case '[': {
        const node: JsonList | JsonObject =
          text[start] === '{'
            ? { kind: 'object', members: [], start, end }
            : { kind: 'list', items: [], start, end };
        add(node);
        open.push(node);
        break;
      }
      case '}':
      case ']':
        (open.pop() as JsonList | JsonObject).end = end;
        break;
      case ',':
      case ':':
        break;
      case '"': {
        const source = text.slice(start, end);
        if (name === undefined && open.at(-1)?.kind === 'object') {
          name = decode(source);
        } else {
          add({ kind: 'string', source, start, end });
        }
        break;
      }
      default: {
        const source = text.slice(start, end);
        add({ kind: wordKinds[source] ?? 'number', source, start, end });
      }
    }
    start = skipSpace(text, end);
  }
  return root as JsonNode;
}

const wordKinds: Record<string, 'boolean' | 'null' | undefined> = {
  true: 'boolean',
  false: 'boolean',
  null: 'null',
};

function skipSpace(text: string, at: number): number {
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) {
      return at;
    }
    at++;
  }
}

const wordEnd = /[\s,\]}]|$/g;

function endOfToken(text: string, start: number): number {
  switch (text[start]) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ',':
    case ':':
      return start + 1;
    case '"':
      return endOfString(text, start);
    default:
      wordEnd.lastIndex = start;
      return wordEnd.exec(text)?.index ?? text.length;
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 92) {
      slashes++;
    }
    if (slashes % 2 === 0) {
      return at + 1;
    }
  }
}

// -- writing

/** How the strings of a text are written: as in the source, or so that people can read them. */
export type StringForm = 'source' | 'readable';

/** More is no help to a reader, and would make much of a text that is nested deeply. */
const deepestIndent = 100;

/** The same text, a member a line; undefined when it is no JSON. */
export function prettyJson(text: string, form: StringForm = 'source'): string | undefined {
  if (!isJson(text)) {
    return undefined;
  }
  const parts: string[] = [];
  let depth = 0;
  const newLine = (): void => void parts.push('\n', '  '.repeat(Math.min(depth, deepestIndent)));
  const tokens = tokensOf(text);
  tokens.forEach((token, index) => {
    switch (token) {
      case '{':
      case '[':
        parts.push(token);
        if (!isEnd(tokens[index + 1])) {
          depth++;
          newLine();
        }
        break;
      case '}':
      case ']':
        if (!isStart(tokens[index - 1])) {
          depth--;
          newLine();
        }
        parts.push(token);
        break;
      case ',':
        parts.push(token);
        newLine();
        break;
      case ':':
        parts.push(': ');
        break;
      default:
        parts.push(form === 'readable' && token[0] === '"' ? readable(token) : token);
    }
  });
  return parts.join('');
}

/** The same text on one line, without the space between its parts; undefined when it is no JSON. */
export function compactJson(text: string): string | undefined {
  return isJson(text) ? tokensOf(text).join('') : undefined;
}

/** A JSON string with nothing escaped that can be read as it is. */
export function readable(source: string): string {
  return source.includes('\\') ? JSON.stringify(JSON.parse(source)) : source;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let start = skipSpace(text, 0); start < text.length;) {
    const end = endOfToken(text, start);
    tokens.push(text.slice(start, end));
    start = skipSpace(text, end);
  }
  return tokens;
}

function isStart(token: string | undefined): boolean {
  return token === '{' || token === '[';
}

function isEnd(token: string | undefined): boolean {
  return token === '}' || token === ']';
}

/** JSON that is written into other JSON as it is. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** A number as it is written, in the form of JSON: with digits that a double has no room for, or `1.0`, which is no `1`. */
export class ExactNumber extends JsonText {
  override toString(): string {
    return this.text;
  }
}

export function isNumber(value: unknown): value is number | bigint | ExactNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber;
}

/** A value of another format as JSON; what JSON cannot say is said in text. Integers keep all their digits. */
export function writeJson(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value)
        ? Object.is(value, -0)
          ? '-0'
          : String(value)
        : JSON.stringify(String(value));
    case 'object':
      if (value === null) {
        return 'null';
      }
      if (value instanceof JsonText) {
        return value.text;
      }
      if (Array.isArray(value)) {
        return `[${value.map(writeJson).join(',')}]`;
      }
      return `{${entriesOf(value)
        .map(([name, member]) => `${JSON.stringify(nameOf(name))}:${writeJson(member)}`)
        .join(',')}}`;
    default:
      return JSON.stringify(value) ?? JSON.stringify(String(value));
  }
}

function entriesOf(value: object): [unknown, unknown][] {
  return value instanceof Map
    ? [...value]
    : Object.entries(value).filter(([, member]) => member !== undefined);
}

function nameOf(name: unknown): string {
  return typeof name === 'string' ? name : writeJson(name);
}

// -- numbers

/** Which of two numbers is larger, digit by digit: below 0, 0 or above 0, as sorting wants it. */
export function compareNumbers(one: string, other: string): number {
  if (one.length <= 15 && other.length <= 15 && !/e/i.test(one + other)) {
    return Number(one) - Number(other); // Both are exact, or differ by more than is lost.
  }
  const a = decimalOf(one);
  const b = decimalOf(other);
  if (a.sign !== b.sign) {
    return a.sign - b.sign;
  }
  if (a.sign === 0) {
    return 0;
  }
  if (a.exponent !== b.exponent) {
    return a.sign * (a.exponent - b.exponent);
  }
  return a.digits === b.digits ? 0 : a.sign * (a.digits < b.digits ? -1 : 1);
}

export function isWhole(number: string): boolean {
  const { digits, exponent } = decimalOf(number);
  return digits.length <= exponent || digits === '';
}

/** The same text for all forms of a number. */
export function plainNumber(number: string): string {
  const { sign, digits, exponent } = decimalOf(number);
  return sign === 0 ? '0' : `${sign < 0 ? '-' : ''}0.${digits}e${exponent}`;
}

/** 0.digits · 10^exponent, without zeros at either end of the digits. */
function decimalOf(source: string): { sign: number; digits: string; exponent: number } {
  const [, minus, whole = '', part = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(source) ?? [];
  const all = whole + part;
  const first = all.search(/[1-9]/);
  if (first < 0) {
    return { sign: 0, digits: '', exponent: 0 };
  }
  return {
    sign: minus === '-' ? -1 : 1,
    digits: all.slice(first).replace(/0+$/, ''),
    exponent: whole.length - first + Number(power),
  };
}
