/** What the table says of one kind of fact. */
import type { FactKind, FactOf, SourcePlace } from '../fact';
import type { HarWriter } from '../export/harWriter';
import type { NewRow, RowChange } from './row';
import type { Members } from './shape';

/** What an export of chosen rows keeps a fact for: for all of them, or for those of one connection, run or fact. */
export type Explains =
  | 'all'
  | 'nothing'
  | { connection: string | undefined }
  | { invocation: string | null | undefined }
  | { fact: number | null };

/** Who says the words of a fact: in which language, and how places are written. */
export interface Voice {
  /** The English text is the key of its translation. */
  l10n: { t(text: string, ...values: (string | number)[]): string };
  /** `path:line: ` as terminals know to open it; '' for no place. */
  place(place: SourcePlace | undefined): string;
  /** What a connection is called: a test client's name, or the beginning of its id. */
  name(connection: string): string;
  /** Two texts as sentences. */
  sentences(first: string, second: string): string;
  /** The start of the run that the fact belongs to. */
  run?: FactOf<'invocationStarted'>;
  /** The session is about to end: what stopping ends is no failure. */
  stopping: boolean;
}

export interface FactEntry<K extends FactKind> {
  /** Every member but `seq`, `at` and `kind`: checked on import; its texts from outside redacted, escaped, bounded. */
  members: Members<Omit<FactOf<K>, 'seq' | 'at' | 'kind'>>;
  /**
   * The payload that was recorded with it: `preview` holds its beginning (all of it unless `more` is set), `event`:
   * the fact has nothing of it.
   */
  payload: 'none' | 'preview' | 'event';
  explains(fact: FactOf<K>): Explains;
  /** The row that it becomes in the list; null: none. */
  row: ((fact: FactOf<K>) => NewRow) | null;
  /** What it changes of an earlier row; null: nothing. */
  change: ((fact: FactOf<K>) => RowChange | undefined) | null;
  /** What it is in a HAR file; null: that has no place for it. */
  har: ((fact: FactOf<K>, har: HarWriter) => void) | null;
  /** What `scfws serve` prints; undefined or null: nothing. Control characters were made visible before. */
  words: ((fact: FactOf<K>, voice: Voice) => string | undefined) | null;
}
