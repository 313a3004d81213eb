/** A handler that waits for somebody at a terminal, which a function never has. */
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import type { CodeFailure } from '../channel/channel';
import type { Advised } from './about';

/** undefined: the failure has another cause. */
export function ofTerminal(failure: CodeFailure, spec: FunctionSpec): Advised | undefined {
  if (spec.family !== 'python') {
    return undefined;
  }
  if (failure.type === 'BdbQuit') {
    return {
      rule: 'error.437',
      message: l10n.t(
        '{0} called breakpoint() or pdb, which waits at a terminal; a function has none.',
        spec.name,
      ),
      advice: l10n.t(
        'Press F5 in the editor: its debugger stops at breakpoints, at breakpoint() and at pdb.set_trace().',
      ),
    };
  }
  if (failure.type === 'EOFError' && /^EOF when reading a line/.test(failure.message)) {
    return {
      rule: 'error.437',
      message: l10n.t('{0} reads from a terminal; a function has none.', spec.name),
      advice: l10n.t('Take the text from the event or from an environment variable.'),
    };
  }
  return undefined;
}
