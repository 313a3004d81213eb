/** Bytes with their offsets, sixteen in a row, and the characters that they stand for. */

export const hexBytes = 16_384;

export function hexLines(bytes: Uint8Array, perLine = 16): string[] {
  const lines: string[] = [];
  const end = Math.min(bytes.length, hexBytes);
  for (let at = 0; at < end; at += perLine) {
    const row = bytes.subarray(at, Math.min(end, at + perLine));
    let hex = '';
    let text = '';
    for (let index = 0; index < perLine; index++) {
      const byte = row[index];
      hex += byte === undefined ? '   ' : `${byte.toString(16).padStart(2, '0')} `;
      if (index === 7 && perLine > 8) {
        hex += ' ';
      }
      text += byte === undefined ? '' : byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·';
    }
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex} ${text}`);
  }
  return lines;
}
