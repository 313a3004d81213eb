/** Places in source files that a text mentions, as Python and Node write them in their traces. */
import type { SourcePlace } from '../../protocol/fact';

export type Piece = string | { text: string; place: SourcePlace };

const pattern =
  /File "([^"\n]+)", line (\d+)|(?:\(|at |^|\s)((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^\s():]+(?: [^\s():]+)*):(\d+)(?::(\d+))?/gm;

export function findPlaces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const file = match[1] ?? match[3]!;
    if (/^node:|node_modules/.test(file)) {
      continue;
    }
    const place: SourcePlace = {
      file: file.replace(/^file:\/\//, ''),
      line: Number(match[2] ?? match[4]),
      ...(match[5] === undefined ? {} : { column: Number(match[5]) }),
    };
    // The space or bracket before a Node place is not part of the link.
    const start = match.index + (match[1] === undefined ? match[0].indexOf(file) : 0);
    const end = match.index + match[0].length;
    pieces.push(text.slice(at, start), { text: text.slice(start, end), place });
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces.filter((piece) => piece !== '');
}
