/**
 * The lines of a recording, parsed as they are asked for: a large one costs its bytes and nothing else, and no look at it
 * holds the editor's other extensions for long. Knows no editor.
 */
import { withoutMark } from '../../core/textFile';
import {
  LineReader,
  noFact,
  type RecordedFact,
  type RecordingProblem,
} from '../../protocol/export/jsonLines';
import { recordedPayload, type Recording, searchRecording } from '../../protocol/export/recording';
import type { Answer, Ask } from '../../protocol/intent';

/** Where a reader may begin: `last` is the number of the fact before the line at `line`, which begins at `offset`. */
interface Mark {
  last: number;
  line: number;
  offset: number;
}

/** Facts between two marks, and of one step of a search. */
const stride = 2000;
const feed = 10;
/** Bytes. */
const longestLine = 256 * 1024 * 1024;

export class RecordedLines {
  /** Of the lines that were read so far. */
  readonly problems: RecordingProblem[] = [];
  /** Number of the last fact, as far as it can be known without reading everything. */
  readonly last: number;
  private readonly marks: Mark[] = [{ last: 0, line: 1, offset: 0 }];
  private isReadable = true;
  /** Lines whose problems are in `problems`. */
  private judged = 0;

  private constructor(private readonly bytes: Buffer) {
    this.last = this.lastNumber();
  }

  /** `bytes`: text in UTF-8. Without a value: no recording, and why. */
  static open(bytes: Buffer): { value?: RecordedLines; problems: RecordingProblem[] } {
    const lines = new RecordedLines(bytes);
    const { facts } = lines.read(0, 1);
    const { problems } = lines;
    if (facts.length === 0) {
      return { problems: problems.length > 0 ? problems : [noFact] };
    }
    return lines.isReadable ? { value: lines, problems } : { problems };
  }

  /** The facts with numbers from `from` on, at most `limit`. */
  read(from: number, limit: number): Answer<'facts'> {
    const facts = [];
    for (const { fact } of this.factsFrom(from)) {
      if (facts.length === limit) {
        return { facts, next: fact.seq, last: Math.max(this.last, fact.seq) };
      }
      facts.push(fact);
    }
    return { facts, next: null, last: Math.max(this.last, facts.at(-1)?.seq ?? 0) };
  }

  payload(seq: number): Answer<'payload'> {
    for (const read of this.factsFrom(seq)) {
      return read.fact.seq === seq ? recordedPayload(recordingOf([read]), seq) : null;
    }
    return null;
  }

  async search(ask: Ask<'search'>): Promise<Answer<'search'>> {
    const seqs: number[] = [];
    let step: RecordedFact[] = [];
    const look = (): void => {
      seqs.push(...searchRecording(recordingOf(step), ask).seqs);
      step = [];
    };
    for (const read of this.factsFrom(ask.from ?? 0)) {
      if (step.push(read) === stride) {
        look();
        await new Promise(setImmediate);
      }
    }
    look();
    return { seqs };
  }

  private *factsFrom(from: number): Generator<RecordedFact> {
    const start = this.markBefore(from);
    const reader = new LineReader(start.last);
    let { line, offset } = start;
    let told = 0;
    let count = 0;
    while (offset < this.bytes.length) {
      const end = this.bytes.indexOf(feed, offset);
      const after = end < 0 ? this.bytes.length : end + 1;
      const source = this.text(offset, end < 0 ? this.bytes.length : end);
      const read = reader.read(line === 1 ? withoutMark(source) : source, line);
      if (line > this.judged) {
        this.judged = line;
        this.problems.push(...reader.problems.slice(told));
        this.isReadable &&= reader.isReadable;
      }
      told = reader.problems.length;
      line++;
      offset = after;
      if (read !== undefined) {
        if (++count % stride === 0 && offset > (this.marks.at(-1)?.offset ?? 0)) {
          this.marks.push({ last: read.fact.seq, line, offset });
        }
        if (read.fact.seq >= from) {
          yield read;
        }
      }
    }
  }

  /** The last one before the fact with this number. */
  private markBefore(seq: number): Mark {
    let [low, high] = [0, this.marks.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.marks[middle]?.last ?? 0) < seq) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return this.marks[low] as Mark;
  }

  private text(start: number, end: number): string {
    // No string can hold more; no fact is so long.
    return end - start > longestLine ? '\ufffd' : this.bytes.toString('utf8', start, end);
  }

  /** What the last line says that says one. */
  private lastNumber(): number {
    for (let end = this.bytes.length; end > 0;) {
      const start = this.bytes.lastIndexOf(feed, end - 1) + 1;
      const fact = new LineReader().read(this.text(start, end), 1);
      if (fact !== undefined) {
        return fact.fact.seq;
      }
      end = start - 1;
    }
    return 0;
  }
}

function recordingOf(read: readonly RecordedFact[]): Recording {
  const payloads: Recording['payloads'] = new Map();
  for (const { fact, payload } of read) {
    if (payload !== undefined) {
      payloads.set(fact.seq, payload);
    }
  }
  return { facts: read.map(({ fact }) => fact), payloads };
}
