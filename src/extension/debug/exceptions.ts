/**
 * At which exceptions a debugger stops unless the person chose otherwise: at those that leave the code of the handler.
 * Our bootstrap catches them, so that an adapter that asks for nothing but uncaught ones never stops. Pure.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';

/** Filters of debugpy and of the editor's own debugger for JavaScript. */
const stopping = new Set(['uncaught', 'userUnhandled']);

/** Ticks them in what the adapter says of itself. */
export function chooseExceptions(message: DebugProtocol.ProtocolMessage): void {
  const response = message as DebugProtocol.InitializeResponse;
  if (response.type !== 'response' || response.command !== 'initialize') {
    return;
  }
  for (const filter of response.body?.exceptionBreakpointFilters ?? []) {
    if (stopping.has(filter.filter)) {
      filter.default = true;
    }
  }
}

/** The adapter has taken other exceptions to stop at. */
export function hasChosenExceptions(message: DebugProtocol.ProtocolMessage): boolean {
  const { type, command, success } = message as DebugProtocol.Response;
  return type === 'response' && command === 'setExceptionBreakpoints' && success;
}
