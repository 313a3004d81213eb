/**
 * Answers for agents: short, and never longer than a budget. Where something is left out, the answer says how to get
 * it. The texts are English: their reader is a program.
 */

/** Characters of one answer; about 2,000 tokens. */
export const answerBudget = 8000;
/** Characters of an explanation; about 600 tokens. */
export const explainBudget = 2400;

/** As many lines as fit, from the start; `left` counts the others. */
export function fitLines(lines: readonly string[], budget: number): { text: string; left: number } {
  const taken: string[] = [];
  let size = 0;
  for (const line of lines) {
    size += line.length + 1;
    if (size > budget) {
      break;
    }
    taken.push(line);
  }
  return { text: taken.join('\n'), left: lines.length - taken.length };
}

/** One line of at most `most` characters; never half of a character. */
export function short(text: string, most: number): string {
  const line = text.replace(/[\r\n]+/g, '⏎');
  return line.length <= most ? line : `${[...line.slice(0, most)].slice(0, -1).join('')}…`;
}
