/** The user's source, as far as advice looks at it. */
import fs from 'node:fs';
import type { SourcePlace } from '../../../protocol/fact';

/** Bytes; what is larger was not written by a person. */
const largest = 1024 * 1024;

/** Empty when there is no such file. */
export function sourceOf(file: string): string {
  try {
    const stat = fs.statSync(file);
    return stat.isFile() && stat.size <= largest ? fs.readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

export function lineAt({ file, line }: SourcePlace): string {
  return sourceOf(file).split('\n')[line - 1] ?? '';
}

/** The line that failed; empty where no place is known. */
export function lineOf(place: SourcePlace | undefined): string {
  return place === undefined ? '' : lineAt(place);
}
