/**
 * Everything that becomes visible passes through `record`: it numbers and stamps the fact where it was observed,
 * keeps it with its payload within fixed limits, and hands it to whoever listens.
 */
import { type Fact, type FactBody, previewLength } from '../../protocol/fact';
import type { Clock, Timer } from '../clock';

export interface RecorderLimits {
  /** Facts kept; the oldest go first. */
  facts: number;
  /** Bytes of payloads kept beyond the previews; the oldest go first. */
  payloadBytes: number;
}

export const defaultLimits: RecorderLimits = { facts: 600_000, payloadBytes: 128 * 1024 * 1024 };

export type FactListener = (fact: Fact) => void;

export class Recorder {
  private seq = 0;
  private readonly clock: Clock;
  private readonly limits: RecorderLimits;
  /** A ring over fact numbers: fact n stands at n % limits.facts. */
  private readonly ring: (Fact | undefined)[] = [];
  /** Payloads by fact number, oldest first (a Map keeps insertion order). */
  private readonly payloads = new Map<number, Buffer | string>();
  private payloadBytes = 0;
  private first = 1;
  private readonly listeners = new Set<FactListener>();

  constructor(clock: Clock, limits: RecorderLimits = defaultLimits) {
    this.clock = clock;
    this.limits = limits;
  }

  record = (body: FactBody, payload?: Buffer | string): Fact => {
    const fact = {
      seq: ++this.seq,
      at: Math.round(this.clock.real() * 1000) / 1000,
      ...body,
    } as Fact;
    this.ring[fact.seq % this.limits.facts] = fact;
    if (fact.seq - this.first >= this.limits.facts) {
      this.first = fact.seq - this.limits.facts + 1;
    }
    if (payload !== undefined) {
      this.keepPayload(fact.seq, payload);
    }
    for (const listener of this.listeners) {
      listener(fact);
    }
    return fact;
  };

  onFact(listener: FactListener): Timer {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  get last(): number {
    return this.seq;
  }

  get oldest(): number {
    return this.first;
  }

  /** The kept facts with numbers from `from` on, at most `limit`. */
  read(from: number, limit: number): Fact[] {
    const facts: Fact[] = [];
    for (let n = Math.max(from, this.first); n <= this.seq && facts.length < limit; n++) {
      const fact = this.ring[n % this.limits.facts];
      if (fact !== undefined && fact.seq === n) {
        facts.push(fact);
      }
    }
    return facts;
  }

  /** The whole payload that was recorded with a fact; undefined when there was none or it was given up. */
  payload(seq: number): Buffer | string | undefined {
    return this.payloads.get(seq);
  }

  /** Numbers (from `from` on) of facts whose kept payload satisfies `matches`. */
  searchPayloads(matches: (text: string) => boolean, from: number): number[] {
    const found: number[] = [];
    for (const [seq, payload] of this.payloads) {
      if (seq >= from && typeof payload === 'string' && matches(payload)) {
        found.push(seq);
      }
    }
    return found;
  }

  clear(): void {
    this.first = this.seq + 1;
    this.ring.length = 0;
    this.payloads.clear();
    this.payloadBytes = 0;
  }

  private keepPayload(seq: number, payload: Buffer | string): void {
    this.payloads.set(seq, payload);
    this.payloadBytes += payload.length;
    let dropped = 0;
    for (const [oldest, old] of this.payloads) {
      if (this.payloadBytes <= this.limits.payloadBytes || oldest === seq) {
        break;
      }
      this.payloads.delete(oldest);
      this.payloadBytes -= old.length;
      dropped++;
    }
    if (dropped > 0) {
      this.record({ kind: 'dropped', facts: 0, payloads: dropped });
    }
  }
}

/** The part of a text that travels with its fact. */
export function previewOf(text: string): { preview: string; more?: true } {
  return text.length <= previewLength
    ? { preview: text }
    : { preview: text.slice(0, previewLength), more: true };
}
