/** What handlers do that deserves a word to a person, and the repairs that an editor can offer. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { DiagnosticFix, ProjectChange, SourcePlace } from '../../../protocol/fact';
import type { FunctionSpec } from '../../../protocol/project';
import type { CodeFailure, Notice } from '../channel/channel';
import type { BuildProblem } from '../launch/build';
import type { About } from './about';
import { adviseOn, pushAddressAdvice } from './code';
import { explainForm, placeOfHandler } from './handlerForms';
import { explainLost } from './lostValues';
import { explainProxy } from './proxies';

export interface Finding {
  rule: string;
  severity: 'error' | 'warning' | 'info';
  message: string;
  advice: string;
  place?: SourcePlace;
  /** Of the code that it is about, where no run met it. */
  version?: number;
  fix?: DiagnosticFix;
  change?: ProjectChange;
}

export function explainNotice(notice: Notice, spec: FunctionSpec): Finding {
  switch (notice.notice) {
    case 'redirected':
      return {
        rule: 'push.redirect',
        severity: 'info',
        message: l10n.t(
          '{0} sends to {1}: requests for this host go to the local push address.',
          spec.name,
          notice.host,
        ),
        advice: l10n.t('Set "redirectPush" to false to let them out.'),
      };
    case 'placeholder':
      return {
        rule: 'push.placeholder',
        severity: 'warning',
        message: l10n.t(
          '{0} sends to {1}, which is a placeholder and no real address.',
          spec.name,
          notice.host,
        ),
        advice: pushAddressAdvice(),
        place: notice.place,
      };
    case 'proxied':
      return { ...explainProxy(notice, spec), severity: 'error', place: notice.place };
    case 'lostValue':
      return {
        ...{ rule: 'runtime.lost-values', severity: 'warning', ...explainLost(notice, spec) },
        place: notice.place ?? placeOfHandler(spec),
      };
    case 'undefinedMember':
      return {
        rule: 'push.9004',
        severity: 'error',
        message: l10n.t(
          '{0} pushes without {1}: its value is undefined, which JSON leaves out.',
          spec.name,
          notice.name,
        ),
        advice:
          notice.name === 'secConnectionID'
            ? l10n.t(
                'The event has it as {0}: look where the value comes from.',
                'event.websocket.secConnectionID',
              )
            : l10n.t('Give it the text that is to arrive: look where the value comes from.'),
        place: notice.place ?? placeOfHandler(spec),
      };
    case 'codeWrite':
      return {
        rule: 'runtime.read-only-code',
        severity: notice.refused ? 'error' : 'warning',
        message: l10n.t(
          '{0} writes {1}: in the cloud its code directory is read-only (errno 30, EROFS).',
          spec.name,
          notice.path,
        ),
        advice: l10n.t(
          'Write to the temporary folder (/tmp in the cloud), which each instance has for itself, or keep it in a store.',
        ),
        place: notice.place,
      };
    case 'exits':
      return {
        rule: 'error.439',
        severity: 'error',
        message: l10n.t('{0} ends its own process, and the event with it: 439.', spec.name),
        advice: l10n.t(
          'Return from the handler instead: the process serves the next event, too, and starts anew after an exit.',
        ),
        place: notice.place,
      };
    case 'ignoredReturn':
      if (notice.form !== undefined) {
        const place = placeOfHandler(spec);
        return { severity: 'error', place, ...explainForm(notice.form, spec) };
      }
      return {
        rule: 'runtime.node-empty-loop',
        severity: 'warning',
        message: l10n.t(
          '{0} returned a value, but is neither async nor called back: the result is null.',
          spec.name,
        ),
        advice: l10n.t(
          'Declare the handler async, return a promise, or call callback(null, value).',
        ),
        place: notice.place ?? placeOfHandler(spec),
      };
  }
}

/** The script that builds the handler cannot run: what it imports was never installed. */
export function explainBuildPackages(
  { kind, module, place }: CodeFailure,
  spec: FunctionSpec,
  folder: string,
  interpreter = 'node',
): Finding | undefined {
  if (kind !== 'missingModule' || module === undefined) {
    return undefined;
  }
  const command = 'npm install';
  return {
    rule: 'error.437',
    severity: 'error',
    message: l10n.t(
      '{0} must be built before it runs, and {1} is not installed.',
      spec.name,
      module,
    ),
    advice: l10n.t('Run "{0}" in {1}.', command, folder),
    place,
    fix: {
      ...{ kind: 'installLibrary', family: 'node', isKnown: true, packages: [] },
      ...{ interpreter, folder, command },
    },
  };
}

/** What esbuild, tsc and webpack say of something that the code imports and that is not there. */
const unresolved =
  /^(?:Could not resolve|TS2307: Cannot find module|Module not found: Error: Can't resolve) ["']([^"']+)["']/;

/** An error that the project's own build found. */
export function explainBuild(
  { message, place }: BuildProblem,
  spec: FunctionSpec,
  about: About,
): Finding {
  const module = unresolved.exec(message)?.[1];
  const failure = { message: `Cannot find module '${module}'`, type: 'Error', module, place };
  // A build puts packages into what it makes: they belong to the project, not into the folder of the function.
  const isInstalledThere = fs.existsSync(path.join(about.project, 'package.json'));
  const whole = isInstalledThere ? { ...spec, folder: about.project } : spec;
  const advised =
    module === undefined
      ? undefined
      : adviseOn({ kind: 'missingModule', ...failure }, whole, about);
  return {
    rule: 'error.437',
    severity: 'error',
    message: l10n.t('{0} was not built: {1}', spec.name, message),
    advice: advised?.advice ?? l10n.t('Correct the code and save; it is built again.'),
    place,
    ...(advised?.fix === undefined ? {} : { fix: advised.fix }),
  };
}

/** An exception that deserves more than its stack trace. */
export function explainFailure(
  failure: CodeFailure,
  spec: FunctionSpec,
  about: About,
): Finding | undefined {
  if (failure.kind === 'unserialisable' && failure.form === undefined) {
    return {
      rule: 'error.unserialisable',
      severity: 'error',
      message: l10n.t(
        '{0} returned a value that JSON cannot hold: {1}',
        spec.name,
        failure.message,
      ),
      advice: l10n.t('Return objects, lists, text, numbers, booleans or nothing.'),
      place: failure.place ?? placeOfHandler(spec),
    };
  }
  const advised = adviseOn(failure, spec, about);
  return advised === undefined
    ? undefined
    : {
        severity: 'error',
        // A call that failed before the handler has no line of it.
        place: failure.place ?? (failure.form === undefined ? undefined : placeOfHandler(spec)),
        ...advised,
        rule: advised.rule === 'error.437' ? 'error.430' : advised.rule,
      };
}
