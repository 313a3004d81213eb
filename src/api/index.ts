/**
 * What a test in Mocha, Vitest or node:test needs: the gateway with the functions of a project behind it, in the
 * process of the test, and the runner of scenarios. Everything that happens is told as facts.
 */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import {
  readUsers,
  type UserOptions,
  type UserReport,
  type VirtualUsers,
} from '../core/load/users';
import { runFlows } from '../core/scenario/runFlows';
import { startSession as startCoreSession } from '../core/session/session';
import type { Fact, FactKind, FactOf, FaultPlan, ServiceInfo } from '../protocol/fact';
import type { Answer, Ask, IntentKind } from '../protocol/intent';
import type { EmulatorOptions, Problem } from '../protocol/project';
import type { TestEvent } from '../protocol/testEvent';

export type {
  Answer,
  Ask,
  EmulatorOptions,
  Fact,
  FactKind,
  FactOf,
  FaultPlan,
  IntentKind,
  Problem,
  ServiceInfo,
  TestEvent,
  UserOptions,
  UserReport,
  VirtualUsers,
};
export { readUsers, UserError };

/** dist/api.js stands beside what it starts. */
const bootstrapFolder = path.join(__dirname, 'bootstrap');

/** Programs that run the handlers instead of those of the search path; those of scfws.json win. */
export interface Interpreters {
  python?: string;
  node?: string;
}

export interface StartOptions {
  /** Project folders, each with a scfws.json; default: the working directory. */
  folders?: readonly string[];
  /** TCP port on 127.0.0.1; default: any free one, so that tests can run beside each other. */
  port?: number;
  /** Settings of the emulator; those of scfws.json win. */
  emulator?: Partial<EmulatorOptions>;
  interpreters?: Interpreters;
  /** Faults of network and functions to start with. */
  faults?: FaultPlan;
}

export interface Session {
  /** `ws://127.0.0.1:<port>/<stage>/<path>` of the first project. */
  readonly url: string;
  /** The address that its functions push to. */
  readonly pushUrl: string;
  /** One for each project. */
  readonly services: readonly ServiceInfo[];
  /** What is wrong with the projects, each with file, line and next step. */
  readonly problems: readonly Problem[];
  /** Everything so far, in order. */
  readonly facts: readonly Fact[];
  /** Calls back with each new fact; returns what ends that. */
  onFact(listener: (fact: Fact) => void): () => void;
  /**
   * The first fact of that kind, past or future, that matches. It waits as long as the test may; rejects with what
   * `matches` throws, and with a `UserError` when the session stops without such a fact.
   */
  fact<K extends FactKind>(kind: K, matches?: (fact: FactOf<K>) => boolean): Promise<FactOf<K>>;
  /** Invokes, pushes, closes, advances the clock, …; rejects with a `UserError` when it makes no sense. */
  ask<K extends IntentKind>(kind: K, ask: Ask<K>): Promise<Answer<K>>;
  /** Resolves when nothing more can come: no event waits or runs, no push is unanswered, no handler has work left. */
  quiet(): Promise<void>;
  /** Closes every socket and ends every handler process. */
  stop(): Promise<void>;
}

/** Rejects with a `UserError` when no project can be served or the port is taken. */
export async function startSession(options: StartOptions = {}): Promise<Session> {
  const session = await startCoreSession({
    folders: [...(options.folders ?? [process.cwd()])],
    port: options.port ?? 0,
    emulator: options.emulator,
    interpreters: options.interpreters,
    faults: options.faults,
    bootstrapFolder,
  });
  const all = [...session.recorder.read(0, session.recorder.last + 1)];
  session.onFact((fact) => all.push(fact));
  const first = session.services[0] as ServiceInfo;
  const onFact = (listener: (fact: Fact) => void): (() => void) => {
    const listening = session.onFact(listener);
    return () => listening.dispose();
  };
  const stopped = new AbortController();
  let stopping: Promise<void> | undefined;
  const next = <F extends Fact>(isIt: (fact: Fact) => fact is F, kind: string): Promise<F> =>
    new Promise((resolve, reject) => {
      const none = (): void => {
        forget();
        const message = l10n.t(
          'The session has stopped, and no fact "{0}" came that matches.',
          kind,
        );
        reject(new UserError('stopped', message, l10n.t('Look at the facts of the session.')));
      };
      const forget = onFact((fact) => {
        try {
          if (!isIt(fact)) {
            return;
          }
          resolve(fact);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
        forget();
        stopped.signal.removeEventListener('abort', none);
      });
      if (stopped.signal.aborted) {
        none();
      } else {
        stopped.signal.addEventListener('abort', none, { once: true });
      }
    });
  return {
    url: first.url,
    pushUrl: first.pushUrl,
    get services() {
      return session.services;
    },
    problems: session.problems,
    facts: all,
    onFact,
    fact: <K extends FactKind>(kind: K, matches: (fact: FactOf<K>) => boolean = () => true) => {
      const isIt = (fact: Fact): fact is FactOf<K> =>
        fact.kind === kind && matches(fact as FactOf<K>);
      const past = all.find(isIt);
      return past === undefined ? next(isIt, kind) : Promise.resolve(past);
    },
    ask: async (kind, ask) => session.intents[kind](ask),
    quiet: () => session.quiet.until(),
    stop() {
      stopping ??= session.dispose().finally(() => stopped.abort());
      return stopping;
    },
  };
}

export interface ScenarioOptions {
  /** Folders that are searched for `*.wsflow.yaml`, or such files; default: the working directory. */
  from?: readonly string[];
  /** Part of an id, or a `/regular expression/`. */
  filter?: string;
  emulator?: Partial<EmulatorOptions>;
  interpreters?: Interpreters;
  /** Ends the run; what has not run by then is counted in `notRun`. */
  signal?: AbortSignal;
  /** What happens, as `scfws test --reporter json` prints it. */
  onEvent?(event: TestEvent): void;
}

/** The last event of a run: how many passed, failed, were skipped and not run. */
export type ScenarioResult = Extract<TestEvent, { test: 'runEnded' }>;

/** Runs scenarios against the handlers of their projects. Rejects with a `UserError` when a folder makes no sense. */
export function runScenarios(options: ScenarioOptions = {}): Promise<ScenarioResult> {
  return runFlows({
    from: [...(options.from ?? [process.cwd()])],
    filter: options.filter,
    emulator: options.emulator,
    interpreters: options.interpreters ?? {},
    signal: options.signal ?? new AbortController().signal,
    tell: (event) => options.onEvent?.(event),
    bootstrapFolder,
  });
}
