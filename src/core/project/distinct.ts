/** Several projects behind one port. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Problem } from '../../protocol/project';
import { newPushKey } from './identity';
import { projectFileName } from './projectFile';

interface Named {
  name: string;
  path: string;
  /** Absolute. */
  folder: string;
  pushKey?: string;
}

/** Services on one port must differ by name and path; a clash is settled for the later one and said. */
export function distinct<T extends Named>(
  spec: T,
  before: readonly Named[],
  problems: Problem[],
): T {
  const result = { ...spec };
  const tell = (key: string, message: string) =>
    problems.push({
      file: path.join(spec.folder, projectFileName),
      path: key,
      message,
      severity: 'warning',
    });
  for (let n = 2; before.some((other) => other.name === result.name); n++) {
    result.name = `${spec.name}-${n}`;
  }
  if (result.name !== spec.name) {
    tell(
      'service',
      l10n.t('Another project is called {0} already; this one is {1}.', spec.name, result.name),
    );
  }
  if (before.some((other) => other.path === spec.path)) {
    result.path = `/${result.name}${spec.path}`;
    tell(
      'path',
      l10n.t(
        'Another project is served at {0} already; this one is at {1}.',
        spec.path,
        result.path,
      ),
    );
  }
  // Whoever copies a project copies its identity, too.
  const { pushKey } = spec;
  if (pushKey !== undefined && before.some((other) => other.pushKey === pushKey)) {
    result.pushKey = newPushKey();
  }
  return result;
}
