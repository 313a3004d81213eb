/** What `scfws explore --json` prints, one a line. */
import type { Failure, ScenarioId } from '../../protocol/testEvent';
import type { Deviation } from '../scenario/order/eventName';
import type { Looked } from './explore';

export type ExploreEvent =
  | ({ explore: 'progress'; scenario: ScenarioId } & Looked)
  | ({ explore: 'ended'; scenario: ScenarioId; cancelled: boolean } & Looked & Partial<FoundOrder>);

/** An order in which the scenario fails. */
export interface FoundOrder {
  failure?: Failure;
  /** None: it fails in the plain order. */
  order: readonly Deviation[];
  /** A sentence for each deviation. */
  story: string[];
  /** How often it failed of three more times. */
  again: number;
  /** Names of what happened, in the plain order and in this one. */
  events: { plain: string[]; found: string[] };
  /** Both side by side, as text. */
  diagram: string[];
  /** Runs and milliseconds until it was found. */
  after: { runs: number; ms: number };
}
