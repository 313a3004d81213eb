/** Files that people write and tools export: UTF-8, or UTF-16, which Windows shells write. */
import * as l10n from '@vscode/l10n';
import { isUtf8 } from 'node:buffer';
import { UserError } from './errors';

/** The text without its byte order mark. `name` is for the error, thrown for bytes that are neither. */
export function readText(bytes: Uint8Array, name: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, second] = buffer;
  // By its mark; without one, by the half of the first character that is 0: no text in UTF-8 begins so.
  const bigEndian = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  if (bigEndian || (first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) {
    const whole = Buffer.from(buffer.subarray(0, buffer.length - (buffer.length % 2)));
    return withoutMark((bigEndian ? whole.swap16() : whole).toString('utf16le'));
  }
  if (!isUtf8(buffer)) {
    throw new UserError(
      'notUtf8',
      l10n.t('{0} is not UTF-8.', name),
      l10n.t('Save it with that encoding.'),
    );
  }
  return withoutMark(buffer.toString('utf8'));
}

export function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
