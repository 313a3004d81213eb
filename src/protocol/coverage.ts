/** How often the parts of a handler's source ran: the data of Istanbul, which its tools and many others read. */

export interface CodePlace {
  /** Counts from 1. */
  line: number;
  /** Counts from 0, in UTF-16 units; not finite, and null once it was JSON: the end of the line. */
  column: number | null;
}

/** A part that is not written, such as an `else` that is not there, has places without a line. */
export interface CodeRange {
  start: CodePlace;
  end: CodePlace;
}

export interface FileCoverage {
  /** Absolute path of the source, also where something else was made of it. */
  path: string;
  statementMap: Record<string, CodeRange>;
  fnMap: Record<string, { name: string; decl: CodeRange; loc: CodeRange; line: number }>;
  /** Ways to go on, such as both of an `if`. */
  branchMap: Record<string, { loc: CodeRange; type: string; locations: CodeRange[]; line: number }>;
  /** How often each ran, by the keys of the maps; Python only tells whether: 0 or 1 for each process. */
  s: Record<string, number>;
  f: Record<string, number>;
  b: Record<string, number[]>;
}

/** How many there are, and how many of them ran. */
export interface Count {
  total: number;
  covered: number;
}

export interface CoverageCounts {
  lines: Count;
  branches: Count;
  functions: Count;
}
