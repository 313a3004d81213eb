/**
 * Formats that a binary payload may be in. To add one: an id, a title, and a function that returns the value
 * or throws. A decoder is offered when it takes the whole payload.
 */
import { Decoder as MessagePackDecoder } from '@msgpack/msgpack';
import { decode as decodeCbor, Tokenizer, Type } from 'cborg';
import { JsonText, writeJson } from '../../protocol/json';

export interface Decoder {
  id: string;
  title: string;
  decode: (bytes: Uint8Array) => unknown;
}

export const decoders: readonly Decoder[] = [
  {
    id: 'msgpack',
    title: 'MessagePack',
    decode: decodeMessagePack,
  },
  { id: 'cbor', title: 'CBOR', decode: readCbor },
];

/** Both formats tell 1.0 from 1; the values of JavaScript do not, so a float is kept with what it is. */
class Float {
  constructor(readonly value: number) {}
}

function decodeMessagePack(bytes: Uint8Array): unknown {
  const decoder = new MessagePackDecoder({ useBigInt64: true });
  const reads = decoder as unknown as Record<'readF32' | 'readF64', () => unknown>;
  for (const name of ['readF32', 'readF64'] as const) {
    const read = reads[name].bind(decoder);
    reads[name] = () => new Float(read() as number);
  }
  return decoder.decode(bytes);
}

function readCbor(bytes: Uint8Array): unknown {
  const options = { allowBigInt: true, useMaps: true, tags };
  const tokens = new Tokenizer(bytes, options);
  const tokenizer = {
    next: () => {
      const token = tokens.next();
      if (Type.equals(token.type, Type.float)) {
        token.value = new Float(token.value as number);
      }
      return token;
    },
    done: () => tokens.done(),
    pos: () => tokens.pos(),
  };
  return decodeCbor(bytes, { ...options, tokenizer });
}

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
  if (value instanceof Float) {
    return floatText(value.value);
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

/** A whole one with its point, so that it is no integer; what JSON has no number for as text. */
function floatText(value: number): unknown {
  if (!Number.isFinite(value)) {
    return value;
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return new JsonText(/[.e]/.test(text) ? text : `${text}.0`);
}

function whole(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}
