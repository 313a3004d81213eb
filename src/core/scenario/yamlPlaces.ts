/** Reads YAML that a person wrote: plain values, the place of each, and problems instead of exceptions. */
import * as l10n from '@vscode/l10n';
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Node,
  type Scalar,
  visit,
} from 'yaml';
import { ExactNumber } from '../../protocol/json';
import type { Problem } from '../../protocol/project';
import type { TextRange } from '../../protocol/testEvent';
import type { ValuePath } from './schema';

/** Characters; a flow is some kilobytes. */
const longestFlow = 1_000_000;
/** Anchors that contain many others would become very large. */
const mostAliases = 1000;

export interface PlacedYaml {
  value: unknown;
  /** Of the value, or of the key that leads to it; of what is around it where it is not written. */
  rangeOf(path: ValuePath, at?: 'key' | 'value'): TextRange;
  /** From the first to the last character, lines as in the file. */
  lineAt(range: TextRange): string;
}

export function readYaml(text: string, file: string): { yaml?: PlacedYaml; problems: Problem[] } {
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const at = (from: number, to: number): TextRange => {
    const start = lines.linePos(from);
    const end = lines.linePos(Math.max(from, to));
    return {
      line: Math.max(0, start.line - 1),
      column: Math.max(0, start.col - 1),
      endLine: Math.max(0, end.line - 1),
      endColumn: Math.max(0, end.col - 1),
    };
  };
  const add = (message: string, range: TextRange): void => {
    problems.push({ file, path: '', severity: 'error', message, range });
  };
  const start = { line: 0, column: 0, endLine: 0, endColumn: 1 };
  if (text.length > longestFlow) {
    add(l10n.t('This file is too large: more than 1 MB.'), start);
    return { problems };
  }
  if (text.includes('\0')) {
    add(l10n.t('This file is not UTF-8: save it with that encoding.'), start);
    return { problems };
  }
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      logLevel: 'silent',
      merge: true,
      prettyErrors: false,
    });
    const end = document.range?.[1] ?? text.length;
    if (/^---(\s|$)/m.test(text.slice(end))) {
      add(
        l10n.t(
          'What follows "---" would not run: a flow is one document. Put it into a file of its own.',
        ),
        at(end, end + 3),
      );
    }
    const unquoted = /[{[,:]\s*[^"'\n#]*\$\{/;
    for (const { pos, message, code } of document.errors.slice(0, 20)) {
      const range = at(pos[0], pos[1]);
      const line = text.split('\n')[range.line] ?? '';
      const hint = unquoted.test(line)
        ? ` ${l10n.t('Inside of braces and brackets a text with ${…} needs quotes: "${name}".')}`
        : message.includes('tabs')
          ? ` ${l10n.t('Indent with spaces.')}`
          : code === 'MULTILINE_IMPLICIT_KEY'
            ? ` ${l10n.t('What has something below it ends with a colon: "- bob closes:".')}`
            : '';
      add(l10n.t('This YAML cannot be read: {0}', firstLine(message)) + hint, range);
    }
    for (const { pos, message } of document.warnings.slice(0, 20)) {
      add(l10n.t('This YAML cannot be read: {0}', firstLine(message)), at(pos[0], pos[1]));
    }
    if (problems.length > 0) {
      return { problems };
    }
    visit(document, {
      Scalar(key, node) {
        if (key === 'key') {
          // A name is text: that of the source, not of what its number comes to.
          node.value = typeof node.value === 'number' ? node.source : node.value;
          return;
        }
        const exact = exactNumber(node);
        if (exact === undefined && node.range) {
          add(
            l10n.t('JSON has no such number. Write what is sent as text, in quotes.'),
            at(node.range[0], node.range[1]),
          );
        }
        node.value = exact ?? node.value;
      },
    });
    if (problems.length > 0) {
      return { problems };
    }
    const value: unknown = document.toJS({ maxAliasCount: mostAliases });
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? '' : each)); // Throws where an anchor contains itself.
    const nodeAt = (path: ValuePath, key: 'key' | 'value'): Node | undefined => {
      let node = document.contents as Node | null;
      let found: Node | undefined = node ?? undefined;
      for (const [index, segment] of path.entries()) {
        if (isAlias(node)) {
          node = node.resolve(document) ?? null;
        }
        if (isMap(node)) {
          const pair = node.items.find(
            (each) =>
              isPair(each) && isScalar(each.key) && String(each.key.value) === String(segment),
          );
          if (pair === undefined) {
            return found;
          }
          node = pair.value as Node | null;
          const last = index === path.length - 1;
          found = ((last && key === 'key') || node === null ? pair.key : node) as Node;
        } else if (isSeq(node)) {
          const item = node.items[Number(segment)] as Node | undefined;
          if (item === undefined) {
            return found;
          }
          node = item;
          found = item;
        } else {
          return found;
        }
      }
      return found;
    };
    const yaml: PlacedYaml = {
      value,
      rangeOf(path, place = 'value') {
        const range = nodeAt(path, place)?.range;
        if (!range) {
          return start;
        }
        const [from, to] = range;
        return at(from, from + Math.max(1, text.slice(from, to).trimEnd().length));
      },
      lineAt: (range) => (text.split(/\r?\n/)[range.line] ?? '').trim().replace(/^-\s+/, ''),
    };
    return { yaml, problems };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    add(l10n.t('This YAML cannot be read: {0}', firstLine(reason)), start);
    return { problems };
  }
}

/** What a scalar says, a number with all its digits and as it is written; undefined: one that is none in JSON. */
function exactNumber({ value, source = '' }: Scalar): unknown {
  if (typeof value !== 'number') {
    return value;
  }
  if (/^[-+]?\d+$|^0x[0-9a-fA-F]+$|^0o[0-7]+$/.test(source)) {
    return Number.isSafeInteger(value) ? value : BigInt(source);
  }
  // YAML also takes `+1.5`, `.5`, `5.` and zeros in front.
  const [, minus, whole = '', part = '', power = ''] =
    /^(?:(-)|\+)?0*(\d*)(?:\.(\d*))?([eE][-+]?\d+)?$/.exec(source) ?? [];
  return whole + part === ''
    ? undefined
    : new ExactNumber(`${minus ?? ''}${whole || '0'}${part && `.${part}`}${power}`);
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}
