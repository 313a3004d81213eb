/** Where a handler is in a text. Read by its shape, so that it works before anything ever ran. Pure. */
import { escapePattern } from '../../protocol/escapePattern';
import type { FunctionInfo } from '../../protocol/fact';

export interface HandlerPlace {
  /** Line of `def main_handler` or `exports.main_handler =`, counting from 0. */
  line: number;
  /** First statement of the body: where a breakpoint stops when the handler is called. */
  body: { line: number; column: number };
}

/** Undefined when the text holds no function of that name. */
export function findHandler(
  text: string,
  handler: string,
  family: FunctionInfo['family'],
): HandlerPlace | undefined {
  const name = handler.slice(handler.lastIndexOf('.') + 1);
  const lines = text.split(/\r?\n/);
  const pattern = family === 'python' ? pythonPattern(name) : nodePattern(name);
  const line = lines.findIndex((each) => pattern.test(each));
  if (line < 0) {
    return undefined;
  }
  return { line, body: family === 'python' ? pythonBody(lines, line) : nodeBody(lines, line) };
}

function pythonPattern(name: string): RegExp {
  return new RegExp(
    `^\\s*((async\\s+)?def\\s+${escapePattern(name)}\\s*\\(|${escapePattern(name)}\\s*=)`,
  );
}

function nodePattern(name: string): RegExp {
  const id = escapePattern(name);
  return new RegExp(
    [
      `exports\\.${id}\\s*=`,
      `exports\\[['"]${id}['"]\\]\\s*=`,
      `export\\s+(async\\s+)?function\\s*\\*?\\s*${id}\\b`,
      `export\\s+(const|let|var)\\s+${id}\\b`,
      `^\\s*(async\\s+)?function\\s+${id}\\s*\\(`,
      `^\\s*(const|let|var)\\s+${id}\\s*=`,
    ].join('|'),
  );
}

/** Skips the signature, comments and the docstring. */
function pythonBody(lines: string[], start: number): { line: number; column: number } {
  let line = start;
  while (line < lines.length && !/:\s*(#.*)?$/.test(lines[line] ?? '')) {
    line++;
  }
  line++;
  let quote: string | undefined;
  for (; line < lines.length; line++) {
    const text = (lines[line] ?? '').trim();
    if (quote !== undefined) {
      quote = text.includes(quote) ? undefined : quote;
      continue;
    }
    const opening = /^[rub]*("""|''')/i.exec(text)?.[1];
    if (opening !== undefined) {
      quote = text.indexOf(opening, text.indexOf(opening) + 3) < 0 ? opening : undefined;
      continue;
    }
    if (text !== '' && !text.startsWith('#') && !/^["'].*["']$/.test(text)) {
      return { line, column: (lines[line] ?? '').search(/\S/) };
    }
  }
  return { line: start, column: 0 };
}

/** The first statement after the opening brace or arrow; on the same line for a handler of one line. */
function nodeBody(lines: string[], start: number): { line: number; column: number } {
  for (let line = start; line < Math.min(start + 20, lines.length); line++) {
    const text = lines[line] ?? '';
    const arrow = text.indexOf('=>');
    const brace = text.indexOf('{', arrow < 0 ? Math.max(text.lastIndexOf(')'), 0) : arrow);
    const open =
      brace >= 0 ? brace + 1 : arrow >= 0 && !text.trimEnd().endsWith('=>') ? arrow + 2 : -1;
    if (open < 0) {
      continue;
    }
    const rest = text.slice(open);
    if (/[^\s]/.test(rest.replace(/\/\/.*$/, ''))) {
      return { line, column: open + rest.search(/\S/) };
    }
    for (let next = line + 1; next < lines.length; next++) {
      const body = (lines[next] ?? '').trim();
      if (body !== '' && !/^(\/\/|\/\*|\*)/.test(body)) {
        return { line: next, column: (lines[next] ?? '').search(/\S/) };
      }
    }
  }
  return { line: start, column: 0 };
}
