/**
 * Compares a recording with replays of it. Where replays of the same code differ from one another, that place varies by
 * itself: it is masked, and what is left of it is still compared. Pure.
 */
import { isNumber, readExact, writeJson } from '../../protocol/json';
import { canonical, isSame, type Run } from './canonical';
import type { Leaf, Part, Tree } from './trees';

/** One conversation that was read: the recording, or a replay. */
export interface Told {
  trees: ReadonlyMap<string, Tree>;
  run: Run;
}

export interface Difference {
  path: string;
  part: Part;
  /** undefined: there is none. */
  recorded: string | undefined;
  replayed: string | undefined;
}

export interface TreeDifference {
  key: string;
  /** Number of the recorded fact; undefined: only the replay has it. */
  seq: number | undefined;
  differences: Difference[];
  /** Lines of the recorded tree that are no difference, for whoever reads. */
  same: { path: string; text: string }[];
}

export type Counts = Record<Part, number> & {
  /** Roots: handshakes, messages, pushes from outside, ends of connections. */
  moves: number;
  /** Places that vary by themselves. */
  varies: number;
};

export interface Comparison {
  counts: Counts;
  different: TreeDifference[];
}

/** `unfinished`: keys of what the recording does not tell to its end. */
export function compare(
  recorded: Told,
  replays: readonly Told[],
  unfinished: ReadonlySet<string> = new Set(),
): Comparison {
  const counts: Counts = {
    moves: 0,
    varies: 0,
    handshake: 0,
    invocation: 0,
    value: 0,
    push: 0,
    data: 0,
    frame: 0,
    end: 0,
  };
  const different: TreeDifference[] = [];
  const keys = new Set([recorded, ...replays].flatMap(({ trees }) => [...trees.keys()]));
  for (const key of keys) {
    if (unfinished.has(key)) {
      continue;
    }
    const original = recorded.trees.get(key);
    const told: TreeDifference = { key, seq: original?.seq, differences: [], same: [] };
    const paths = new Set(
      [recorded, ...replays].flatMap(({ trees }) => [...(trees.get(key)?.leaves.keys() ?? [])]),
    );
    counts.moves += original === undefined ? 0 : 1;
    for (const path of paths) {
      const leaf = original?.leaves.get(path);
      const texts = replays.map(({ trees, run }) => textOf(trees.get(key)?.leaves.get(path), run));
      const wanted = textOf(leaf, recorded.run);
      const part = (leaf ?? firstLeaf(replays, key, path)).part;
      const result = compareLeaf(wanted, texts, leaf?.cut === true);
      if (result === 'varies') {
        counts.varies++;
      } else if (wanted !== undefined) {
        counts[part]++;
      }
      if (result === 'different') {
        told.differences.push({ path, part, recorded: wanted, replayed: texts[0] });
      } else if (wanted !== undefined) {
        told.same.push({ path, text: result === 'varies' ? '⟨varies⟩' : wanted });
      }
    }
    if (told.differences.length > 0) {
      different.push(told);
    }
  }
  return { counts, different };
}

function firstLeaf(replays: readonly Told[], key: string, path: string): Leaf {
  const leaves = replays.map(({ trees }) => trees.get(key)?.leaves.get(path));
  return leaves.find((leaf) => leaf !== undefined) as Leaf;
}

function textOf(leaf: Leaf | undefined, run: Run): string | undefined {
  return leaf === undefined ? undefined : leaf.theirs ? canonical(leaf.text, run) : leaf.text;
}

type Result = 'same' | 'different' | 'varies';

function compareLeaf(
  recorded: string | undefined,
  replayed: readonly (string | undefined)[],
  isCut: boolean,
): Result {
  const matches = (text: string | undefined): boolean =>
    recorded === undefined || text === undefined
      ? recorded === text
      : isCut
        ? text.startsWith(recorded)
        : isSame(recorded, text);
  if (replayed.some(matches)) {
    return 'same';
  }
  const distinct = [...new Set(replayed)];
  if (distinct.length < 2) {
    return 'different';
  }
  const texts = distinct.filter((text) => text !== undefined);
  if (texts.length < distinct.length || recorded === undefined || isCut) {
    return 'varies'; // Sometimes it is there and sometimes not.
  }
  return differsBeside(recorded, texts) ? 'different' : 'varies';
}

/** Whether the recorded text differs from the others where those do not vary. */
function differsBeside(recorded: string, texts: string[]): boolean {
  const values = texts.map(readExact);
  const value = readExact(recorded);
  if (value !== undefined && values.every((each) => each !== undefined)) {
    return differsInValue(
      value.value,
      values.map((each) => each.value),
    );
  }
  const tokens = texts.map(tokensOf);
  const own = tokensOf(recorded);
  const [first = []] = tokens;
  if (tokens.some(({ length }) => length !== first.length)) {
    return false; // All of it varies.
  }
  return (
    own.length !== first.length ||
    own.some((token, index) => {
      const others = new Set(tokens.map((each) => each[index]));
      return others.size === 1 && !others.has(token);
    })
  );
}

function differsInValue(recorded: unknown, values: readonly unknown[]): boolean {
  const [first] = values;
  if (values.every(isRecord)) {
    const keys = new Set(values.flatMap((each) => Object.keys(each)));
    const stable = [...keys].filter((key) => values.every((each) => Object.hasOwn(each, key)));
    return (
      !isRecord(recorded) ||
      stable.some((key) => !Object.hasOwn(recorded, key)) ||
      Object.keys(recorded).some((key) => !keys.has(key)) ||
      stable.some((key) =>
        differsInValue(
          recorded[key],
          values.map((each) => each[key]),
        ),
      )
    );
  }
  if (values.every((each) => Array.isArray(each))) {
    const lists = values;
    const { length } = lists[0] as unknown[];
    if (lists.some((each) => each.length !== length)) {
      return !Array.isArray(recorded); // Its length varies, and so does what stands where.
    }
    return (
      !Array.isArray(recorded) ||
      recorded.length !== length ||
      recorded.some((each, index) =>
        differsInValue(
          each,
          lists.map((list) => list[index] as unknown),
        ),
      )
    );
  }
  const texts = values.map((each) => writeJson(each));
  if (new Set(texts).size > 1) {
    const kinds = new Set(values.map(kindOf));
    return kinds.size === 1 && kindOf(recorded) !== kindOf(first);
  }
  return writeJson(recorded) !== texts[0];
}

function kindOf(value: unknown): string {
  return isNumber(value) ? 'number' : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumber(value);
}

function tokensOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_]/gu) ?? [];
}
