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
  /** Of what was moved to the stream: what nobody has paid. */
  unpaid: string[];
}

export const emptyStore = (): Store => ({
  leases: {},
  reaped: [],
  owed: {},
  stream: [],
  lastId: 0,
  unpaid: [],
});

export function renew(store: Store, life: string, ttl: number): 0 | 1 | -1 {
  const there = store.leases[life] !== undefined && !store.reaped.includes(life);
  return there ? (join(store, life, ttl, []) as 1) : store.reaped.includes(life) ? -1 : 0;
}

export function join(store: Store, life: string, ttl: number, debts: string[]): 1 | 2 | -1 {
  if (store.reaped.includes(life)) {
    return -1;
  }
  const before = store.leases[life];
  store.leases[life] = ttl;
  write(store, life, debts);
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

/** Returns the number of debts that were moved, or -1; with `leave`, what of the known ones is not paid. */
export function reap(
  store: Store,
  life: string,
  how: 'expired' | 'leave',
  known: string[] = [],
): number | string[] {
  const left = store.leases[life];
  const taken = store.reaped.includes(life);
  if (how === 'expired' && (taken || left === undefined || left > 0)) {
    return -1;
  }
  let owed: string[] = [];
  if (!taken) {
    const news = known.filter((each) => !store.unpaid.includes(each));
    write(store, life, news);
    owed = store.owed[life] ?? [];
    store.unpaid = [...new Set([...store.unpaid, ...owed])].sort();
    delete store.owed[life];
    delete store.leases[life];
    store.reaped = [...store.reaped, life].sort();
  }
  const pending = store.stream.filter(({ by }) => by === life).map(({ debt }) => debt);
  const moved = [...owed, ...pending];
  store.stream = store.stream.filter(({ by }) => by !== life);
  moved.forEach((debt) => store.stream.push({ id: ++store.lastId, debt, by: null }));
  return how === 'leave' ? known.filter((each) => store.unpaid.includes(each)) : moved.length;
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

export function acknowledge(store: Store, id: number, debt: string): void {
  store.unpaid = store.unpaid.filter((each) => each !== debt);
  store.stream = store.stream.filter((entry) => entry.id !== id);
}
