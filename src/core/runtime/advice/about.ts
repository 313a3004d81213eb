/** What advice on a failure is made from, and made of. */
import type { DiagnosticFix, SourcePlace } from '../../../protocol/fact';
import type { Role } from '../../../protocol/project';
import type { Interpreter } from '../launch/interpreters';

export interface About {
  /** What ran the function, or was to. */
  interpreter: Interpreter | undefined;
  /** Absolute path of the project's folder. */
  project: string;
  /** Of the event that failed; null: it was invoked by hand. */
  role?: Role | null;
}

export interface Advised {
  /** Id of a ledger row. */
  rule: string;
  message: string;
  advice: string;
  fix?: DiagnosticFix;
  place?: SourcePlace;
}
