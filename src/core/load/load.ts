/** Many clients at once: the scenarios of a flow as a load, at a gateway process of its own or at any other. */
import { spawn, type ChildProcess } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import readline from 'node:readline';
import * as l10n from '@vscode/l10n';
import { parseLine } from '../../protocol/wire';
import { UserError } from '../errors';
import { environmentVariable } from '../project/withEnvironment';
import { runSetUp, makeStore, storeVariable } from '../scenario/setUp';
import type { Plan } from '../scenario/loadFlows';
import type { StepKind } from '../scenario/flow';
import { fillIn } from '../scenario/variables';
import { GatewayView } from './gatewayView';
import { clientsOf, Group, noClients, type Tally } from './group';
import { Ledger } from './ledger';
import { Live, type Second } from './live';
import { Samples } from './samples';

export interface LoadOptions {
  /** Scenarios of one flow; the groups are dealt to them in turn. */
  plans: Plan[];
  clients: number;
  /** Milliseconds: until all have begun, how long they go on then, between two messages of a group, for an answer. */
  ramp: number;
  duration: number;
  every: number;
  limit: number;
  /** Another gateway; else `command` starts one. */
  url?: string;
  /** Program and arguments of a gateway that tells its facts on stdout and ends with its stdin. */
  command: string[];
  bootstrapFolder: string;
  signal: AbortSignal;
  /** Once a second. */
  onSecond?(progress: Progress): void;
}

export interface Progress {
  seconds: number;
  sent: number;
  received: number;
  expected: number;
  live: Live;
}

export interface LoadResult {
  clients: number;
  groups: number;
  /** Seconds from the first message to the end. */
  seconds: number;
  samples: Samples;
  /** Moment of `performance.now()` when it began: samples are stamped by that clock. */
  began: number;
  sent: number;
  expected: number;
  received: number;
  errors: ReadonlyMap<string, number>;
  /** Each second of it. */
  over: readonly Second[];
  leftOut: ReadonlySet<StepKind>;
  /** undefined: nobody tells, at another gateway. */
  functions?: {
    invocations: number;
    failed: number;
    failures: ReadonlyMap<string, number>;
    cold: number;
    gigabyteSeconds: number;
  };
  /** Milliseconds by which this process was late, in 99 of 100 looks; MB that it took. */
  lateMs: number;
  memoryMb: number;
}

/** Above it the load itself is slow, and so is what it measures. Milliseconds. */
export const saturatedMs = 50;
const resolution = 10;

/** Rejects with a `UserError` when there is nobody to load, or the gateway does not start. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { plans, clients, signal } = options;
  const [first] = plans;
  const sizes = plans.map((plan) => clientsOf(plan));
  if (first === undefined || sizes.some((size) => size === 0)) {
    throw new UserError(
      'noClients',
      noClients(first?.flow.file ?? ''),
      l10n.t('Write "- alice connects" into each scenario of it.'),
    );
  }
  const samples = new Samples();
  const ledger = new Ledger(samples);
  const tally: Tally = {
    samples,
    ledger,
    sent: 0,
    expected: 0,
    received: 0,
    errors: new Map(),
    leftOut: new Set(),
  };
  const view = new GatewayView(ledger.told);
  const live = new Live(samples);
  const tick = (): void => {
    const errors = [...tally.errors.values()].reduce((sum, count) => sum + count, view.failed);
    const { sent, expected, received } = tally;
    live.tick({ sent, expected, received, errors });
  };
  const ground = await startGround(first, options, view);
  const delay = monitorEventLoopDelay({ resolution });
  try {
    const deal = dealt(plans, sizes, clients);
    const began = performance.now();
    const ends = began + options.ramp + options.duration;
    const groups = deal.map(
      (plan, index) =>
        new Group({
          plan,
          number: index + 1,
          url: ground.url,
          every: options.every,
          limit: options.limit,
          begins: began + (options.ramp * index) / deal.length,
          ends,
          tally,
        }),
    );
    const stop = (): void => groups.forEach((group) => group.stop());
    signal.addEventListener('abort', stop);
    ground.lost.addEventListener('abort', stop);
    delay.enable();
    const second = setInterval(() => {
      const seconds = Math.round((performance.now() - began) / 1000);
      const { sent, received, expected } = tally;
      tick();
      options.onSecond?.({ seconds, sent, received, expected, live });
    }, 1000);
    try {
      if (signal.aborted) {
        stop();
      }
      await Promise.all(groups.map((group) => group.run()));
    } finally {
      clearInterval(second);
      delay.disable();
      signal.removeEventListener('abort', stop);
      ground.lost.removeEventListener('abort', stop);
      stop();
    }
    const seconds = (performance.now() - began) / 1000;
    if (live.seconds.length < Math.round(seconds)) {
      tick(); // The last second was not a whole one.
    }
    const memoryMb = Math.round(process.memoryUsage().rss / 1024 / 1024);
    if (ground.lost.aborted && !signal.aborted) {
      throw new UserError(
        'gatewayLost',
        l10n.t('The gateway of this load has ended by itself.'),
        l10n.t('Run "scfws serve" with the same project to see why.'),
      );
    }
    await ground.dispose();
    const { invocations, failed, failures, cold, gigabyteSeconds } = view;
    return {
      clients: deal.reduce((sum, plan) => sum + clientsOf(plan), 0),
      groups: deal.length,
      seconds,
      samples,
      began,
      sent: tally.sent,
      expected: tally.expected,
      received: tally.received,
      errors: tally.errors,
      over: live.seconds,
      leftOut: tally.leftOut,
      ...(options.url === undefined
        ? { functions: { invocations, failed, failures, cold, gigabyteSeconds } }
        : {}),
      lateMs: Math.max(0, delay.percentile(99) / 1e6 - resolution),
      memoryMb,
    };
  } finally {
    await ground.dispose();
  }
}

/** A scenario for each group, until there are enough clients. */
function dealt(plans: readonly Plan[], sizes: readonly number[], clients: number): Plan[] {
  const deal: Plan[] = [];
  for (let count = 0; count < clients;) {
    const index = deal.length % plans.length;
    deal.push(plans[index] as Plan);
    count += sizes[index] ?? 1;
  }
  return deal;
}

interface Ground {
  url: string;
  /** Aborted when the gateway has ended. */
  lost: AbortSignal;
  dispose(): Promise<void>;
}

async function startGround(plan: Plan, options: LoadOptions, view: GatewayView): Promise<Ground> {
  const lost = new AbortController();
  if (options.url !== undefined) {
    return { url: options.url, lost: lost.signal, dispose: () => Promise.resolve() };
  }
  const { flow, project } = plan;
  const store = await makeStore();
  let child: ChildProcess | undefined;
  try {
    const env = {
      ...(fillIn(flow.env, new Map(Object.entries(flow.vars))) as Record<string, string>),
      [storeVariable]: store.folder,
    };
    if (flow.setup !== undefined) {
      await runSetUp({
        command: flow.setup,
        cwd: project,
        env,
        bootstrapFolder: options.bootstrapFolder,
        signal: options.signal,
        limit: flow.limit,
      });
    }
    const [program = '', ...args] = options.command;
    const started = spawn(program, [...args, project], {
      env: { ...process.env, [environmentVariable]: JSON.stringify(env) },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child = started;
    started.stdin.on('error', () => undefined); // It has ended; that is noticed below.
    let said = '';
    started.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (said = (said + text).slice(-4000)));
    const ended = new Promise<void>((resolve) => started.once('close', () => resolve()));
    void ended.then(() => lost.abort());
    const url = await new Promise<string>((resolve, reject) => {
      readline
        .createInterface({ input: started.stdout, crlfDelay: Infinity })
        .on('line', (line) => {
          const told = parseLine(line);
          if (told === undefined || 'reply' in told) {
            return;
          }
          if (told.kind === 'listening') {
            view.know(told.services.flatMap(({ functions }) => functions));
            resolve(told.url);
          } else {
            view.see(told);
          }
        });
      started.once('error', reject);
      void ended.then(() =>
        reject(new UserError('noGateway', said.trim() || l10n.t('The gateway did not start.'))),
      );
    });
    const dispose = async (): Promise<void> => {
      started.stdin.end();
      await ended;
      await store.dispose();
    };
    return { url, lost: lost.signal, dispose };
  } catch (error) {
    child?.kill();
    await store.dispose();
    throw error;
  }
}
