/**
 * Looks for an order of events in which a scenario fails: the plain one, then all with one deviation, with two, with
 * three, then by chance, until the budget is spent. The first failure is shrunk to the deviations that it needs.
 */
import os from 'node:os';
import type { ServiceSpec } from '../../protocol/project';
import type { Plan } from '../scenario/loadFlows';
import type { Deviation } from '../scenario/order/eventName';
import { isFault } from '../scenario/order/eventName';
import type { ScenarioOptions } from '../scenario/runScenario';
import { candidates } from './candidates';
import { chance } from './chance';
import { type Tried, tryOrder } from './tryOrder';

export interface Budget {
  /** Runs at most. */
  runs?: number;
  /** Milliseconds at most. */
  ms?: number;
}

export interface ExploreOptions extends Pick<ScenarioOptions, 'session' | 'signal'> {
  budget: Budget;
  seed: number;
  faults: boolean;
  /** How often what was found is run again; default: 3. */
  again?: number;
  /** Orders at a time; default: as many as there are cores, 4 at most. */
  workers?: number;
  onProgress?(progress: Looked): void;
}

/** How much was looked at. */
export interface Looked {
  runs: number;
  /** Orders that differ from each other. */
  orders: number;
  /** Deviations of the order that differs most from the plain one. */
  depth: number;
  /** All orders up to so many deviations were tried; undefined: not even the plain one. */
  complete?: number;
  /** Orders that were tried by chance. */
  byChance: number;
  /** Milliseconds. */
  ms: number;
  /** Pushes that no run of the scenario made: they came as they came. */
  unordered: number;
  /** Orders that failed once, and not when they were tried again. */
  unsteady: number;
}

export interface Explored {
  looked: Looked;
  plain: Tried;
  /** The first failure, with the deviations that it needs; `again`: how often it failed of three more times. */
  found?: { tried: Tried; again: number; after: { runs: number; ms: number } };
  cancelled: boolean;
}

/** Deviations up to which every order is tried. */
const deepest = 3;
const times = 3;
/** Runs by chance in a row that find no new order: there is hardly another one. */
const mostBarren = 40;

export async function explore(
  plan: Plan,
  service: ServiceSpec | undefined,
  options: ExploreOptions,
): Promise<Explored> {
  const search = new Search(plan, service, options);
  return search.run();
}

class Search {
  private readonly began = performance.now();
  private readonly seen = new Set<string>();
  private readonly queued = new Set<string>();
  /** By number of deviations. */
  private readonly queue: Deviation[][][] = [];
  private readonly known: Tried[] = [];
  private readonly random: () => number;
  private runs = 0;
  private depth = 0;
  private byChance = 0;
  private complete: number | undefined;
  private unordered = 0;
  private unsteady = 0;
  /** Runs since the last order that was new. */
  private barren = 0;
  private running = 0;
  private found: Tried | undefined;

  constructor(
    private readonly plan: Plan,
    private readonly service: ServiceSpec | undefined,
    private readonly options: ExploreOptions,
  ) {
    this.random = chance(options.seed);
  }

  async run(): Promise<Explored> {
    const { signal, workers = Math.min(os.availableParallelism(), 4) } = this.options;
    const plain = await this.try([]);
    this.complete = signal.aborted ? undefined : 0;
    if (this.found === undefined) {
      await Promise.all(Array.from({ length: workers }, () => this.work()));
    }
    const after = { runs: this.runs, ms: this.ms };
    const found = this.found && (await this.shrink(this.found));
    return {
      looked: this.looked,
      plain,
      ...(found === undefined ? {} : { found: { ...found, after } }),
      cancelled: signal.aborted,
    };
  }

  private get ms(): number {
    return Math.round(performance.now() - this.began);
  }

  private get looked(): Looked {
    const { runs, depth, complete, byChance, ms, unordered, unsteady } = this;
    const orders = this.seen.size;
    return {
      runs,
      orders,
      depth,
      ...(complete === undefined ? {} : { complete }),
      byChance,
      ms,
      unordered,
      unsteady,
    };
  }

  private get isOver(): boolean {
    const { budget, signal } = this.options;
    return (
      signal.aborted ||
      this.found !== undefined ||
      this.runs + this.running >= (budget.runs ?? Infinity) ||
      this.ms >= (budget.ms ?? Infinity)
    );
  }

  private async work(): Promise<void> {
    while (!this.isOver) {
      const next = this.next();
      if (next === undefined) {
        if (this.running === 0) {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 5)); // What others find may lead on.
        continue;
      }
      await this.try(next);
    }
  }

  /** The next one, few deviations first; then by chance. */
  private next(): Deviation[] | undefined {
    for (let depth = 1; depth <= deepest; depth++) {
      const next = this.queue[depth]?.shift();
      if (next !== undefined) {
        return next;
      }
      if (this.running > 0) {
        return undefined; // One of this depth may still lead to more.
      }
      this.complete = Math.max(this.complete ?? 0, depth);
    }
    return this.guess();
  }

  /** More deviations on an order that is known. */
  private guess(): Deviation[] | undefined {
    for (let attempt = 0; attempt < 50 && this.barren < mostBarren; attempt++) {
      const base = this.known[Math.floor(this.random() * this.known.length)];
      const all = base && this.candidatesOf(base);
      if (base === undefined || all === undefined || all.length === 0) {
        continue;
      }
      const more = 1 + Math.floor(this.random() * deepest);
      const added = Array.from(
        { length: more },
        () => all[Math.floor(this.random() * all.length)] as Deviation,
      );
      const guess = distinct([...base.met, ...added]);
      if (this.claim(guess)) {
        this.byChance++;
        return guess;
      }
    }
    return undefined; // There is nothing else.
  }

  private candidatesOf({ trace, met }: Tried): Deviation[] {
    const { faults } = this.options;
    if (met.some((each) => 'fresh' in each)) {
      return []; // A matter of its own: what else differs has nothing to do with it.
    }
    const found = candidates(trace, this.plan.scenario.steps, faults && !met.some(isFault));
    return met.length === 0 ? found : found.filter((each) => !('fresh' in each));
  }

  private claim(deviations: Deviation[]): boolean {
    const key = keyOf(deviations);
    if (this.queued.has(key) || isContradiction(deviations)) {
      return false;
    }
    this.queued.add(key);
    return true;
  }

  private async try(deviations: Deviation[]): Promise<Tried> {
    const { onProgress } = this.options;
    this.running++;
    const tried = await tryOrder(this.plan, this.service, deviations, this.options).finally(
      () => this.running--,
    );
    if (tried.outcome === 'notRun') {
      return tried;
    }
    this.runs++;
    this.unordered = Math.max(this.unordered, tried.unordered);
    if (isFailure(tried) && this.found === undefined) {
      await this.confirm(tried);
    }
    this.barren++;
    if (!this.seen.has(tried.signature)) {
      this.seen.add(tried.signature);
      this.barren = 0;
      this.depth = Math.max(this.depth, tried.met.length);
      this.known.push(tried);
      for (const candidate of tried.met.length < deepest ? this.candidatesOf(tried) : []) {
        const next = distinct([...tried.met, candidate]);
        if (next.length > tried.met.length && this.claim(next)) {
          (this.queue[next.length] ??= []).push(next);
        }
      }
    }
    onProgress?.(this.looked);
    return tried;
  }

  /** What does not fail again was no matter of the order: a machine that was too busy, or chance in the handlers. */
  private async confirm(tried: Tried): Promise<void> {
    this.runs++;
    const again = await tryOrder(this.plan, this.service, tried.deviations, this.options);
    if (isFailure(again)) {
      this.found ??= tried;
    } else if (again.outcome === 'passed') {
      this.unsteady++;
    }
  }

  /** Leaves out every deviation that it does not need, and tries the rest again. */
  private async shrink(found: Tried): Promise<{ tried: Tried; again: number }> {
    let best = found;
    const attempt = (deviations: readonly Deviation[]): Promise<Tried> =>
      tryOrder(this.plan, this.service, deviations, this.options);
    for (const deviation of [...best.deviations]) {
      if (best.deviations.length === 1) {
        break;
      }
      const without = await attempt(best.deviations.filter((each) => each !== deviation));
      if (isFailure(without)) {
        best = without;
      }
    }
    let again = 0;
    for (
      let time = 0;
      time < (this.options.again ?? times) && !this.options.signal.aborted;
      time++
    ) {
      again += isFailure(await attempt(best.deviations)) ? 1 : 0;
    }
    return { tried: best, again };
  }
}

/** It fails, and in the order that the deviations tell: none of them was in vain. */
function isFailure({ outcome, met, deviations }: Tried): boolean {
  return outcome === 'failed' && met.length === deviations.length;
}

function keyOf(deviations: readonly Deviation[]): string {
  return deviations
    .map((each) => JSON.stringify(each))
    .sort()
    .join('\n');
}

/** One event waits for another one that waits for it: no order is both. */
function isContradiction(deviations: readonly Deviation[]): boolean {
  const holds = deviations.flatMap((each) => ('hold' in each ? [each] : []));
  const leadsTo = (from: string, to: string, left = holds): boolean =>
    left.some(
      (each) =>
        each.hold === from &&
        (each.until === to ||
          leadsTo(
            each.until,
            to,
            left.filter((other) => other !== each),
          )),
    );
  return holds.some(({ hold, until }) => leadsTo(until, hold));
}

function distinct(deviations: Deviation[]): Deviation[] {
  const seen = new Set<string>();
  return deviations.filter((each) => {
    const key = JSON.stringify(each);
    return !seen.has(key) && seen.add(key);
  });
}
