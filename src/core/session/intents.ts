/** The table of what a host may ask of a session; one entry for each kind, completed by the compiler. */
import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import { parseFilter } from '../../protocol/filter';
import { compactJson, isJson } from '../../protocol/json';
import { withoutMark } from '../textFile';
import { matchPayload } from '../../protocol/filterMatch';
import type { FaultPlan } from '../../protocol/fact';
import { parseFaultPlan } from '../../protocol/faultPresets';
import type { Answer, Ask, IntentError, IntentKind } from '../../protocol/intent';
import type { Clock } from '../clock';
import { sentences, UserError } from '../errors';
import { checkClose } from '../gateway/closeFrame';
import type { Gateway } from '../gateway/gateway';
import { emulatorProblems } from '../project/schemaProblems';
import type { FunctionRuntime } from '../runtime/contract';
import type { FaultLab } from './faultLab';
import type { FrameBreakpoints } from './frameBreakpoints';
import type { Quiet } from './quiet';
import type { Recorder } from './recorder';
import type { TestClients } from './testClients';

export type Intents = {
  [K in IntentKind]: (ask: Ask<K>) => Answer<K> | Promise<Answer<K>>;
};

interface Parts {
  gateway: Gateway;
  recorder: Recorder;
  clock: Clock;
  /** Milliseconds since the epoch at session time 0. */
  epoch: number;
  /** Moves the clock ahead and waits for what that causes. */
  advance(ms: number): Promise<void>;
  quiet: Quiet;
  clients: TestClients;
  runtimes(): FunctionRuntime[];
  breakpoints: FrameBreakpoints;
  faults: FaultLab;
  dispose(reason: string): Promise<void>;
}

/** Facts in one answer of the `facts` intent at most. */
const largestPage = 5000;
/** Milliseconds: 30 days. */
const longestAdvance = 30 * 24 * 3600 * 1000;

export function makeIntents(parts: Parts): Intents {
  const { gateway, recorder, clock, clients, breakpoints, faults } = parts;
  const lastEvents = new Map<string, number>();
  recorder.onFact((fact) => {
    if (fact.kind === 'invocationStarted' && fact.cause !== null) {
      lastEvents.set(fact.function, fact.seq);
    }
    if (fact.kind === 'connecting' && fact.client !== undefined) {
      clients.connected(fact.client, fact.connection);
    }
    if (fact.kind === 'closed') {
      clients.disconnected(fact.connection);
    }
  });
  const runtime = (id: string): FunctionRuntime => {
    const found = parts.runtimes().find((each) => each.id === id);
    if (found === undefined) {
      throw new UserError(
        'unknownFunction',
        l10n.t('There is no function {0}.', id),
        l10n.t(
          'Functions: {0}',
          parts
            .runtimes()
            .map((each) => each.id)
            .join(', '),
        ),
      );
    }
    return found;
  };

  return {
    invoke: ({ function: id, event }) => runByHand(runtime(id), event, randomUUID()),
    async dryRun({ function: id, event }) {
      const target = runtime(id);
      const invocation = randomUUID();
      const pushes = gateway.pushes.catch(invocation);
      const answer = await runByHand(target, event, invocation);
      return { ...answer, pushes, live: gateway.openConnections(id) };
    },
    lastEvent({ function: id }) {
      const seq = lastEvents.get(runtime(id).id);
      const event = seq === undefined ? undefined : recorder.payload(seq);
      return { event: event === undefined ? null : event.toString() };
    },
    push({ connections, action, dataType, data }) {
      const text = data ?? '';
      const payload =
        action === 'closing' ? null : dataType === 'binary' ? Buffer.from(text, 'base64') : text;
      return {
        results: connections.map((connection) => ({
          connection,
          ...gateway.pushes.byHand(connection, payload),
        })),
      };
    },
    closeConnection({ connection, code = 1000, reason = '', abrupt = false }) {
      checkClose(code, reason);
      if (!gateway.close(connection, code, reason, abrupt)) {
        throw new UserError('notOpen', l10n.t('Connection {0} is not open.', connection));
      }
      return null;
    },
    openClient: (ask) => clients.open(ask),
    clientSend(ask) {
      clients.send(ask);
      return null;
    },
    clientClose(ask) {
      clients.close(ask);
      return null;
    },
    payload({ seq }) {
      const payload = recorder.payload(seq);
      if (payload === undefined) {
        return null;
      }
      return typeof payload === 'string'
        ? { data: payload, encoding: 'text' }
        : { data: payload.toString('base64'), encoding: 'base64' };
    },
    facts({ from, limit }) {
      const facts = recorder.read(from, Math.min(limit, largestPage));
      const last = facts.at(-1)?.seq ?? recorder.last;
      return { facts, next: last < recorder.last ? last + 1 : null, last: recorder.last };
    },
    search({ text, regex, caseSensitive, from = 0, condition }) {
      const matches =
        condition === undefined
          ? matcher(text, regex, caseSensitive)
          : matchPayload(parseFilter(condition).terms);
      return { seqs: recorder.searchPayloads(matches, from) };
    },
    clear() {
      recorder.clear();
      recorder.record({ kind: 'trafficCleared', epoch: parts.epoch });
      return null;
    },
    restartFunction({ function: id, now = false }) {
      runtime(id).restart(l10n.t('it was restarted by hand'), now);
      return null;
    },
    debug: ({ function: id, enabled }) => runtime(id).setDebug(enabled),
    debuggerReady({ function: id, instance }) {
      runtime(id).debuggerReady(instance);
      return null;
    },
    freezeClock({ reason, frozen }) {
      if (frozen) {
        clock.freeze(reason);
      } else {
        clock.unfreeze(reason);
      }
      return null;
    },
    async untilQuiet() {
      await parts.quiet.until();
      return null;
    },
    async advanceClock({ ms }) {
      if (!(ms >= 0 && ms <= longestAdvance)) {
        throw new UserError(
          'badTime',
          l10n.t('The clock moves ahead by 0 ms to 30 days, not {0}.', ms),
        );
      }
      await parts.advance(ms);
      return null;
    },
    setFrameBreakpoints: ({ breakpoints: wanted }) => breakpoints.set(wanted),
    releaseFrame(ask) {
      breakpoints.release(ask);
      return null;
    },
    setFaults({ faults: plan }) {
      faults.set(plan === null ? null : checkedFaultPlan(plan));
      return null;
    },
    setOptions({ service, emulator }) {
      const found = gateway.services.find(({ spec }) => spec.name === service);
      if (found === undefined) {
        throw new UserError('unknownService', l10n.t('There is no service {0}.', service));
      }
      const [problem] = emulatorProblems(emulator);
      if (problem !== undefined) {
        throw new UserError('badOption', problem);
      }
      found.setOptions(emulator);
      return null;
    },
    async stop() {
      await parts.dispose('asked');
      return null;
    },
  };
}

async function runByHand(
  target: FunctionRuntime,
  event: string,
  invocation: string,
): Promise<Answer<'invoke'>> {
  const { outcome, resultJson, error, durationMs } = await target.invoke({
    invocation,
    eventJson: oneLine(event),
    role: null,
    connection: null,
    cause: null,
  });
  return {
    invocation,
    outcome,
    result: resultJson,
    durationMs,
    ...(error === undefined ? {} : { error }),
  };
}

/** Hosts are trusted, their users' figures are not: a wrong close code must not reach a socket. */
export function checkedFaultPlan(plan: unknown): FaultPlan {
  const { value, problems } = parseFaultPlan(plan);
  if (value === undefined) {
    const told = problems.map(({ path, message }) => `${path} ${message}`.trim());
    throw new UserError('badFaultPlan', l10n.t('The fault plan is wrong: {0}.', told.join('; ')));
  }
  return value;
}

function matcher(
  text: string,
  regex: boolean,
  caseSensitive: boolean,
): (payload: string) => boolean {
  if (regex) {
    let expression: RegExp;
    try {
      expression = new RegExp(text, caseSensitive ? 'u' : 'iu');
    } catch (error) {
      throw new UserError(
        'badRegex',
        l10n.t('This is not a regular expression: {0}', (error as Error).message),
      );
    }
    return (payload) => expression.test(payload);
  }
  if (caseSensitive) {
    return (payload) => payload.includes(text);
  }
  const lower = text.toLowerCase();
  return (payload) => payload.toLowerCase().includes(lower);
}

/** Runs one intent by name. Rejects never: what went wrong is an `IntentError`. */
export async function answerIntent(
  intents: Intents,
  kind: string,
  ask: unknown,
): Promise<{ value: unknown } | { error: IntentError }> {
  if (!Object.hasOwn(intents, kind)) {
    return { error: { code: 'unknownIntent', message: `There is no intent "${kind}".` } };
  }
  try {
    const run = intents[kind as IntentKind] as (ask: unknown) => unknown;
    return { value: await run(ask) };
  } catch (error) {
    if (error instanceof UserError) {
      const { code, message, nextStep, fix } = error;
      return { error: { code, message, nextStep, fix } }; // JSON leaves out what is undefined.
    }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { error: { code: 'bug', message } };
  }
}

/** The event as it is written, on one line: that, and valid JSON, is what the channel of a handler takes. */
function oneLine(event: string): string {
  const text = withoutMark(event);
  const line = compactJson(text);
  if (line !== undefined) {
    // Half of a character has no bytes of its own, only an escape.
    return line.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
  }
  let problem = '';
  try {
    JSON.parse(text);
  } catch (error) {
    // It quotes the text, with the ends of its lines.
    problem = withLine((error as Error).message.replace(/\s+/g, ' '), text);
  }
  throw new UserError(
    'eventNotJson',
    l10n.t('The event is not JSON: {0}', problem),
    sentences(hintOf(text), l10n.t('Correct it and invoke again.')),
  );
}

/** A position is no help in a file of many lines. */
function withLine(problem: string, text: string): string {
  // Newer Node.js says it, too, but not in the person's language.
  const [, what, at] = /^(.*position (\d+))(?: \(line \d+ column \d+\))?$/.exec(problem) ?? [];
  const before = at === undefined ? [] : text.slice(0, Number(at)).split('\n');
  return before.length === 0
    ? problem
    : l10n.t(
        '{0} (line {1}, column {2})',
        what ?? problem,
        before.length,
        (before.at(-1)?.length ?? 0) + 1,
      );
}

/** What people take for JSON. */
function hintOf(text: string): string {
  if (/^\s*[[{]\s*u?'/.test(text) || /[:,[]\s*(True|False|None)\s*[,\]}]/.test(text)) {
    return l10n.t('Python prints it so; JSON has double quotes, true, false and null.');
  }
  if (/^\s*(\/\/|\/\*)|[,{[]\s*(\/\/|\/\*)/.test(text)) {
    return l10n.t('JSON has no comments.');
  }
  if (/[:,[]\s*-?(NaN|Infinity)\b/.test(text)) {
    return l10n.t('JSON has no NaN and no Infinity.');
  }
  if (text.trim() === '') {
    return l10n.t('There is nothing in it.');
  }
  if (/,\s*[\]}]/.test(text)) {
    return l10n.t('JSON has no comma after the last part.');
  }
  if (/[:,[]\s*-?0\d/.test(text)) {
    return l10n.t('A number of JSON does not begin with a zero that is not needed.');
  }
  if (/"[^"\n]*[\x00-\x09\x0b-\x1f][^"\n]*"/.test(text)) {
    return l10n.t('In a string of JSON a tab is written \\t, and a line break \\n.');
  }
  if (text.trim().split(/\n+/).length > 1 && text.trim().split(/\n+/).every(isJson)) {
    return l10n.t('There are several events in it, one a line: give one of them.');
  }
  return /^\s*[\w"'-]+\s*:(\s|$)/.test(text) ? l10n.t('It looks like YAML; an event is JSON.') : '';
}
