/** What a row of the ledger says. */
import type { EmulatorOptions } from '../project';

/**
 * `documented` by the vendor; `seen` in real code or in a captured event; `assumed`: nothing is known, this is the
 * emulator's choice.
 */
export type Mark = 'documented' | 'seen' | 'assumed';
export const marks: readonly Mark[] = ['documented', 'seen', 'assumed'];

export type Source =
  | 'usage page'
  | 'How It Works page'
  | 'API Gateway pages'
  | 'runtime pages'
  | 'Web function pages'
  | 'captured event'
  | 'public handlers'
  | 'RFC 6455'
  | 'our choice';

export interface LedgerRow {
  /** Never changes: diagnostics and checks refer to it. */
  id: string;
  mark: Mark;
  source: Source;
  given: string;
  when: string;
  then: string;
  /** Setting `scfWebSocket.<setting>` that changes an assumed row. */
  setting?: `emulator.${keyof EmulatorOptions}` | 'allowedOrigins';
  /** Key of scfws.json that changes an assumed row. */
  projectKey?: string;
  /** Assumed, and no setting changes it: why. */
  fixed?: string;
}
