/** Which functions a debug configuration means. */
import path from 'node:path';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import { contains } from '../../core/project/projectFile';
import type { FunctionInfo } from '../../protocol/fact';

type Configuration = Readonly<Record<string, unknown>>;

/** The configuration with an absolute `project`, however it is written: launch.json is shared between systems. */
export function withProject<C extends Configuration>(
  configuration: C,
  folder: string | undefined,
): C {
  const project = configuration['project'] as string | undefined;
  return project === undefined
    ? configuration
    : { ...configuration, project: path.resolve(folder ?? '', project.replaceAll('\\', '/')) };
}

export function canBeDebugged({ family }: Pick<FunctionInfo, 'family'>): boolean {
  return family === 'python' || family === 'node';
}

/** Throws a `UserError` when there is none. `project` is absolute. */
export function wantedFunctions(
  configuration: Configuration,
  known: readonly FunctionInfo[],
): FunctionInfo[] {
  const project = configuration['project'] as string | undefined;
  const names = configuration['functions'] as string[] | undefined;
  const inProject = known
    .filter(canBeDebugged)
    .filter((info) => project === undefined || contains(project, info.folder));
  const unknown = names?.find(
    (name) => !inProject.some((info) => info.name === name || info.function === name),
  );
  if (unknown !== undefined) {
    throw new UserError(
      'unknownFunction',
      l10n.t('There is no Python or Node.js function {0} to debug.', unknown),
      l10n.t('Functions: {0}', inProject.map((info) => info.name).join(', ')),
    );
  }
  const functions = inProject.filter(
    (info) => names === undefined || names.includes(info.name) || names.includes(info.function),
  );
  if (functions.length === 0) {
    throw new UserError(
      'nothingToDebug',
      project === undefined
        ? l10n.t('There is no Python or Node.js function here.')
        : l10n.t('There is no Python or Node.js function in {0}.', project),
    );
  }
  return functions;
}
