/** Where events stand until their turn comes: before a handler, before a push, before its answer, before a step. */
import type { Role } from '../../../protocol/project';
import type { Witness } from '../witness';
import { eventText, type EventName, nobody, type RunName } from './eventName';

export type Passage = 'goOn' | 'fail' | 'dead';

export interface Gate {
  name: string;
  event: EventName;
  at: 'start' | 'push' | 'pushed' | 'registered' | 'step';
  invocation: string | null;
  connection: string | null;
  role: Role | null;
  /** How many events had happened when it came here. */
  since: number;
  pass(how: Passage): void;
}

/** Gives events their names: who, what, and the how manieth. */
export class Naming {
  private readonly counts = new Map<string, number>();
  private readonly runs = new Map<string, RunName>();

  constructor(private readonly witness: () => Witness) {}

  clientOf(connection: string | null): string {
    return this.witness().clientOf(connection) ?? nobody;
  }

  /** The run of an invocation; named when its turn first comes. */
  begin(invocation: string, role: Role, connection: string | null): RunName {
    let run = this.runs.get(invocation);
    if (run === undefined) {
      const client = this.clientOf(connection);
      run = { role, client, number: this.count(`${role} ${client}`) };
      this.runs.set(invocation, run);
    }
    return run;
  }

  runOf(invocation: string | null): RunName | undefined {
    return invocation === null ? undefined : this.runs.get(invocation);
  }

  push(run: RunName, connection: string): EventName & { is: 'pushes' } {
    const to = this.clientOf(connection);
    const bare = eventText({ is: 'pushes', run, to, number: 1 });
    return { is: 'pushes', run, to, number: this.count(bare) };
  }

  /** The how manieth of its kind. */
  count(kind: string): number {
    const number = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, number);
    return number;
  }
}
