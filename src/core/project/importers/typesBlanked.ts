/** TypeScript as JavaScript of the same length: what types add to declarations and values is made blank. Pure. */
import { tokenizer } from 'acorn';

/** A word, sign or text of a script. */
export interface Token {
  /** What the parser calls its kind: `name`, `string`, `{`. */
  label: string;
  /** As it is written; nothing for what is within quotes, which is no sign. */
  text: string;
  start: number;
  end: number;
}

export function tokensOf(text: string): Token[] {
  return [...tokenizer(text, { ecmaVersion: 'latest', allowHashBang: true })].map(
    ({ type: { label }, start, end }) => ({
      label,
      text: /^(string|template)$/.test(label) ? '' : text.slice(start, end),
      start,
      end,
    }),
  );
}

const deepest = 64;
const mostSigns = 1000;

/**
 * Where a parser would have to go too deep: it calls itself for each bracket and each sign of a chain, and whoever
 * reaches the end of the stack may take the process along.
 */
export function tooDeepAt(tokens: readonly Token[]): number | undefined {
  const open = [0];
  let signs = 0;
  for (const { label, text, start } of tokens) {
    const here = open.length - 1;
    if (/^([,;]|const|let|var|return|import|export|if|for|while)$/.test(text)) {
      signs -= open[here] ?? 0;
      open[here] = 0;
    } else if (/^(\$?\{|[([])$/.test(label)) {
      open.push(0);
    } else if (/^[})\]]$/.test(label)) {
      signs -= open.pop() ?? 0;
      if (open.length === 0) {
        open.push(0);
      }
    } else if (!/^(name|string|num|template|`)$/.test(label)) {
      open[here] = (open[here] ?? 0) + 1;
      signs++;
    }
    if (open.length > deepest || signs > mostSigns) {
      return start;
    }
  }
  return undefined;
}

/** As much as files of settings use. What is left in other places is no JavaScript, which its reader then says. */
export function typesBlanked(text: string): string {
  const tokens = tokensOf(text);
  const blanked = text.split('');
  const blank = (from: number, to: number) => {
    for (let at = from; at < to; at++) {
      if (!/[\r\n]/.test(text[at] ?? '')) {
        blanked[at] = ' ';
      }
    }
  };
  for (let at = 0; at < tokens.length; at++) {
    const { start, text: word } = tokens[at] as Token;
    const before = tokens[at - 1];
    if (word === 'import' && tokens[at + 1]?.text === 'type') {
      while (at < tokens.length && labelOf(tokens[at]) !== 'string') {
        at++;
      }
      blank(start, tokens[at]?.end ?? text.length);
    } else if ((word === 'import' || word === 'export') && labelOf(tokens[at + 1]) === '{') {
      at = afterGroup(tokens, at + 1) - 1; // `as` is a new name there.
    } else if (word === 'export' && labelOf(tokens[at + 1]) === '=') {
      blanked.fill(' ', start, tokens[at + 1]?.end).splice(start, 7, ...'exports');
      blanked[(tokens[at + 1]?.end ?? 0) - 1] = '=';
    } else if ((word === 'interface' || word === 'type') && beginsStatement(text, tokens, at)) {
      const from = before?.text === 'export' ? before.start : start;
      at = word === 'type' ? afterType(tokens, after(tokens, at, '=')) : after(tokens, at, '{') - 1;
      at = word === 'type' ? at - 1 : afterGroup(tokens, at) - 1;
      blank(from, tokens[at]?.end ?? text.length);
    } else if (/^(const|let|var)$/.test(word) && labelOf(tokens[at + 2]) === ':') {
      const end = afterType(tokens, at + 3);
      blank(tokens[at + 2]?.start ?? 0, tokens[end - 1]?.end ?? text.length);
      at = end - 1;
    } else if (/^(as|satisfies)$/.test(word) && endsValue(before)) {
      const end = afterType(tokens, at + 1);
      blank(start, tokens[end - 1]?.end ?? text.length);
      at = end - 1;
    } else if (word === '!' && endsValue(before) && !startsValue(tokens[at + 1])) {
      blank(start, start + 1);
    }
  }
  return blanked.join('');
}

function labelOf(token: Token | undefined): string {
  return token?.label ?? '';
}

function endsValue(token: Token | undefined): boolean {
  return /^([}\])`]|name|string|num|true|false|null|this)$/.test(labelOf(token));
}

function startsValue(token: Token | undefined): boolean {
  return token !== undefined && !/^([,;:)}\].?=]|\?\.|\|\||&&|\?\?)$/.test(labelOf(token));
}

function beginsStatement(text: string, tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  return (
    labelOf(tokens[at + 1]) === 'name' &&
    (before === undefined ||
      before?.text === 'export' ||
      /^[;}]$/.test(labelOf(before)) ||
      text.slice(before.end, tokens[at]?.start).includes('\n'))
  );
}

/** The index after the next token of that label. */
function after(tokens: readonly Token[], at: number, label: string): number {
  const found = tokens.findIndex((token, index) => index >= at && labelOf(token) === label);
  return found < 0 ? tokens.length : found + 1;
}

/** The index after a group that begins with `{`, `(`, `[` or `<`. */
function afterGroup(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    const label = labelOf(token);
    const text = token?.text ?? '';
    if (/^[{([]$/.test(label) || label === '${' || text === '<') {
      depth++;
    } else if (/^[})\]]$/.test(label)) {
      depth--;
    } else if (/^>+$/.test(text)) {
      depth -= text.length;
    }
    if (depth <= 0) {
      return at + 1;
    }
  }
  return tokens.length;
}

/** The index after the type that begins there: `A.B<C>[]`, `{…} | 'x'`, `(a: A) => B`, `const`. */
function afterType(tokens: readonly Token[], from: number): number {
  let at = /^[|&]$/.test(tokens[from]?.text ?? '') ? from + 1 : from;
  while (at < tokens.length) {
    while (/^(typeof|keyof|readonly|unique)$/.test(tokens[at]?.text ?? '')) {
      at++;
    }
    const isGroup = /^[{([]$/.test(labelOf(tokens[at])) || tokens[at]?.text === '<';
    at = isGroup ? afterGroup(tokens, at) : at + 1;
    for (;;) {
      if (labelOf(tokens[at]) === '.') {
        at += 2;
      } else if (labelOf(tokens[at]) === '[' || tokens[at]?.text === '<') {
        at = afterGroup(tokens, at);
      } else {
        break;
      }
    }
    if (labelOf(tokens[at]) !== '=>' && !/^[|&]$/.test(tokens[at]?.text ?? '')) {
      return at;
    }
    at++;
  }
  return tokens.length;
}
