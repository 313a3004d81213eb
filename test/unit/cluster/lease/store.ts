/**
 * What the scripts in src/cluster/redis/steps.ts do, on plain data; `store.test.ts` compares both. Time is relative:
 * a lease counts down to 0, where it has run out.
 */
export interface Store {
  leases: Record<string, number>;
  reaped: string[];
  owed: Record<string, string[]>;
  /** In their order; `by`: the consumer that read it and has not acknowledged it. */
  stream: { id: number; debt: string; by: string | null }[];
  lastId: number;
}

export const emptyStore = (): Store => ({
  leases: {},
  reaped: [],
  owed: {},
  stream: [],
  lastId: 0,
});

export function renew(store: Store, life: string, ttl: number): 1 | 2 | -1 {
  if (store.reaped.includes(life)) {
    return -1;
  }
  const before = store.leases[life];
  store.leases[life] = ttl;
  return before === undefined ? 2 : 1;
}

export function owe(store: Store, life: string, debts: string[]): 1 | -1 {
  if (store.leases[life] === undefined) {
    return -1;
  }
  write(store, life, debts);
  return 1;
}

export function write(store: Store, life: string, debts: string[]): void {
  if (debts.length > 0) {
    store.owed[life] = [...new Set([...(store.owed[life] ?? []), ...debts])].sort();
  }
}

export function strike(store: Store, life: string, debts: string[]): void {
  const left = (store.owed[life] ?? []).filter((each) => !debts.includes(each));
  if (left.length > 0) {
    store.owed[life] = left;
  } else {
    delete store.owed[life];
  }
}

export const expired = (store: Store): string[] =>
  Object.keys(store.leases).filter((life) => (store.leases[life] as number) <= 0);

/** Returns the number of debts that were moved, or -1. */
export function reap(
  store: Store,
  life: string,
  how: 'expired' | 'leave',
  known: string[] = [],
): number {
  const left = store.leases[life];
  if (store.reaped.includes(life) || (how === 'expired' && (left === undefined || left > 0))) {
    return -1;
  }
  write(store, life, known);
  const pending = store.stream.filter(({ by }) => by === life).map(({ debt }) => debt);
  const moved = [...(store.owed[life] ?? []), ...pending];
  store.stream = store.stream.filter(({ by }) => by !== life);
  moved.forEach((debt) => store.stream.push({ id: ++store.lastId, debt, by: null }));
  delete store.owed[life];
  delete store.leases[life];
  store.reaped = [...store.reaped, life].sort();
  return moved.length;
}

/** XREADGROUP with `>`: the debts that nobody has. */
export function read(store: Store, life: string): { id: number; debt: string }[] {
  const fresh = store.stream.filter(({ by }) => by === null);
  fresh.forEach((entry) => (entry.by = life));
  return fresh;
}

/** XREADGROUP with `0`: the debts that this consumer has. */
export const readAgain = (store: Store, life: string): { id: number; debt: string }[] =>
  store.stream.filter(({ by }) => by === life);

export function acknowledge(store: Store, id: number): void {
  store.stream = store.stream.filter((entry) => entry.id !== id);
}
