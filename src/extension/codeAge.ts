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
    }
    if (fact.kind === 'invocationStarted') {
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
  isOf(run: Pick<InvocationState, 'invocation' | 'function' | 'instance'>, file: string): boolean {
    const written = writtenAt(file);
    if (written === undefined) {
      return false;
    }
    const began = this.runs.get(run.invocation);
    return !(
      (began !== undefined && written > began) ||
      this.isReplaced(run.function, run.instance, written)
    );
  }

  /**
   * Whether the process began before the file was written, and newer code serves by now: otherwise what was written may
   * be the same. `told`: it is known not to be.
   */
  isOlder(id: FunctionId, instance: number, file: string, told = false): boolean {
    const written = writtenAt(file);
    return written !== undefined && this.isReplaced(id, instance, written, told);
  }

  private isReplaced(id: FunctionId, number: number, written: number, told = false): boolean {
    const instance = this.instances.get(id)?.get(number);
    return (
      instance !== undefined &&
      (told || instance.version < (this.newest.get(id) ?? 0)) &&
      written > instance.at
    );
  }
}

/** Milliseconds since the epoch; undefined: it is gone. */
function writtenAt(file: string): number | undefined {
  try {
    return fs.statSync(file).mtimeMs;
  } catch {
    return undefined;
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
