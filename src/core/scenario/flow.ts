/** What a `*.wsflow.yaml` file says, once it is read: conversations between clients and the functions. */
import { isNumber } from '../../protocol/json';
import type { Deviation } from './order/eventName';
import type { Problem } from '../../protocol/project';
import type { TextPlace, TextRange } from '../../protocol/testEvent';

export interface Flow {
  /** Absolute path. */
  file: string;
  name?: string;
  /** Folder of the project, as written; undefined: the nearest scfws.json above the file. */
  project?: string;
  clients: Record<string, ClientOptions>;
  vars: Record<string, unknown>;
  /** Names and the values that each takes; every combination is a scenario of its own. */
  matrix: Record<string, unknown[]>;
  /** Run before each scenario, without a shell: program and arguments. */
  setup?: string[];
  /** Environment variables of the functions. */
  env: Record<string, string>;
  /** `warm`: the scenarios of this file share handler processes, store and gateway, one after the other. */
  functions: 'fresh' | 'warm';
  /** Milliseconds that a step may take. */
  limit: number;
  scenarios: Scenario[];
  /** What holds after each scenario, whatever happened in it. */
  always: Always[];
}

export type Always =
  /** Each message to a client, or to that one, matches. */
  | { frames: unknown; to?: string; range: TextRange }
  /** What each run returned, or each of that function, matches. */
  | { returned: unknown; of?: string; range: TextRange }
  /** A program, run without a shell when nothing moves any more, prints JSON that matches. */
  | { store: string[]; matches: unknown; range: TextRange };

export interface Scenario {
  name: string;
  /** Of its name. */
  range: TextRange;
  steps: Step[];
  vars: Record<string, unknown>;
  matrix: Record<string, unknown[]>;
  skip?: string;
  /** Deviations from the plain order of events; undefined: they run as they come. */
  order?: Deviation[];
}

/** How a client connects. */
export interface ClientOptions {
  protocols?: string[];
  headers?: Record<string, string>;
  query?: Record<string, string>;
  /** Default: the first one of the project. */
  stage?: string;
  /** What comes after the path of the API, for one with parameters the whole path. */
  path?: string;
}

export interface Step {
  /** Of the table of steps. */
  kind: StepKind;
  /** The client or function that it begins with. */
  subject?: string;
  /** As written, variables not filled in. */
  value: unknown;
  /** Beside the value. */
  as?: string;
  /** false: the next step begins before everything that this one caused has ended. */
  wait: boolean;
  /** It is written: in no order does the next step begin before that. */
  waits?: 'always';
  place: TextPlace;
  /** The line as written, for people. */
  text: string;
  /** Of `together`. */
  steps?: Step[];
  /** Variables for an included flow. */
  with?: Record<string, unknown>;
}

export type StepKind =
  | 'connects'
  | 'isRefused'
  | 'sends'
  | 'pings'
  | 'receives'
  | 'receivesNext'
  | 'receivesInAnyOrder'
  | 'receivesExactly'
  | 'receivesNothing'
  | 'closes'
  | 'drops'
  | 'isClosed'
  | 'isOpen'
  | 'ran'
  | 'didNotRun'
  | 'restarts'
  | 'isInvoked'
  | 'push'
  | 'advance'
  | 'faults'
  | 'options'
  | 'set'
  | 'include'
  | 'together';

export interface ReadFlow {
  /** There is one unless a problem is an error. */
  flow?: Flow;
  problems: Problem[];
}

/** `20m`, `1h 30m`, `500ms`, `15s`, or seconds as a number → milliseconds; undefined: it is none. */
export function parseDuration(value: unknown): number | undefined {
  if (isNumber(value)) {
    const seconds = Number(value);
    return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
  }
  if (typeof value !== 'string' || !/^(\s*\d+(\.\d+)?\s*(ms|s|m|h|d))+\s*$/.test(value)) {
    return undefined;
  }
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  let total = 0;
  for (const [, number, unit] of value.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/g)) {
    total += Number(number) * (units[unit ?? ''] ?? 0);
  }
  return total;
}
