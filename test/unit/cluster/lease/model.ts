/**
 * Two nodes, their connections and Redis, in steps that are as small as what can come between them: a command carried
 * out, an answer, a call's effect. The rules are the nodes' own (src/cluster/redis/rules.ts); the unit of time is the
 * pause between two beats of a node, of which a lease has `lease`.
 *
 * Assumed: a function that a node has called ends before others can have taken the lease of a node that died meanwhile.
 */
import * as realRules from '../../../../src/cluster/redis/rules';
import * as redis from './store';

export const lease = realRules.renewalsInLease;
/** Ages above make no difference. */
const old = lease + 1;

/** Guards that can be taken away, to show that each is needed. */
export interface Guards {
  inDoubt: typeof realRules.inDoubt;
  isCutOff: typeof realRules.isCutOff;
  mayReap: typeof realRules.mayReap;
  knowsAll: typeof realRules.knowsAll;
  isCertain: typeof realRules.isCertain;
  /** The debt is written before Register is asked, not after. */
  writtenFirst: boolean;
  /** Nothing is written down for a life without a lease. */
  needsLease: boolean;
  /** Redis refuses a life whose lease was taken. */
  remembersReaped: boolean;
  /** What a dead payer had read is given to others. */
  movesPending: boolean;
  /** What may have been read without an answer is read again. */
  readsAgain: boolean;
  /** Living nodes write down anew what Redis may have forgotten. */
  reconciles: boolean;
  /** A Cleanup that could run before its Register is owed anew. */
  owesLate: boolean;
  /** A node in doubt asks before it renews. */
  doubtsFirst: boolean;
  /** What was paid is not paid again only because Redis could not be told. */
  remembersPaid: boolean;
  /** Who gave itself up sees to it that somebody knows what it owed. */
  endsFormer: boolean;
  /** A life that lost its lease pays nothing that it owed. */
  disowns: boolean;
  /** What was handed over is remembered until it is paid. */
  remembersFormer: boolean;
  /** What is in hand and forgotten by Redis is written down as one's own. */
  adopts: boolean;
}

export const allGuards: Guards = {
  ...realRules,
  writtenFirst: true,
  needsLease: true,
  remembersReaped: true,
  movesPending: true,
  readsAgain: true,
  reconciles: true,
  owesLate: true,
  doubtsFirst: true,
  remembersPaid: true,
  endsFormer: true,
  disowns: true,
  remembersFormer: true,
  adopts: true,
};

interface Node {
  up: 'alive' | 'paused' | 'dead';
  cut: 'no' | 'redis' | 'all';
  life: number;
  state: 'joining' | 'joined' | 'away';
  /** Since the last renewal, and since others could renew theirs; `null`: not now. */
  age: number;
  sound: number | null;
  step: 'doubt' | 'renew' | 'former' | 'reconcile' | 'reap' | 'read' | 'done';
  /** Another node was known at the last renewal. */
  knows: boolean;
  /** It stood still, and has not looked at its lease since. */
  dazed: boolean;
  debts: string[];
  late: string[];
  /** Lives that it ended itself, with what they owed. */
  former: { life: number; debts: string[]; told: boolean }[];
  hand: { id: number; debt: string; paid: boolean }[];
  /** Lives whose lease it took. */
  took: string[];
  /** In hand, forgotten by Redis, and written down as its own. */
  adopted: string[];
  unheard: boolean;
  /** Redis is there again, and does not know yet what is owed. */
  back: boolean;
  /** Redis does not know its lease any more. */
  lost: boolean;
  /** Redis has forgotten what it owes, and it has not written it down anew. */
  forgotten: boolean;
  untold: boolean;
}

export interface Connection {
  node: number;
  life: number;
  at:
    | 'new'
    | 'owing'
    | 'owed'
    | 'calling'
    | 'registered'
    | 'open'
    | 'closing'
    | 'paid'
    | 'ended'
    | 'refused';
  /** Register's effect is there; Cleanups after it. */
  registered: boolean;
  cleanups: number;
  /** An acknowledgement was lost, or its node stood still: it may be paid twice. */
  excused: boolean;
  /** Where the promise ends. */
  beyond: boolean;
}

export interface State {
  redis: redis.Store;
  down: boolean;
  nodes: Node[];
  connections: Record<string, Connection>;
  faults: number;
}

export class Violation extends Error {}

const newNode = (): Node => ({
  up: 'alive',
  cut: 'no',
  life: 1,
  state: 'joining',
  age: 0,
  sound: null,
  step: 'renew',
  knows: false,
  dazed: false,
  debts: [],
  late: [],
  former: [],
  hand: [],
  took: [],
  adopted: [],
  unheard: false,
  back: false,
  lost: false,
  forgotten: false,
  untold: false,
});

/** With a connection that is open at the first node. */
export function startOpen(faults: number): State {
  const state = start([0], faults);
  Object.assign(state.connections['c0'] as Connection, { life: 1, at: 'open', registered: true });
  (state.nodes[0] as Node).debts = ['c0'];
  redis.owe(state.redis, nameOf(0, 1), ['c0']);
  return state;
}

/** With a connection whose node's lease was taken, and nobody has read that; its node is dead, or lives anew. */
export function startTaken(owner: 'dead' | 'alive', faults: number): State {
  const state = startOpen(faults);
  const [first] = state.nodes as [Node];
  redis.reap(state.redis, nameOf(0, 1), 'leave');
  first.debts = [];
  (state.connections['c0'] as Connection).at = 'ended';
  if (owner === 'dead') {
    first.up = 'dead';
  } else {
    first.life = 2;
    first.former = [{ life: 1, debts: ['c0'], told: true }];
    redis.join(state.redis, nameOf(0, 2), lease, []);
  }
  return state;
}

/** Connections by the number of their node. */
export function start(places: number[], faults: number): State {
  const store = redis.emptyStore();
  const nodes = [newNode(), newNode()].map((node, n): Node => {
    redis.join(store, nameOf(n, node.life), lease, []);
    return { ...node, state: 'joined', sound: lease, step: 'done', knows: true };
  });
  const connections = Object.fromEntries(
    places.map((node, n): [string, Connection] => [
      `c${n}`,
      {
        node,
        life: 0,
        at: 'new',
        registered: false,
        cleanups: 0,
        excused: false,
        beyond: false,
      },
    ]),
  );
  return { redis: store, down: false, nodes, connections, faults };
}

const nameOf = (n: number, life: number): string => `${'AB'[n]}${life}`;

/** `fault`: costs one of the state's; `mend`: ends a fault; `time` passes when nobody has anything to do at once. */
export interface Move {
  label: string;
  kind: 'step' | 'fault' | 'mend' | 'time';
  run(state: State): void;
}

export function movesOf(state: State, guards: Guards): Move[] {
  const moves: Move[] = [];
  const add = (label: string, run: Move['run'], kind: Move['kind'] = 'step'): void => {
    moves.push({ label, kind, run });
  };
  /** A command and its answer; it may also fail, or be carried out without an answer. */
  const command = (
    n: number,
    label: string,
    effect: (next: State) => unknown,
    answered: (next: State, answer: never) => void,
    failed: (next: State) => void,
  ): void => {
    const { cut } = state.nodes[n] as Node;
    if (cut !== 'no' || state.down) {
      add(`${label}: no Redis`, failed);
      return;
    }
    add(label, (next) => answered(next, effect(next) as never));
    if (state.faults > 0) {
      const lost = (next: State): void => {
        effect(next);
        failed(next);
      };
      add(`${label}: answer lost`, lost, 'fault');
    }
  };

  state.nodes.forEach((node, n) => {
    if (node.up === 'alive') {
      beatOf(state, n, guards, add, command);
      payingOf(state, n, guards, add, command);
    }
    faultsOf(state, n, add);
  });
  for (const id of Object.keys(state.connections)) {
    connectionMoves(state, id, guards, add, command);
  }
  if (state.faults > 0 && !state.down) {
    add('Redis goes', (next) => (next.down = true), 'fault');
    add('Redis forgets everything', forget, 'fault');
  }
  if (state.down) {
    add('Redis comes back', (next) => (next.down = false), 'mend');
    add('Redis comes back empty', (next) => ((next.down = false), forget(next)), 'mend');
  }
  const busy =
    state.nodes.some(({ up, step }) => up === 'alive' && step !== 'done') ||
    Object.values(state.connections).some(
      ({ at, node }) => at === 'owing' && state.nodes[node]?.up === 'alive',
    );
  if (!busy) {
    add('time', (next) => pass(next, guards), 'time');
  }
  return moves;
}

type Add = (label: string, run: Move['run'], kind?: Move['kind']) => void;
type Command = (
  n: number,
  label: string,
  effect: (next: State) => unknown,
  answered: (next: State, answer: never) => void,
  failed: (next: State) => void,
) => void;

function pass(state: State, guards: Guards): void {
  const { leases } = state.redis;
  Object.keys(leases).forEach((life) => (leases[life] = Math.max(0, (leases[life] as number) - 1)));
  for (const node of state.nodes) {
    node.age = Math.min(old, node.age + 1);
    node.sound = node.sound === null ? null : Math.min(lease, node.sound + 1);
    if (node.up === 'alive') {
      node.step = firstStep(node, guards);
    }
  }
}

const firstStep = (node: Node, guards: Guards): Node['step'] =>
  node.state !== 'joining' && guards.doubtsFirst && guards.inDoubt(node.age, lease)
    ? 'doubt'
    : 'renew';

function forget(state: State): void {
  state.redis = { ...redis.emptyStore(), lastId: state.redis.lastId };
  Object.values(state.connections).forEach((each) => (each.excused = true));
  state.nodes.forEach((node) => (node.forgotten = node.up !== 'dead'));
  noteLost(state);
}

/** What Redis acknowledged and lost is lost with the last node that knew it. */
function noteLost(state: State): void {
  const known = new Set([
    ...Object.values(state.redis.owed).flat(),
    ...state.redis.stream.map(({ debt }) => debt),
    ...state.nodes.flatMap(({ debts, former, hand, adopted }) => [
      ...debts,
      ...adopted,
      ...former.flatMap((life) => life.debts),
      ...hand.filter(({ paid }) => !paid).map(({ debt }) => debt),
    ]),
  ]);
  for (const [id, connection] of Object.entries(state.connections)) {
    connection.beyond ||= !known.has(id);
  }
}

function beatOf(state: State, n: number, guards: Guards, add: Add, command: Command): void {
  const at = (next: State): Node => next.nodes[n] as Node;
  const node = at(state);
  const name = nameOf(n, node.life);
  const label = `${name} ${node.step}`;
  const miss = (next: State): void => {
    const mine = at(next);
    mine.state = mine.state === 'joined' ? 'away' : mine.state;
    mine.sound = null;
    mine.step = 'done';
  };
  switch (node.step) {
    case 'doubt':
      add(label, (next) => {
        const mine = at(next);
        const other = next.nodes[1 - n] as Node;
        const heard = mine.cut !== 'all' && other.cut !== 'all' && other.up === 'alive';
        const fresh =
          other.state === 'joined' && realRules.isFresh(other.age, other.sound ?? 0, lease);
        const answers: realRules.Answer[] = !mine.knows
          ? []
          : [!heard ? 'silent' : fresh || other.took.includes(name) ? 'fresh' : 'stale'];
        mine.step = 'renew';
        if (guards.isCutOff(answers)) {
          endLife(next, n, guards);
        }
      });
      break;
    case 'renew': {
      const joins = node.lost || node.state === 'joining';
      command(
        n,
        joins ? `${name} joins` : label,
        (next) => {
          if (!guards.remembersReaped) {
            next.redis.reaped = [];
          }
          const owed = guards.reconciles ? [...at(next).debts, ...at(next).adopted] : [];
          return joins
            ? redis.join(next.redis, name, lease, owed)
            : redis.renew(next.redis, name, lease);
        },
        (next, answer: 0 | 1 | 2 | -1) => {
          const mine = at(next);
          mine.dazed &&= answer === 0;
          if (answer === -1) {
            endLife(next, n, guards);
            return; // The next step is to join, under the new name.
          }
          if (answer === 0) {
            mine.lost = true;
            if (guards.adopts) {
              mine.adopted = mine.hand.filter(({ paid }) => !paid).map(({ debt }) => debt);
            }
            mine.step = firstStep(mine, guards);
            return;
          }
          const back = mine.state !== 'joined' || joins;
          if (back || realRules.isLate(mine.age, lease)) {
            mine.sound = 0;
          }
          mine.age = 0;
          const others = Object.keys(next.redis.leases).filter((each) => each !== name);
          mine.knows =
            (mine.knows && !realRules.mayReap(mine.sound ?? 0, lease)) ||
            others.some((each) => !each.startsWith(name.charAt(0)));
          const next_ = back || mine.untold ? 'reconcile' : 'reap';
          mine.step = mine.former.length > 0 ? 'former' : next_;
          mine.unheard ||= back;
          mine.back = back;
          mine.lost = false;
          if (joins) {
            mine.forgotten = false;
          }
        },
        miss,
      );
      break;
    }
    case 'former': {
      // One command for each life, all in one step here: what comes between two of them finds what it found before.
      command(
        n,
        label,
        (next) =>
          at(next).former.map(({ life, debts, told }) =>
            told && !guards.remembersFormer
              ? debts
              : redis.reap(next.redis, nameOf(n, life), 'leave', debts),
          ),
        (next, answers: string[][]) => {
          const mine = at(next);
          mine.former = mine.former
            .map(({ life }, each) => ({ life, debts: answers[each] ?? [], told: true }))
            .filter(({ debts }) => debts.length > 0);
          mine.step = mine.back || mine.untold ? 'reconcile' : 'reap';
        },
        miss,
      );
      break;
    }
    case 'reconcile':
      command(
        n,
        label,
        (next) => {
          if (!guards.reconciles) {
            return 1;
          }
          redis.strike(next.redis, name, next.redis.owed[name] ?? []);
          return redis.owe(next.redis, name, [...at(next).debts, ...at(next).adopted]);
        },
        (next, answer: 1 | -1) => {
          if (answer === -1 && at(next).debts.length + at(next).adopted.length > 0) {
            miss(next);
            return;
          }
          at(next).state = 'joined';
          at(next).forgotten = false;
          at(next).untold = false;
          at(next).back = false;
          at(next).step = 'reap';
        },
        miss,
      );
      break;
    case 'reap': {
      const certain = guards.isCertain(node.age, lease);
      const may = certain && node.sound !== null && guards.mayReap(node.sound, lease);
      const dead = may ? redis.expired(state.redis).filter((each) => each !== name) : [];
      for (const life of dead) {
        const take = (next: State): void => {
          noteTaken(next, life);
          if (!guards.movesPending) {
            next.redis.stream = next.redis.stream.filter(({ by }) => by !== life);
          }
          redis.reap(next.redis, life, 'expired');
          at(next).took.push(life);
          next.nodes
            .filter((each, m) => nameOf(m, each.life) === life)
            .forEach((each) => excusePaid(next, each));
        };
        command(n, `${name} takes ${life}`, take, () => undefined, miss);
      }
      if (dead.length === 0) {
        readOf(state, n, guards, add, command, miss);
      } else {
        add(`${label}: no more`, (next) => (at(next).step = 'read'));
      }
      break;
    }
    case 'read':
      readOf(state, n, guards, add, command, miss);
      break;
    case 'done':
      break;
  }
}

function readOf(
  state: State,
  n: number,
  guards: Guards,
  add: Add,
  command: Command,
  miss: (next: State) => void,
): void {
  const at = (next: State): Node => next.nodes[n] as Node;
  const node = at(state);
  const name = nameOf(n, node.life);
  const label = `${name} reads`;
  if (!node.unheard && state.redis.stream.every(({ by }) => by !== null)) {
    add(`${label} nothing`, (next) => (at(next).step = 'done'));
    return;
  }
  command(
    n,
    label,
    (next) => {
      const { unheard } = at(next);
      const again = unheard && guards.readsAgain ? redis.readAgain(next.redis, name) : [];
      return [...again, ...redis.read(next.redis, name)];
    },
    (next, entries: { id: number; debt: string }[]) => {
      const mine = at(next);
      mine.unheard = false;
      mine.step = 'done';
      for (const { id, debt } of entries) {
        if (!mine.hand.some((each) => each.id === id)) {
          mine.hand.push({ id, debt, paid: false });
        }
      }
    },
    (next) => {
      miss(next);
      at(next).unheard = true;
    },
  );
}

/** A lease is taken: its node must not be one that lives. */
function noteTaken(state: State, life: string): void {
  const alive = state.nodes.some(
    (node, n) =>
      nameOf(n, node.life) === life &&
      node.up === 'alive' &&
      !node.dazed &&
      node.state !== 'joining',
  );
  if (alive) {
    throw new Violation(`the lease of a living node was taken: ${life}`);
  }
}

/** What was paid and not acknowledged when its payer lost its lease may be paid once more. */
function excusePaid(state: State, { hand }: Node): void {
  for (const { debt } of hand.filter(({ paid }) => paid)) {
    (state.connections[debt] as Connection).excused = true;
  }
}

function endLife(state: State, n: number, guards: Guards): void {
  const node = state.nodes[n] as Node;
  if (guards.endsFormer) {
    // All of it is written down, too, unless Redis has forgotten it: a call that runs in between goes on.
    const own = node.debts.filter((each) => !node.late.includes(each));
    const others = [
      ...node.hand.filter(({ paid }) => !paid).map(({ debt }) => debt),
      ...node.adopted,
    ];
    const debts = [...new Set([...own, ...others])].sort();
    if (debts.length > 0) {
      node.former.push({ life: node.life, debts, told: false });
    }
  }
  excusePaid(state, node);
  node.hand = node.hand.filter(({ paid }) => paid);
  node.adopted = [];
  node.debts = guards.disowns ? node.debts.filter((each) => node.late.includes(each)) : node.debts;
  node.life++;
  node.state = 'joining';
  node.lost = false;
  node.dazed = false;
  node.age = 0;
  for (const connection of Object.values(state.connections)) {
    if (connection.node === n && connection.at === 'open') {
      connection.at = 'closing';
    } else if (connection.node === n && connection.at === 'paid') {
      connection.excused = true;
    }
  }
}

function cleanUp(state: State, id: string, by: number): void {
  const connection = state.connections[id] as Connection;
  const owner = state.nodes[connection.node] as Node;
  const lives = owner.up === 'alive' && !owner.dazed && connection.at === 'open';
  if (by !== connection.node && lives && nameOf(connection.node, owner.life) !== '') {
    throw new Violation(`the Cleanup of ${id} ran while a living node held it`);
  }
  if (!connection.registered) {
    return;
  }
  connection.cleanups = Math.min(3, connection.cleanups + 1);
  if (connection.cleanups > 1 && !connection.excused) {
    throw new Violation(`the Cleanup of ${id} ran twice without a reason`);
  }
}

function payingOf(state: State, n: number, guards: Guards, add: Add, command: Command): void {
  const node = state.nodes[n] as Node;
  const handOf = (next: State, id: number) =>
    (next.nodes[n] as Node).hand.find((each) => each.id === id);
  for (const { id, debt, paid } of node.hand) {
    const label = `${nameOf(n, node.life)} pays ${debt}`;
    if (!paid) {
      add(label, (next) => {
        cleanUp(next, debt, n);
        if (next.redis.reaped.includes(nameOf(n, node.life))) {
          (next.connections[debt] as Connection).excused = true;
        }
        const entry = handOf(next, id);
        if (entry !== undefined) {
          entry.paid = true;
        }
        const mine = next.nodes[n] as Node;
        if (mine.adopted.includes(debt)) {
          mine.adopted = mine.adopted.filter((each) => each !== debt);
          mine.untold = true; // Struck out by the next comparison at the latest.
        }
      });
      continue;
    }
    const drop = (next: State): void => {
      const mine = next.nodes[n] as Node;
      mine.hand = mine.hand.filter((each) => each.id !== id);
    };
    if (node.cut === 'no' && !state.down) {
      // One that fails is repeated: as if it had not been tried, but for the guard.
      command(
        n,
        `${label}, acknowledged`,
        (next) => redis.acknowledge(next.redis, id, debt),
        drop,
        (next) => {
          (next.connections[debt] as Connection).excused ||= !guards.remembersPaid;
        },
      );
    } else if (!guards.remembersPaid) {
      add(`${label}, not acknowledged`, (next) => {
        drop(next);
        (next.nodes[n] as Node).unheard = true;
      });
    }
  }
}

/** Whether the other node would say that there is no such connection, of one that a living node holds. */
function isDenied({ redis: store, down, nodes }: State, of: Connection, guards: Guards): boolean {
  const owner = nodes[of.node] as Node;
  const asked = nodes[1 - of.node] as Node;
  const answers = asked.up === 'alive' && asked.cut === 'no' && !down && asked.state === 'joined';
  const sure =
    answers &&
    !asked.lost &&
    asked.sound !== null &&
    guards.knowsAll(asked.sound, lease) &&
    store.leases[nameOf(1 - of.node, asked.life)] !== undefined;
  const life = nameOf(of.node, of.life);
  const gone = store.reaped.includes(life) || (sure && store.leases[life] === undefined);
  return answers && gone && !owner.dazed && owner.state !== 'joining' && owner.life === of.life;
}

function connectionMoves(
  state: State,
  id: string,
  guards: Guards,
  add: Add,
  command: Command,
): void {
  const of = (next: State): Connection => next.connections[id] as Connection;
  const connection = of(state);
  const n = connection.node;
  const at = (next: State): Node => next.nodes[n] as Node;
  const node = at(state);
  const label = `${id} at ${nameOf(n, node.life)}`;
  if (connection.at === 'calling') {
    add(`${label}: Register runs`, (next) => {
      of(next).registered = true;
      of(next).at = 'registered';
    });
  }
  if (node.up !== 'alive') {
    return;
  }
  if (connection.at === 'open' && isDenied(state, connection, guards)) {
    add(`a push to ${label}`, () => {
      throw new Violation(`${id} is open, and a push to it hears that it is not`);
    });
  }
  const drop = (next: State): void => {
    const mine = at(next);
    mine.debts = mine.debts.filter((each) => each !== id);
    mine.late = mine.late.filter((each) => each !== id);
  };
  const holdsLease = node.state !== 'joining';
  const certain = holdsLease && guards.isCertain(node.age, lease);
  const owe = (to: Connection['at']): void => {
    command(
      n,
      `${label}: written down`,
      (next) => {
        const life = nameOf(n, connection.life);
        if (guards.needsLease) {
          return redis.owe(next.redis, life, [id]);
        }
        redis.write(next.redis, life, [id]);
        return 1;
      },
      (next, answer: 1 | -1) => {
        if (answer === 1 && connection.life === node.life && certain) {
          of(next).at = to;
        } else {
          drop(next);
          at(next).untold = true;
          of(next).at = 'refused';
        }
      },
      (next) => {
        drop(next);
        const mine = at(next);
        mine.state = mine.state === 'joined' ? 'away' : mine.state;
        mine.sound = null;
        mine.untold = true;
        of(next).at = 'refused';
      },
    );
  };
  switch (connection.at) {
    case 'new':
      if (node.state === 'joined' && certain) {
        add(`${label}: asks`, (next) => {
          at(next).debts = [...at(next).debts, id].sort();
          of(next).life = at(next).life;
          of(next).at = guards.writtenFirst ? 'owing' : 'calling';
        });
      }
      break;
    case 'owing':
      owe(guards.writtenFirst ? 'owed' : 'open');
      break;
    case 'owed':
      add(`${label}: Register is asked`, (next) => {
        of(next).at = 'calling';
      });
      break;
    case 'registered':
      add(`${label}: accepted`, (next) => {
        if (!guards.writtenFirst) {
          of(next).at = 'owing';
          return;
        }
        const mine = at(next);
        if (guards.owesLate && !(certain && mine.debts.includes(id))) {
          of(next).excused = true;
          mine.late = [...mine.late, id].sort();
          if (!mine.debts.includes(id)) {
            mine.debts = [...mine.debts, id].sort();
            mine.untold = true;
          }
        }
        of(next).at = holdsLease && connection.life === mine.life ? 'open' : 'closing';
      });
      break;
    case 'open':
      add(`${label}: the client leaves`, (next) => (of(next).at = 'closing'));
      break;
    case 'closing':
      add(`${label}: Cleanup`, (next) => {
        if (at(next).debts.includes(id)) {
          cleanUp(next, id, n);
          of(next).at = 'paid';
        } else {
          of(next).at = 'ended'; // Others pay.
        }
      });
      break;
    case 'paid': {
      if (!node.debts.includes(id)) {
        add(`${label}: others pay, too`, (next) => (of(next).at = 'ended'));
        break;
      }
      const end = (next: State): void => {
        drop(next);
        of(next).at = 'ended';
      };
      command(
        n,
        `${label}: struck`,
        (next) => redis.strike(next.redis, nameOf(n, at(next).life), [id]),
        end,
        (next) => {
          end(next);
          at(next).untold = true;
          of(next).excused = true;
        },
      );
      break;
    }
    default:
      break;
  }
}

function faultsOf(state: State, n: number, add: Add): void {
  const node = state.nodes[n] as Node;
  const name = nameOf(n, node.life);
  const at = (next: State): Node => next.nodes[n] as Node;
  const excuse = (next: State, all: boolean): void => {
    for (const connection of Object.values(next.connections)) {
      connection.excused ||= connection.node === n && (all || connection.at === 'paid');
    }
    for (const { debt, paid } of at(next).hand) {
      (next.connections[debt] as Connection).excused ||= all || paid;
    }
  };
  if (state.faults > 0 && node.up === 'alive') {
    add(`${name} is killed`, (next) => crash(next, n, excuse), 'fault');
    add(
      `${name} stands still`,
      (next) => {
        at(next).up = 'paused';
        excuse(next, true);
      },
      'fault',
    );
    if (node.cut === 'no') {
      for (const cut of ['redis', 'all'] as const) {
        add(
          `${name} is cut off (${cut})`,
          (next) => {
            at(next).cut = cut;
            excuse(next, false);
          },
          'fault',
        );
      }
    }
  }
  if (node.up === 'paused') {
    add(
      `${name} goes on`,
      (next) => {
        at(next).up = 'alive';
        at(next).dazed = true;
      },
      'mend',
    );
  }
  if (node.cut !== 'no') {
    add(`${name} is reached again`, (next) => (at(next).cut = 'no'), 'mend');
  }
  if (node.up === 'dead') {
    add(
      `${name} is started again`,
      (next) => {
        next.nodes[n] = { ...newNode(), life: at(next).life + 1 };
      },
      'mend',
    );
  }
}

function crash(next: State, n: number, excuse: (next: State, all: boolean) => void): void {
  const node = next.nodes[n] as Node;
  excuse(next, false);
  for (const [id, connection] of Object.entries(next.connections)) {
    if (connection.node !== n || ['new', 'refused', 'ended'].includes(connection.at)) {
      continue;
    }
    if (connection.at === 'calling') {
      connection.registered = true; // Before others can have taken over: what is assumed.
    }
    // A debt that was owed anew because of one fault, and not written when the next one came.
    connection.beyond ||= node.forgotten || (node.late.includes(id) && node.untold);
    connection.at = 'ended';
  }
  next.nodes[n] = { ...newNode(), up: 'dead', life: node.life, step: 'done' };
  if (node.forgotten) {
    noteLost(next);
  }
}
