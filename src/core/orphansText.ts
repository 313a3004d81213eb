/** Orphans as a person reads them, in the editor and in a terminal. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { epochOf, type Fact } from '../protocol/fact';
import type { Orphan } from '../protocol/orphans';

/** Each connection with how it ended and who pushes to it. `facts`: those that the orphans were found in. */
export function orphansText(orphans: readonly Orphan[], facts: readonly Fact[]): string {
  const began = epochOf(facts) ?? 0;
  const clock = (at: number) => new Date(began + at).toLocaleTimeString();
  const names = namesOf(facts);
  const cleanups: Record<Orphan['cleanup'], string> = {
    ok: l10n.t('Delete ran: it did not take the id out of where pushes find it.'),
    failed: l10n.t('Delete failed.'),
    notRun: l10n.t('Delete did not run after this end (see "cleanupOn" in scfws.json).'),
  };
  const lines = orphans.flatMap(({ connection, closedAt, cause, cleanup, pushers }) => [
    l10n.t('{0} left at {1} ({2}).', connection, clock(closedAt), cause),
    `  ${cleanups[cleanup]}`,
    ...pushers.flatMap(({ function: id, count, lastAt, lastPush, places }) => [
      l10n.t(
        '  {0} pushed to it {1} times since, last at {2} (fact {3}).',
        id === null ? l10n.t('A process that is none of the functions') : (names.get(id) ?? id),
        count,
        clock(lastAt),
        lastPush,
      ),
      ...places.map(({ file, line }) => `    ${file}:${line}`),
    ]),
    '',
  ]);
  const ids = orphans.map(({ connection }) => connection.slice(0, 6)).join(', ');
  return [l10n.t('Pushed to after they had left: {0}', ids), '', ...lines].join('\n');
}

function namesOf(facts: readonly Fact[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const fact of facts) {
    if (fact.kind === 'listening' || fact.kind === 'servicesChanged') {
      for (const { function: id, name, folder, file } of fact.services.flatMap(
        ({ functions }) => functions,
      )) {
        names.set(id, `${name} (${path.basename(folder)}/${path.basename(file)})`);
      }
    }
  }
  return names;
}
