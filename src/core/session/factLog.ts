/**
 * Facts packed into bytes. As objects, frames take more memory and long pauses of the garbage collector;
 * packed, no collection ever looks at them. A fact of any kind can be packed: its keys are known
 * by a number (its shape), short strings that repeat are stored once in a segment, nested values are JSON.
 *
 * A record: u32 length · varint µs since the segment began · varint shape · payload place · the values.
 */
import type { Fact } from '../../protocol/fact';

/** Where a payload lies in the payload log. */
export interface PayloadPlace {
  position: number;
  /** Bytes stored. */
  length: number;
  binary: boolean;
  /** Text with halves of characters, stored as UTF-16. */
  wide: boolean;
  /** The payload begins with the fact's preview; only what follows it was stored. */
  afterPreview: boolean;
}

interface Segment {
  /** Number of its first fact, and the session time of that, µs. */
  first: number;
  base: number;
  count: number;
  bytes: Buffer;
  length: number;
  /** Strings that several of its facts share. */
  strings: string[];
}

/** The keys of a fact so far; following a fact's keys from the root leads to its shape. */
interface Shape {
  /** -1 until a fact ends here. */
  id: number;
  keys: string[];
  nested: boolean[];
  /** Next shapes by key: for plain values, for nested ones. */
  plain: Map<string, Shape>;
  deep: Map<string, Shape>;
}

type Plain = string | number | boolean | null;

const segmentBytes = 256 * 1024;
/** Values of these keys hardly ever repeat: they are written where they stand. */
const neverShared = new Set(['preview', 'text', 'invocation', 'message', 'advice', 'target']);
const longestShared = 64;

/** Tags of values; from `shared` on the tag itself is the number of a shared string. */
const tag = { null: 0, true: 1, false: 2, whole: 3, number: 4, text: 5, shared: 6 };
const flag = { stored: 1, binary: 2, afterPreview: 4, wide: 8 };

export class FactLog {
  private readonly factsPerSegment: number;
  private segments: Segment[] = [];
  private spare: Buffer | undefined;
  /** Bytes that the kept facts take. */
  held = 0;
  private readonly root = newShape([], []);
  private readonly shapes: Shape[] = [];
  /** Numbers of the shared strings of the newest segment. */
  private shared = new Map<string, number>();
  /** The values of the fact that is being written; kept, so that nothing is allocated for each fact. */
  private readonly values: Plain[] = [];
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;

  /** `facts`: how many are kept; a segment is at most an eighth of them. */
  constructor(facts: number) {
    this.factsPerSegment = Math.max(1, Math.ceil(facts / 8));
  }

  append(fact: Fact, payload: PayloadPlace | undefined): void {
    let shape = this.root;
    let room = 64;
    let count = 0;
    for (const key in fact) {
      const value = fact[key as keyof Fact] as Plain | object | undefined;
      if (value === undefined || key === 'seq' || key === 'at') {
        continue;
      }
      // Text with half of a character has no bytes in UTF-8; JSON can say it.
      const nested =
        typeof value === 'string'
          ? !value.isWellFormed()
          : typeof value === 'object' && value !== null;
      const written = nested ? JSON.stringify(value) : (value as Plain);
      shape = nextShape(shape, key, nested);
      room += typeof written === 'string' ? 6 + written.length * 3 : 10;
      this.values[count++] = written;
    }
    if (shape.id < 0) {
      shape.id = this.shapes.push(shape) - 1;
    }
    const micros = Math.round(fact.at * 1000);
    const segment = this.segmentFor(fact.seq, micros, room);
    const start = segment.length;
    this.bytes = segment.bytes;
    this.at = start + 4;
    this.putVarint(micros - segment.base);
    this.putVarint(shape.id);
    this.putPlace(payload);
    for (let n = 0; n < count; n++) {
      const value = this.values[n] as Plain;
      if (typeof value !== 'string') {
        this.putPlain(value);
      } else if (
        value.length > longestShared ||
        shape.nested[n] === true ||
        neverShared.has(shape.keys[n] as string)
      ) {
        this.putText(value);
      } else {
        this.putShared(segment, value);
      }
    }
    this.bytes.writeUInt32LE(this.at - start, start);
    segment.length = this.at;
    segment.count++;
    this.held += this.at - start;
  }

  /** The kept facts from number `from` on, at most `limit`. */
  read(from: number, limit: number): Fact[] {
    const facts: Fact[] = [];
    this.each(from, (seq, segment, start) => {
      if (facts.length >= limit) {
        return false;
      }
      facts.push(this.unpack(seq, segment, start));
      return true;
    });
    return facts;
  }

  /** Visits the places of payloads of the facts from `from` on; `visit` answers false to stop. */
  places(from: number, visit: (seq: number, place: PayloadPlace) => boolean): void {
    this.each(from, (seq, segment, start) => {
      const place = this.placeOf(segment, start);
      return place === undefined || visit(seq, place);
    });
  }

  place(seq: number): PayloadPlace | undefined {
    let found: PayloadPlace | undefined;
    this.each(seq, (number, segment, start) => {
      found = number === seq ? this.placeOf(segment, start) : undefined;
      return false;
    });
    return found;
  }

  /** Lets go of segments whose facts all come before `first`. */
  dropBefore(first: number): void {
    for (let [oldest] = this.segments; oldest !== undefined; [oldest] = this.segments) {
      if (oldest.first + oldest.count > first || this.segments.length === 1) {
        return;
      }
      this.segments.shift();
      this.held -= oldest.length;
      if (oldest.bytes.length === segmentBytes) {
        this.spare = oldest.bytes;
      }
    }
  }

  /** Number of the first fact that would be left without the oldest segment; undefined: it is the only one. */
  get second(): number | undefined {
    return this.segments[1]?.first;
  }

  clear(): void {
    this.held = 0;
    this.segments = [];
    this.spare = undefined;
  }

  /** Visits records in order; `visit` answers false to stop. */
  private each(
    from: number,
    visit: (seq: number, segment: Segment, start: number) => boolean,
  ): void {
    for (let index = this.segmentOf(from); index < this.segments.length; index++) {
      const segment = this.segments[index] as Segment;
      let start = 0;
      for (let seq = segment.first; seq < segment.first + segment.count; seq++) {
        if (seq >= from && !visit(seq, segment, start)) {
          return;
        }
        start += segment.bytes.readUInt32LE(start);
      }
    }
  }

  /** Index of the segment that holds a number, else of the first one after it. */
  private segmentOf(seq: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { first, count } = this.segments[middle] as Segment;
      if (first + count <= seq) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private segmentFor(seq: number, micros: number, room: number): Segment {
    const newest = this.segments.at(-1);
    if (
      newest !== undefined &&
      newest.length + room <= newest.bytes.length &&
      newest.count < this.factsPerSegment
    ) {
      return newest;
    }
    const bytes = room > segmentBytes ? Buffer.allocUnsafeSlow(room) : this.takeSpare();
    const fresh = { first: seq, base: micros, count: 0, bytes, length: 0, strings: [] };
    this.segments.push(fresh);
    this.shared = new Map();
    return fresh;
  }

  private takeSpare(): Buffer {
    const bytes = this.spare ?? Buffer.allocUnsafeSlow(segmentBytes);
    this.spare = undefined;
    return bytes;
  }

  // -- writing

  private putVarint(value: number): void {
    while (value >= 0x80) {
      this.bytes[this.at++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.bytes[this.at++] = value;
  }

  private putPlace(place: PayloadPlace | undefined): void {
    if (place === undefined) {
      this.bytes[this.at++] = 0;
      return;
    }
    this.bytes[this.at++] =
      flag.stored |
      (place.binary ? flag.binary : 0) |
      (place.wide ? flag.wide : 0) |
      (place.afterPreview ? flag.afterPreview : 0);
    this.putVarint(place.position);
    this.putVarint(place.length);
  }

  private putPlain(value: number | boolean | null): void {
    if (typeof value !== 'number') {
      this.bytes[this.at++] = value === null ? tag.null : value ? tag.true : tag.false;
    } else if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
      this.bytes[this.at++] = tag.whole;
      this.putVarint(value);
    } else {
      this.bytes[this.at++] = tag.number;
      this.at = this.bytes.writeDoubleLE(value, this.at);
    }
  }

  private putText(value: string): void {
    this.bytes[this.at++] = tag.text;
    // Its length in bytes is known only afterwards; two bytes of varint hold what is common.
    if (value.length * 3 < 0x4000) {
      const length = this.bytes.write(value, this.at + 2);
      this.bytes[this.at++] = (length % 0x80) | 0x80;
      this.bytes[this.at++] = Math.floor(length / 0x80);
      this.at += length;
    } else {
      this.putVarint(Buffer.byteLength(value));
      this.at += this.bytes.write(value, this.at);
    }
  }

  private putShared(segment: Segment, value: string): void {
    let number = this.shared.get(value);
    if (number === undefined) {
      number = segment.strings.push(value) - 1;
      this.shared.set(value, number);
    }
    this.putVarint(tag.shared + number);
  }

  // -- reading

  private takeVarint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  private placeOf(segment: Segment, start: number): PayloadPlace | undefined {
    this.bytes = segment.bytes;
    this.at = start + 4;
    this.takeVarint();
    this.takeVarint();
    return this.takePlace();
  }

  private takePlace(): PayloadPlace | undefined {
    const flags = this.bytes[this.at++] as number;
    return flags === 0
      ? undefined
      : {
          position: this.takeVarint(),
          length: this.takeVarint(),
          binary: (flags & flag.binary) !== 0,
          wide: (flags & flag.wide) !== 0,
          afterPreview: (flags & flag.afterPreview) !== 0,
        };
  }

  private unpack(seq: number, segment: Segment, start: number): Fact {
    this.bytes = segment.bytes;
    this.at = start + 4;
    const at = (segment.base + this.takeVarint()) / 1000;
    const { keys, nested } = this.shapes[this.takeVarint()] as Shape;
    this.takePlace();
    const fact: Record<string, unknown> = { seq, at };
    for (const [index, key] of keys.entries()) {
      const value = this.takeValue(segment);
      fact[key] = nested[index] === true ? (JSON.parse(value as string) as unknown) : value;
    }
    return fact as Fact;
  }

  private takeValue(segment: Segment): Plain {
    const kind = this.takeVarint();
    switch (kind) {
      case tag.null:
        return null;
      case tag.true:
        return true;
      case tag.false:
        return false;
      case tag.whole:
        return this.takeVarint();
      case tag.number:
        this.at += 8;
        return this.bytes.readDoubleLE(this.at - 8);
      case tag.text: {
        const length = this.takeVarint();
        this.at += length;
        return this.bytes.toString('utf8', this.at - length, this.at);
      }
      default:
        return segment.strings[kind - tag.shared] as string;
    }
  }
}

function newShape(keys: string[], nested: boolean[]): Shape {
  return { id: -1, keys, nested, plain: new Map(), deep: new Map() };
}

function nextShape(shape: Shape, key: string, nested: boolean): Shape {
  const ways = nested ? shape.deep : shape.plain;
  let next = ways.get(key);
  if (next === undefined) {
    next = newShape([...shape.keys, key], [...shape.nested, nested]);
    ways.set(key, next);
  }
  return next;
}
