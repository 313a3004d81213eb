/** What is said where a debugger is missing. */
import * as l10n from '@vscode/l10n';
import type { FunctionId, FunctionSpec } from '../../../protocol/project';
import { UserError } from '../../errors';
import { isNamed } from '../launch/interpreters';
import type { Interpreter } from '../launch/interpreters';
import { libraryFix } from './modules';

interface Debuggee {
  /** What runs it. */
  program: string;
  interpreter: Interpreter | undefined;
}

/** The same sentence for all functions of one interpreter, and what an editor can do about it. */
export function debugpyMissing(
  spec: FunctionSpec,
  id: FunctionId,
  { program, interpreter }: Debuggee,
): UserError {
  const named = interpreter !== undefined && isNamed(interpreter);
  const fix = libraryFix('debugpy', spec, program);
  return new UserError(
    'debugpyMissing',
    l10n.t('{0} has no debugpy, which breakpoints in Python need.', program),
    l10n.t('Install it with: {0}', `${program} -m pip install debugpy`),
    undefined,
    fix && { ...fix, isKnown: true, ...(named ? { isNamed: true } : {}), function: id },
  );
}
