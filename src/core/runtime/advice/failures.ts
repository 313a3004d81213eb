/**
 * What a failure looks like from outside: the documented error object, its outcome and code, and what a person is
 * told about it. The error objects are the platform's own English; findings for people are translated.
 */
import * as l10n from '@vscode/l10n';
import type { FunctionError, Outcome, SourcePlace } from '../../../protocol/fact';
import type { FunctionSpec } from '../../../protocol/project';
import type { CodeFailure } from '../channel/channel';

/** 6 MB, for an event as for a value (documented). */
export const largestPayload = 6 * 1024 * 1024;

/** What a program answered, as JSON text: as it is when it is JSON, else as a string. */
export function answerText(text: string): string {
  if (text === '') {
    return 'null';
  }
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

export interface Failed {
  outcome: Exclude<Outcome, 'ok'>;
  error: FunctionError;
  place?: SourcePlace;
}

type Code = 400 | 406 | 407 | 430 | 432 | 433 | 434 | 435 | 437 | 439 | 446;

const userCodes = new Set<Code>([430, 433, 434, 439]);

export function failed(
  statusCode: Code,
  requestId: string,
  errorMessage: string,
  stackTrace?: string,
  place?: SourcePlace,
): Failed {
  const error: FunctionError = { errorCode: -1, errorMessage, requestId, statusCode };
  if (stackTrace !== undefined) {
    error.stackTrace = stackTrace;
  }
  return { outcome: userCodes.has(statusCode) ? 'userError' : 'platformError', error, place };
}

export function timedOut(requestId: string, seconds: number): Failed {
  return failed(433, requestId, `Invoking task timed out after ${seconds} seconds`);
}

export function initTimedOut(requestId: string, seconds: number): Failed {
  return failed(446, requestId, `Initialization timed out after ${seconds} seconds`);
}

export function outOfMemory(requestId: string, limitMb: number, usedMb: number): Failed {
  return failed(
    434,
    requestId,
    `Memory limit exceeded: the function used ${usedMb} MB of ${limitMb} MB`,
  );
}

export function exited(
  requestId: string,
  code: number | null,
  signal: string | null,
  place?: SourcePlace,
): Failed {
  const how = signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`;
  return failed(439, requestId, `User process exited unexpectedly with ${how}`, undefined, place);
}

export function eventTooLarge(requestId: string, size: number): Failed {
  return failed(406, requestId, `Event size ${size} exceeds the limit of ${largestPayload} bytes`);
}

/** The error object of what a bootstrap reported while it ran an event. */
export function ofInvocation(requestId: string, failure: CodeFailure): Failed {
  switch (failure.kind) {
    case 'badEvent':
      return failed(400, requestId, `Event is not valid JSON: ${failure.message}`);
    case 'tooLarge':
      return failed(
        407,
        requestId,
        `Response size ${failure.size ?? 0} exceeds the limit of ${largestPayload} bytes`,
      );
    default:
      return failed(430, requestId, 'user code exception caught', failure.stack, failure.place);
  }
}

/** The error object of every event that waited for an instance whose handler cannot be loaded. */
export function ofLoad(requestId: string, failure: CodeFailure, spec: FunctionSpec): Failed {
  return failed(437, requestId, loadMessage(failure, spec), failure.stack, failure.place);
}

function loadMessage(failure: CodeFailure, spec: FunctionSpec): string {
  switch (failure.kind) {
    case 'missingFile':
      return `Handler ${spec.handler} cannot be loaded: ${failure.message} does not exist`;
    case 'missingEntry':
      return `Handler ${spec.handler} cannot be loaded: the file has no such function`;
    default:
      return `Handler ${spec.handler} cannot be loaded: ${failure.type ?? 'error'}: ${failure.message}`;
  }
}

/** What to tell a person about a handler that cannot be loaded: sentence and next step. */
export function explainLoad(
  failure: CodeFailure,
  spec: FunctionSpec,
): { message: string; advice: string } {
  const entry = spec.handler.slice(spec.handler.lastIndexOf('.') + 1);
  switch (failure.kind) {
    case 'missingFile':
      return {
        message: l10n.t('{0}: the file {1} does not exist.', spec.name, failure.message),
        advice: l10n.t('Create it, or correct "handler" or "folder" in scfws.json.'),
      };
    case 'missingEntry':
      return {
        message: l10n.t('{0}: the file has no function {1}.', spec.name, entry),
        advice:
          failure.message === ''
            ? l10n.t('Define and export it, or correct "handler" in scfws.json.')
            : l10n.t(
                'Define and export it, or correct "handler" in scfws.json. The file has: {0}.',
                failure.message,
              ),
      };
    default:
      return {
        message: l10n.t(
          '{0} cannot be loaded: {1}: {2}',
          spec.name,
          failure.type ?? 'Error',
          failure.message,
        ),
        advice: l10n.t('Correct the code and save; the next event loads it again.'),
      };
  }
}
