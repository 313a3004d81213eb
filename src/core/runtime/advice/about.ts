/** What advice on a failure is made from, and made of. */
import * as l10n from '@vscode/l10n';
import type { DiagnosticFix, SourcePlace } from '../../../protocol/fact';
import type { FunctionSpec, Role } from '../../../protocol/project';
import type { CodeFailure } from '../channel/channel';
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

/** The function and its error, where no sentence says it better. */
export function said(failure: CodeFailure, spec: FunctionSpec): string {
  return l10n.t('{0}: {1}', spec.name, `${failure.type ?? 'Error'}: ${failure.message}`);
}
