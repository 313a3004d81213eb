/** Which lines of a JavaScript or TypeScript file have code that can run. */

export interface CodeLine {
  /** Counts from 1. */
  line: number;
  /** Offsets in the text, of the first character that is no space and behind the last one. */
  from: number;
  to: number;
}

/** Neither blank lines, nor comments, nor lines that only close or open something. */
export function codeLines(text: string): CodeLine[] {
  const found: CodeLine[] = [];
  let from = 0;
  let inComment = false;
  text.split('\n').forEach((whole, index) => {
    const code = whole.trim();
    const start = from + whole.length - whole.trimStart().length;
    from += whole.length + 1;
    if (inComment) {
      inComment = !code.includes('*/');
      return;
    }
    if (code.startsWith('/*')) {
      inComment = !code.includes('*/');
      return;
    }
    if (code === '' || code.startsWith('//') || /^[\s{}()[\];,]*$/.test(code)) {
      return;
    }
    found.push({ line: index + 1, from: start, to: start + code.length });
  });
  return found;
}
