/** The difference of two texts, line by line. */

export interface DiffLine {
  /** In both, only in the first, only in the second. */
  in: 'both' | 'left' | 'right';
  text: string;
}

/** Above this many compared pairs the editor's own diff does it better. */
const maxPairs = 4_000_000;

/** Null when the texts are too long to compare here. */
export function diffLines(left: string, right: string): DiffLine[] | null {
  const a = left.split('\n');
  const b = right.split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end += 1;
  }
  const rows = a.length - start - end;
  const columns = b.length - start - end;
  if (rows * columns > maxPairs) {
    return null;
  }
  // Longest common subsequence of the middle part, from the back.
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[start + i] === b[start + j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const both = (text: string): DiffLine => ({ in: 'both', text });
  const result = a.slice(0, start).map(both);
  let i = 0;
  let j = 0;
  while (i < rows || j < columns) {
    if (i < rows && j < columns && a[start + i] === b[start + j]) {
      result.push(both(a[start + i]!));
      i += 1;
      j += 1;
    } else if (
      j >= columns ||
      (i < rows && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)
    ) {
      result.push({ in: 'left', text: a[start + i]! });
      i += 1;
    } else {
      result.push({ in: 'right', text: b[start + j]! });
      j += 1;
    }
  }
  return [...result, ...a.slice(a.length - end).map(both)];
}
