/** A recording from a file: what was exported here, or a HAR file of a browser. */
import fs from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import type { Recording } from '../../protocol/export/recording';
import { parseRecording } from '../../protocol/export/renderExport';
import { UserError } from '../errors';
import { readText } from '../textFile';

/** Bytes; it is read whole. */
const largestRecording = 512 * 1024 * 1024;

/** Rejects with a `UserError` that says what is wrong with the file. `problems`: lines that were left out. */
export async function readRecording(
  file: string,
): Promise<{ recording: Recording; problems: string[] }> {
  const advice = l10n.t(
    'Name a recording (*.scfws.jsonl, exported from Traffic or written by "scfws test --record"), or a HAR file with WebSocket messages.',
  );
  let bytes: Buffer;
  try {
    const { size } = await fs.stat(file);
    if (size > largestRecording) {
      throw new UserError(
        'tooLarge',
        l10n.t('{0} has {1} bytes; at most {2} can be read.', file, size, largestRecording),
        l10n.t('Export a part of the traffic: filter the list first.'),
      );
    }
    bytes = await fs.readFile(file);
  } catch (error) {
    if (error instanceof UserError) {
      throw error;
    }
    const { message } = error as Error;
    throw new UserError('noRecording', l10n.t('{0} cannot be read: {1}', file, message), advice);
  }
  const translate = l10n.t; // The parser's own sentences are translated with it.
  const { value, problems } = parseRecording(readText(bytes, file));
  const told = problems.map(({ line, message, values }) =>
    l10n.t('Line {0}: {1}', line, translate(message, ...values)),
  );
  if (value === undefined) {
    const why = told[0] ?? '';
    throw new UserError('noRecording', l10n.t('{0} is not a recording. {1}', file, why), advice);
  }
  return { recording: value, problems: told };
}
