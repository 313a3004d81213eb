/** From the flags of `scfws explore` to what they mean. */
import * as l10n from '@vscode/l10n';
import type { UserError } from '../core/errors';
import { parseDuration } from '../core/scenario/flow';
import type { ProjectOptions } from '../core/scenario/prepareProject';
import type { ExploreCommand } from './explore';

export interface ExploreFlags {
  filter?: string;
  id?: string[];
  runs?: string;
  for?: string;
  seed?: string;
  faults?: boolean;
  save?: string;
  report?: string;
  workers?: string;
  html?: string;
  json?: boolean;
  stdio?: boolean;
  locale?: string;
}

/** Milliseconds, where no budget is given. */
const defaultMs = 60_000;

/** Throws a `UserError` for what makes no sense. */
export function exploreOptions(
  from: string[],
  flags: ExploreFlags,
  usageError: (message: string) => UserError,
  project: ProjectOptions,
): ExploreCommand {
  const { filter, id, faults, save, report, html, json, stdio, locale = 'en' } = flags;
  const whole = (flag: string, text: string | undefined, most: number): number | undefined => {
    if (text !== undefined && (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > most)) {
      throw usageError(
        l10n.t('{0} takes a whole number from 1 to {1}, not "{2}".', flag, most, text),
      );
    }
    return text === undefined ? undefined : Number(text);
  };
  const runs = whole('--runs', flags.runs, 10_000_000);
  const workers = whole('--workers', flags.workers, 64);
  const ms = flags.for === undefined ? undefined : parseDuration(flags.for);
  if (flags.for !== undefined && (ms === undefined || ms === 0)) {
    throw usageError(l10n.t('{0} takes a time such as 60s or 5m, not "{1}".', '--for', flags.for));
  }
  if (save !== undefined && !/\.wsflow\.ya?ml$/.test(save)) {
    throw usageError(
      l10n.t('The file of {0} must end with .wsflow.yaml, not "{1}".', '--save', save),
    );
  }
  return {
    from: from.length === 0 ? ['.'] : from,
    ...project,
    ...(filter === undefined ? {} : { filter }),
    ...(id === undefined ? {} : { ids: id }),
    budget: {
      ...(runs === undefined ? {} : { runs }),
      ...(ms === undefined ? (runs === undefined ? { ms: defaultMs } : {}) : { ms }),
    },
    seed: whole('--seed', flags.seed, 0xffffffff) ?? 1,
    faults: faults === true,
    ...(save === undefined ? {} : { save }),
    ...(report === undefined ? {} : { report }),
    ...(workers === undefined ? {} : { workers }),
    ...(html === undefined ? {} : { html }),
    language: locale,
    ...(json || stdio ? { json: true } : {}),
    ...(stdio ? { stdio } : {}),
  };
}
