/**
 * Looks for what the page does not have: payloads beyond their previews are searched where they are kept, once for each
 * term of the filter and then only in what is new.
 */
import type { Term } from '../protocol/filter';
import { looksInside } from '../protocol/filterMatch';
import type { Host } from './host';

/** Milliseconds in which new payloads gather before they are searched. */
const gather = 500;
/** Terms whose findings are kept. */
const keptTerms = 50;

interface Found {
  /** Number of the fact up to which was searched. */
  upTo: number;
  seqs: Set<number>;
}

export interface DeepSearchPorts {
  host: Pick<Host, 'ask'>;
  /** Number of the newest fact. */
  newest(): number;
  /** Counts sessions: what one answers is nothing about the next. */
  session(): number;
  /** Facts that a term matches after all. */
  found(seqs: readonly number[]): void;
}

export class DeepSearch {
  private readonly known = new Map<string, Found>();
  private terms: readonly Term[] = [];
  /** The filter that the terms are of. */
  private filter = '';
  /** Number of the newest fact with a payload beyond its preview. */
  private longest = 0;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ports: DeepSearchPorts) {}

  /** Whether the payload of a fact matches a term beyond its preview, as far as is known. */
  has(term: Term, seq: number): boolean {
    return this.known.get(keyOf(term))?.seqs.has(seq) === true;
  }

  setTerms(terms: readonly Term[], filter: string): void {
    this.terms = terms;
    this.filter = filter;
    this.search();
  }

  /** A fact has more payload than its preview. */
  add(seq: number): void {
    this.longest = seq;
    if (this.terms.some(looksInside)) {
      this.waiting ??= setTimeout(() => this.search(), gather);
    }
  }

  /** A session begins: numbers start again. */
  forget(): void {
    this.known.clear();
    this.longest = 0;
  }

  private search(): void {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    for (const term of this.terms) {
      const known = this.known.get(keyOf(term));
      if (looksInside(term) && (!known || known.upTo < this.longest)) {
        void this.searchFor(term, known?.upTo ?? 0);
      }
    }
  }

  private async searchFor(term: Term, after: number): Promise<void> {
    const { host, newest, session, found } = this.ports;
    const key = keyOf(term);
    const asked = session();
    const upTo = newest();
    const source = this.filter.slice(term.start, term.end).replace(/^-/, '');
    try {
      const { seqs } = await host.ask('search', {
        text: term.test === 'text' ? term.text : term.test === 'regex' ? term.source : '',
        regex: term.test === 'regex',
        caseSensitive: term.test === 'regex' && !term.flags.includes('i'),
        from: after + 1,
        ...(term.test === 'json' ? { condition: source } : {}),
      });
      if (asked !== session()) {
        return;
      }
      if (this.known.size > keptTerms) {
        this.known.clear();
      }
      const known = this.known.get(key) ?? { upTo, seqs: new Set() };
      seqs.forEach((seq) => known.seqs.add(seq));
      this.known.set(key, { upTo, seqs: known.seqs });
      found(seqs);
    } catch {
      // Without a session there are only previews to search.
    }
  }
}

/** The same for terms that look for the same thing, wherever they stand and whether negated or not. */
function keyOf(term: Term): string {
  return JSON.stringify({ ...term, start: 0, end: 0, negated: false });
}
