/** From the flags of `scfws test` to what they mean. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { UserError } from '../core/errors';
import type { Deviation } from '../core/scenario/order/eventName';
import { defaultSilence } from '../core/scenario/elsewhere';
import type { ProjectOptions } from '../core/scenario/prepareProject';
import { reporterNames } from './reporters/reporter';
import type { TestOptions } from './runTests';

export interface TestFlags {
  filter?: string;
  id?: string[];
  reporter?: string[];
  repeat?: string;
  shard?: string;
  bail?: boolean;
  workers?: string;
  watch?: boolean;
  list?: boolean;
  record?: string;
  coverage?: string;
  'coverage-to'?: string;
  url?: string;
  push?: string;
  silence?: string;
  stdio?: boolean;
  debug?: string[];
  order?: string;
}

/** Throws a `UserError` for what makes no sense. */
export function testOptions(
  from: string[],
  flags: TestFlags,
  usageError: (message: string) => UserError,
  project: ProjectOptions,
): TestOptions {
  const { filter, id, shard, bail, watch, list, record, stdio, debug } = flags;
  const number = (flag: string, text: string | undefined, most: number): number | undefined => {
    if (text === undefined) {
      return undefined;
    }
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw usageError(
        l10n.t('{0} takes a whole number from 1 to {1}, not "{2}".', flag, most, text),
      );
    }
    return value;
  };
  const pattern = /^\/(.+)\/$/.exec(filter ?? '')?.[1];
  if (pattern !== undefined) {
    try {
      new RegExp(pattern, 'iu');
    } catch (error) {
      throw usageError(l10n.t('This is not a regular expression: {0}', (error as Error).message));
    }
  }
  const reporters = flags.reporter ?? [stdio ? 'json' : 'spec'];
  for (const each of reporters) {
    if (!(reporterNames as string[]).includes(each.split('=')[0] ?? '')) {
      throw usageError(
        l10n.t('There is no reporter "{0}". There are: {1}.', each, reporterNames.join(', ')),
      );
    }
  }
  if (flags.url === undefined && (flags.push !== undefined || flags.silence !== undefined)) {
    throw usageError(l10n.t('--push and --silence belong to --url.'));
  }
  if (watch && (stdio || flags.repeat !== undefined)) {
    throw usageError(l10n.t('--watch goes neither with --repeat nor with --stdio.'));
  }
  const coverage = coverageOf(flags, usageError);
  const repeat = number('--repeat', flags.repeat, 1_000_000);
  const workers = number('--workers', flags.workers, 64);
  return {
    from: from.length === 0 ? ['.'] : from,
    reporters,
    ...project,
    ...(filter === undefined ? {} : { filter }),
    ...(id === undefined ? {} : { ids: id }),
    ...(repeat === undefined ? {} : { repeat }),
    ...(workers === undefined ? {} : { workers }),
    ...(shard === undefined ? {} : { shard: shardOf(shard, usageError) }),
    ...(bail ? { bail } : {}),
    ...(watch ? { watch } : {}),
    ...(list ? { list } : {}),
    ...(stdio ? { stdio } : {}),
    ...(debug === undefined ? {} : { debug }),
    ...(record === undefined ? {} : { recordings: record }),
    ...(flags.order === undefined ? {} : { order: orderOf(flags.order, usageError) }),
    ...coverage,
    ...(flags.url === undefined ? {} : { elsewhere: otherGateway(flags, number, usageError) }),
  };
}

/** A host gets what was counted as events and makes no file of it. */
function coverageOf(
  { coverage, 'coverage-to': file, url, stdio }: TestFlags,
  usageError: (message: string) => UserError,
): Pick<TestOptions, 'coverage' | 'lcov'> {
  if (coverage === undefined) {
    if (file !== undefined) {
      throw usageError(l10n.t('--coverage-to belongs to --coverage.'));
    }
    return {};
  }
  if (stdio && coverage === 'events') {
    return { coverage: true };
  }
  if (coverage !== 'lcov') {
    throw usageError(l10n.t('--coverage takes lcov, not "{0}".', coverage));
  }
  if (url !== undefined) {
    throw usageError(
      l10n.t('--coverage does not go with --url: the handlers there run elsewhere.'),
    );
  }
  return { coverage: true, lcov: file ?? path.join('coverage', 'lcov.info') };
}

function orderOf(text: string, usageError: (message: string) => UserError): Deviation[] {
  try {
    return JSON.parse(text) as Deviation[];
  } catch (error) {
    throw usageError(l10n.t('--order takes deviations as JSON: {0}', (error as Error).message));
  }
}

function otherGateway(
  { url = '', push, silence }: TestFlags,
  number: (flag: string, text: string | undefined, most: number) => number | undefined,
  usageError: (message: string) => UserError,
): NonNullable<TestOptions['elsewhere']> {
  const check = (flag: string, text: string, protocols: string[]): void => {
    if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
      throw usageError(
        l10n.t(
          '{0} takes an address that begins with {1}//, not "{2}".',
          flag,
          protocols.join('// or '),
          text,
        ),
      );
    }
  };
  check('--url', url, ['ws:', 'wss:']);
  if (push !== undefined) {
    check('--push', push, ['http:', 'https:']);
  }
  return {
    url,
    ...(push === undefined ? {} : { pushUrl: push }),
    silence: number('--silence', silence, 600_000) ?? defaultSilence,
  };
}

function shardOf(
  text: string,
  usageError: (message: string) => UserError,
): { index: number; of: number } {
  const [, index, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index === undefined || of === undefined || index < 1 || index > of) {
    throw usageError(
      l10n.t('--shard takes a part and the number of parts, such as 2/4, not "{0}".', text),
    );
  }
  return { index, of };
}
