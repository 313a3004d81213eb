/** Changes of scfws.json that keep its comments and its indentation. Pure. */
import { applyEdits, modify } from 'jsonc-parser';

export function changeProjectText(text: string, path: string[], value: string): string {
  const tabSize = /\n( +)\S/.exec(text)?.[1]?.length ?? 2;
  const insertSpaces = !/\n\t/.test(text);
  return applyEdits(
    text,
    modify(text, path, value, { formattingOptions: { insertSpaces, tabSize } }),
  );
}
