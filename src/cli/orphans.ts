/** `scfws orphans`: whom the functions of a recording pushed to although they had left. */
import * as l10n from '@vscode/l10n';
import { orphansText } from '../core/orphansText';
import { readRecording } from '../core/replay/readRecording';
import { findOrphans } from '../protocol/orphans';

/** Exit code: 0 none, 1 some. */
export async function tellOrphans(file: string): Promise<number> {
  const { recording, problems } = await readRecording(file);
  process.stderr.write(problems.map((problem) => `${problem}\n`).join(''));
  const { facts } = recording;
  const orphans = findOrphans(facts);
  process.stdout.write(
    orphans.length === 0
      ? `${l10n.t('No function pushed to a client that had left.')}\n`
      : orphansText(orphans, facts),
  );
  return orphans.length === 0 ? 0 : 1;
}
