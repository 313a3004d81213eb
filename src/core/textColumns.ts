/** Text in columns of a terminal or of a fixed font, where a Chinese character takes two. */
const wide =
  /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/gu;

export function columnsOf(text: string): number {
  return [...text].length + (text.match(wide)?.length ?? 0);
}

/** As `padEnd`, in columns. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}
