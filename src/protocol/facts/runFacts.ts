/** Functions at work: their runs, what they print, their processes, and what they do against the contract. */
import {
  previewLength,
  type DiagnosticFix,
  type ProjectChange,
  type FactOf,
  type FunctionError,
  type InstanceState,
  type LogLevel,
  type LogStream,
  type Outcome,
  type SourcePlace,
} from '../fact';
import type { Role } from '../project';
import type { FactEntry } from './entry';
import { rowFlag } from './row';
import {
  flag,
  line,
  lines,
  list,
  number,
  object,
  oneOf,
  optional,
  orNull,
  output,
  own,
  preview,
  yes,
} from './shape';

export const role = oneOf<Role>({ register: true, transfer: true, cleanup: true });

const place = object<SourcePlace>({ file: own, line: number, column: optional(number) });

const error = object<FunctionError>({
  errorCode: number,
  errorMessage: line,
  requestId: own,
  statusCode: number,
  stackTrace: optional(lines),
});

const fix = object<DiagnosticFix>({
  kind: oneOf<DiagnosticFix['kind']>({ installLibrary: true }),
  family: oneOf<DiagnosticFix['family']>({ python: true, node: true }),
  isKnown: flag,
  interpreter: own,
  isNamed: optional(flag),
  folder: optional(own),
  packages: list(line),
  command: line,
});

const change = object<ProjectChange>({ path: list(own), values: list(line) });

export const runFacts: {
  invocationStarted: FactEntry<'invocationStarted'>;
  invocationEnded: FactEntry<'invocationEnded'>;
  log: FactEntry<'log'>;
  instance: FactEntry<'instance'>;
  debugging: FactEntry<'debugging'>;
  diagnostic: FactEntry<'diagnostic'>;
  diagnosticsCleared: FactEntry<'diagnosticsCleared'>;
} = {
  invocationStarted: {
    members: {
      invocation: own,
      function: own,
      role: orNull(role),
      connection: orNull(own),
      cause: orNull(number),
      instance: number,
      cold: flag,
      queuedMs: number,
      initMs: number,
      version: number,
      eventSize: number,
    },
    payload: 'event',
    explains: ({ invocation }) => ({ invocation }),
    row: (fact) => ({
      kind: 'invocation',
      connection: fact.connection ?? '',
      text: '',
      status: 'pending',
      size: fact.eventSize,
      flags: (fact.cold ? rowFlag.cold : 0) | (fact.cause === null ? rowFlag.external : 0),
      function: fact.function,
      cause: fact.cause,
    }),
    change: null,
    har: null,
    words: (fact, { l10n, stopping }) =>
      // A process that could not be started has no time of its own.
      fact.cold && fact.initMs > 0 && !stopping
        ? l10n.t('  {0} starts (cold, {1} ms)', fact.function, Math.round(fact.initMs))
        : undefined,
  },
  invocationEnded: {
    members: {
      invocation: own,
      outcome: oneOf<Outcome>({ ok: true, userError: true, platformError: true }),
      durationMs: number,
      memoryMb: optional(number),
      preview: preview(previewLength),
      more: optional(yes),
      error: optional(error),
      place: optional(place),
    },
    payload: 'preview',
    explains: ({ invocation }) => ({ invocation }),
    row: null,
    change: (fact) => ({
      of: { invocation: fact.invocation },
      status: fact.outcome === 'ok' ? 'ok' : 'error',
      code: fact.error?.statusCode ?? 0,
      text: fact.error?.errorMessage ?? fact.preview,
      durationMs: fact.durationMs,
      reachesCause: true,
    }),
    har: null,
    words: (fact, { name, run, stopping }) => {
      if (stopping) {
        return undefined;
      }
      const client = run === undefined || run.connection === null ? '' : name(run.connection);
      const head = `${run?.function ?? ''} ${client}`.trim() + `  ${fact.durationMs.toFixed(1)} ms`;
      return fact.outcome === 'ok'
        ? `  ✓ ${head}  ${fact.preview}`
        : `  ✗ ${head}  ${fact.error?.statusCode ?? ''} ${fact.error?.errorMessage ?? ''}${stackOf(fact)}`;
    },
  },
  log: {
    members: {
      function: own,
      instance: number,
      invocation: orNull(own),
      stream: oneOf<LogStream>({ stdout: true, stderr: true, platform: true }),
      level: oneOf<LogLevel>({ trace: true, debug: true, info: true, warn: true, error: true }),
      text: output,
      more: optional(yes),
    },
    payload: 'none',
    explains: ({ invocation }) => ({ invocation }),
    row: null,
    change: null,
    har: null,
    words: (fact) => (fact.stream === 'platform' ? undefined : `  | ${fact.text}`),
  },
  instance: {
    members: {
      function: own,
      instance: number,
      state: oneOf<InstanceState>({ starting: true, ready: true, stopped: true }),
      version: number,
      pid: optional(number),
      interpreter: optional(line),
      debugPort: optional(number),
      waitsForDebugger: optional(yes),
      reason: optional(line),
    },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: (fact) =>
      fact.interpreter === undefined ? undefined : `  ${fact.function}: ${fact.interpreter}`,
  },
  debugging: {
    members: { function: own, enabled: flag },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: null,
  },
  diagnostic: {
    members: {
      rule: own,
      severity: oneOf<FactOf<'diagnostic'>['severity']>({ error: true, warning: true, info: true }),
      message: lines,
      advice: lines,
      function: optional(own),
      invocation: optional(own),
      connection: optional(own),
      place: optional(place),
      version: optional(number),
      fix: optional(fix),
      change: optional(change),
    },
    payload: 'none',
    explains: ({ invocation }) => ({ invocation }),
    row: null,
    change: ({ invocation }) =>
      invocation === undefined ? undefined : { of: { invocation }, flags: rowFlag.warned },
    har: null,
    words: (fact, voice) =>
      `  ${fact.severity}: ${voice.place(fact.place)}${voice.sentences(fact.message, fact.advice)}`,
  },
  diagnosticsCleared: {
    members: { function: own },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: (fact, { l10n, stopping }) =>
      stopping ? undefined : l10n.t('  What was wrong with {0} is gone.', fact.function),
  },
};

function stackOf({ error: failure }: FactOf<'invocationEnded'>): string {
  const stack = failure?.stackTrace;
  return stack === undefined ? '' : `\n${stack.replace(/^/gm, '      ')}`;
}
