/** What the log says of a fact, and which parts of its lines are links. Pure. */
import { sentences } from '../core/errors';
import * as l10n from '@vscode/l10n';
import type { Fact, FactOf, LogLevel } from '../protocol/fact';
import { endLines, startLine } from '../protocol/platformLog';
import type { SessionState } from '../protocol/state';

export interface Line {
  level: LogLevel;
  text: string;
}

/** The line for a fact; undefined when the Traffic view tells it better. */
export function renderFact(fact: Fact, state: SessionState): Line | undefined {
  switch (fact.kind) {
    case 'listening': {
      const wished = fact.wishedPort;
      const moved =
        wished === undefined || wished === fact.port
          ? ''
          : ` ${l10n.t('Port {0} was taken.', String(wished))}`;
      const text = l10n.t('Listening on {0}; push address {1}.', fact.url, fact.pushUrl);
      return { level: moved === '' ? 'info' : 'warn', text: text + moved };
    }
    case 'stopping':
      return { level: 'info', text: l10n.t('Stopping: {0}', stopReason(fact.reason)) };
    case 'log':
      return {
        level: fact.level,
        text: `${tag(fact, state)} ${fact.text}`,
      };
    case 'invocationStarted':
      return { level: 'debug', text: startLine(fact.invocation) };
    case 'invocationEnded':
      return renderEnd(fact, state);
    case 'instance':
      return renderInstance(fact, state);
    case 'refused':
      return {
        level: 'warn',
        text: l10n.t(
          '#{0} Refused {1} with {2}: {3}',
          fact.seq,
          fact.target,
          fact.status,
          fact.reason,
        ),
      };
    case 'push':
      return fact.errNo === 0
        ? undefined
        : {
            level: 'warn',
            text: l10n.t('#{0} Push answered errNo {1}: {2}', fact.seq, fact.errNo, fact.errMsg),
          };
    case 'diagnostic':
      return {
        level: fact.severity === 'warning' ? 'warn' : fact.severity,
        text: `#${fact.seq} [${fact.rule}] ${sentences(fact.message, fact.advice)}`,
      };
    case 'dropped':
      return {
        level: 'debug',
        text: l10n.t('The recorder dropped {0} facts and {1} payloads.', fact.facts, fact.payloads),
      };
    case 'clock':
      return fact.stoodStillMs === undefined
        ? undefined
        : {
            level: 'info',
            text: l10n.t(
              'The session stood still for {0} s (did the machine sleep?); that time counts for no limit.',
              (fact.stoodStillMs / 1000).toFixed(1),
            ),
          };
    case 'projectProblems': {
      const [first] = fact.problems;
      return first === undefined
        ? { level: 'info', text: l10n.t('{0} is right again.', fact.file) }
        : {
            level: first.severity === 'error' ? 'error' : 'warn',
            text: `${fact.file}: ${first.message}`,
          };
    }
    case 'servicesChanged':
    case 'connecting':
    case 'opened':
    case 'closed':
    case 'frame':
    case 'held':
    case 'releasedFrame':
    case 'diagnosticsCleared':
    case 'debugging':
    case 'faults':
    case 'faultStruck':
    case 'frameBreakpoints':
    case 'client':
    case 'trafficCleared':
      return undefined;
  }
}

/** The session's words for why it stops are the same in every language. */
function stopReason(reason: string): string {
  switch (reason) {
    case 'asked':
      return l10n.t('asked to');
    case 'signal':
      return l10n.t('ended by a signal');
    case 'host left':
      return l10n.t('the editor is gone');
    default:
      return reason;
  }
}

/** The platform's own lines; what failed is worth an error, what went well only shows at level debug. */
function renderEnd(fact: FactOf<'invocationEnded'>, state: SessionState): Line {
  const run = state.invocations.get(fact.invocation);
  const memory = run && state.functions.get(run.function)?.info.memory;
  const result = fact.error === undefined ? fact.preview : JSON.stringify(fact.error);
  const lines = endLines(fact, result, memory ?? 0);
  if (fact.error?.stackTrace !== undefined) {
    lines.push(fact.error.stackTrace.trimEnd());
  }
  return { level: fact.outcome === 'ok' ? 'debug' : 'error', text: lines.join('\n') };
}

function renderInstance(fact: FactOf<'instance'>, state: SessionState): Line | undefined {
  const name = nameOf(fact.function, state);
  if (fact.state === 'starting') {
    const text = l10n.t(
      '[{0}] Starting instance {1}, version {2}.',
      name,
      fact.instance,
      fact.version,
    );
    return {
      level: 'info',
      text: `${text}${fact.interpreter === undefined ? '' : ` ${fact.interpreter}`}`,
    };
  }
  if (fact.state === 'stopped') {
    const text =
      fact.reason === undefined
        ? l10n.t('[{0}] Instance {1} ended.', name, fact.instance)
        : l10n.t('[{0}] Instance {1} ended: {2}.', name, fact.instance, fact.reason);
    return { level: 'info', text };
  }
  return undefined;
}

/** `[Transmission 5f0c0d9e 3q2+7wAA #12]`: function, run, connection, what caused it. */
function tag(fact: FactOf<'log'>, state: SessionState): string {
  const run = fact.invocation === null ? undefined : state.invocations.get(fact.invocation);
  const words = [nameOf(fact.function, state)];
  if (fact.invocation !== null) {
    words.push(fact.invocation.slice(0, 8));
  }
  if (run?.connection) {
    words.push(run.connection.slice(0, 8));
  }
  words.push(`#${run?.cause ?? run?.started ?? fact.seq}`);
  return `[${words.join(' ')}]`;
}

export function nameOf(id: string, state: SessionState): string {
  return state.functions.get(id)?.info.name ?? id;
}

export type LinkTarget =
  { kind: 'fact'; seq: number } | { kind: 'source'; file: string; line: number };

/**
 * A place in a stack trace of Python; in a frame of Node.js, where a path may hold spaces; anywhere else. Node.js
 * names modules (`import`) by their address.
 */
const places = new RegExp(
  [
    String.raw`File "([^"\n]+)", line (\d+)`,
    String.raw`(?<=\(|^[ \t]*at (?:async )?)((?:file:\/\/)?\/?(?:\/|[A-Za-z]:[\\/])[^\n():]+\.[cm]?[jt]s):(\d+)(?::\d+)?`,
    String.raw`(?<![\w/:])((?:file:\/\/)?\/?(?:\/|[A-Za-z]:[\\/])[^\s():]+\.[cm]?[jt]s):(\d+)(?::\d+)?`,
  ].join('|'),
  'gm',
);

/** `file:///C:/p%20q/index.mjs` as a path; a path stays as it is. */
function pathOf(place: string): string {
  if (!place.startsWith('file://')) {
    return place;
  }
  const path = place.slice('file://'.length).replace(/^\/(?=[A-Za-z]:)/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Links of a text, with offsets. */
export function findLinks(text: string): { start: number; end: number; target: LinkTarget }[] {
  const links: { start: number; end: number; target: LinkTarget }[] = [];
  for (const match of text.matchAll(/(?<=[[ ])#(\d+)(?=[\] ])/g)) {
    const target = { kind: 'fact', seq: Number(match[1]) } as const;
    links.push({ start: match.index, end: match.index + match[0].length, target });
  }
  for (const match of text.matchAll(places)) {
    const [, quoted, quotedLine, inFrame, frameLine, plain, plainLine] = match;
    const file = quoted ?? pathOf(inFrame ?? plain ?? '');
    const line = Number(quotedLine ?? frameLine ?? plainLine);
    const target = { kind: 'source', file, line } as const;
    links.push({ start: match.index, end: match.index + match[0].length, target });
  }
  return links;
}
