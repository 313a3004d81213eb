/** Files that people write and tools export: UTF-8, or UTF-16, which Windows shells write. */
import * as l10n from '@vscode/l10n';
import { isUtf8 } from 'node:buffer';
import { UserError } from './errors';

/** undefined: neither. */
export function encodingOf(bytes: Buffer): 'utf8' | 'utf16le' | 'utf16be' | undefined {
  const [first, second] = bytes;
  if (/^(fffe0000|0000feff)$/.test(bytes.toString('hex', 0, 4))) {
    return undefined; // UTF-32.
  }
  // By its mark; without one, by the half of the first character that is 0: no text in UTF-8 begins so.
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) {
    return 'utf16be';
  }
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) {
    return 'utf16le';
  }
  return isUtf8(bytes) ? 'utf8' : undefined;
}

/** The text without its byte order mark. `name` is for the error, thrown for bytes that are neither. */
export function readText(bytes: Uint8Array, name: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoding = encodingOf(buffer);
  if (encoding === 'utf16be' || encoding === 'utf16le') {
    const whole = Buffer.from(buffer.subarray(0, buffer.length - (buffer.length % 2)));
    return withoutMark((encoding === 'utf16be' ? whole.swap16() : whole).toString('utf16le'));
  }
  if (encoding === undefined) {
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
