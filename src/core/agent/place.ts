/** Where an agent works: a gateway that it may act on, and what was seen of it. */
import type { ServiceInfo } from '../../protocol/fact';
import type { Answer, Ask, IntentKind } from '../../protocol/intent';
import type { Witness } from './witness';

export interface Place {
  readonly witness: Witness;
  /** What is served. Throws a `UserError` when no gateway runs. */
  readonly services: readonly ServiceInfo[];
  /** Asks the session; the witness has seen what came of it before this resolves or rejects. */
  ask<K extends IntentKind>(kind: K, ask: Ask<K>): Promise<Answer<K>>;
  /** Throws a `UserError` unless functions may be run here. */
  mayRun(): void;
}
