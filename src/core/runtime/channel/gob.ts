/**
 * As much of Go's gob encoding as net/rpc needs: structs, strings, bytes, numbers, slices and maps, in both directions.
 * A message is a length, a type id and a value; a negative id defines the type that later messages use.
 */

export type GobValue =
  | boolean
  | number
  | string
  | Buffer
  | GobValue[]
  | Map<GobValue, GobValue>
  | { [field: string]: GobValue };

/** Types that both sides know (part of the encoding). */
const boolId = 1;
const intId = 2;
const uintId = 3;
const floatId = 4;
const bytesId = 5;
const stringId = 6;
const complexId = 7;
const interfaceId = 8;
const wireTypeId = 16;

/** Field of a struct that is sent: its name and `bytes`, `string`, `int`, `uint`, or the name of another struct. */
export type GobField = [name: string, type: string];

// -- writing

/** Writes values of struct types that were declared before, each type's definition ahead of its first value. */
export class GobWriter {
  private readonly ids = new Map<string, number>();
  private readonly defined = new Set<string>();

  constructor(private readonly structs: Record<string, GobField[]>) {
    Object.keys(structs).forEach((name, index) => this.ids.set(name, 65 + index));
  }

  /** The bytes of a value, with the definitions that the other side still lacks. Absent fields are zero. */
  message(type: string, value: Record<string, unknown>): Buffer {
    const parts: Buffer[] = [];
    this.define(type, parts);
    parts.push(framed(Buffer.concat([int(this.idOf(type)), this.struct(type, value)])));
    return Buffer.concat(parts);
  }

  private define(type: string, parts: Buffer[]): void {
    const fields = this.structs[type];
    if (fields === undefined || this.defined.has(type)) {
      return;
    }
    this.defined.add(type);
    const list = fields.map(([name, of]) =>
      Buffer.concat([uint(1), text(name), uint(1), int(this.idOf(of)), uint(0)]),
    );
    const common = Buffer.concat([uint(1), text(type), uint(1), int(this.idOf(type)), uint(0)]);
    // wireType.StructT is its third field; structType is {CommonType, Field}.
    const fieldsPart = list.length === 0 ? [] : [uint(1), uint(list.length), ...list];
    const definition = Buffer.concat([uint(3), uint(1), common, ...fieldsPart, uint(0), uint(0)]);
    parts.push(framed(Buffer.concat([int(-this.idOf(type)), definition])));
    for (const [, of] of fields) {
      this.define(of, parts);
    }
  }

  private idOf(type: string): number {
    const basic: Record<string, number> = {
      bytes: bytesId,
      string: stringId,
      int: intId,
      uint: uintId,
      bool: boolId,
    };
    return basic[type] ?? this.ids.get(type) ?? 0;
  }

  private struct(type: string, value: Record<string, unknown>): Buffer {
    const parts: Buffer[] = [];
    let last = -1;
    (this.structs[type] ?? []).forEach(([name, of], index) => {
      const field = value[name];
      if (isZero(field)) {
        return; // Zero values are left out, and the distance to the last field sent is told.
      }
      parts.push(uint(index - last), this.value(of, field));
      last = index;
    });
    parts.push(uint(0));
    return Buffer.concat(parts);
  }

  private value(type: string, value: unknown): Buffer {
    switch (type) {
      case 'bytes': {
        const bytes = value as Buffer;
        return Buffer.concat([uint(bytes.length), bytes]);
      }
      case 'string':
        return text(value as string);
      case 'int':
        return int(value as number);
      case 'uint':
        return uint(value as number);
      case 'bool':
        return uint(value === true ? 1 : 0);
      default:
        return this.struct(type, value as Record<string, unknown>);
    }
  }
}

function isZero(value: unknown): boolean {
  return (
    value === undefined ||
    value === 0 ||
    value === '' ||
    value === false ||
    (Buffer.isBuffer(value) && value.length === 0)
  );
}

function framed(body: Buffer): Buffer {
  return Buffer.concat([uint(body.length), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint(bytes.length), bytes]);
}

/** Below 128 one byte; else the negated count of bytes that follow, the highest first. */
function uint(value: number | bigint): Buffer {
  const number = BigInt(value);
  if (number < 128n) {
    return Buffer.from([Number(number)]);
  }
  const hex = number.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([256 - bytes.length]), bytes]);
}

/** The sign goes into the lowest bit, complemented when negative. */
function int(value: number): Buffer {
  const number = BigInt(value);
  return uint(number < 0n ? (~number << 1n) | 1n : number << 1n);
}

// -- reading

type WireType =
  | { kind: 'struct'; fields: { name: string; id: number }[] }
  | { kind: 'slice'; elem: number }
  | { kind: 'array'; elem: number }
  | { kind: 'map'; key: number; elem: number }
  /** Opaque bytes of a type that encodes itself. */
  | { kind: 'opaque' };

const struct = (...fields: [string, number][]): WireType => ({
  kind: 'struct',
  fields: fields.map(([name, id]) => ({ name, id })),
});

/** How types are described on the wire (part of the encoding). */
const bootstrapTypes: [number, WireType][] = [
  [
    wireTypeId,
    struct(
      ['ArrayT', 17],
      ['SliceT', 19],
      ['StructT', 20],
      ['MapT', 23],
      ['GobEncoderT', 24],
      ['BinaryMarshalerT', 24],
      ['TextMarshalerT', 24],
    ),
  ],
  [17, struct(['CommonType', 18], ['Elem', intId], ['Len', intId])],
  [18, struct(['Name', stringId], ['Id', intId])],
  [19, struct(['CommonType', 18], ['Elem', intId])],
  [20, struct(['CommonType', 18], ['Field', 22])],
  [21, struct(['Name', stringId], ['Id', intId])],
  [22, { kind: 'slice', elem: 21 }],
  [23, struct(['CommonType', 18], ['Key', intId], ['Elem', intId])],
  [24, struct(['CommonType', 18])],
];

/** A message longer than this is no answer of a function. */
const longestMessage = 16 * 1024 * 1024;

/** Takes the bytes of a stream and hands out its values; throws on what is no gob. */
export class GobReader {
  private parts: Buffer[] = [];
  private have = 0;
  /** Bytes that the message at the front needs, as far as known. */
  private need = 1;
  private readonly types = new Map<number, WireType>(bootstrapTypes);

  constructor(private readonly onValue: (value: GobValue) => void) {}

  push(chunk: Buffer): void {
    this.parts.push(chunk);
    this.have += chunk.length;
    if (this.have < this.need) {
      return; // A large message is put together once, not with every piece.
    }
    let rest = this.parts.length === 1 ? chunk : Buffer.concat(this.parts);
    for (;;) {
      const cursor = new Cursor(rest);
      const length = cursor.tryUint();
      if (length !== undefined && length > longestMessage) {
        throw new Error('gob message too long');
      }
      if (length === undefined || cursor.left < length) {
        this.need = length === undefined ? rest.length + 1 : cursor.at + length;
        break;
      }
      const body = new Cursor(rest.subarray(cursor.at, cursor.at + length));
      rest = rest.subarray(cursor.at + length);
      this.message(body);
    }
    this.parts = rest.length === 0 ? [] : [rest];
    this.have = rest.length;
  }

  private message(cursor: Cursor): void {
    const id = cursor.int();
    if (id < 0) {
      this.types.set(-id, describedType(this.value(cursor, wireTypeId) as Described));
      return;
    }
    if (this.types.get(id)?.kind !== 'struct') {
      cursor.uint(); // A value that is no struct has a zero ahead of it.
    }
    this.onValue(this.value(cursor, id));
  }

  private value(cursor: Cursor, id: number, depth = 0): GobValue {
    if (depth > 100) {
      throw new Error('gob value too deep');
    }
    switch (id) {
      case boolId:
        return cursor.uint() === 1;
      case intId:
        return cursor.int();
      case uintId:
        return cursor.uint();
      case floatId:
        return cursor.float();
      case bytesId:
        return cursor.bytes();
      case stringId:
        return cursor.bytes().toString();
      case complexId:
      case interfaceId:
        throw new Error('gob type not supported');
    }
    const type = this.types.get(id);
    switch (type?.kind) {
      case 'struct': {
        const result: { [field: string]: GobValue } = {};
        for (let at = -1, delta = cursor.uint(); delta !== 0; delta = cursor.uint()) {
          at += delta;
          const field = type.fields[at];
          if (field === undefined) {
            throw new Error('gob field out of range');
          }
          result[field.name] = this.value(cursor, field.id, depth + 1);
        }
        return result;
      }
      case 'slice':
      case 'array': {
        const list: GobValue[] = [];
        for (let left = cursor.uint(); left > 0; left--) {
          list.push(this.value(cursor, type.elem, depth + 1));
        }
        return list;
      }
      case 'map': {
        const map = new Map<GobValue, GobValue>();
        for (let left = cursor.uint(); left > 0; left--) {
          const key = this.value(cursor, type.key, depth + 1);
          map.set(key, this.value(cursor, type.elem, depth + 1));
        }
        return map;
      }
      case 'opaque':
        return cursor.bytes();
      default:
        throw new Error(`gob type ${id} unknown`);
    }
  }
}

interface Described {
  ArrayT?: { Elem?: number };
  SliceT?: { Elem?: number };
  StructT?: { Field?: { Name?: string; Id?: number }[] };
  MapT?: { Key?: number; Elem?: number };
}

function describedType({ ArrayT, SliceT, StructT, MapT }: Described): WireType {
  if (StructT !== undefined) {
    const fields = (StructT.Field ?? []).map(({ Name = '', Id = 0 }) => ({ name: Name, id: Id }));
    return { kind: 'struct', fields };
  }
  if (SliceT !== undefined) {
    return { kind: 'slice', elem: SliceT.Elem ?? 0 };
  }
  if (ArrayT !== undefined) {
    return { kind: 'array', elem: ArrayT.Elem ?? 0 };
  }
  if (MapT !== undefined) {
    return { kind: 'map', key: MapT.Key ?? 0, elem: MapT.Elem ?? 0 };
  }
  return { kind: 'opaque' };
}

class Cursor {
  at = 0;

  constructor(private readonly buffer: Buffer) {}

  get left(): number {
    return this.buffer.length - this.at;
  }

  /** Undefined when the number is not all here. */
  tryUint(): number | undefined {
    const first = this.buffer[this.at];
    if (first === undefined || (first >= 128 && this.left < 257 - first)) {
      return undefined;
    }
    return this.uint();
  }

  uint(): number {
    return Number(this.big());
  }

  int(): number {
    const value = this.big();
    return Number((value & 1n) === 1n ? ~(value >> 1n) : value >> 1n);
  }

  /** The bytes of a float are sent in reverse, so that small numbers are short. */
  float(): number {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(this.big());
    return bytes.readDoubleBE();
  }

  bytes(): Buffer {
    return this.take(this.uint());
  }

  private big(): bigint {
    const first = this.take(1)[0] ?? 0;
    if (first < 128) {
      return BigInt(first);
    }
    const count = 256 - first;
    if (count > 8) {
      throw new Error('gob number too long');
    }
    return BigInt(`0x${this.take(count).toString('hex')}`);
  }

  private take(count: number): Buffer {
    if (count > this.left) {
      throw new Error('gob message too short');
    }
    this.at += count;
    return this.buffer.subarray(this.at - count, this.at);
  }
}
