/**
 * Rules that take secrets out of what is shared. They are data that the user sees and edits before an export,
 * never hidden behaviour.
 */

export interface RedactionRule {
  /** Shown to the user. */
  id: string;
  enabled: boolean;
  /** Where it looks: names of headers, query keys and JSON members, or any text. */
  on: 'name' | 'text';
  /** A regular expression, without flags; always matched without case. */
  pattern: string;
}

export const redactedMark = '[redacted]';

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
  { id: 'bearer', enabled: true, on: 'text', pattern: 'bearer\\s+[A-Za-z0-9._~+/=-]{8,}' },
];

export interface Redactor {
  /** A value that has a name: a header, a query key, a JSON member. */
  value: (name: string, value: string) => string;
  /** Any text; JSON is walked by member names. */
  text: (text: string) => string;
  /** `/path?key=value`: the values of matching keys go. */
  target: (target: string) => string;
}

/** Rules with an invalid pattern are left out: `problemOf` tells the user before. */
export function createRedactor(rules: readonly RedactionRule[]): Redactor {
  const active = rules.filter((rule) => rule.enabled && problemOf(rule) === null);
  const names = active.filter((rule) => rule.on === 'name').map((rule) => regex(rule, 'i'));
  const texts = active.filter((rule) => rule.on === 'text').map((rule) => regex(rule, 'gi'));
  const isSecret = (name: string) => names.some((pattern) => pattern.test(name));
  const plain = (text: string) =>
    texts.reduce((result, pattern) => result.replace(pattern, redactedMark), text);

  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return text(value);
    }
    if (Array.isArray(value)) {
      return value.map(walk);
    }
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(
        Object.entries(value).map(([name, member]) => [
          name,
          isSecret(name) ? redactedMark : walk(member),
        ]),
      );
    }
    return value;
  };
  const text = (source: string): string => {
    if (typeof source !== 'string') {
      return source; // A recording that was imported may hold anything; what is no text hides none.
    }
    const trimmed = source.trimStart();
    if (names.length > 0 && (trimmed.startsWith('{') || trimmed.startsWith('['))) {
      try {
        const parsed: unknown = JSON.parse(source);
        const walked = walk(parsed);
        // Unchanged JSON keeps its bytes: an export must not re-format what it did not have to touch.
        return JSON.stringify(walked) === JSON.stringify(parsed) ? source : JSON.stringify(walked);
      } catch {
        return redactCutJson(plain(source), isSecret);
      }
    }
    return plain(source);
  };
  return {
    value: (name, value) => (isSecret(name) ? redactedMark : text(value)),
    text,
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
          return equals >= 0 && isSecret(name) ? `${name}=${redactedMark}` : plain(part);
        })
        .join('&');
      return `${plain(target.slice(0, question))}?${query}`;
    },
  };
}

/** JSON that was cut off cannot be parsed; its members are found by their looks. */
function redactCutJson(source: string, isSecret: (name: string) => boolean): string {
  return source.replace(
    /"((?:[^"\\]|\\.){1,200})"(\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)/g,
    (whole, name: string, colon: string) =>
      isSecret(name) ? `"${name}"${colon}"${redactedMark}"` : whole,
  );
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
