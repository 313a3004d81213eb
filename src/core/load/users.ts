/** The scenarios of a flow for a load that somebody else schedules: each pass is a user who comes, speaks and leaves. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../errors';
import { loadFlow } from '../scenario/loadFlows';
import { clientsOf, Group, noClients, type Tally } from './group';

export interface UserOptions {
  /** `ws://…` of the gateway: the address of the API, which the flow's clients connect to. */
  url: string;
  /** Milliseconds that an answer may take; default 10,000. */
  limit?: number;
  /** Variables of the flow, above its own. */
  vars?: Readonly<Record<string, unknown>>;
}

/** What came of one pass. */
export interface UserReport {
  sent: number;
  /** Messages that the clients waited for, and those that came. */
  expected: number;
  received: number;
  /** Milliseconds from what was sent last to each message that came. */
  latencies: number[];
  /** The sentence of the step that failed; the rest was left out. */
  error?: string;
}

export interface VirtualUsers {
  /** Names of the scenarios of the flow. */
  readonly scenarios: readonly string[];
  /**
   * Goes through a scenario once: its clients connect, speak and drop their lines. Steps that only look into the
   * emulator are left out. Rejects with a `UserError` where there is no such scenario.
   */
  run(scenario: string, options: UserOptions): Promise<UserReport>;
}

/** Rejects with a `UserError` where the flow is wrong, or nobody connects in it. */
export async function readUsers(file: string): Promise<VirtualUsers> {
  const { plans, problems } = await loadFlow(path.resolve(file), process.cwd());
  const wrong = problems.find(({ severity }) => severity === 'error');
  if (wrong !== undefined) {
    const line = (wrong.range?.line ?? 0) + 1;
    throw new UserError('wrongFlow', `${wrong.file}:${line}: ${wrong.message}`);
  }
  if (plans.length === 0 || plans.some((plan) => clientsOf(plan) === 0)) {
    throw new UserError(
      'noClients',
      noClients(file),
      l10n.t('Write "- alice connects" into each scenario of it.'),
    );
  }
  let users = 0;
  const scenarios = [...new Set(plans.map(({ info }) => info.name))];
  return {
    scenarios,
    async run(name, { url, limit = 10_000, vars = {} }) {
      const plan = plans.find(({ info }) => info.name === name);
      if (plan === undefined) {
        throw new UserError(
          'noScenario',
          l10n.t('There is no scenario "{0}" in {1}.', name, file),
          l10n.t('There are: {0}.', scenarios.join(', ')),
        );
      }
      const latencies: number[] = [];
      const tally: Tally = {
        samples: { add: () => 0 },
        // Nobody keeps a schedule here: from when it was sent.
        ledger: {
          begin: () => undefined,
          came: (_port, _number, { travelled }) => latencies.push(travelled),
        },
        ...{ sent: 0, expected: 0, received: 0, errors: new Map(), leftOut: new Set() },
      };
      const scenario = { ...plan.scenario, vars: { ...plan.scenario.vars, ...vars } };
      const group = new Group({
        ...{ plan: { ...plan, scenario }, number: ++users, url, limit, tally },
        ...{ every: 0, begins: performance.now(), ends: Infinity },
      });
      try {
        await group.once();
      } finally {
        group.stop();
      }
      const { sent, expected, received, errors } = tally;
      const [error] = errors.keys();
      return { sent, expected, received, latencies, ...(error === undefined ? {} : { error }) };
    },
  };
}
