/**
 * What is wrong with a text that is no JSON: each mistake once, where it was made. A parser goes on complaining about what
 * follows from a mistake; here each is mended in a copy, and the rest is read as if it had been written right.
 */
import { createScanner, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';

export type MistakeName =
  ReturnType<typeof printParseErrorCode> | 'OpenBraceExpected' | 'OpenBracketExpected';

export interface Mistake {
  name: MistakeName;
  offset: number;
  length: number;
}

/** Instead of `length` characters at `offset`. */
interface Mending {
  offset: number;
  length: number;
  text: string;
  /** The mistake that it mends, where the parser sees another one. */
  mistake?: Mistake;
}

interface Token {
  offset: number;
  end: number;
  text: string;
}

/** Mistakes of one file: who makes more has written something else. */
const mostMistakes = 10;
/** Each mistake is mended in several ways, and read each time. */
const longestMended = 100_000;

export function mistakesIn(text: string): Mistake[] {
  const found: Mistake[] = [];
  const mendings: Mending[] = [];
  let current = text;
  for (let errors = errorsIn(current); errors.length > 0; errors = errorsIn(current)) {
    const [first] = errors;
    if (first === undefined || found.length === mostMistakes) {
      break;
    }
    const mending = current.length > longestMended ? undefined : bestMending(current, errors);
    const mistake = mending?.mistake ?? mistakeOf(current, first);
    found.push({ ...mistake, offset: originalOffset(mistake.offset, mendings) });
    if (mending === undefined) {
      break; // What else there is may come of it.
    }
    mendings.push(mending);
    current = mended(current, mending);
  }
  return found;
}

function errorsIn(text: string): ParseError[] {
  const errors: ParseError[] = [];
  parseTree(text, errors, { allowTrailingComma: true });
  return errors;
}

const mended = (text: string, { offset, length, text: instead }: Mending): string =>
  text.slice(0, offset) + instead + text.slice(offset + length);

function originalOffset(offset: number, mendings: readonly Mending[]): number {
  return mendings.reduceRight(
    (at, mending) => (at > mending.offset ? at + mending.length - mending.text.length : at),
    offset,
  );
}

/** A comma is missing behind a value, a brace where it was opened: not where the parser notices it. */
function mistakeOf(text: string, { error, offset, length }: ParseError): Mistake {
  const name = printParseErrorCode(error);
  if (name === 'CommaExpected') {
    const before = tokensIn(text).findLast(({ end }) => end <= offset);
    return { name, offset: (before?.end ?? offset) - (before === undefined ? 0 : 1), length: 1 };
  }
  if (name === 'CloseBraceExpected' || name === 'CloseBracketExpected') {
    const open = unclosed(text);
    return { name, offset: open?.offset ?? offset, length: 1 };
  }
  return { name, offset, length: Math.max(length, 1) };
}

/** The one that leaves least to complain about; undefined: none leaves less. */
function bestMending(text: string, errors: readonly ParseError[]): Mending | undefined {
  let best: Mending | undefined;
  let least = errors.length;
  for (const mending of mendingsOf(text, errors[0]!)) {
    const left = errorsIn(mended(text, mending)).length;
    if (left < least) {
      [best, least] = [mending, left];
    }
  }
  return best;
}

function* mendingsOf(text: string, { error, offset, length }: ParseError): Generator<Mending> {
  const tokens = tokensIn(text);
  const before = tokens.findLast(({ end }) => end <= offset);
  const insert = (at: number, what: string): Mending => ({ offset: at, length: 0, text: what });
  const inserted: Partial<Record<MistakeName, [at: number, what: string]>> = {
    CommaExpected: [before?.end ?? offset, ','],
    ColonExpected: [offset, ':'],
    ValueExpected: [offset, 'null'],
    CloseBraceExpected: [text.length, '}'],
    CloseBracketExpected: [text.length, ']'],
  };
  const name = printParseErrorCode(error);
  const missing = inserted[name];
  if (missing !== undefined) {
    yield insert(...missing);
  } else if (name === 'UnexpectedEndOfString') {
    const written = text.slice(offset, offset + length);
    yield insert(offset + written.replace(/[\s,:{}[\]]+$/, '').length, '"');
    yield insert(offset + written.trimEnd().length, '"');
  }
  yield* openings(tokens, offset);
  const sign = { '=': ':', ';': ',' }[text[offset] ?? ''];
  if (sign !== undefined) {
    yield { offset, length: 1, text: sign };
  }
  // A bracket that closes something else than was opened.
  const closer = /^[}\]]/.exec(text.slice(offset))?.[0];
  if (closer !== undefined) {
    const other = closer === '}' ? ']' : '}';
    const expected = closer === '}' ? 'CloseBracketExpected' : 'CloseBraceExpected';
    const open = unclosed(text);
    const mistake = { name: expected, offset: open?.offset ?? offset, length: 1 } as const;
    yield { ...insert(before?.end ?? offset, other), mistake };
  }
  const word = /^[^\s"',:{}[\]]+/.exec(text.slice(offset))?.[0];
  if (word !== undefined) {
    yield { offset, length: word.length, text: `"${word.replace(/\\/g, '')}"` };
    yield insert(offset, '"');
    // The closing quote is missing in what comes before: `"folder: "T"`.
    const key = /^"([^"]*?)\s*(?::\s*|,\s*)"$/.exec(before?.text ?? '');
    if (before !== undefined && key !== null) {
      const end = before.offset + 1 + (key[1] ?? '').length;
      const mistake = {
        name: 'UnexpectedEndOfString',
        offset: before.offset,
        length: end - before.offset,
      } as const;
      yield { ...insert(end, '"'), mistake };
    }
  }
  const single = /^'([^'"\n]*)'?/.exec(text.slice(offset));
  if (single !== null) {
    // What is written so is written so everywhere.
    yield { offset, length: single[0].length, text: `"${single[1] ?? ''}"` };
  }
  if (length > 0) {
    yield { offset, length, text: '' };
  }
}

/** An object or a list begins behind the last colon, or the file with one: `"a": "b": 1`, `"a": "b", "c"]`. */
function* openings(tokens: readonly Token[], offset: number): Generator<Mending> {
  const behind = tokens.findLastIndex((token) => token.text === ':' && token.end <= offset);
  const colons: [number, string][] = [[behind, '[']];
  if (tokens.find(({ end }) => end > offset)?.text === ':') {
    colons.push([behind, '{'], [-1, '{']);
  }
  for (const [index, text] of colons) {
    const at = tokens[index]?.end ?? 0;
    const name = text === '{' ? 'OpenBraceExpected' : 'OpenBracketExpected';
    const mistake = { name, offset: Math.max(0, at - 1), length: 1 } as const;
    if (index >= 0 || text === '{') {
      yield { offset: at, length: 0, text, mistake };
    }
  }
}

function tokensIn(text: string): Token[] {
  const scanner = createScanner(text, true);
  const tokens: Token[] = [];
  for (let kind: number = scanner.scan(); kind !== endOfFile; kind = scanner.scan()) {
    const offset = scanner.getTokenOffset();
    const end = offset + scanner.getTokenLength();
    tokens.push({ offset, end, text: text.slice(offset, end) });
  }
  return tokens;
}

const endOfFile = 17;

/** The brace or bracket that nothing closes: by how lines are indented, else the last one. */
function unclosed(text: string): Token | undefined {
  const open: (Token & { indent: number })[] = [];
  for (const token of tokensIn(text)) {
    const start = text.lastIndexOf('\n', token.offset) + 1;
    const indent = /^\s*/.exec(text.slice(start))![0].length;
    if (/^[{[]$/.test(token.text)) {
      open.push({ ...token, indent });
    } else if (/^[}\]]$/.test(token.text)) {
      const last = open.pop();
      const isOutside = start + indent === token.offset && indent < (last?.indent ?? 0);
      if (
        isOutside ||
        (last !== undefined && '{}[]'.indexOf(last.text) !== '{}[]'.indexOf(token.text) - 1)
      ) {
        return last;
      }
    }
  }
  return open.at(-1);
}
