/** A failure to start as a finding at the place where it is wrong: what scfws.json says is told there, not in the code. */
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
