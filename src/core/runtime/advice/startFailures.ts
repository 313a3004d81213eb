/** What becomes of events and of a person's knowledge when an instance never got ready. */
import fs from 'node:fs';
import * as l10n from '@vscode/l10n';
import type { SourcePlace } from '../../../protocol/fact';
import type { FunctionSpec } from '../../../protocol/project';
import { sentenceOf, UserError } from '../../errors';
import { handlerFile } from '../../project/handlerFile';
import type { CodeFailure } from '../channel/channel';
import * as failures from './failures';
import type { About } from './about';
import { adviseOn } from './code';
import type { Finding } from './findings';

/** Why an instance never became ready. */
export type StartFailure =
  | { why: 'code'; failure: CodeFailure }
  | { why: 'timeout' }
  | { why: 'exit'; code: number | null; signal: string | null; place?: SourcePlace | undefined }
  | { why: 'memory'; usedMb: number }
  /** The interpreter was not found, the build failed, or the program cannot be run. */
  | { why: 'spawn'; error: unknown };

/** The error object of an event that waited for the instance. */
export function startVerdict(
  id: string,
  failure: StartFailure,
  spec: FunctionSpec,
): failures.Failed {
  switch (failure.why) {
    case 'code':
      return failures.ofLoad(id, failure.failure, spec);
    case 'timeout':
      return failures.initTimedOut(id, spec.initTimeout);
    case 'exit':
      return failures.exited(id, failure.code, failure.signal);
    case 'memory':
      return failures.outOfMemory(id, spec.memory, failure.usedMb);
    case 'spawn':
      return failures.failed(437, id, sentenceOf(spawnError(failure.error, spec)));
  }
}

/** What a person reads in the Problems panel. */
export function explainStart(failure: StartFailure, spec: FunctionSpec, about: About): Finding {
  switch (failure.why) {
    case 'code': {
      const { failure: code } = failure;
      const advised = adviseOn(code, spec, about) ?? failures.explainLoad(code, spec);
      // Where the error itself is in a file of the interpreter, the handler is what led there.
      const place = code.place ?? { file: handlerFile(spec), line: 1 };
      return { rule: 'error.437', severity: 'error', place, ...advised };
    }
    case 'timeout':
      return {
        rule: 'error.446',
        severity: 'error',
        message: l10n.t('{0} was not loaded after {1} seconds.', spec.name, spec.initTimeout),
        advice: l10n.t(
          'Look for what takes so long at the top of the file, or raise "initTimeout".',
        ),
      };
    case 'exit':
      return {
        rule: 'error.439',
        severity: 'error',
        message: l10n.t('The process of {0} ended while it was loading.', spec.name),
        advice:
          failure.place === undefined
            ? l10n.t('Its last lines in the log may say why.')
            : l10n.t(
                'This line ends it. Raise an error instead, which is shown with its place, or let the handler answer.',
              ),
        place: failure.place,
      };
    case 'memory':
      return {
        rule: 'error.434',
        severity: 'error',
        message: l10n.t(
          '{0} used {1} MB while it was loading; its limit is {2} MB.',
          spec.name,
          failure.usedMb,
          spec.memory,
        ),
        advice: l10n.t('Raise "memory" in scfws.json.'),
      };
    case 'spawn': {
      const error = spawnError(failure.error, spec);
      return {
        rule: 'error.437',
        severity: 'error',
        message: l10n.t(
          '{0} cannot be started: {1}',
          spec.name,
          error instanceof Error ? error.message : String(error),
        ),
        advice: (error instanceof UserError && error.nextStep) || '',
      };
    }
  }
}

/** The system names the program, whatever it is that is wrong: says what the person can change. */
function spawnError(error: unknown, spec: FunctionSpec): unknown {
  const { code, path: program } = (error ?? {}) as NodeJS.ErrnoException;
  if (error instanceof UserError || code === undefined) {
    return error;
  }
  const known = (message: string, nextStep: string) =>
    new UserError('cannotStart', message, nextStep);
  const folder = folderTrouble(spec.folder);
  if (folder !== undefined) {
    return known(folder, l10n.t('Correct "folder" in scfws.json, or the folder itself.'));
  }
  switch (code) {
    case 'ENOENT':
      return known(
        l10n.t('There is no program {0}.', program ?? ''),
        l10n.t('Name one that exists: "interpreter" in scfws.json, or the settings of the editor.'),
      );
    case 'EACCES':
      return known(
        l10n.t('{0} may not be run.', program ?? ''),
        l10n.t('Make it executable, or name another one.'),
      );
    case 'E2BIG':
      return known(
        l10n.t('Its environment is larger than a program may get.'),
        l10n.t('Make "environment" in scfws.json smaller.'),
      );
    case 'EMFILE':
    case 'ENFILE':
      return known(
        l10n.t('Too many connections and files are open ({0}).', code),
        l10n.t('Close clients, or raise the limit of open files ("ulimit -n") and start again.'),
      );
    default:
      return error;
  }
}

function folderTrouble(folder: string): string | undefined {
  try {
    if (!fs.statSync(folder).isDirectory()) {
      return l10n.t('{0} is not a folder.', folder);
    }
    fs.accessSync(folder, fs.constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? l10n.t('There is no folder {0}.', folder)
      : l10n.t('The folder {0} cannot be entered: {1}', folder, (error as Error).message);
  }
}
