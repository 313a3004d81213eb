/** Facts as lines for a terminal: what `scfws serve` prints while it runs. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentences } from '../core/errors';
import type { Fact, FactOf, SourcePlace } from '../protocol/fact';

const shortId = (connection: string): string => connection.slice(0, 6);

const time = (at: number): string => `${(at / 1000).toFixed(3)}s`.padStart(10);

/**
 * Makes what turns facts, in their order, into one line or more; undefined for those that say nothing to a person in a
 * terminal.
 */
export function startNarration(): (fact: Fact) => string | undefined {
  const runs = new Map<string, FactOf<'invocationStarted'>>();
  let stopping = false;
  return (fact) => {
    const id = 'invocation' in fact ? (fact.invocation ?? '') : '';
    const run = runs.get(id);
    if (fact.kind === 'invocationStarted') {
      runs.set(fact.invocation, fact);
    } else if (fact.kind === 'invocationEnded') {
      runs.delete(fact.invocation);
    }
    stopping ||= fact.kind === 'stopping';
    // What stopping ends is no failure of the functions.
    const text = stopping && endings.has(fact.kind) ? undefined : sentence(shown(fact), run);
    return text === undefined ? undefined : `${time(fact.at)}  ${text}`;
  };
}

/** Control characters of the terminal, and those that turn the direction of text: clients must not write with them. */

const controls = /[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

export function visible(text: string): string {
  return text.replace(controls, (each) =>
    each === '\n' ? '\\n' : `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** What comes from clients, and what functions made of it, on one line. Lines of a function's log stay as they are. */
function shown(fact: Fact): Fact {
  switch (fact.kind) {
    case 'connecting':
      return { ...fact, target: visible(fact.target) };
    case 'refused':
      return { ...fact, target: visible(fact.target), reason: visible(fact.reason) };
    case 'closed':
      return { ...fact, reason: visible(fact.reason) };
    case 'frame':
      return { ...fact, preview: visible(fact.preview) };
    case 'push':
      return { ...fact, errMsg: visible(fact.errMsg) };
    case 'diagnostic':
      return { ...fact, message: visibleLines(fact.message), advice: visibleLines(fact.advice) };
    case 'invocationEnded': {
      const { error } = fact;
      return {
        ...fact,
        preview: visible(fact.preview),
        error: error && {
          ...error,
          errorMessage: visible(error.errorMessage),
          ...(error.stackTrace === undefined ? {} : { stackTrace: visibleLines(error.stackTrace) }),
        },
      };
    }
    default:
      return fact;
  }
}

const endings = new Set<Fact['kind']>(['invocationStarted', 'invocationEnded', 'faults']);

function sentence(fact: Fact, run: FactOf<'invocationStarted'> | undefined): string | undefined {
  switch (fact.kind) {
    case 'connecting':
      return l10n.t('{0} asks to connect to {1}', shortId(fact.connection), fact.target);
    case 'opened':
      return l10n.t('{0} is open (id {1})', shortId(fact.connection), fact.connection);
    case 'refused':
      return l10n.t('refused {0} with {1}: {2}', fact.target, fact.status, fact.reason);
    case 'closed':
      return l10n
        .t('{0} closed: {1} {2} {3}', shortId(fact.connection), fact.cause, fact.code, fact.reason)
        .trimEnd();
    case 'frame': {
      const arrow = fact.direction === 'toServer' ? '→' : '←';
      const what = fact.type === 'close' ? `close ${fact.code ?? ''}` : fact.type;
      return `${shortId(fact.connection)} ${arrow} ${what} ${fact.size} B  ${fact.preview}${fact.more ? '…' : ''}`;
    }
    case 'invocationStarted':
      // A process that could not be started has no time of its own.
      return fact.cold && fact.initMs > 0
        ? l10n.t('  {0} starts (cold, {1} ms)', fact.function, Math.round(fact.initMs))
        : undefined;
    case 'invocationEnded': {
      const client =
        run?.connection === undefined || run.connection === null ? '' : shortId(run.connection);
      const head = `${run?.function ?? ''} ${client}`.trim() + `  ${fact.durationMs.toFixed(1)} ms`;
      return fact.outcome === 'ok'
        ? `  ✓ ${head}  ${fact.preview}`
        : `  ✗ ${head}  ${fact.error?.statusCode ?? ''} ${fact.error?.errorMessage ?? ''}${stackOf(fact.error?.stackTrace)}`;
    }
    case 'log':
      return fact.stream === 'platform' ? undefined : `  | ${fact.text}`;
    case 'push':
      return fact.errNo === 0
        ? undefined
        : l10n.t('  push refused: errNo {0}, {1}', fact.errNo, fact.errMsg);
    case 'diagnostic':
      return `  ${fact.severity}: ${placed(fact.place)}${sentences(fact.message, fact.advice)}`;
    case 'instance':
      return fact.interpreter === undefined ? undefined : `  ${fact.function}: ${fact.interpreter}`;
    case 'clock':
      return fact.frozen
        ? l10n.t('clock stopped: {0}', fact.by.join(', '))
        : l10n.t('clock runs again');
    case 'faults':
      return fact.faults === null
        ? l10n.t('fault lab is off')
        : l10n.t('fault lab is on: {0}, seed {1}', fact.faults.preset ?? '', fact.faults.seed);
    case 'faultStruck':
      return l10n.t(
        '  fault lab: {0}',
        `${fact.fault} ${fact.connection?.slice(0, 6) ?? fact.function ?? ''}`.trimEnd(),
      );
    case 'listening':
    case 'servicesChanged':
    case 'stopping':
    case 'held':
    case 'releasedFrame':
    case 'diagnosticsCleared':
    case 'debugging':
    case 'frameBreakpoints':
    case 'client':
    case 'dropped':
      return undefined;
  }
}

/** `path:line: `, as editors and terminals know to open it. */
export function placed(place: SourcePlace | undefined): string {
  return place === undefined
    ? ''
    : `${path.relative('', place.file)}:${place.line}${place.column === undefined ? '' : `:${place.column}`}: `;
}

function stackOf(stack: string | undefined): string {
  return stack === undefined ? '' : `\n${stack.replace(/^/gm, '      ')}`;
}
