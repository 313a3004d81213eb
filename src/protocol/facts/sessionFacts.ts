/** The session itself: its services, its clock, its recorder, its end. */
import type { FunctionInfo, ServiceInfo } from '../fact';
import type { RuntimeFamily } from '../project';
import type { FactEntry } from './entry';
import { role } from './runFacts';
import { flag, keyAddress, line, list, number, object, oneOf, optional, own } from './shape';

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

export const sessionFacts: {
  listening: FactEntry<'listening'>;
  servicesChanged: FactEntry<'servicesChanged'>;
  stopping: FactEntry<'stopping'>;
  clock: FactEntry<'clock'>;
  dropped: FactEntry<'dropped'>;
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
    members: { facts: number, payloads: number },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: null,
  },
};
