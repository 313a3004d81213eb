/**
 * What Node.js writes into NODE_V8_COVERAGE at the end of a process, as lines of the source. Source maps are read with
 * Node's own `SourceMap`; V8's format is that of the inspector's `Profiler.takePreciseCoverage`.
 */
import fs from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileCoverage } from '../../protocol/coverage';
import { codeLines } from './codeLines';

interface Range {
  startOffset: number;
  endOffset: number;
  count: number;
}

export interface V8Report {
  result: { url: string; functions: { functionName: string; ranges: Range[] }[] }[];
  /** By the script's address; `data` is null where the map could not be read. */
  'source-map-cache'?: Record<
    string,
    { url: string | null; data: ConstructorParameters<typeof SourceMap>[0] | null }
  >;
}

/** Sources for which `isWanted` holds; what is gone from the disk is left out. */
export function linesOfV8(report: V8Report, isWanted: (file: string) => boolean): FileCoverage[] {
  const found: FileCoverage[] = [];
  for (const { url, functions } of report.result) {
    const file = url.startsWith('file:') ? fileURLToPath(url) : url;
    const text = path.isAbsolute(file) && isNear(file, isWanted) ? textOf(file) : undefined;
    if (text === undefined) {
      continue;
    }
    const cached = report['source-map-cache']?.[url];
    const script = { file, text, functions };
    if (cached?.data) {
      const base = mapPlace(cached.url, file);
      found.push(...mapped(script, new SourceMap(cached.data), base, isWanted));
    } else if (isWanted(file)) {
      found.push(plain(script));
    }
  }
  return found;
}

interface Script {
  file: string;
  text: string;
  functions: { functionName: string; ranges: Range[] }[];
}

/** A built script may lie where no source does, such as `dist`; packages never matter. */
function isNear(file: string, isWanted: (file: string) => boolean): boolean {
  return isWanted(file) || !/[\\/]node_modules[\\/]/.test(file);
}

function textOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Sources in a map are relative to the map, which may stand in the script itself. */
function mapPlace(url: string | null, script: string): string {
  return url === null || !url.startsWith('file:') ? script : fileURLToPath(url);
}

function plain({ file, text, functions }: Script): FileCoverage {
  const ranges = functions.flatMap((each) => each.ranges);
  const lines = codeLines(text).map(({ line, from, to }): [number, number] => {
    // The smallest range that has the whole line says; a part of a line says nothing of the line.
    let inner: Range | undefined;
    for (const range of ranges) {
      const around = range.startOffset <= from && range.endOffset >= to;
      if (around && (inner === undefined || sizeOf(range) <= sizeOf(inner))) {
        inner = range;
      }
    }
    return [line, inner?.count ?? 0];
  });
  const lineAt = lineFinder(text);
  return {
    file,
    lines,
    functions: named(functions).map(({ name, offset, hits }) => ({
      name,
      line: lineAt(offset).line,
      hits,
    })),
  };
}

function mapped(
  { text, functions }: Script,
  map: SourceMap,
  base: string,
  isWanted: (file: string) => boolean,
): FileCoverage[] {
  const byFile = new Map<string, { lines: Map<number, { at: number; hits: number }> }>();
  const counts = countFinder(functions.flatMap((each) => each.ranges));
  const lineAt = lineFinder(text);
  const sourceAt = (offset: number) => {
    const { line, column } = lineAt(offset);
    const entry = map.findEntry(line - 1, column);
    if (!('originalSource' in entry) || !entry.originalSource) {
      return undefined;
    }
    return {
      file: sourcePath(entry.originalSource, base),
      line: entry.originalLine + 1,
      column: entry.originalColumn,
    };
  };
  const cache = new Map<string, string>();
  function sourcePath(source: string, place: string): string {
    let full = cache.get(source);
    if (full === undefined) {
      full = source.startsWith('file:')
        ? fileURLToPath(source)
        : path.resolve(path.dirname(place), source);
      cache.set(source, full);
    }
    return full;
  }
  for (const word of text.matchAll(/[\p{L}\p{N}_$]+/gu)) {
    const source = sourceAt(word.index);
    const hits = counts(word.index);
    if (source === undefined) {
      continue;
    }
    const file = byFile.get(source.file) ?? { lines: new Map() };
    byFile.set(source.file, file);
    const known = file.lines.get(source.line);
    // What stands first in a line says how often the line ran.
    if (known === undefined || source.column < known.at) {
      file.lines.set(source.line, { at: source.column, hits });
    }
  }
  const inSource = named(functions)
    .filter(({ name, offset }) => !text.startsWith(`() => ${name}`, offset)) // A bundler's export.
    .map((each) => ({ ...each, source: sourceAt(each.offset) }));
  return [...byFile].flatMap(([file, { lines }]) => {
    const source = isWanted(file) ? textOf(file) : undefined;
    if (source === undefined) {
      return [];
    }
    return {
      file,
      lines: codeLines(source).flatMap(({ line }): [number, number][] => {
        const found = lines.get(line);
        return found === undefined ? [] : [[line, found.hits]];
      }),
      functions: inSource.flatMap(({ name, hits, source: place }) =>
        place?.file === file ? [{ name, line: place.line, hits }] : [],
      ),
    };
  });
}

function named(functions: Script['functions']): { name: string; offset: number; hits: number }[] {
  return functions.flatMap(({ functionName, ranges: [whole] }) =>
    functionName === '' || whole === undefined
      ? []
      : [{ name: functionName, offset: whole.startOffset, hits: whole.count }],
  );
}

function sizeOf({ startOffset, endOffset }: Range): number {
  return endOffset - startOffset;
}

/** Ranges nest: the innermost one around an offset counts. To be asked with offsets that never go back. */
function countFinder(ranges: Range[]): (offset: number) => number {
  const sorted = [...ranges].sort(
    (one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset,
  );
  const open: Range[] = [];
  let next = 0;
  return (offset) => {
    for (let range = sorted[next]; range && range.startOffset <= offset; range = sorted[++next]) {
      open.push(range);
    }
    while (open.length > 0 && (open.at(-1)?.endOffset ?? 0) <= offset) {
      open.pop();
    }
    return open.findLast(({ endOffset }) => endOffset > offset)?.count ?? 0;
  };
}

function lineFinder(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) };
  };
}
