/** The result of a replay for people: what was compared, and the two sides of each difference as text. */
import * as l10n from '@vscode/l10n';
import type { TreeDifference } from './compare';
import type { Move } from './moves';
import type { ReplayResult } from './replay';

/** Characters of a value in a line of a terminal. */
const longestShown = 300;
/** Trees that are told one by one. */
export const mostTold = 200;

/** "alice sends hello", for the tree at that key. */
export function titleOf({ key, seq }: TreeDifference, { moves, names }: ReplayResult): string {
  const move = moves.find((each) => each.key === key);
  const name = (connection: string): string => names.get(connection) ?? connection;
  if (move === undefined || seq === undefined) {
    const [connection = '', ...what] = key.split(' ');
    return what[0] === 'end'
      ? l10n.t('the end of {0}', name(connection))
      : l10n.t('only in the replay: {0}', key);
  }
  return `${doneBy(move, name)} (${l10n.t('number {0}', seq)})`;
}

function doneBy({ connection, deed }: Move, nameOf: (connection: string) => string): string {
  const name = nameOf(connection);
  switch (deed.do) {
    case 'connect':
      return l10n.t('{0} connects', name);
    case 'send':
      return l10n.t('{0} sends {1}', name, shown(dataOf(deed.data)));
    case 'leave':
    case 'fallSilent':
      return l10n.t('the end of {0}', name);
    case 'push':
      return l10n.t('a push from outside to {0}', name);
    case 'invoke':
      return l10n.t('{0} invoked by hand', deed.function);
  }
}

function dataOf(data: string | Buffer): string {
  return typeof data === 'string' ? JSON.stringify(data) : data.toString('base64');
}

function shown(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

/** What was compared, in one line. */
export function countsLine({ counts, replays }: ReplayResult): string {
  return l10n.t(
    'Compared in {0} replays: {1} moves with {2} handshakes, {3} invocations, {4} values, {5} pushes, {6} frames and {7} ends; {8} places vary by themselves.',
    replays,
    counts.moves,
    counts.handshake,
    counts.invocation,
    counts.value,
    counts.push,
    counts.frame,
    counts.end,
    counts.varies,
  );
}

/** For a terminal: each different tree, and below it what was recorded (`-`) and what came now (`+`). */
export function differenceLines(result: ReplayResult): string[] {
  const lines = result.different
    .slice(0, mostTold)
    .flatMap((tree) => [
      titleOf(tree, result),
      ...tree.differences.flatMap(({ path, recorded, replayed }) => [
        `  ${path}`,
        ...(recorded === undefined ? [] : [`    - ${shown(recorded)}`]),
        ...(replayed === undefined ? [] : [`    + ${shown(replayed)}`]),
      ]),
    ]);
  const more = result.different.length - mostTold;
  return more > 0 ? [...lines, l10n.t('… and {0} more.', more)] : lines;
}

/** Both sides of all differences as whole texts, for an editor's diff. */
export function sides(result: ReplayResult): { recorded: string; replayed: string } {
  const recorded: string[] = [];
  const replayed: string[] = [];
  for (const tree of result.different) {
    const title = titleOf(tree, result);
    const both = (line: string): void => {
      recorded.push(line);
      replayed.push(line);
    };
    both(title);
    tree.same.forEach(({ path, text }) => both(`  ${path}: ${text}`));
    for (const { path, recorded: before, replayed: now } of tree.differences) {
      if (before !== undefined) {
        recorded.push(`  ${path}: ${before}`);
      }
      if (now !== undefined) {
        replayed.push(`  ${path}: ${now}`);
      }
    }
    both('');
  }
  return { recorded: recorded.join('\n'), replayed: replayed.join('\n') };
}

/** Connections that a difference is about: what is kept of the recording holds their conversation whole. */
export function connectionsOf({ different, moves }: ReplayResult): Set<string> {
  const keys = new Set(different.map(({ key }) => key));
  const told = new Set(moves.flatMap((move) => (keys.has(move.key) ? move.connection : [])));
  for (const { key } of different) {
    told.add(key.split(' ')[0] ?? '');
  }
  return new Set(moves.flatMap(({ connection }) => (told.has(connection) ? connection : [])));
}
