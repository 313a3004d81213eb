/** One order, tried: the scenario from an empty store, with new handler processes, under these deviations. */
import type { ServiceSpec } from '../../protocol/project';
import type { Failure } from '../../protocol/testEvent';
import type { Plan } from '../scenario/loadFlows';
import type { Happened } from '../scenario/order/conductor';
import type { Deviation } from '../scenario/order/eventName';
import { runScenario, type ScenarioOptions } from '../scenario/runScenario';

export interface Tried {
  deviations: readonly Deviation[];
  /** Deviations that came about. */
  met: Deviation[];
  outcome: 'passed' | 'failed' | 'notRun' | 'skipped';
  failure?: Failure;
  trace: readonly Happened[];
  /** Equal for the same order. */
  signature: string;
  /** Pushes that nobody could order. */
  unordered: number;
}

export async function tryOrder(
  plan: Plan,
  service: ServiceSpec | undefined,
  deviations: readonly Deviation[],
  options: Pick<ScenarioOptions, 'session' | 'signal'>,
): Promise<Tried> {
  let trace: readonly Happened[] = [];
  let met: Deviation[] = [];
  let unordered = 0;
  const { outcome, failure } = await runScenario(plan, 1, service, {
    session: options.session,
    signal: options.signal,
    order: deviations,
    tell: () => undefined,
    onOrder: ({ conductor }) => {
      const notMet = new Set(conductor.notMet);
      met = deviations.filter((each) => !notMet.has(each));
      trace = [...conductor.trace];
      unordered = conductor.unordered;
    },
  });
  const others = met.filter((each) => !('hold' in each)).map((each) => JSON.stringify(each));
  return {
    deviations,
    met,
    outcome,
    ...(failure === undefined ? {} : { failure }),
    trace,
    signature: [...trace.map(({ name }) => name), ...others].join('\n'),
    unordered,
  };
}
