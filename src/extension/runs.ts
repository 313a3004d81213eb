/** The last ended run of each function, with the pushes that it made: for lenses, inline values and comparing. */
import { leftOut, type BackgroundKind, type ConnectionKind, type Fact } from '../protocol/fact';
import type { FunctionId } from '../protocol/project';
import { CodeAge } from './codeAge';
import type { InvocationState, SessionState } from '../protocol/state';

export interface Run extends Readonly<InvocationState> {
  /** Numbers of its first pushes, at most `keptPushes`. */
  pushSeqs: readonly number[];
}

export const keptPushes = 200;

export class Runs {
  /** The state's own objects: pushes after the end go on counting in them. */
  private readonly last = new Map<FunctionId, Readonly<InvocationState>>();
  /** Of runs that go on, and of the last one of each function: un-awaited work pushes after its end. */
  private readonly pushes = new Map<string, number[]>();

  private readonly age = new CodeAge();

  /** Whether a file is still the code that the run had. */
  isOf(run: Run, file: string): boolean {
    return this.age.isOf(run, file);
  }

  /** Whether a process has the file from before a save (`CodeAge.isOlder`). */
  isOlder(...of: Parameters<CodeAge['isOlder']>): boolean {
    return this.age.isOlder(...of);
  }

  lastOf(id: FunctionId): Run | undefined {
    const run = this.last.get(id);
    return run && { ...run, pushSeqs: [...(this.pushes.get(run.invocation) ?? [])] };
  }

  clear(): void {
    this.age.clear();
    this.last.clear();
    this.pushes.clear();
  }

  /** Returns the functions that have a new last run. Call it after the facts were folded into `state`. */
  receive(facts: readonly Fact[], state: SessionState): Set<FunctionId> {
    const changed = new Set<FunctionId>();
    for (const fact of facts) {
      this.age.receive(fact);
      switch (fact.kind) {
        case 'invocationStarted':
          this.pushes.set(fact.invocation, []);
          break;
        case 'push':
          if (fact.invocation !== null) {
            const seqs = this.pushes.get(fact.invocation);
            if (seqs !== undefined && seqs.length < keptPushes) {
              seqs.push(fact.seq);
            }
            const id = fact.function ?? '';
            if (this.last.get(id)?.invocation === fact.invocation) {
              changed.add(id);
            }
          }
          break;
        case 'invocationEnded': {
          const run = state.invocations.get(fact.invocation);
          if (run !== undefined) {
            this.take(run);
            changed.add(run.function);
          }
          break;
        }
        case 'trafficCleared':
          for (const run of this.last.values()) {
            this.pushes.delete(run.invocation);
            changed.add(run.function);
          }
          this.last.clear();
          break;
        default:
          leftOut<BackgroundKind | ConnectionKind | 'frame' | 'log'>(fact);
      }
    }
    return changed;
  }

  private take(run: Readonly<InvocationState>): void {
    const before = this.last.get(run.function);
    if (before !== undefined) {
      this.pushes.delete(before.invocation);
    }
    this.last.set(run.function, run);
  }
}
