/** A failure to start as a finding at the place where it is wrong: what scfws.json says is told there, not in the code. */
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { UserError } from '../../errors';
import { likelyHandlers, placeInProject } from '../../project/projectPlace';
import type { CodeCheck } from '../launch/check';
import type { Interpreter } from '../launch/interpreters';
import { explainBuildPackages, type Finding } from './findings';
import { explainStart, type StartFailure } from './startFailures';

/** Findings of one look; more are consequences, mostly. */
const mostForeseen = 5;

export function explainFailedStart(
  failure: StartFailure,
  spec: FunctionSpec,
  project: string,
  interpreter: Interpreter | undefined,
): Finding {
  const finding = explainStart(failure, spec, { interpreter, project });
  const keys = keysBehind(failure);
  const place = keys.length === 0 ? undefined : placeInProject(project, spec, keys);
  if (place === undefined) {
    return finding;
  }
  const { path, ...there } = place;
  const [key, values] =
    failure.why === 'code'
      ? ['handler', likelyHandlers(spec, failure.failure)]
      : ['interpreter', programsFor(failure)];
  return {
    ...finding,
    place: there,
    ...(values.length === 0 ? {} : { change: { path: [...path, key], values } }),
  };
}

/** Interpreters of this machine that could run the function whose own was not found. */
function programsFor(failure: StartFailure): string[] {
  return failure.why === 'spawn' && failure.error instanceof UserError
    ? [...failure.error.choices]
    : [];
}

/** What a look at the code found, before anything of it ran. */
export function explainCheck(
  { failures, script, interpreter }: CodeCheck & { interpreter?: Interpreter },
  spec: FunctionSpec,
  project: string,
): Finding[] {
  return failures.slice(0, mostForeseen).map((failure) => {
    const build =
      script === undefined
        ? undefined
        : explainBuildPackages(failure, spec, project, interpreter?.program);
    return build ?? explainFailedStart({ why: 'code', failure }, spec, project, interpreter);
  });
}

/** What the code has that the version lacks which the function is for: it runs here, and fails in the cloud. */
export function explainNewer(
  { newer, packages, interpreter }: CodeCheck & { interpreter?: Interpreter },
  spec: FunctionSpec,
): Finding[] {
  const name = spec.family === 'python' ? 'Python' : 'Node.js';
  const { version = '' } = interpreter ?? {};
  const ofPackages = packages.slice(0, mostForeseen).map((each): Finding => ({
    rule: 'runtime.newer-code',
    severity: 'warning',
    message: l10n.t(
      '{0}: {1} is for {2}, as it says itself. {3} runs it here; the runtime in the cloud is {4}.',
      ...[spec.name, `${each.name} ${each.version}`.trim(), `${name} ${each.needs}`],
      ...[`${name} ${version}`, spec.runtime],
    ),
    advice: l10n.t(
      'Install a version of it that is for that runtime, too, or set "runtime" in scfws.json to one that it is for.',
    ),
    place: { file: each.file, line: each.line },
  }));
  const ofCode = newer.slice(0, mostForeseen).map(({ what, since, type, file, line }): Finding => ({
    rule: 'runtime.newer-code',
    severity: 'warning',
    message: l10n.t(
      '{0}: "{1}" came with {2}. {3} runs it here; in the cloud, its runtime {4} answers with {5}.',
      ...[spec.name, what, `${name} ${since}`, `${name} ${version}`, spec.runtime, type],
    ),
    advice: l10n.t(
      'Write it without, or set "runtime" in scfws.json to a version that has it and that the cloud has, too.',
    ),
    place: { file, line },
  }));
  return [...ofPackages, ...ofCode];
}

/** What the handler reads and nothing has: no call of it fails, and the value is missing from then on. */
export function explainMisnamed({ misnamed }: CodeCheck, spec: FunctionSpec): Finding[] {
  return misnamed.slice(0, mostForeseen).map(({ of, what, here, file, line }) => ({
    rule: of === 'context' ? 'runtime.context' : 'transfer.event',
    severity: 'warning',
    message: l10n.t('{0} reads {1}, which is not there.', spec.name, what),
    advice: l10n.t('Here it is called {0}.', here),
    place: { file, line },
  }));
}

/** Keys of a function in scfws.json, the likeliest first; none: it is not that file that is wrong. */
function keysBehind(failure: StartFailure): string[] {
  if (failure.why === 'code') {
    const { kind } = failure.failure;
    return kind === 'missingFile' || kind === 'missingEntry' ? ['handler', 'folder'] : [];
  }
  if (failure.why === 'spawn' && failure.error instanceof UserError) {
    switch (failure.error.code) {
      case 'interpreterNotFound':
        return ['interpreter', 'runtime'];
      case 'programMissing':
      case 'programNotExecutable':
        return ['handler', 'folder'];
    }
  }
  return [];
}
