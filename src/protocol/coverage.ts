/** How often each line of the handlers ran, and its form as lcov. */

export interface FileCoverage {
  /** Absolute path of the source, also where something else was made of it. */
  file: string;
  /** Line (counts from 1) and how often it ran; Python only tells whether: 0 or 1 for each process. */
  lines: [line: number, hits: number][];
  /** By the line (counts from 1) where each begins; Python tells none. */
  functions: { name: string; line: number; hits: number }[];
}

/** Sums of several runs, by file. */
export class CoverageSum {
  private readonly byFile = new Map<
    string,
    {
      lines: Map<number, number>;
      functions: Map<string, { name: string; line: number; hits: number }>;
    }
  >();

  add(files: readonly FileCoverage[]): void {
    for (const { file, lines, functions } of files) {
      const known = this.byFile.get(file) ?? { lines: new Map(), functions: new Map() };
      this.byFile.set(file, known);
      for (const [line, hits] of lines) {
        known.lines.set(line, (known.lines.get(line) ?? 0) + hits);
      }
      for (const { name, line, hits } of functions) {
        const key = `${line} ${name}`;
        known.functions.set(key, {
          name,
          line,
          hits: hits + (known.functions.get(key)?.hits ?? 0),
        });
      }
    }
  }

  /** Files by name, lines in order. */
  files(): FileCoverage[] {
    return [...this.byFile]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([file, { lines, functions }]) => ({
        file,
        lines: [...lines].sort(([one], [other]) => one - other),
        functions: [...functions.values()].sort((one, other) => one.line - other.line),
      }));
  }
}

export function countLines(files: readonly FileCoverage[]): { lines: number; covered: number } {
  const all = files.flatMap(({ lines }) => lines);
  return { lines: all.length, covered: all.filter(([, hits]) => hits > 0).length };
}

/** The tracefile of lcov (geninfo(1)); `pathOf` makes the names that its reader knows. */
export function renderLcov(
  files: readonly FileCoverage[],
  pathOf: (file: string) => string,
): string {
  return files
    .map(({ file, lines, functions }) => {
      const hitFunctions = functions.filter(({ hits }) => hits > 0).length;
      return [
        'TN:',
        `SF:${pathOf(file)}`,
        ...functions.map(({ name, line }) => `FN:${line},${name}`),
        ...functions.map(({ name, hits }) => `FNDA:${hits},${name}`),
        `FNF:${functions.length}`,
        `FNH:${hitFunctions}`,
        ...lines.map(([line, hits]) => `DA:${line},${hits}`),
        `LF:${lines.length}`,
        `LH:${lines.filter(([, hits]) => hits > 0).length}`,
        'end_of_record\n',
      ].join('\n');
    })
    .join('');
}
