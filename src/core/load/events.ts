/** What `scfws load --stdio` prints for a host, one a line. */
import type { Second } from './live';
import type { Row } from './rows';

export type LoadEvent =
  /** Once a second. `rows`: percentiles of the last seconds. */
  | { load: 'second'; lines: string[]; rows: Row[]; second: Second }
  /** `rows`: percentiles of all. */
  | { load: 'ended'; lines: string[]; warnings: string[]; rows: Row[]; report?: string }
  | { load: 'failed'; message: string };
