/**
 * Secrets by their name in text that is no whole JSON: members of JSON that was cut off or stands within a line, what
 * languages print of their objects, `name=value`, headers, conditions such as `$.token == 'x'`, addresses.
 */
export const redactedMark = '[redacted]';

/** A name in quotes (escaped or not) before a colon, or a path of names before a sign. */
const names = new RegExp(
  [
    String.raw`(\\{0,7}["'])((?:[^"'\\\n]|\\(?!\1)){1,200}?)\1\s*(?::|=>)\s*`,
    String.raw`(?<![\w$])([A-Za-z_$][\w$-]{0,100}(?:\.[\w$*-]{1,100}|\[(?:\d+|\*|'[^'\n]{0,100}'|"[^"\n]{0,100}")\]){0,20})\s*(?:==|!=|>=|<=|=~|[:=~<>])\s*`,
  ].join('|'),
  'g',
);
const value =
  /\\+(["'])[^]*?(?:\\+\1|$)|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|(?:basic|bearer|digest|negotiate)\s+[^\s,;"']+|[^\s,;&"'{}[\]()]+/iy;
const cookies = /(\bcookie\s*:\s*)[^\n]+/gi;
const userInfo = /(\/\/)[^\s/@:]{1,200}:[^\s/@]{1,200}(?=@)/g;

export function redactNamed(source: string, isSecret: (name: string) => boolean): string {
  let text = source.replace(userInfo, `$1${redactedMark}`);
  if (isSecret('cookie')) {
    text = text.replace(cookies, `$1${redactedMark}`);
  }
  let result = '';
  let kept = 0;
  names.lastIndex = 0;
  for (let match = names.exec(text); match !== null; match = names.exec(text)) {
    const name = match[2] ?? match[3]!;
    // What belongs to a secret member is secret with it.
    const isNamed = isSecret(name) || name.split(/[.[\]"']+/).some((step) => isSecret(step));
    const end = names.lastIndex;
    const found = isNamed ? valueAt(text, end) : '';
    if (found !== '') {
      result += text.slice(kept, end) + marked(found);
      kept = end + found.length;
      names.lastIndex = kept;
    }
  }
  return result + text.slice(kept);
}

/** A word, a text in quotes, or an object or list with all that is in it; '' when there is none of them. */
function valueAt(text: string, at: number): string {
  if (text[at] !== '{' && text[at] !== '[') {
    value.lastIndex = at;
    return value.exec(text)?.[0] ?? '';
  }
  const parts = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[{[]|[}\]]/g;
  parts.lastIndex = at;
  let depth = 0;
  for (let part = parts.exec(text); part !== null; part = parts.exec(text)) {
    depth += /^[{[]$/.test(part[0]) ? 1 : /^[}\]]$/.test(part[0]) ? -1 : 0;
    if (depth === 0) {
      return text.slice(at, parts.lastIndex);
    }
  }
  return text.slice(at);
}

/** In the quotes that the value had, so that what reads it still can. */
function marked(value: string): string {
  const quote = /^\\*["']/.exec(value)?.[0] ?? '';
  return quote + redactedMark + quote;
}
