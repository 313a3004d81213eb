/**
 * What the members of a fact are made of. One description serves everything that must not forget a member: the check
 * of what is read from a file or a pipe, redaction, the escaping for a terminal, and the bounds of the recorder.
 */

/** What a text from outside is, which decides how secrets are found in it and how a terminal shows it. */
export type Use =
  /** On one line: a reason, a name, a command. */
  | 'line'
  /** On several lines: a stack trace, advice. */
  | 'lines'
  /** What a function printed; its colours stay in a terminal. */
  | 'output'
  /** The beginning of a payload; of `type: 'binary'` beside it in base64. */
  | 'preview'
  /** A path or an address with a query. */
  | 'target'
  /** The value of a header: of the one that is named, or of the one that the member is named after. */
  | 'header'
  /** An address whose last step is a key that lets in whoever knows it. */
  | 'keyAddress';

export interface Outside {
  use: Use;
  /** UTF-16 units that are kept of it. */
  most: number;
  header?: string;
}

export type Node =
  /** Text of our own that joins facts or says where something is: never changed. */
  | { is: 'own' }
  | ({ is: 'outside' } & Outside)
  | { is: 'word'; words: readonly unknown[] }
  | { is: 'number' }
  | { is: 'flag' }
  | { is: 'list'; of: Node }
  | { is: 'record'; of: Node }
  | { is: 'object'; members: Record<string, Node> }
  | { is: 'variants'; tag: string; of: Record<string, Record<string, Node>> }
  | { is: 'orNull'; of: Node }
  | { is: 'optional'; of: Node };

/** The description of a value of type T; the phantom member makes the compiler hold both against each other. */
export type Shape<T> = Node & { readonly of_?: (value: T) => T };

export type Members<T> = { readonly [M in keyof T]-?: Shape<T[M]> };

// -- the words of the table

const longestLine = 16 * 1024;
const longestLines = 64 * 1024;

function outside(use: Use, most: number, header?: string): Shape<string> {
  return { is: 'outside', use, most, ...(header === undefined ? {} : { header }) };
}

export const own: Shape<string> = { is: 'own' };
export const line = outside('line', longestLine);
export const lines = outside('lines', longestLines);
export const output = outside('output', 256 * 1024);
export const target = outside('target', longestLine);
export const keyAddress = outside('keyAddress', longestLine);
export const number: Shape<number> = { is: 'number' };
export const flag: Shape<boolean> = { is: 'flag' };
/** A member that is there or not. */
export const yes: Shape<true> = { is: 'word', words: [true] };

export function header(name: string): Shape<string> {
  return outside('header', longestLine, name);
}

export function preview(most: number): Shape<string> {
  return outside('preview', most);
}

export function oneOf<T extends string>(words: Record<T, true>): Shape<T> {
  return { is: 'word', words: Object.keys(words) };
}

export function list<T>(of: Shape<T>): Shape<T[]> {
  return { is: 'list', of };
}

/** An object whose members have any names. */
export function recordOf<T>(of: Shape<T>): Shape<Record<string, T>> {
  return { is: 'record', of };
}

export function object<T>(members: Members<T>): Shape<T> {
  return { is: 'object', members: members };
}

/** Objects that are told apart by the member `tag`; `common` are the members of all of them. */
export function variants<T extends { [G in Tag]: string }, Tag extends string>(
  tag: Tag,
  of: { [V in T[Tag]]: Members<Omit<Extract<T, { [G in Tag]: V }>, Tag>> },
): Shape<T> {
  return { is: 'variants', tag, of: of };
}

export function orNull<T>(of: Shape<T>): Shape<T | null> {
  return { is: 'orNull', of };
}

export function optional<T>(of: Shape<T>): Shape<T | undefined> {
  return { is: 'optional', of };
}

// -- reading it

/** Whether a value that somebody else wrote is what the shape says. */
export function fits(node: Node, value: unknown): boolean {
  switch (node.is) {
    case 'own':
    case 'outside':
      return typeof value === 'string';
    case 'word':
      return node.words.includes(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value) && value.every((each) => fits(node.of, each));
    case 'record':
      return isObject(value) && Object.values(value).every((each) => fits(node.of, each));
    case 'object':
      return isObject(value) && fitsMembers(node.members, value);
    case 'variants': {
      if (!isObject(value)) {
        return false;
      }
      const tag = value[node.tag];
      return (
        typeof tag === 'string' && Object.hasOwn(node.of, tag) && fitsMembers(node.of[tag]!, value)
      );
    }
    case 'orNull':
      return value === null || fits(node.of, value);
    case 'optional':
      return value === undefined || fits(node.of, value);
  }
}

export function fitsMembers(
  members: Record<string, Node>,
  value: Record<string, unknown>,
): boolean {
  for (const name in members) {
    if (!fits(members[name]!, Object.hasOwn(value, name) ? value[name] : undefined)) {
      return false;
    }
  }
  return true;
}

/** Changes one text from outside; `name`: of its member or header; `holder`: the object that it stands in. */
export type Change = (
  text: string,
  outside: Outside,
  name: string,
  holder: Readonly<Record<string, unknown>>,
) => string;

/**
 * The value with every text from outside changed. What no member of the shape names is left out: nobody said what it
 * is. A value in which nothing changed is returned as it is.
 */
export function mapOutside(
  node: Node,
  value: unknown,
  change: Change,
  name = '',
  holder: Readonly<Record<string, unknown>> = {},
): unknown {
  switch (node.is) {
    case 'own':
    case 'word':
    case 'number':
    case 'flag':
      return value;
    case 'outside':
      return typeof value === 'string' ? change(value, node, name, holder) : value;
    case 'list': {
      if (!Array.isArray(value)) {
        return value;
      }
      const mapped = value.map((each) => mapOutside(node.of, each, change, name, holder));
      return mapped.every((each, index) => each === value[index]) ? value : mapped;
    }
    case 'record':
      if (!isObject(value)) {
        return value;
      }
      return sameOr(
        value,
        Object.fromEntries(
          Object.entries(value).map(([key, each]) => [
            key,
            mapOutside(node.of, each, change, key, value),
          ]),
        ),
      );
    case 'object':
      return isObject(value) ? mapMembers(node.members, value, change) : value;
    case 'variants': {
      const tag = isObject(value) ? value[node.tag] : undefined;
      return typeof tag === 'string' && Object.hasOwn(node.of, tag)
        ? mapMembers({ [node.tag]: { is: 'own' }, ...node.of[tag]! }, value as never, change)
        : value;
    }
    case 'orNull':
    case 'optional':
      return value === null || value === undefined
        ? value
        : mapOutside(node.of, value, change, name, holder);
  }
}

/** `mapOutside` for the members of an object; `also`: members that stay as they are. */
export function mapMembers<T extends object>(
  members: Record<string, Node>,
  value: T,
  change: Change,
  also: readonly string[] = [],
): T {
  const from = value as Record<string, unknown>;
  const mapped: Record<string, unknown> = {};
  for (const name in from) {
    const node = Object.hasOwn(members, name) ? members[name] : undefined;
    if (node !== undefined) {
      mapped[name] = mapOutside(node, from[name], change, name, from);
    } else if (also.includes(name)) {
      mapped[name] = from[name];
    }
  }
  return sameOr(from, mapped) as T;
}

function sameOr(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Record<string, unknown> {
  const names = Object.keys(before);
  return names.length === Object.keys(after).length &&
    names.every((name) => before[name] === after[name])
    ? before
    : after;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
