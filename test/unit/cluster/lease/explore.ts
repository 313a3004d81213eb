/** Breadth first over every order of the model's moves; each state that is found must also be able to come to a good end. */
import { type Guards, type Move, movesOf, type State, Violation } from './model';

export interface Found {
  states: number;
  /** The shortest way to what must not be, by the labels of its moves. */
  violation?: { message: string; way: string[] };
}

/** Steps that mend everything and let all end, at most. */
const longestEnd = 400;

/** `only`: the faults that happen. */
export function explore(from: State, guards: Guards, only = /./): Found {
  const first = JSON.stringify(from);
  /** Each state, with the one before it and the move between. */
  const seen = new Map<string, [before: string, label: string] | undefined>([[first, undefined]]);
  const queue = [first];
  const good = new Set<string>();
  const wayTo = (key: string, ...last: string[]): string[] => {
    const way = last;
    for (let at = seen.get(key); at !== undefined; at = seen.get(at[0])) {
      way.unshift(at[1]);
    }
    return way;
  };
  for (let head = 0; head < queue.length; head++) {
    const key = queue[head] as string;
    for (const move of movesOf(JSON.parse(key) as State, guards)) {
      if (move.kind === 'fault' && !only.test(move.label)) {
        continue;
      }
      let next: string;
      try {
        next = after(key, move);
        if (!seen.has(next)) {
          seen.set(next, [key, move.label]);
          queue.push(next);
          endWell(next, guards, good);
        }
      } catch (error) {
        if (error instanceof Violation) {
          const way = wayTo(key, move.label);
          return { states: seen.size, violation: { message: error.message, way } };
        }
        throw error;
      }
    }
  }
  return { states: seen.size };
}

function after(key: string, move: Move): string {
  const state = JSON.parse(key) as State;
  if (move.kind === 'fault') {
    state.faults--;
  }
  move.run(state);
  return JSON.stringify(state);
}

/** Mends what is broken, lets every client leave and everybody work: in the end everything must be paid. */
function endWell(from: string, guards: Guards, good: Set<string>): void {
  const way: string[] = [];
  let key = from;
  for (let steps = 0; steps < longestEnd; steps++) {
    if (good.has(key)) {
      break;
    }
    way.push(key);
    const moves = movesOf(JSON.parse(key) as State, guards);
    const order: Move['kind'][] = ['mend', 'step', 'time'];
    const move = order
      .map((kind) => moves.find((each) => each.kind === kind))
      .find((each) => each !== undefined);
    const next = move === undefined ? key : after(key, move);
    if (next === key) {
      break;
    }
    key = next;
  }
  if (!good.has(key)) {
    checkEnd(JSON.parse(key) as State);
  }
  way.forEach((each) => good.add(each));
}

function checkEnd({ connections, redis }: State): void {
  for (const [id, { registered, cleanups, beyond }] of Object.entries(connections)) {
    if (registered && cleanups === 0 && !beyond) {
      throw new Violation(`the Cleanup of ${id} never runs`);
    }
  }
  if (redis.stream.length > 0 || Object.keys(redis.owed).length > 0) {
    throw new Violation('something stays written down for ever');
  }
}
