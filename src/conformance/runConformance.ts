/**
 * Runs the checks of the ledger against a gateway, from outside. Our own gateway is started with the fixture
 * projects, one session for each set-up; any other one is reached by the addresses at which its owner deployed the
 * same fixtures.
 */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Fact, FactKind, FactOf } from '../protocol/fact';
import { type AreaRow, findRow } from '../protocol/ledger';
import { functionId } from '../protocol/project';
import { startSession, type Session } from '../core/session/session';
import { Bench, type Check, type OwnGateway, type Target } from './bench';
import { checks } from './checks';
import { type Mailbox, startMailbox } from './mailbox';
import { patience } from './rawClient';
import { type Language, setupLanguages, type SetupName, setups, writeSetup } from './setups';

export type Verdict = 'passed' | 'failed' | 'skipped';

export interface CheckResult {
  check: Check;
  row: AreaRow;
  setup: SetupName;
  verdict: Verdict;
  /** What was observed instead, or why the check was skipped. */
  detail?: string;
  durationMs: number;
}

/** Which set-ups of another implementation are deployed, and where. */
export type Targets = Partial<Record<SetupName, Target[]>>;

export interface ConformanceOptions {
  language: Language;
  /** As in scfws.json; its digits are the version that some checks are for. */
  runtime: string;
  interpreter?: string;
  fixtureFolder: string;
  bootstrapFolder: string;
  /** Another implementation; undefined: our own. */
  targets?: Targets;
  /** Port at which the fixtures of another implementation find the mailbox. */
  mailboxPort?: number;
  /** Only rows whose id contains this. */
  only?: string;
  onResult?(result: CheckResult): void;
}

/** Set-ups that run at the same time: most of their checks wait for timers. */
const atOnce = 4;

export async function runConformance(options: ConformanceOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const report = (result: CheckResult): void => {
    results.push(result);
    options.onResult?.(result);
  };
  const version = /[\d.]+/.exec(options.runtime)?.[0] ?? '';
  const waiting = new Map<SetupName, Check[]>();
  for (const check of checks) {
    if (options.only !== undefined && !check.row.includes(options.only)) {
      continue;
    }
    const language = check.language ?? setupLanguages[check.setup] ?? options.language;
    const why = reasonToSkip(check, options, language, version);
    if (why === undefined) {
      waiting.set(check.setup, [...(waiting.get(check.setup) ?? []), check]);
    } else {
      report(resultOf(check, 'skipped', 0, why));
    }
  }
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'scfws-conformance-'));
  const mailbox = await startMailbox(options.mailboxPort);
  try {
    const queue = [...waiting];
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await runSetup(next[0], next[1], { ...options, folder, mailbox, report });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    await mailbox.dispose();
    await fs.rm(folder, { recursive: true, force: true });
  }
  return results;
}

function reasonToSkip(
  check: Check,
  { language, targets }: ConformanceOptions,
  needed: Language,
  version: string,
): string | undefined {
  if (needed !== language) {
    return `only for ${needed}`;
  }
  if (check.only !== undefined && !check.only(version)) {
    return `not for ${language} ${version}`;
  }
  if (targets !== undefined && check.ownOnly === true) {
    return 'cannot be seen from outside';
  }
  if (targets !== undefined && targets[check.setup] === undefined) {
    return `the set-up ${check.setup} is not deployed`;
  }
  return undefined;
}

interface Run extends ConformanceOptions {
  folder: string;
  mailbox: Mailbox;
  report(result: CheckResult): void;
}

async function runSetup(setup: SetupName, chosen: readonly Check[], run: Run): Promise<void> {
  let session: Session | undefined;
  let targets = run.targets?.[setup] ?? [];
  try {
    if (run.targets === undefined) {
      session = await startSession({
        folders: await writeSetup(setup, path.join(run.folder, setup), {
          ...run,
          mailbox: run.mailbox.url,
        }),
        port: 0,
        bootstrapFolder: run.bootstrapFolder,
      });
      targets = session.services;
    }
  } catch (error) {
    for (const check of chosen) {
      run.report(resultOf(check, 'failed', 0, `the set-up ${setup} does not start: ${say(error)}`));
    }
    return;
  }
  const own = session === undefined ? undefined : ownGateway(session);
  for (const check of chosen) {
    const { language, mailbox } = run;
    const bench = new Bench({ targets, setup, language, mailbox, own });
    const started = performance.now();
    try {
      await check.run(bench);
      run.report(resultOf(check, 'passed', performance.now() - started));
    } catch (error) {
      run.report(resultOf(check, 'failed', performance.now() - started, say(error)));
    } finally {
      bench.dispose();
    }
  }
  await session?.dispose('done');
}

function ownGateway(session: Session): OwnGateway {
  const { recorder, intents } = session;
  const facts = (): Fact[] => recorder.read(1, Infinity);
  return {
    facts,
    fact<K extends FactKind>(kind: K, what: string, is: (fact: FactOf<K>) => boolean) {
      return new Promise<FactOf<K>>((resolve, reject) => {
        const look = (fact: Fact): boolean => {
          const found = fact.kind === kind && is(fact as FactOf<K>);
          if (found) {
            clearTimeout(timer);
            subscription.dispose();
            resolve(fact as FactOf<K>);
          }
          return found;
        };
        const subscription = session.onFact(look);
        const timer = setTimeout(() => {
          subscription.dispose();
          reject(new Error(`no sign of ${what} within ${patience / 1000} s`));
        }, patience);
        facts().some(look);
      });
    },
    payload: (fact) => recorder.payload(fact.seq)?.toString() ?? fact.preview,
    async closeConnection(connection) {
      await intents.closeConnection({ connection });
    },
    async invoke(role, event) {
      const [service] = session.services;
      const target = service?.functions.find(({ roles }) => roles.includes(role));
      const id = target?.function ?? functionId(service?.name ?? '', role);
      return (await intents.invoke({ function: id, event })).result;
    },
  };
}

function resultOf(
  check: Check,
  verdict: Verdict,
  durationMs: number,
  detail?: string,
): CheckResult {
  const row = findRow(check.row);
  if (row === undefined) {
    throw new Error(`there is no row ${check.row} in the ledger`);
  }
  const result = { check, row, setup: check.setup, verdict, durationMs };
  return detail === undefined ? result : { ...result, detail };
}

function say(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Set-ups by name, for a command line. */
export function isSetupName(name: string): name is SetupName {
  return Object.hasOwn(setups, name);
}
