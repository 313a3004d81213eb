/** A name with an ending of several parts (`wsflow.yaml`), whichever part of it was typed. */
export function withEnding(file: string, ending: string): string {
  const lower = file.toLowerCase();
  if (lower.endsWith(`.${ending}`)) {
    return file;
  }
  const last = ending.slice(ending.lastIndexOf('.') + 1);
  const stem = lower.endsWith(`.${last}`) ? file.slice(0, -last.length - 1) : file;
  return `${stem}.${ending}`;
}
