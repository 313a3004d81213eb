/** A recording as it lies in a file that the editor reads. */
import { encodingOf, readText } from '../../core/textFile';
import type { RecordingProblem } from '../../protocol/export/jsonLines';
import { renderJsonLines } from '../../protocol/export/jsonLines';
import { isHar, parseRecording } from '../../protocol/export/renderExport';
import { RecordedLines } from './recordedLines';

export function parseBytes(bytes: Uint8Array): ReturnType<typeof parseRecording> {
  const text = textOf(bytes);
  return text === undefined ? { problems: [notUtf8] } : parseRecording(text);
}

/** To be looked at: its lines stay where they are, and are parsed as they are asked for. */
export function openBytes(bytes: Uint8Array): {
  value?: RecordedLines;
  problems: RecordingProblem[];
} {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (encodingOf(buffer) === 'utf8' && !isHar(buffer.toString('utf8', 0, 200))) {
    return RecordedLines.open(buffer);
  }
  // What has another form becomes lines.
  const { value, problems } = parseBytes(bytes);
  const lines = value && RecordedLines.open(Buffer.from(renderJsonLines(value))).value;
  lines?.problems.push(...problems);
  return lines === undefined ? { problems } : { value: lines, problems };
}

const notUtf8: RecordingProblem = { line: 1, message: 'This file is not UTF-8', values: [] };

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return readText(bytes, '');
  } catch {
    return undefined;
  }
}
