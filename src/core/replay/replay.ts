/**
 * Replays a recording against the handlers of today and tells the difference. It is replayed twice at least: what
 * differs between replays of the same code varies by itself and is masked; only the rest is a difference.
 */
import * as l10n from '@vscode/l10n';
import type { Recording } from '../../protocol/export/recording';
import { UserError } from '../errors';
import { runOf } from './canonical';
import { compare, type Comparison, type Told } from './compare';
import { byEnd, type Move, namesOf, scriptOf } from './moves';
import { idsFor, pathProblem, perform, type PerformOptions } from './perform';
import { treesOf } from './trees';

export interface ReplayOptions extends Omit<PerformOptions, 'onProgress'> {
  recording: Recording;
  /** How often it is replayed before a difference is believed. */
  onProgress(replay: number, done: number, of: number): void;
}

export interface ReplayResult extends Comparison {
  /** What of the recording was not done again or not compared, a sentence each. */
  left: string[];
  replays: number;
  moves: Move[];
  /** Names of connections by their ids in the recording. */
  names: ReadonlyMap<string, string>;
}

/** Replays that show what varies, and one more before a difference is told. */
const plainReplays = 2;
const mostReplays = 4;

/** Rejects with `Cancelled`, or with a `UserError` when there is nothing to replay or a handler never ends. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { recording, service } = options;
  const script = scriptOf(recording, service.name);
  const { moves, framesOnly } = script;
  if (!moves.some(({ deed }) => deed.do === 'connect' || deed.do === 'invoke')) {
    throw new UserError(
      'nothingToReplay',
      [l10n.t('No client of this recording can speak again.'), ...script.left].join(' '),
      l10n.t('Record from the moment when a client connects, and export all of the traffic.'),
    );
  }
  const ids = idsFor(moves);
  const names = namesOf(recording.facts);
  const recorded: Told = {
    trees: treesOf({ recording, script, names, framesOnly }),
    run: runOf(recording, framesOnly),
  };
  const namesOfIds = new Map(
    [...names].map(([connection, name]) => [ids.get(connection) ?? connection, name]),
  );
  const connections = new Map([...ids].map(([connection, id]) => [id, connection]));
  // What overlapped can have been seen in either order.
  const orders = [moves, byEnd(moves)];
  const replays: Told[] = [];
  let result: Comparison;
  do {
    const number = replays.length + 1;
    const order = orders[replays.length % orders.length] as Move[];
    const played = await perform(order, ids, {
      ...options,
      onProgress: (done) => options.onProgress(number, done, order.length),
    });
    replays.push(told(played, connections, namesOfIds, framesOnly));
    result = compare(recorded, replays, script.unfinished);
  } while (
    replays.length < plainReplays ||
    (result.different.length > 0 && replays.length < mostReplays)
  );
  const path = pathProblem(moves, service);
  return {
    ...result,
    replays: replays.length,
    moves,
    names,
    left: [
      ...script.left,
      ...(path === undefined ? [] : [path]),
      ...(framesOnly
        ? [l10n.t('The recording tells frames only: what functions returned is not compared.')]
        : []),
    ],
  };
}

/** `connections`: what the ids of the replay are called in the recording. */
function told(
  played: Recording,
  connections: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
  framesOnly: boolean,
): Told {
  const recording = framesOnly ? renamed(played, connections) : played;
  const script = scriptOf(recording);
  return {
    trees: treesOf({ recording, script, names, framesOnly }),
    run: runOf(recording, framesOnly),
  };
}

/** A recording of a browser knows no ids of connections. */
function renamed(recording: Recording, names: ReadonlyMap<string, string>): Recording {
  return {
    ...recording,
    facts: recording.facts.map((fact) =>
      'connection' in fact && typeof fact.connection === 'string'
        ? { ...fact, connection: names.get(fact.connection) ?? fact.connection }
        : fact,
    ),
  };
}

/** Whether anything at all was compared: a clean result must never be an empty one. */
export function comparedNothing({ counts }: Comparison): boolean {
  const { handshake, invocation, value, push, frame, end } = counts;
  return handshake + invocation + value + push + frame + end === 0;
}
