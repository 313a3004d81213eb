/**
 * What a run of scenarios tells, one event after the other; `scfws test --reporter json` prints one a line. Each has
 * `test` where facts have `kind`, so that both can travel on the same pipe.
 */
import type { CoverageCounts, FileCoverage } from './coverage';
import type { SourcePlace } from './fact';
import type { Problem } from './project';

/** Lines and columns count from 0, as in a `Problem`. */
export interface TextRange {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

export interface TextPlace {
  /** Absolute path. */
  file: string;
  range: TextRange;
}

/** `<path of the file, relative to the folder, with slashes>#<name>`, for a case of a matrix ` [key=value, …]` behind. */
export type ScenarioId = string;

export interface ScenarioInfo {
  id: ScenarioId;
  file: string;
  name: string;
  /** Values of the matrix for this one. */
  parameters?: Record<string, unknown>;
  range: TextRange;
  steps: number;
}

export type ScenarioOutcome =
  | 'passed'
  | 'failed'
  /** The run ended before its turn came. */
  | 'notRun'
  /** It is marked with `skip`. */
  | 'skipped';

/** One message as the failure shows it. */
export interface InboxLine {
  /** Counts from 1. */
  number: number;
  type: 'text' | 'binary';
  /** Text, or hexadecimal bytes; cut when it is long. */
  text: string;
  /** `read`: behind the cursor · `skipped`: the step looked at it and went past · `unread` */
  state: 'read' | 'skipped' | 'unread';
}

/** One link of the causal chain, the first cause first. */
export interface ChainLine {
  depth: number;
  /** What happened, in a line. */
  text: string;
  /** Number of its fact. */
  seq: number;
  /** Where the handler's code is. */
  place?: SourcePlace;
  /** What the handler printed there. */
  logs: string[];
}

export interface Failure {
  /** What happened, in a sentence. */
  message: string;
  nextStep?: string;
  /** Where in the scenario: the line of the step, of an included file too. */
  place: TextPlace;
  /** As text of several lines, to be shown side by side. */
  expected?: string;
  got?: string;
  /** Where they differ, one line each: `$.text: expected "a", got "b"`. */
  differences?: string[];
  inbox?: { client: string; lines: InboxLine[] };
  chain?: ChainLine[];
  /** The line of the handler that it comes from, as far as that is known. */
  handler?: SourcePlace;
}

export type TestEvent =
  | { test: 'runStarted'; scenarios: ScenarioInfo[]; workers: number }
  /** A file is wrong: its scenarios are not run, and the run fails. */
  | { test: 'problem'; problem: Problem }
  | { test: 'scenarioStarted'; scenario: ScenarioId; /** Counts from 1. */ attempt: number }
  /** The gateway of the scenario listens; facts that follow (with --stdio) are its. */
  | { test: 'sessionStarted'; scenario: ScenarioId; url: string; pushUrl: string }
  | { test: 'stepStarted'; scenario: ScenarioId; step: number; place: TextPlace; text: string }
  | {
      test: 'stepPassed';
      scenario: ScenarioId;
      step: number;
      place: TextPlace;
      ms: number;
      /** Messages that a `receives` went past. */
      skipped?: InboxLine[];
    }
  /** Only the emulator could tell, and this is another gateway. */
  | { test: 'stepSkipped'; scenario: ScenarioId; step: number; place: TextPlace; reason: string }
  | {
      test: 'stepFailed';
      scenario: ScenarioId;
      step: number;
      place: TextPlace;
      ms: number;
      failure: Failure;
    }
  | {
      test: 'scenarioEnded';
      scenario: ScenarioId;
      attempt: number;
      outcome: ScenarioOutcome;
      ms: number;
      /** What a reader should know of a result: what could not be seen, messages that nobody read. */
      notes: string[];
      /** Where its recording was written. */
      recording?: string;
      failure?: Failure;
    }
  /** With coverage: what the handlers of these scenarios ran; several when they share warm processes. */
  | { test: 'covered'; scenarios: ScenarioId[]; files: FileCoverage[]; notes: string[] }
  | ({ test: 'coverageWritten'; file: string; notes: string[] } & CoverageCounts)
  /** The last event. `cancelled`: somebody ended it before its time. */
  | {
      test: 'runEnded';
      passed: number;
      failed: number;
      skipped: number;
      notRun: number;
      problems: number;
      ms: number;
      cancelled?: true;
    };
