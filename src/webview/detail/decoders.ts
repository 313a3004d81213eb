/**
 * Formats that a binary payload may be in. To add one: an id, a title, and a function that returns the value
 * or throws. A decoder is offered when it takes the whole payload.
 */
import { decode as decodeMessagePack } from '@msgpack/msgpack';
import { decode as decodeCbor } from 'cborg';
import { writeJson } from '../../protocol/json';

export interface Decoder {
  id: string;
  title: string;
  decode: (bytes: Uint8Array) => unknown;
}

export const decoders: readonly Decoder[] = [
  {
    id: 'msgpack',
    title: 'MessagePack',
    decode: (bytes) => decodeMessagePack(bytes, { useBigInt64: true }),
  },
  { id: 'cbor', title: 'CBOR', decode: (bytes) => decodeCbor(bytes, { useMaps: true, tags }) },
];

/** Numbers that are larger than 64 bits. */
const tags = {
  2: (decode: () => unknown) => whole(decode() as Uint8Array),
  3: (decode: () => unknown) => -1n - whole(decode() as Uint8Array),
};

const largest = 1_000_000;

/** Decoders that understand the bytes as something with a structure; single numbers fit almost any byte. */
export function fittingDecoders(bytes: Uint8Array): { decoder: Decoder; json: string }[] {
  if (bytes.length < 2 || bytes.length > largest) {
    return [];
  }
  return decoders.flatMap((decoder) => {
    try {
      const value = plain(decoder.decode(bytes));
      return value !== null && typeof value === 'object'
        ? [{ decoder, json: writeJson(value) }]
        : [];
    } catch {
      return [];
    }
  });
}

/** What JSON cannot say, said in text. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return `bytes(${value.length}) ${Array.from(value.subarray(0, 32), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join(' ')}`;
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (value instanceof Map) {
    return new Map([...value].map(([key, member]) => [plain(key), plain(member)]));
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
  }
  return value;
}

function whole(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}
