/** What may be written next in a filter. */
import { filterKeys, filterValues, quoteValue, type FilterKey } from './filter';

export interface FilterWords {
  /** Names of connections and functions. */
  connections: readonly string[];
  functions: readonly string[];
}

export interface FilterOption {
  /** What stands in the list and, from `start` to `end`, in the box. */
  text: string;
  /** A key waits for its value; a value ends the term. */
  what: 'key' | 'value';
  key: FilterKey;
}

export interface FilterCompletion {
  start: number;
  end: number;
  options: FilterOption[];
}

const examples: Partial<Record<FilterKey, readonly string[]>> = {
  size: ['>1k', '>100k', '<100', '1k..10k'],
  dur: ['>10ms', '>100ms', '>1s'],
};

export function completeFilter(
  source: string,
  caret: number,
  words: FilterWords,
): FilterCompletion {
  let start = caret;
  while (start > 0 && !/\s/.test(source[start - 1]!)) {
    start -= 1;
  }
  let end = caret;
  while (end < source.length && !/\s/.test(source[end]!)) {
    end += 1;
  }
  const typed = source.slice(start, caret);
  const negated = typed.startsWith('-') ? 1 : 0;
  const word = typed.slice(negated).toLowerCase();
  const colon = word.indexOf(':');
  if (colon < 0) {
    const options = filterKeys
      .filter((key) => key.startsWith(word))
      .map((key): FilterOption => ({ text: `${key}:`, what: 'key', key }));
    return { start: start + negated, end, options };
  }
  const key = filterKeys.find((each) => each === word.slice(0, colon));
  const comma = Math.max(colon, word.lastIndexOf(',')) + 1;
  const begun = word.slice(comma).replace(/^"/, '');
  const values = key === undefined ? [] : valuesOf(key, words);
  return {
    start: start + negated + comma,
    end,
    options: values
      .filter((value) => value.toLowerCase().startsWith(begun) && value.toLowerCase() !== begun)
      .slice(0, 50)
      .map((value) => ({ text: quoteValue(value), what: 'value', key: key! })),
  };
}

function valuesOf(key: FilterKey, words: FilterWords): readonly string[] {
  switch (key) {
    case 'conn':
      return words.connections;
    case 'fn':
      return words.functions;
    default:
      return filterValues[key] ?? examples[key] ?? [];
  }
}
