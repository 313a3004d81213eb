/**
 * Two recordings of one conversation, each as steps: what differs in what was received varies from run to run. It is
 * matched by its kind, and captured where a client says it again. Pure.
 */
import * as l10n from '@vscode/l10n';
import { isNumber, writeJson, type ExactNumber } from '../../protocol/json';
import { UserError } from '../errors';
import { escapePattern } from '../../protocol/escapePattern';
import { isInteger, isOperators } from './match';
import { isRecord } from './schema';

export type StepValue = string | Record<string, unknown>;

/** Something that a client or somebody outside did, and what each client got for it. */
interface Move {
  step: StepValue;
  received: Map<string, unknown[]>;
}

const exactly = ' receives exactly';
const nothing = ' receives nothing';

/** `left`: what was not decided, a sentence each. Throws a `UserError` where they are two conversations. */
export function maskVarying(
  steps: readonly StepValue[],
  again: readonly StepValue[],
): { steps: StepValue[]; left: string[] } {
  const [first, second] = [movesOf(steps), movesOf(again)];
  const varying = new Varying();
  const left: string[] = [];
  const length = Math.max(first.length, second.length);
  const merged: StepValue[] = [];
  for (let at = 0; at < length; at++) {
    const [one, two] = [first[at], second[at]];
    if (one === undefined || two === undefined || nameOf(one.step) !== nameOf(two.step)) {
      throw otherConversation(at + 1, one, two);
    }
    const { step, isSame } = varying.action(one.step, two.step);
    if (!isSame) {
      left.push(
        l10n.t(
          'Move {0} ("{1}") was another one the second time; the first is kept.',
          at + 1,
          nameOf(step),
        ),
      );
    }
    merged.push(step);
    for (const client of new Set([...one.received.keys(), ...two.received.keys()])) {
      const [was, is] = [one.received.get(client) ?? [], two.received.get(client) ?? []];
      merged.push(...varying.received(client, was, is));
      if (was.length !== is.length) {
        left.push(
          l10n.t(
            'After move {0}, {1} received {2} messages the first time and {3} the second; only what came both times is expected.',
            ...[at + 1, client, was.length, is.length],
          ),
        );
      }
    }
  }
  return { steps: merged, left };
}

function movesOf(steps: readonly StepValue[]): Move[] {
  const moves: Move[] = [];
  for (const step of steps) {
    const name = nameOf(step);
    const received = moves.at(-1)?.received;
    if (received !== undefined && name.endsWith(exactly)) {
      const [list] = Object.values(step) as unknown[][];
      received.set(name.slice(0, -exactly.length), list ?? []);
    } else if (received !== undefined && name.endsWith(nothing)) {
      received.set(name.slice(0, -nothing.length), []);
    } else {
      moves.push({ step, received: new Map() });
    }
  }
  return moves;
}

function nameOf(step: StepValue): string {
  return typeof step === 'string' ? step : (Object.keys(step)[0] ?? '');
}

function otherConversation(at: number, one: Move | undefined, two: Move | undefined): UserError {
  const said = (move: Move | undefined) =>
    move === undefined ? l10n.t('nothing') : `"${nameOf(move.step)}"`;
  return new UserError(
    'otherConversation',
    l10n.t(
      'The second recording is another conversation: move {0} is {1} in the first and {2} in the second.',
      ...[at, said(one), said(two)],
    ),
    l10n.t('Record twice how the same clients do the same.'),
  );
}

/** A value that was one the first time and another the second, and what expects it. */
interface Pair {
  one: string | number | bigint | ExactNumber;
  two: string | number | bigint | ExactNumber;
  /** Keeps it as a variable of that name. */
  capture(name: string): void;
  name?: string;
}

class Varying {
  private readonly pairs: Pair[] = [];

  action(one: StepValue, two: StepValue): { step: StepValue; isSame: boolean } {
    if (typeof one === 'string' || typeof two === 'string') {
      return { step: one, isSame: true }; // The names are equal.
    }
    const name = nameOf(one);
    const [was, is] = [one[name], two[name]];
    if (name.endsWith(' sends')) {
      const { value, isSame } = this.said(was, is);
      return { step: { [name]: value }, isSame };
    }
    if (!isRecord(was) || !isRecord(is)) {
      return { step: one, isSame: isEqual(was, is) };
    }
    let isSame = isEqual(Object.keys(was), Object.keys(is));
    const parts = Object.entries(was).map(([key, value]): [string, unknown] => {
      if (key === 'returned' && key in is) {
        return [key, this.expected(value, is[key])];
      }
      const said = this.said(value, is[key]);
      isSame &&= said.isSame;
      return [key, said.value];
    });
    return { step: { [name]: Object.fromEntries(parts) }, isSame };
  }

  received(client: string, one: unknown[], two: unknown[]): StepValue[] {
    const rest = two.map((each) => writeJson(each));
    const both = one.filter((each) => {
      const at = rest.indexOf(writeJson(each));
      return at >= 0 && rest.splice(at, 1).length > 0;
    });
    if (one.length !== two.length) {
      return both.length === 0 ? [] : [{ [`${client} receives in any order`]: both }];
    }
    if (one.length === 0) {
      return [`${client}${nothing}`];
    }
    return both.length === one.length && !isEqual(one, two)
      ? [{ [`${client} receives in any order`]: one }]
      : [{ [client + exactly]: one.map((each, at) => this.expected(each, two[at])) }];
  }

  /** A matcher that both fit. */
  private expected(one: unknown, two: unknown): unknown {
    if (isEqual(one, two)) {
      return one;
    }
    if (typeof one === 'string' && typeof two === 'string') {
      return this.text(one, two);
    }
    if (isNumber(one) && isNumber(two)) {
      const matcher: Record<string, unknown> = {
        $type: [one, two].every(isInteger) ? 'integer' : 'number',
      };
      this.pairs.push({ one, two, capture: (name) => (matcher['$capture'] = name) });
      return matcher;
    }
    if (isOperators(one) || isOperators(two)) {
      // It is sent again: its name stays.
      const captured = isOperators(one) ? one['$capture'] : undefined;
      return { $any: true, ...(captured === undefined ? {} : { $capture: captured }) };
    }
    if (Array.isArray(one) && Array.isArray(two)) {
      return one.length === two.length
        ? one.map((each, at) => this.expected(each, two[at]))
        : { $type: 'array' };
    }
    if (isRecord(one) && isRecord(two)) {
      // What is not there each time is not asked for.
      return Object.fromEntries(
        Object.entries(one)
          .filter(([key]) => Object.hasOwn(two, key))
          .map(([key, value]) => [key, this.expected(value, two[key])]),
      );
    }
    return typeof one === 'boolean' && typeof two === 'boolean'
      ? { $type: 'boolean' }
      : { $any: true };
  }

  /** What both begin and end with, and anything between. */
  private text(one: string, two: string): unknown {
    const before = commonStart(one, two);
    const [restOne, restTwo] = [one.slice(before.length), two.slice(before.length)];
    const after = commonEnd(restOne, restTwo);
    const [middleOne, middleTwo] = [restOne, restTwo].map((rest) =>
      rest.slice(0, rest.length - after.length),
    );
    const pattern = (group: string) => `^${escapePattern(before)}${group}${escapePattern(after)}$`;
    const matcher = { $regex: pattern('.*') };
    if (middleOne && middleTwo) {
      this.pairs.push({
        ...{ one: middleOne, two: middleTwo },
        capture: (name) => (matcher.$regex = pattern(`(?<${name}>.*)`)),
      });
    }
    return matcher;
  }

  /** What a client said: where it differs by a value that was received before, by that value's name. */
  private said(one: unknown, two: unknown): { value: unknown; isSame: boolean } {
    if (isEqual(one, two)) {
      return { value: one, isSame: true };
    }
    if (typeof one === 'string' && typeof two === 'string') {
      const mark = '\0';
      const pair = this.pairs.findLast(
        (each) =>
          one.includes(String(each.one)) &&
          one.replaceAll(String(each.one), mark) === two.replaceAll(String(each.two), mark),
      );
      return pair === undefined
        ? { value: one, isSame: false }
        : { value: one.replaceAll(String(pair.one), () => this.reference(pair)), isSame: true };
    }
    if (isNumber(one)) {
      const pair = this.pairs.findLast((each) => isEqual(each.one, one) && isEqual(each.two, two));
      return pair === undefined
        ? { value: one, isSame: false }
        : { value: this.reference(pair), isSame: true };
    }
    if (!isEqual(shapeOf(one), shapeOf(two)) || typeof one !== 'object' || one === null) {
      return { value: one, isSame: false };
    }
    let isSame = true;
    const parts = Object.entries(one).map(([key, value]): [string, unknown] => {
      const said = this.said(value, (two as Record<string, unknown>)[key]);
      isSame &&= said.isSame;
      return [key, said.value];
    });
    const value = Array.isArray(one)
      ? parts.map(([, each]) => each)
      : (Object.fromEntries(parts) as object);
    return { value, isSame };
  }

  private reference(pair: Pair): string {
    if (pair.name === undefined) {
      const used = this.pairs.filter(({ name }) => name !== undefined).length;
      pair.name = `seen${used + 1}`;
      pair.capture(pair.name);
    }
    return `\${${pair.name}}`;
  }
}

function shapeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null
    ? [Array.isArray(value), Object.keys(value)]
    : undefined;
}

function isEqual(one: unknown, two: unknown): boolean {
  return writeJson(one) === writeJson(two);
}

/** Ends at a word's beginning, and before the first reference. */
function commonStart(one: string, two: string): string {
  let length = 0;
  while (length < one.length && one[length] === two[length]) {
    length++;
  }
  const common = one.slice(0, length).replace(/[\p{L}\p{N}]*[\ud800-\udbff]?$/u, '');
  const reference = common.indexOf('${');
  return reference < 0 ? common : common.slice(0, reference).replace(/\$$/, '');
}

/** Begins at a word's end, and behind the last reference. */
function commonEnd(one: string, two: string): string {
  let length = 0;
  while (length < Math.min(one.length, two.length) && one.at(-1 - length) === two.at(-1 - length)) {
    length++;
  }
  const common = one.slice(one.length - length).replace(/^[\udc00-\udfff]?[\p{L}\p{N}]*/u, '');
  return common.slice(common.lastIndexOf('}') + 1);
}
