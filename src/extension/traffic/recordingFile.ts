/** A recording as it lies in a file that the editor reads. */
import { readText } from '../../core/textFile';
import { parseRecording } from '../../protocol/export/renderExport';

export function parseBytes(bytes: Uint8Array): ReturnType<typeof parseRecording> {
  try {
    return parseRecording(readText(bytes, ''));
  } catch {
    return { problems: [{ line: 1, message: 'This file is not UTF-8', values: [] }] };
  }
}
