/**
 * The body of a push as text. JSON is UTF-8 (RFC 8259); a body that names another charset is decoded, and one that is
 * neither is refused, with what it looks like: nothing is put in the place of bytes that were sent.
 */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

/** Headers that say how a body is written. */
export interface BodyForm {
  contentType?: string | undefined;
  contentEncoding?: string | undefined;
}

/** `doubted`: the charset that is named can hold any bytes, and these are UTF-8. */
type PushBody = { text: string; doubted?: true } | { problem: string };

/** The text, or why the bytes are none. */
export function readPushBody(
  bytes: Buffer,
  { contentType, contentEncoding = 'identity' }: BodyForm,
): PushBody {
  if (!/^(identity)?$/i.test(contentEncoding.trim())) {
    return {
      problem: `the body is compressed (Content-Encoding: ${contentEncoding.slice(0, 60)}); send it as it is`,
    };
  }
  const charset = charsetOf(contentType);
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    return decode(bytes, charset);
  }
  if (isUtf8(bytes)) {
    return { text: bytes.toString('utf8') };
  }
  return { problem: likelyForm(bytes) ?? `${notUtf8(bytes)}; ${nextStep}` };
}

/** The charset that a Content-Type names. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*("?)([^\s";]+)\1/i.exec(contentType ?? '')?.[2];
}

const nextStep = 'send UTF-8, or name the charset in Content-Type';

/** Decoders take these for windows-1252, in which everything has a meaning. */
const ascii = /^(us-)?ascii$|^ansi_x3\.4-19(68|86)$/i;

function decode(bytes: Buffer, charset: string): PushBody {
  const beyond = bytes.findIndex((byte) => byte > 0x7f);
  if (ascii.test(charset) && beyond >= 0) {
    const byte = `byte ${beyond}: 0x${bytes[beyond]?.toString(16)}`;
    return {
      problem: `the body is not in the charset ${charset} that Content-Type names (${byte}); send UTF-8 and name utf-8`,
    };
  }
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  } catch {
    return {
      problem: `Content-Type names the charset ${charset.slice(0, 60)}, which is not known here; send UTF-8`,
    };
  }
  try {
    const text = decoder.decode(bytes);
    // UTF-16 says by its mark which half comes first; it is no part of the text.
    if (/^utf-16/.test(decoder.encoding)) {
      return { text: text.replace(/^\ufeff/, '') };
    }
    const oneByteEach = text.length === bytes.length;
    return beyond >= 0 && oneByteEach && isUtf8(bytes) ? { text, doubted: true } : { text };
  } catch {
    return { problem: `the body is not in the charset ${charset} that Content-Type names` };
  }
}

/** What bytes that are no UTF-8 often are. */
function likelyForm(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if (first === 0x1f && second === 0x8b) {
    return 'the body is compressed (gzip, though no Content-Encoding says so); send it as it is';
  }
  const bigEndian = first === 0xfe && second === 0xff;
  if (bigEndian || (first === 0xff && second === 0xfe)) {
    return `the body is UTF-16 (it starts with its byte order mark); ${nextStep}`;
  }
  return undefined;
}

function notUtf8(bytes: Buffer): string {
  let length = 0; // Of the longest beginning that is UTF-8, but for a character that it cuts at its end.
  for (let step = 1 << 30; step > 0; step >>= 1) {
    if (length + step <= bytes.length && wholeCharacters(bytes, length + step) !== undefined) {
      length += step;
    }
  }
  const at = wholeCharacters(bytes, length) ?? length;
  return `the body is not UTF-8 (byte ${at}: 0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')})`;
}

/** How many of the first `length` bytes are whole characters, when nothing but a cut one follows these. */
function wholeCharacters(bytes: Buffer, length: number): number | undefined {
  for (let whole = length; whole >= Math.max(0, length - 3); whole--) {
    if (isUtf8(bytes.subarray(0, whole))) {
      return isCut(bytes.subarray(whole, length)) ? whole : undefined;
    }
  }
  return undefined;
}

function isCut(bytes: Buffer): boolean {
  const [first] = bytes;
  if (first === undefined) {
    return true;
  }
  const needed = first >= 0xf5 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  return bytes.length < needed && bytes.subarray(1).every((byte) => byte >> 6 === 2);
}
