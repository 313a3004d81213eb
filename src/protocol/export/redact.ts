/**
 * Rules that take secrets out of what is shared. They are data that the user sees and edits before an export,
 * never hidden behaviour.
 */
import { readJson, stringOf, type JsonNode } from '../json';
import { redactedMark, redactNamed } from './redactNamed';

export interface RedactionRule {
  /** Shown to the user. */
  id: string;
  enabled: boolean;
  /** Where it looks: names of headers, query keys and JSON members, or any text. */
  on: 'name' | 'text';
  /** A regular expression, without flags; always matched without case. */
  pattern: string;
}

export const defaultRedactionRules: readonly RedactionRule[] = [
  {
    id: 'credentials',
    enabled: true,
    on: 'name',
    pattern: '^(authorization|cookie|set-cookie|proxy-authorization)$',
  },
  {
    id: 'secrets',
    enabled: true,
    on: 'name',
    pattern: '(secret|token|passw(or)?d|api[-_]?key|session[-_]?id|private[-_]?key)',
  },
  {
    id: 'jwt',
    enabled: true,
    on: 'text',
    pattern: 'eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*',
  },
  { id: 'cloudKeys', enabled: true, on: 'text', pattern: 'AKID[A-Za-z0-9]{12,}' },
  { id: 'bearer', enabled: true, on: 'text', pattern: 'bearer\\s+[A-Za-z0-9._~+/=-]{8,}' },
];

export interface Redactor {
  /** A value that has a name: a header, a query key, a JSON member. */
  value: (name: string, value: string) => string;
  /** Any text; JSON is walked by member names, in other text `name: value` and the like are looked for. */
  text: (text: string) => string;
  /** Bytes in base64, as far as they are text. */
  base64: (data: string) => string;
  /** `/path?key=value`: the values of matching keys go. */
  target: (target: string) => string;
}

/** Rules with an invalid pattern are left out: `problemOf` tells the user before. */
export function createRedactor(rules: readonly RedactionRule[]): Redactor {
  const active = rules.filter((rule) => rule.enabled && problemOf(rule) === null);
  const names = active.filter((rule) => rule.on === 'name').map((rule) => regex(rule, 'i'));
  const texts = active.filter((rule) => rule.on === 'text').map((rule) => regex(rule, 'gi'));
  const isSecret = (name: string) => names.some((pattern) => pattern.test(name));
  const byText = (text: string) =>
    texts.reduce((result, pattern) => result.replace(pattern, redactedMark), text);
  const plain = (text: string) =>
    names.length === 0 ? byText(text) : redactNamed(byText(text), isSecret);

  /** What becomes of the parts of a JSON text; the rest of it stays as it is written. */
  const walk = (node: JsonNode, name: string | undefined, changes: Change[]): void => {
    if (name !== undefined && isSecret(name)) {
      changes.push({ ...node, text: JSON.stringify(redactedMark) });
      return;
    }
    switch (node.kind) {
      case 'list':
        node.items.forEach((item) => walk(item, undefined, changes));
        break;
      case 'object':
        node.members.forEach((member) => walk(member.value, member.name, changes));
        break;
      case 'string': {
        const before = stringOf(node);
        const after = name === undefined ? text(before) : named(name, before);
        if (after !== before) {
          changes.push({ ...node, text: JSON.stringify(after) });
        }
        break;
      }
      default:
        break;
    }
  };
  const text = (source: string): string => {
    if (typeof source !== 'string') {
      return source; // A recording that was imported may hold anything; what is no text hides none.
    }
    const trimmed = source.trimStart();
    if (names.length > 0 && (trimmed.startsWith('{') || trimmed.startsWith('['))) {
      const json = readJson(source);
      if (json === undefined) {
        return plain(source); // Cut off, or only its beginning looks like JSON.
      }
      const changes: Change[] = [];
      try {
        walk(json, undefined, changes);
      } catch {
        return plain(source); // Nested too deeply for the stack.
      }
      return replaced(source, changes);
    }
    return plain(source);
  };
  /** A value whose name is no secret. */
  const named = (name: string, value: string): string =>
    /^sec-?websocket-?protocol$/i.test(name) ? redactProtocols(value, isSecret, text) : text(value);
  return {
    value: (name, value) => (isSecret(name) ? redactedMark : named(name, value)),
    text,
    base64: (data) => redactBase64(data, text),
    target: (target) => {
      if (typeof target !== 'string') {
        return target;
      }
      const question = target.indexOf('?');
      if (question < 0) {
        return plain(target);
      }
      const query = target
        .slice(question + 1)
        .split('&')
        .map((part) => {
          const equals = part.indexOf('=');
          const name = equals < 0 ? part : part.slice(0, equals);
          return equals >= 0 && isSecret(decoded(name)) ? `${name}=${redactedMark}` : plain(part);
        })
        .join('&');
      return `${plain(target.slice(0, question))}?${query}`;
    },
  };
}

/** A part of a text, and what is written in its place. */
interface Change {
  start: number;
  end: number;
  text: string;
}

/** `changes` in the order of the text. */
function replaced(source: string, changes: readonly Change[]): string {
  let result = '';
  let kept = 0;
  for (const { start, end, text } of changes) {
    result += source.slice(kept, start) + text;
    kept = end;
  }
  return result + source.slice(kept);
}

/**
 * Pages cannot set headers: their tokens travel as sub-protocols, behind the one that names them (`bearer, eyJ…`) or in
 * one with it (`access_token.abc`).
 */
function redactProtocols(
  list: string,
  isSecret: (name: string) => boolean,
  text: (text: string) => string,
): string {
  const parts = list.split(',');
  const namesToken = (name: string): boolean =>
    isSecret(name) ||
    (tokenNames.test(name) && text(`bearer ${anyToken}`) !== `bearer ${anyToken}`);
  return parts
    .map((part, index) => {
      const before = parts[index - 1]?.trim() ?? '';
      const [, space = '', own = ''] = /^(\s*)(.*)$/s.exec(part) ?? [];
      if (before !== '' && namesToken(before)) {
        return space + redactedMark;
      }
      const [, name = '', sign = ''] = /^(.+?)([.=:])./s.exec(own) ?? [];
      const [, long = ''] = /^(.*?\bbearer[.=:_-])./is.exec(own) ?? [];
      const kept = name !== '' && namesToken(name) ? name + sign : namesToken('bearer') ? long : '';
      return kept === '' ? text(part) : space + kept + redactedMark;
    })
    .join(',');
}

const tokenNames = /^(bearer|basic|jwt|auth)$/i;
/** What the rule for tokens behind "bearer" takes out. */
const anyToken = '0123456789abcdef';

declare const atob: (data: string) => string;
declare const btoa: (data: string) => string;

/** Bytes stay as they are unless there is a secret in what they say as text. */
function redactBase64(data: string, text: (text: string) => string): string {
  let bytes: string;
  try {
    bytes = atob(data);
  } catch {
    return data; // No base64, whatever it says of itself: nothing that could be read.
  }
  // One character for each byte: names and secrets are mostly ASCII, and the other bytes stay what they were.
  const clean = text(bytes);
  return clean === bytes ? data : btoa(clean);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function regex(rule: RedactionRule, flags: string): RegExp {
  return new RegExp(rule.pattern, flags);
}

/** Why a rule cannot be used: `empty` when it would match everything, else the engine's words; null when it can. */
export function problemOf(rule: RedactionRule): string | null {
  try {
    const pattern = regex(rule, 'i');
    return pattern.test('') ? 'empty' : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
