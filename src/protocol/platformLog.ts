/**
 * The platform's own lines in the log of an invocation (documented form). They are not recorded, since the two facts
 * around an invocation say it all: whoever shows a log writes them from those.
 */
import type { FactOf } from './fact';

/** The line ahead of the user's. */
export function startLine(invocation: string): string {
  return `START RequestId:${invocation}`;
}

/**
 * The lines after the user's.
 * @param result JSON text of the value or of the error object, as long as it is to be shown
 * @param memoryLimit MB, of the function
 */
export function endLines(
  ended: Pick<FactOf<'invocationEnded'>, 'invocation' | 'outcome' | 'durationMs' | 'memoryMb'>,
  result: string,
  memoryLimit: number,
): string[] {
  const request = `RequestId:${ended.invocation}`;
  const used = ended.memoryMb === undefined ? '' : ` MemUsage:${ended.memoryMb.toFixed(2)}MB`;
  return [
    ...(ended.outcome === 'ok' ? [] : [`ERROR ${request} Result:${result}`]),
    `Response ${request} RetMsg:${result}`,
    `END ${request}`,
    `Report ${request} Duration:${Math.round(ended.durationMs)}ms Memory:${memoryLimit}MB${used}`,
  ];
}
