/**
 * Whether a file is still what a run was made of: an error stands at its line until the line is written anew, by this
 * editor, another program, or a checkout, and whichever process had the old code.
 */
import fs from 'node:fs';
import type { Fact, FactOf } from '../protocol/fact';
import type { FunctionId } from '../protocol/project';
import type { InvocationState } from '../protocol/state';

interface Began {
  /** Milliseconds since the epoch. */
  at: number;
  version: number;
}

/** Processes of one function that are remembered; far fewer run at a time. */
const keptInstances = 50;
const keptRuns = 1000;

export class CodeAge {
  private readonly instances = new Map<FunctionId, Map<number, Began>>();
  private readonly newest = new Map<FunctionId, number>();
  private readonly runs = new Map<string, number>();

  constructor(private readonly now: () => number = Date.now) {}

  clear(): void {
    this.instances.clear();
    this.newest.clear();
    this.runs.clear();
  }

  receive(fact: Fact): void {
    if (fact.kind === 'instance') {
      this.addInstance(fact);
    } else if (fact.kind === 'invocationStarted') {
      put(this.runs, fact.invocation, this.now(), keptRuns);
    }
  }

  private addInstance(fact: FactOf<'instance'>): void {
    const known = this.instances.get(fact.function) ?? new Map<number, Began>();
    this.instances.set(fact.function, known);
    if (!known.has(fact.instance)) {
      put(known, fact.instance, { at: this.now(), version: fact.version }, keptInstances);
    }
    const newest = this.newest.get(fact.function) ?? 0;
    this.newest.set(fact.function, Math.max(newest, fact.version));
  }

  /** False when the file was written after the run began, or after its process had loaded what is old by now. */
  isOf(
    run: Pick<InvocationState, 'invocation' | 'function' | 'instance' | 'version'>,
    file: string,
  ): boolean {
    let written: number;
    try {
      written = fs.statSync(file).mtimeMs;
    } catch {
      return false; // It is gone.
    }
    const began = this.runs.get(run.invocation);
    const instance = this.instances.get(run.function)?.get(run.instance);
    const isOld = run.version < (this.newest.get(run.function) ?? 0);
    return !(
      (began !== undefined && written > began) ||
      (isOld && instance !== undefined && written > instance.at)
    );
  }
}

/** The oldest goes when there are too many. */
function put<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.set(key, value);
  if (map.size > limit) {
    const [oldest] = map.keys();
    map.delete(oldest!);
  }
}
