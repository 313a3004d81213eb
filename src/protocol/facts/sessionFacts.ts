/** The session itself: its services, its clock, its recorder, its end. */
import type { FunctionInfo, ServiceInfo } from '../fact';
import type { Problem, RuntimeFamily } from '../project';
import type { FactEntry } from './entry';
import { role } from './runFacts';
import { flag, keyAddress, line, list, number, object, oneOf, optional, own, yes } from './shape';

const functionInfo = object<FunctionInfo>({
  function: own,
  name: own,
  roles: list(role),
  runtime: own,
  family: oneOf<RuntimeFamily>({ python: true, node: true, custom: true, go: true }),
  folder: own,
  handler: own,
  file: own,
  buildFolder: optional(own),
  timeout: number,
  memory: number,
});

const service = object<ServiceInfo>({
  name: own,
  folder: own,
  path: own,
  url: own,
  urls: list(own),
  pushUrl: keyAddress,
  functions: list(functionInfo),
});

const problem = object<Problem>({
  file: own,
  path: own,
  message: line,
  severity: oneOf<Problem['severity']>({ error: true, warning: true }),
  bySchema: optional(yes),
  range: optional(
    object<NonNullable<Problem['range']>>({
      line: number,
      column: number,
      endLine: number,
      endColumn: number,
    }),
  ),
});

export const sessionFacts: {
  listening: FactEntry<'listening'>;
  servicesChanged: FactEntry<'servicesChanged'>;
  projectProblems: FactEntry<'projectProblems'>;
  stopping: FactEntry<'stopping'>;
  clock: FactEntry<'clock'>;
  dropped: FactEntry<'dropped'>;
  trafficCleared: FactEntry<'trafficCleared'>;
} = {
  listening: {
    members: {
      url: own,
      pushUrl: keyAddress,
      port: number,
      wishedPort: optional(number),
      pid: number,
      epoch: number,
      services: list(service),
    },
    payload: 'none',
    explains: () => 'all',
    row: null,
    change: null,
    har: (fact, har) => har.session(fact),
    words: null,
  },
  servicesChanged: {
    members: { services: list(service) },
    payload: 'none',
    explains: () => 'all',
    row: null,
    change: null,
    har: null,
    words: null,
  },
  projectProblems: {
    members: { file: own, problems: list(problem) },
    payload: 'none',
    explains: () => 'all',
    row: null,
    change: null,
    har: null,
    words: ({ file, problems }, { l10n, place }) => {
      if (problems.length === 0) {
        return l10n.t('{0} is right again.', file);
      }
      const lines = problems.map(({ file: at, range, severity, message }) => {
        const line = (range?.line ?? 0) + 1;
        const column = (range?.column ?? 0) + 1;
        return `${place({ file: at, line, column })}${severity}: ${message}`;
      });
      return problems.some(({ severity }) => severity === 'error')
        ? [...lines, l10n.t('What was served before goes on until it is corrected.')].join('\n')
        : lines.join('\n');
    },
  },
  stopping: {
    members: { reason: line },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: null,
  },
  clock: {
    members: { frozen: flag, by: list(line), frozenMs: number, stoodStillMs: optional(number) },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: ({ frozen, by, stoodStillMs }, { l10n }) =>
      stoodStillMs !== undefined
        ? l10n.t(
            'this machine or process stood still for {0} s: that time counts for no limit',
            (stoodStillMs / 1000).toFixed(1),
          )
        : frozen
          ? l10n.t('clock stopped: {0}', by.join(', '))
          : l10n.t('clock runs again'),
  },
  dropped: {
    members: { facts: number, payloads: number, missed: optional(number) },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: ({ missed }, { l10n }) =>
      missed === undefined
        ? undefined
        : l10n.t('{0} facts are missing here: this reader was too slow', missed),
  },
  trafficCleared: {
    members: { epoch: number },
    payload: 'none',
    explains: () => 'all',
    row: null,
    change: null,
    har: ({ epoch }, har) => har.began(epoch),
    words: (_fact, { l10n }) => l10n.t('what was recorded before was cleared'),
  },
};
