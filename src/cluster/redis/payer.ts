/**
 * Pays what dead nodes owed: reads the stream that all nodes share by its consumer group. What one has in hand it pays
 * whatever becomes of Redis meanwhile.
 */
import type { Debt } from '../registry';
import * as steps from './steps';

export const group = 'payers';
/** Debts of dead nodes that one node pays at the same time at most. */
const paidAtOnce = 32;

export interface PayerPorts {
  /** Name of this node's present life. */
  node(): string;
  key(name: string): string;
  command(key: string, args: string[]): Promise<unknown>;
  run(script: string, keys: string[], args: string[]): Promise<unknown>;
  /** Resolves with whether it was paid. */
  inherit(debt: Debt): Promise<boolean>;
  /** What was written down for this node in Redis is paid. */
  strike(connection: string): void;
  /** Nothing is in hand any more: there may be more to read. */
  onIdle(): void;
}

export class Payer {
  /** Entries of the stream that this node pays, or has paid and could not acknowledge yet. */
  private readonly inHand = new Map<string, Debt>();
  private readonly unacknowledged = new Set<string>();
  /** What is in hand and Redis has forgotten: written down as this node's own, by connection. */
  private readonly adopted = new Map<string, Debt>();
  /** Redis may have given entries to this node that it did not hear of. */
  private unheard = false;

  constructor(private readonly ports: PayerPorts) {}

  /** Redis is there again, and may have given something to this node meanwhile. */
  readAgain(): void {
    this.unheard = true;
  }

  /** Redis has forgotten everything. */
  adopt(): void {
    this.unpaid().forEach((debt) => this.adopted.set(debt.connection, debt));
  }

  /** What this node must write down for itself, because nobody else knows it any more. */
  get adoptedDebts(): Debt[] {
    return [...this.adopted.values()];
  }

  /** Lets go of all: this life has ended. Returns what was not paid. */
  disown(): Debt[] {
    const left = new Map(this.adopted);
    this.unpaid().forEach((debt) => left.set(debt.connection, debt));
    this.adopted.clear();
    for (const entry of [...this.inHand.keys()]) {
      if (!this.unacknowledged.has(entry)) {
        this.inHand.delete(entry);
      }
    }
    return [...left.values()];
  }

  private unpaid(): Debt[] {
    return [...this.inHand].flatMap(([entry, debt]) =>
      this.unacknowledged.has(entry) || debt.connection === '' ? [] : [debt],
    );
  }

  async payForOthers(): Promise<void> {
    await this.acknowledge();
    if (this.unheard) {
      const mine = await this.read('0');
      const news = mine.filter(([entry]) => !this.inHand.has(entry)).slice(0, this.free);
      news.forEach(([entry, fields]) => this.pay(entry, fields));
      this.unheard = news.length > 0 && this.free === 0;
    }
    if (this.free > 0) {
      this.unheard = true; // Until the answer is here.
      const fresh = await this.read('>');
      this.unheard = false;
      fresh.forEach(([entry, fields]) => this.pay(entry, fields));
    }
  }

  private get free(): number {
    return paidAtOnce - this.inHand.size;
  }

  private async read(from: '>' | '0'): Promise<Entry[]> {
    const key = this.ports.key('debts');
    const count = String(from === '>' ? this.free : 2 * paidAtOnce);
    const consumer = ['GROUP', group, this.ports.node()];
    const args = ['XREADGROUP', ...consumer, 'COUNT', count, 'STREAMS', key, from];
    return entriesOf(await this.ports.command(key, args));
  }

  private pay(entry: string, fields: string[] | null): void {
    const at = (name: string): string => fields?.[fields.indexOf(name) + 1] ?? '';
    const debt = { connection: at('connection'), service: at('service') };
    this.inHand.set(entry, debt);
    const node = this.ports.node();
    // An entry without fields is gone from the stream: somebody paid it.
    const paid = fields === null ? Promise.resolve(true) : this.ports.inherit(debt);
    void paid
      .catch(() => false)
      .then(async (done) => {
        if (done) {
          this.unacknowledged.add(entry);
          this.inHand.set(entry, debt);
          if (this.adopted.delete(debt.connection)) {
            this.ports.strike(debt.connection);
          }
          await this.acknowledge();
        } else {
          this.inHand.delete(entry);
          this.unheard ||= node === this.ports.node();
        }
        if (this.inHand.size === 0) {
          this.ports.onIdle();
        }
      })
      .catch(() => undefined); // The next beat tries again.
  }

  /** What was paid is not paid again because Redis could not be told at once. */
  async acknowledge(): Promise<void> {
    const paid = [...this.unacknowledged];
    if (paid.length > 0) {
      const keys = [this.ports.key('debts'), this.ports.key('unpaid')];
      const named = paid.flatMap((entry) => [entry, this.inHand.get(entry)?.connection ?? '']);
      await this.ports.run(steps.acknowledge, keys, [group, ...named]);
      for (const entry of paid) {
        this.unacknowledged.delete(entry);
        this.inHand.delete(entry);
      }
    }
  }
}

type Entry = [entry: string, fields: string[] | null];

/** Of an answer to XREADGROUP, in either version of the protocol. */
function entriesOf(read: unknown): Entry[] {
  if (read === null || read === undefined) {
    return [];
  }
  const streams = (Array.isArray(read) ? read : Object.entries(read)) as [string, Entry[]][];
  return streams.flatMap(([, entries]) => entries);
}
