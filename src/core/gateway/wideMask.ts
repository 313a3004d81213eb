/**
 * What `ws` looks for under the name of `bufferutil`, which is native: the masking of frames (RFC 6455, section 5.3), four
 * bytes at a time. Its own goes byte by byte, which is the dearest part of receiving a large message. The bundles lead
 * the name here (scripts/build.mjs).
 */

/** Bytes below which looking for words costs more than it saves. */
const worthWords = 512;

/** Unmasks in place. `key` has four bytes. */
export function unmask(bytes: Uint8Array, key: Uint8Array): void {
  if (bytes.length < worthWords) {
    byBytes(bytes, key, 0, bytes.length);
    return;
  }
  const lead = -bytes.byteOffset & 3;
  byBytes(bytes, key, 0, lead);
  // The key as it stands in memory, turned by what went before.
  const turned = Uint8Array.from({ length: 4 }, (_, n) => key[(lead + n) & 3] as number);
  const [word = 0] = new Uint32Array(turned.buffer);
  const count = (bytes.length - lead) >> 2;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + lead, count);
  for (let n = 0; n < count; n++) {
    words[n] = (words[n] as number) ^ word;
  }
  byBytes(bytes, key, lead + 4 * count, bytes.length);
}

function byBytes(bytes: Uint8Array, key: Uint8Array, from: number, to: number): void {
  for (let n = from; n < to; n++) {
    bytes[n] = (bytes[n] as number) ^ (key[n & 3] as number);
  }
}

/** Masks `length` bytes of `source` into `output` from `offset` on. */
export function mask(
  source: Uint8Array,
  key: Uint8Array,
  output: Uint8Array,
  offset: number,
  length: number,
): void {
  const target = output.subarray(offset, offset + length);
  if (source.byteOffset !== target.byteOffset || source.buffer !== target.buffer) {
    target.set(source.subarray(0, length));
  }
  unmask(target, key);
}
