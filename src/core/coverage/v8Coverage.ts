/**
 * What Node.js writes into NODE_V8_COVERAGE at the end of a process, by statement, branch and function of the source. A
 * script that was built leads to its source by the map that Node.js has read.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type AnyNode, parse, type Program } from 'acorn';
import { convert, type Options } from 'ast-v8-to-istanbul';
import type { FileCoverage } from '../../protocol/coverage';

interface SourceMap {
  version: 3;
  sources: (string | null)[];
  sourceRoot?: string;
  sourcesContent?: (string | null)[];
  mappings: string;
  names: string[];
}

export interface V8Report {
  result: Options['coverage'][];
  /** By the script's address; `data` is null where the map could not be read. */
  'source-map-cache'?: Record<string, { url: string | null; data: SourceMap | null }>;
}

/** Sources for which `isWanted` holds. `unread`: scripts that could not be understood, with the reason. */
export async function coverageOfV8(
  report: V8Report,
  isWanted: (file: string) => boolean,
): Promise<{ files: FileCoverage[]; unread: { file: string; reason: string }[] }> {
  const files: FileCoverage[] = [];
  const unread: { file: string; reason: string }[] = [];
  for (const coverage of report.result) {
    if (!coverage.url.startsWith('file:')) {
      continue; // Node's own, or made by `eval`.
    }
    const file = fileURLToPath(coverage.url);
    const cached = report['source-map-cache']?.[coverage.url];
    const sourceMap = cached?.data
      ? await placed(cached.data, mapPlace(cached.url, file))
      : undefined;
    const sources = sourceMap?.sources ?? [file];
    if (!sources.some(isWanted)) {
      continue;
    }
    try {
      const code = await fs.readFile(file, 'utf8');
      const converted = await convert<AnyNode, Program>({
        ...{ ast: parseScript(code), code, coverage, ignoreNode: namer(coverage) },
        ...(sourceMap === undefined ? {} : { sourceMap, ignoreSourceCode: isOfBundler }),
      });
      const all = Object.values(converted) as FileCoverage[];
      files.push(...all.filter((each) => isWanted(each.path) && hasCode(each)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        unread.push({ file, reason: (error as Error).message });
      }
    }
  }
  return { files, unread };
}

function hasCode({ s, f }: FileCoverage): boolean {
  return Object.keys(s).length + Object.keys(f).length > 0;
}

function parseScript(code: string): Program {
  const options = { ecmaVersion: 'latest' } as const;
  try {
    return parse(code, { ...options, sourceType: 'commonjs' });
  } catch {
    return parse(code, { ...options, sourceType: 'module' });
  }
}

/** Sources in a map are relative to the map, which may stand in the script itself. */
function mapPlace(url: string | null, script: string): string {
  return url?.startsWith('file:') ? fileURLToPath(url) : script;
}

/** With the path and the text of each source. */
async function placed({ sourceRoot = '', ...map }: SourceMap, place: string) {
  const base = pathToFileURL(path.dirname(place) + path.sep);
  const root = sourceRoot === '' ? base : new URL(sourceRoot.replace(/\/*$/, '/'), base);
  const sources = map.sources.map((each) => pathOf(each ?? '', root));
  const sourcesContent = await Promise.all(
    sources.map(async (each, at) => map.sourcesContent?.[at] ?? (await textOf(each))),
  );
  return { ...map, sources, sourcesContent };
}

/** Of what is no file, such as a bundler's own `webpack://…`, a path that nobody has. */
function pathOf(source: string, root: URL): string {
  if (path.isAbsolute(source)) {
    return source;
  }
  const address = URL.canParse(source, root.href) ? new URL(source, root) : root;
  return address.protocol === 'file:' ? fileURLToPath(address) : '/-';
}

function textOf(file: string): Promise<string | null> {
  return fs.readFile(file, 'utf8').catch(() => null);
}

/** Functions without a name of their own get the one that V8 calls them by, which is that of their variable. */
function namer({ functions }: Options['coverage']) {
  const names = new Map(
    functions.map(({ functionName, ranges }) => [ranges[0]?.startOffset, functionName]),
  );
  return (node: AnyNode): void => {
    if (node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression') {
      const name = names.get(node.start)?.replace(/^(module\.)?exports\./, '');
      if (name) {
        node.id ??= { type: 'Identifier', name, start: node.start, end: node.start + 1 };
      }
    }
  };
}

/** What a bundler adds for exports has a place in the source, where nobody wrote a function or a branch. */
function isOfBundler(source: string, type: string): boolean {
  const written = { function: /[(=]/, branch: /[?&|=]|\b(if|switch)\b/ };
  return type in written && !written[type as keyof typeof written].test(source);
}
