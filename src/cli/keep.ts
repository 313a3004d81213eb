/** `scfws keep`: a recorded conversation as a flow; with a second recording of it, what varies is masked. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../core/errors';
import { readRecording } from '../core/replay/readRecording';
import { keepConversation } from '../core/scenario/keep';
import type { Recording } from '../protocol/export/recording';
import { defaultRedactionRules } from '../protocol/export/redact';
import { redactRecording } from '../protocol/export/redactRecording';
import { writeText } from './writeText';

export interface KeepOptions {
  recording: string;
  /** A second recording of the same conversation. */
  again?: string;
  /** undefined: standard output. */
  to?: string;
}

/** Exit code: 0, or 2 for a wrong file. */
export async function keep({ recording, again, to }: KeepOptions): Promise<number> {
  try {
    const first = await readClean(recording);
    const second = again === undefined ? undefined : await readClean(again);
    const name = flowName(to ?? recording);
    const { text, steps, left } = keepConversation(first, name, undefined, second);
    if (steps === 0) {
      throw new UserError(
        'nothingToKeep',
        l10n.t('{0} has no conversation.', recording),
        l10n.t('Export a recording in which a client connected.'),
      );
    }
    left.forEach((sentence) => process.stderr.write(`scfws: ${sentence}\n`));
    if (to === undefined) {
      process.stdout.write(text);
    } else {
      writeFlow(to, text);
    }
    return 0;
  } catch (error) {
    if (error instanceof UserError) {
      process.stderr.write(`scfws: ${sentenceOf(error)}\n`);
      return 2;
    }
    throw error;
  }
}

async function readClean(file: string): Promise<Recording> {
  const { recording, problems } = await readRecording(file);
  problems.forEach((problem) => process.stderr.write(`scfws: ${problem}\n`));
  return redactRecording(recording, [...defaultRedactionRules]);
}

/** Of the scenario in a file. */
export function flowName(file: string): string {
  return path.basename(file).replace(/\.(wsflow\.ya?ml|scfws\.jsonl|har)$/, '');
}

/** Throws a `UserError` where it cannot be written. */
export function writeFlow(file: string, text: string): void {
  writeText(file, text);
  process.stderr.write(`scfws: ${l10n.t('Saved as {0}.', file)}\n`);
}
