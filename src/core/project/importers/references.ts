/**
 * `${env:X}`, `${Conf.region}`, `${opt:stage, 'dev'}`, `!Ref Mode`: what other tools fill in when they deploy.
 * Resolved as far as the file itself and the `.env` beside it allow; nothing of this machine's own environment.
 */
import { isRecord, recordOf, textOf } from './yamlText';
import type { Found } from './yamlText';

/** What references of one file can lead to. */
export interface Surround {
  document: Record<string, unknown>;
  /** Variables of the `.env` files beside it. */
  env: Readonly<Record<string, string>>;
  /** Where a file has names of its own kind: what one leads to. They know no alternatives. */
  find?(name: string): Found | undefined;
}

export interface Resolved {
  /** Without references; undefined when one of them leads nowhere. */
  value: unknown;
  /** References that lead nowhere, as written. */
  unresolved: string[];
  /** References for which a default or the `.env` file answered, as written. */
  assumed: string[];
}

const deepest = 10;
const longestText = 20_000;

/** A text that is one reference may become any value; within a text, and in lists and mappings, each is put in. */
export function resolveReferences(value: unknown, surround: Surround): Resolved {
  const outcome: Omit<Resolved, 'value'> = { unresolved: [], assumed: [] };
  const resolved = resolve(value, surround, outcome, 0);
  return { value: outcome.unresolved.length > 0 ? undefined : resolved, ...outcome };
}

function resolve(
  value: unknown,
  surround: Surround,
  outcome: Omit<Resolved, 'value'>,
  depth: number,
): unknown {
  if (Array.isArray(value)) {
    return value.map((each: unknown) => resolve(each, surround, outcome, depth));
  }
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, resolve(each, surround, outcome, depth)]),
    );
  }
  if (typeof value !== 'string' || !value.includes('${')) {
    return value;
  }
  const spans = referencesIn(value);
  const [first] = spans;
  if (first?.start === 0 && first.end === value.length) {
    return lookUp(value, first.inner, surround, outcome, depth);
  }
  let text = '';
  let end = 0;
  for (const span of spans) {
    const written = value.slice(span.start, span.end);
    const found = lookUp(written, span.inner, surround, outcome, depth);
    text += value.slice(end, span.start) + (textOf(found) ?? '');
    end = span.end;
  }
  return (text + value.slice(end)).slice(0, longestText);
}

function lookUp(
  written: string,
  inner: string,
  surround: Surround,
  outcome: Omit<Resolved, 'value'>,
  depth: number,
): unknown {
  if (depth >= deepest) {
    outcome.unresolved.push(written);
    return undefined;
  }
  if (surround.find !== undefined) {
    const found = surround.find(inner.trim());
    if (found?.value === undefined) {
      outcome.unresolved.push(written);
      return undefined;
    }
    if (found.assumed === true) {
      outcome.assumed.push(written);
    }
    return resolve(found.value, surround, outcome, depth + 1);
  }
  for (const [index, alternative] of alternativesOf(inner).entries()) {
    const found = valueOf(alternative, surround);
    if (found === undefined) {
      continue;
    }
    if (index > 0 || /^env[:.]/.test(alternative)) {
      outcome.assumed.push(written);
    }
    return resolve(found, surround, outcome, depth + 1);
  }
  outcome.unresolved.push(written);
  return undefined;
}

/** One name or literal; undefined when it leads nowhere from here. */
function valueOf(name: string, { document, env }: Surround): unknown {
  const literal = /^'([^']*)'$|^"([^"]*)"$/.exec(name);
  if (literal !== null) {
    return literal[1] ?? literal[2];
  }
  if (/^(-?\d+(\.\d+)?|true|false)$/.test(name)) {
    return name;
  }
  if (name.startsWith('${')) {
    return name; // A reference within a reference; its turn comes.
  }
  const variable = /^env[:.](\w+)$/.exec(name)?.[1];
  if (variable !== undefined) {
    return Object.hasOwn(env, variable) ? env[variable] : undefined;
  }
  const parameter = /^!Ref (\S+)$/.exec(name)?.[1];
  if (parameter !== undefined) {
    return recordOf(ownOf(document['Parameters'], parameter))['Default'];
  }
  const path = /^(?:self[:.])?([\w-]+(?:\.[\w-]+)*)$/.exec(name)?.[1]?.split('.');
  if (path === undefined) {
    return undefined; // Of another file, another component's output, an option of the command line.
  }
  const found =
    valueAt(document, path) ?? valueAt(document, [path[0] ?? '', 'inputs', ...path.slice(1)]);
  return found ?? (name === 'stage' ? 'dev' : undefined); // The components' own default.
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((each, step) => ownOf(each, step), value);
}

function ownOf(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The `${…}` of a text, nested ones within their outer one. */
function referencesIn(text: string): { start: number; end: number; inner: string }[] {
  const spans: { start: number; end: number; inner: string }[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith('${', at)) {
      if (depth === 0) {
        start = at;
      }
      depth++;
      at++;
    } else if (text[at] === '}' && depth > 0 && --depth === 0) {
      spans.push({ start, end: at + 1, inner: text.slice(start + 2, at) });
    }
  }
  return spans;
}

/** Parts at commas outside quotes and inner references. */
function alternativesOf(inner: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quote = '';
  let depth = 0;
  for (const each of inner) {
    if (quote !== '') {
      quote = each === quote ? '' : quote;
    } else if (each === "'" || each === '"') {
      quote = each;
    } else if (each === '{' || each === '}') {
      depth += each === '{' ? 1 : -1;
    } else if (each === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
      continue;
    }
    part += each;
  }
  return [...parts, part.trim()];
}
