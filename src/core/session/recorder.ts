/**
 * Everything that becomes visible passes through `record`: it numbers and stamps the fact where it was observed. It
 * is kept with its payload, within fixed limits, and handed to whoever listens when the turn of the event loop is
 * done: then the frames that it tells of are on their way already, and nobody waits for the recorder.
 */
import { type Fact, type FactBody, previewBytes } from '../../protocol/fact';
import type { Clock, Timer } from '../clock';
import { reportBug } from '../errors';
import { FactLog, type PayloadPlace } from './factLog';
import { PayloadLog } from './payloadLog';

export interface RecorderLimits {
  /** Facts kept; the oldest go first. */
  facts: number;
  /** Bytes of payloads kept beyond the previews; the oldest go first. */
  payloadBytes: number;
}

export const defaultLimits: RecorderLimits = { facts: 600_000, payloadBytes: 128 * 1024 * 1024 };

/** Bytes that a fact may take on average; most take 60 to 200. */
const averageFact = 512;

export type FactListener = (fact: Fact) => void;

export class Recorder {
  private seq = 0;
  private first = 1;
  private readonly clock: Clock;
  private readonly limits: RecorderLimits;
  private readonly facts: FactLog;
  private readonly payloads: PayloadLog;
  /** The payload that was stored last: a push and its frame share theirs. */
  private latest: { payload: Buffer | string; preview: string; place: PayloadPlace } | undefined;
  /** Payloads given up when that was last told. */
  private told = 0;
  /** With the number after which each began to listen. */
  private readonly listeners = new Map<FactListener, number>();
  /** Recorded in this turn, not kept yet. */
  private fresh: { fact: Fact; payload: Buffer | string | undefined }[] = [];
  private untold: Fact[] = [];
  private telling = false;

  constructor(clock: Clock, limits: RecorderLimits = defaultLimits) {
    this.clock = clock;
    this.limits = limits;
    this.facts = new FactLog(limits.facts);
    this.payloads = new PayloadLog(limits.payloadBytes);
  }

  /** A payload is kept as it is at the end of the turn: it must not be changed. */
  record = (body: FactBody, payload?: Buffer | string): Fact => {
    const at = Math.round(this.clock.real() * 1000) / 1000;
    const fact = { seq: ++this.seq, at, ...body };
    if (this.fresh.push({ fact, payload }) === 1) {
      setImmediate(this.settle);
    }
    return fact;
  };

  /** Keeps and tells what was recorded until now. What follows it is told after it. */
  readonly settle = (): void => {
    this.keep();
    if (this.telling) {
      return; // A listener asks; its turn is not over.
    }
    this.telling = true;
    for (; this.untold.length > 0; this.keep()) {
      const facts = this.untold;
      this.untold = [];
      facts.forEach((fact) => this.tell(fact));
    }
    this.telling = false;
  };

  /** Calls back with every fact that is recorded from now on. */
  onFact(listener: FactListener): Timer {
    this.settle();
    this.listeners.set(listener, this.seq);
    return { dispose: () => this.listeners.delete(listener) };
  }

  get last(): number {
    return this.seq;
  }

  get oldest(): number {
    this.settle();
    return this.first;
  }

  /** The kept facts with numbers from `from` on, at most `limit`. */
  read(from: number, limit: number): Fact[] {
    this.settle();
    return this.facts.read(Math.max(from, this.first), limit);
  }

  /** The whole payload that was recorded with a fact; undefined when there was none or it was given up. */
  payload(seq: number): Buffer | string | undefined {
    this.settle();
    const place = seq < this.first ? undefined : this.facts.place(seq);
    return place && this.payloadAt(seq, place);
  }

  /** Numbers (from `from` on) of facts whose kept payload satisfies `matches`. */
  searchPayloads(matches: (text: string) => boolean, from: number): number[] {
    this.settle();
    const candidates: number[] = [];
    const places: PayloadPlace[] = [];
    this.facts.places(Math.max(from, this.first), (seq, place) => {
      if (!place.binary) {
        candidates.push(seq);
        places.push(place);
      }
      return true;
    });
    return candidates.filter((seq, index) => {
      const payload = this.payloadAt(seq, places[index] as PayloadPlace);
      return typeof payload === 'string' && matches(payload);
    });
  }

  clear(): void {
    this.settle();
    this.first = this.seq + 1;
    this.latest = undefined;
    this.facts.clear();
    this.payloads.clear();
  }

  private keep(): void {
    while (this.fresh.length > 0) {
      const taken = this.fresh;
      this.fresh = [];
      for (const { fact, payload } of taken) {
        this.facts.append(fact, payload === undefined ? undefined : this.store(fact, payload));
        this.untold.push(fact);
        if (fact.seq - this.first >= this.limits.facts) {
          this.first = fact.seq - this.limits.facts + 1;
          this.facts.dropBefore(this.first);
        }
        this.keepBytes();
      }
      if (this.payloads.dropped > this.told) {
        this.told = this.payloads.dropped;
        this.record({ kind: 'dropped', facts: this.first - 1, payloads: this.told });
      }
    }
  }

  /** Facts carry text of clients and handlers: a flood of long ones must not fill the memory. */
  private keepBytes(): void {
    const { second } = this.facts;
    if (second !== undefined && this.facts.held > this.limits.facts * averageFact) {
      this.first = Math.max(this.first, second);
      this.facts.dropBefore(this.first);
    }
  }

  private tell(fact: Fact): void {
    for (const [listener, since] of this.listeners) {
      try {
        if (fact.seq > since) {
          listener(fact);
        }
      } catch (error) {
        reportBug(error); // Whoever looks on must not stop what it looks at.
      }
    }
  }

  private store(fact: Fact, payload: Buffer | string): PayloadPlace {
    const preview = 'preview' in fact ? fact.preview : '';
    if (this.latest?.payload === payload && this.latest.preview === preview) {
      return this.latest.place;
    }
    const binary = typeof payload !== 'string';
    const afterPreview =
      preview !== '' &&
      (binary
        ? payload.length > previewBytes && payload.toString('base64', 0, previewBytes) === preview
        : payload.startsWith(preview));
    const rest = !afterPreview
      ? payload
      : binary
        ? payload.subarray(previewBytes)
        : payload.slice(preview.length);
    const wide = typeof rest === 'string' && !rest.isWellFormed();
    const { position, length } = this.payloads.append(wide ? Buffer.from(rest, 'utf16le') : rest);
    const place = { position, length, binary, wide, afterPreview };
    this.latest = { payload, preview, place };
    return place;
  }

  private payloadAt(seq: number, place: PayloadPlace): Buffer | string | undefined {
    const bytes = this.payloads.read(place.position, place.length);
    if (bytes === undefined) {
      return undefined;
    }
    const [fact] = place.afterPreview ? this.facts.read(seq, 1) : [];
    const preview = fact !== undefined && 'preview' in fact ? fact.preview : '';
    return place.binary
      ? Buffer.concat([Buffer.from(preview, 'base64'), bytes])
      : preview + bytes.toString(place.wide ? 'utf16le' : 'utf8');
  }
}
