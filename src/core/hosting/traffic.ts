/** What a recording says of a project as a Web function: limits that its connections cross, and what would be billed. */
import * as l10n from '@vscode/l10n';
import { type BackgroundKind, type Fact, leftOut } from '../../protocol/fact';
import type { FunctionSpec } from '../../protocol/project';
import { enderOf } from '../gateway/webFunctionRules';
import { type Ender, Pace, statusOf, webFunctionLimits } from './limits';
import { statusText } from './statusText';

type Over = 'messages' | 'bytes' | 'size';

interface Seen {
  id: string;
  /** Milliseconds of session time. */
  began: number;
  ended: number;
  /** Longest silence, milliseconds. */
  silence: number;
  spokeAt: number;
  largest: Record<'toServer' | 'toClient', number>;
  pace: Pace;
  over: Set<Over>;
  ender: Ender;
  code: number;
  open: boolean;
}

export interface Traffic {
  connections: number;
  refused: number;
  /** Messages above the limit: how many connections, and the largest, bytes. */
  tooLarge: { connections: number; largest: number };
  tooFast: { messages: number; bytes: number };
  /** Numbers of the facts with which each limit was first crossed. */
  first: Partial<Record<Over, number>>;
  /** Milliseconds. */
  longestSilence: number;
  longestLife: number;
  /** Connections that ended, by the status that the platform would give them. */
  statuses: Map<number, number>;
  /** Milliseconds: of all connections together, and of the time in which there was at least one. */
  connected: { sum: number; union: number };
  /** Bytes that went to clients. */
  outbound: number;
  /** By function name: calls, and milliseconds. */
  runs: Map<string, { calls: number; ms: number }>;
}

export function measure(facts: readonly Fact[]): Traffic {
  const seen = new Map<string, Seen>();
  const past: Seen[] = [];
  const running = new Map<string, string>();
  const runs: Traffic['runs'] = new Map();
  const first: Traffic['first'] = {};
  let refused = 0;
  let outbound = 0;
  let now = 0;
  for (const fact of facts) {
    now = fact.at;
    switch (fact.kind) {
      case 'connecting':
        seen.set(fact.connection, newcomer(fact.connection, now));
        break;
      case 'refused':
        refused++;
        leave(fact.connection);
        break;
      case 'closed': {
        const one = seen.get(fact.connection);
        if (one !== undefined) {
          one.code = fact.code;
          one.ender = enderOf(fact.cause);
          one.open = false;
          leave(fact.connection);
        }
        break;
      }
      case 'frame': {
        const one = seen.get(fact.connection);
        if (one === undefined || (fact.type !== 'text' && fact.type !== 'binary')) {
          break;
        }
        one.silence = Math.max(one.silence, now - one.spokeAt);
        one.spokeAt = now;
        one.largest[fact.direction] = Math.max(one.largest[fact.direction], fact.size);
        if (fact.size > webFunctionLimits.message) {
          first.size ??= fact.seq;
        }
        if (fact.direction === 'toClient') {
          outbound += fact.size;
        } else {
          const over = one.pace.take(now, fact.size);
          if (over !== undefined) {
            one.over.add(over);
            first[over] ??= fact.seq;
          }
        }
        break;
      }
      case 'invocationStarted':
        running.set(fact.invocation, fact.function);
        break;
      case 'invocationEnded': {
        const name = running.get(fact.invocation)?.split('/').at(-1);
        running.delete(fact.invocation);
        if (name !== undefined) {
          const { calls, ms } = runs.get(name) ?? { calls: 0, ms: 0 };
          runs.set(name, { calls: calls + 1, ms: ms + fact.durationMs });
        }
        break;
      }
      default:
        leftOut<BackgroundKind | 'client' | 'opened' | 'log' | 'push' | 'diagnostic'>(fact);
    }
  }
  for (const id of [...seen.keys()]) {
    leave(id);
  }
  return sum();

  function leave(id: string | undefined): void {
    const one = seen.get(id ?? '');
    if (one !== undefined) {
      one.ended = now;
      one.silence = Math.max(one.silence, now - one.spokeAt);
      past.push(one);
      seen.delete(one.id);
    }
  }

  function sum(): Traffic {
    const statuses: Traffic['statuses'] = new Map();
    for (const { ender, code, open } of past) {
      if (!open) {
        const status = statusOf(ender, code);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }
    const largestOf = ({ largest }: Seen): number => Math.max(largest.toServer, largest.toClient);
    const largest = Math.max(0, ...past.map(largestOf));
    return {
      ...{ connections: past.length, refused, statuses, outbound, runs, first },
      tooLarge: {
        connections: past.filter((each) => largestOf(each) > webFunctionLimits.message).length,
        largest,
      },
      tooFast: {
        messages: past.filter(({ over }) => over.has('messages')).length,
        bytes: past.filter(({ over }) => over.has('bytes')).length,
      },
      longestSilence: Math.max(0, ...past.map(({ silence }) => silence)),
      longestLife: Math.max(0, ...past.map(lifeOf)),
      connected: { sum: past.reduce((total, each) => total + lifeOf(each), 0), union: union(past) },
    };
  }
}

const lifeOf = ({ began, ended }: Seen): number => ended - began;

function newcomer(id: string, at: number): Seen {
  return {
    ...{ id, began: at, ended: at, silence: 0, spokeAt: at, code: 1006, open: true },
    ...{
      largest: { toServer: 0, toClient: 0 },
      pace: new Pace(),
      over: new Set(),
      ender: 'client',
    },
  };
}

/** Milliseconds in which there was at least one: overlap is billed once where an instance serves several. */
function union(past: readonly Seen[]): number {
  let total = 0;
  let until = 0;
  for (const { began, ended } of [...past].sort((a, b) => a.began - b.began)) {
    total += Math.max(0, ended - Math.max(began, until));
    until = Math.max(until, ended);
  }
  return total;
}

/** Sentences about what the recorded connections would meet. */
export function trafficFindings(traffic: Traffic): string[] {
  const { tooLarge, tooFast, statuses, first } = traffic;
  const { idle } = webFunctionLimits;
  const found: string[] = [];
  if (tooLarge.connections > 0) {
    found.push(
      l10n.t(
        'Messages over 256 KB on {0} of {1} connections, the largest of {2} KB, the first at fact {3}: split them.',
        tooLarge.connections,
        traffic.connections,
        Math.ceil(tooLarge.largest / 1024),
        first.size ?? 0,
      ),
    );
  }
  if (tooFast.messages > 0) {
    found.push(
      l10n.t(
        'More than 10 messages a second on {0} of {1} connections, first at fact {2}: gather them, or ask the vendor for more.',
        tooFast.messages,
        traffic.connections,
        first.messages ?? 0,
      ),
    );
  }
  if (tooFast.bytes > 0) {
    found.push(
      l10n.t(
        'More than 128 KB a second on {0} of {1} connections, first at fact {2}: send less, or ask the vendor for more.',
        tooFast.bytes,
        traffic.connections,
        first.bytes ?? 0,
      ),
    );
  }
  if (traffic.longestSilence > idle.most * 1000) {
    found.push(
      l10n.t(
        'A connection was silent for {0} s; the longest idle limit is {1} s: let clients speak more often.',
        Math.round(traffic.longestSilence / 1000),
        idle.most,
      ),
    );
  }
  const failed = [...statuses].filter(([status]) => status !== 200);
  for (const [status, count] of failed.sort(([a], [b]) => a - b)) {
    found.push(
      l10n.t(
        '{0} connections would count as failed with {1}: {2}',
        count,
        status,
        statusText(status),
      ),
    );
  }
  return found;
}

// -- what is billed

/** What a person pays; nothing is assumed. */
export interface Prices {
  currency: string;
  /** For one GB·s. */
  gbSecond: number;
  /** For 10,000 calls. */
  tenThousandCalls: number;
  /** For one GB that leaves. */
  outboundGb: number;
}

export interface Bill {
  name: string;
  gbSeconds: number;
  calls: number;
  outboundGb: number;
}

/**
 * The same traffic in three forms. No rounding, free tier or package is counted; `memory`: MB of the Web function.
 * For event functions what leaves to clients was the API Gateway's to bill.
 */
export function bills(
  traffic: Traffic,
  functions: readonly Pick<FunctionSpec, 'name' | 'memory'>[],
  memory: number,
): Bill[] {
  const outboundGb = traffic.outbound / 1024 ** 3;
  const calls = traffic.connections;
  const events = [...traffic.runs];
  const memoryOf = (name: string): number =>
    functions.find((each) => each.name === name)?.memory ?? 128;
  return [
    {
      name: l10n.t('Three event functions'),
      gbSeconds: events.reduce((sum, [name, { ms }]) => sum + gbSeconds(ms, memoryOf(name)), 0),
      calls: events.reduce((sum, [, each]) => sum + each.calls, 0),
      outboundGb: 0,
    },
    {
      name: l10n.t('Web function, one connection an instance'),
      gbSeconds: gbSeconds(traffic.connected.sum, memory),
      ...{ calls, outboundGb },
    },
    {
      name: l10n.t('Web function, all connections in one instance'),
      gbSeconds: gbSeconds(traffic.connected.union, memory),
      ...{ calls, outboundGb },
    },
  ];
}

function gbSeconds(ms: number, memory: number): number {
  return (ms / 1000) * (memory / 1024);
}

export function priceOf(bill: Bill, prices: Prices): number {
  return (
    bill.gbSeconds * prices.gbSecond +
    (bill.calls / 10_000) * prices.tenThousandCalls +
    bill.outboundGb * prices.outboundGb
  );
}
