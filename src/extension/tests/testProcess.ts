/** `scfws test --stdio` as a child process: test events come out of it. */
import type { Deviation } from '../../core/scenario/order/eventName';
import type { Fact } from '../../protocol/fact';
import type { TestEvent } from '../../protocol/testEvent';
import { isFact } from '../../protocol/wire';
import { type CliProcess, flags, flagsOfSettings, runCli } from '../cliProcess';

export interface TestRunOptions {
  /** dist/cli.js. */
  program: string;
  /** Folder that ids of scenarios are relative to. */
  base: string;
  /** Undefined: all that are found in the folder. */
  ids?: readonly string[];
  /** Folder that recordings are written to. */
  recordings: string;
  /** Counts which lines of the handlers run. */
  coverage?: true;
  /** Handlers wait for a debugger; facts tell where, and the run can be asked things. */
  debug?: true;
  /** Instead of what the scenarios say. */
  order?: readonly Deviation[];
}

/** Asks the session of the scenario that runs; one that has ended has no answer, and nobody waits for one. */
export type Asking = (kind: string, ask: Record<string, unknown>) => void;

export interface TestRunListener {
  onEvent(event: TestEvent): void;
  /** With `debug`: what the scenario's session records. */
  onFact?(fact: Fact): void;
  /** A line that is no event: what the run says of itself. */
  onLine(line: string): void;
}

export async function runTestProcess(
  { program, base, ids = [], recordings, coverage, debug, order }: TestRunOptions,
  listener: TestRunListener,
): Promise<Omit<CliProcess, 'write'> & { ask: Asking }> {
  const args = [
    ...[program, 'test', base, '--stdio', '--reporter', 'json'],
    ...flags({
      '--record': recordings,
      '--coverage': coverage ? 'events' : undefined,
      '--debug': debug ? '*' : undefined,
      '--order': order === undefined ? undefined : JSON.stringify(order),
    }),
    ...ids.map((id) => `--id=${id}`),
    ...(await flagsOfSettings(base, true)),
  ];
  const { ended, cancel, write } = runCli(args, {
    onValue(value) {
      if (typeof value['test'] === 'string') {
        listener.onEvent(value as never);
      } else if (isFact(value)) {
        listener.onFact?.(value);
      } // Else a reply, which nobody waits for.
    },
    onLine: (line) => listener.onLine(line),
  });
  let asked = 0;
  return {
    ended,
    cancel,
    ask: (kind, ask) => write(JSON.stringify({ id: ++asked, kind, ...ask })),
  };
}
