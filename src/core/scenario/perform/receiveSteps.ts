/** What a client receives: an ordered inbox, a cursor in it, and the ways to look. */
import * as l10n from '@vscode/l10n';
import { exactOrText } from '../../../protocol/json';
import { type Actor, inboxLine, type Message } from '../actor';
import { patience } from '../elsewhere';
import type { Step } from '../flow';
import { describe, type Difference, match, type MatchResult, render } from '../match';
import { type Scene, StepFailed } from '../scene';
import type { InboxLine } from '../../../protocol/testEvent';

/** Messages that a step went past. */
export type Skipped = InboxLine[];

export async function receives(scene: Scene, step: Step): Promise<Skipped> {
  const actor = scene.connected(scene.subjectOf(step));
  const expected = scene.valueOf(step);
  let found = -1;
  await scene.until(() => {
    found = actor.inbox.findIndex(
      (message, index) => index >= actor.cursor && fits(expected, message),
    );
    return found >= 0 || actor.isGone;
  });
  if (found < 0) {
    const { unread } = actor;
    const nearest = nearestOf(expected, unread);
    throw missing(scene, actor, expected, nearest, unread);
  }
  return take(scene, step, actor, [found], [expected]);
}

export async function receivesNext(scene: Scene, step: Step): Promise<Skipped> {
  const actor = scene.connected(scene.subjectOf(step));
  const expected = scene.valueOf(step);
  await scene.until(() => actor.unread.length > 0 || actor.isGone);
  const [next] = actor.unread;
  if (next === undefined || !fits(expected, next)) {
    const nearest = next === undefined ? undefined : { message: next, ...resultOf(expected, next) };
    throw missing(scene, actor, expected, nearest, actor.unread);
  }
  return take(scene, step, actor, [actor.cursor], [expected]);
}

export async function receivesInAnyOrder(scene: Scene, step: Step): Promise<Skipped> {
  const actor = scene.connected(scene.subjectOf(step));
  const expected = scene.valueOf(step) as unknown[];
  let pairs: (number | undefined)[] = [];
  await scene.until(() => {
    pairs = assign(expected, actor);
    return actor.isGone || pairs.every((index) => index !== undefined);
  });
  const at = pairs.indexOf(undefined);
  if (at >= 0) {
    const taken = new Set(pairs);
    const left = actor.inbox.filter((_, index) => index >= actor.cursor && !taken.has(index));
    throw missing(scene, actor, expected[at], nearestOf(expected[at], left), left);
  }
  return take(scene, step, actor, pairs as number[], expected);
}

export async function receivesExactly(scene: Scene, step: Step): Promise<Skipped> {
  const actor = scene.connected(scene.subjectOf(step));
  const expected = scene.valueOf(step) as unknown[];
  await scene.until(() => actor.unread.length >= expected.length || actor.isGone);
  await scene.settled();
  const { unread } = actor;
  const wrong = unread.findIndex(
    (message, index) => index >= expected.length || !fits(expected[index], message),
  );
  if (wrong >= 0 || unread.length !== expected.length) {
    const at = wrong >= 0 ? wrong : unread.length;
    const message = unread[at];
    throw new StepFailed({
      message:
        at >= expected.length
          ? l10n.t('{0} received more than these messages.', actor.name)
          : message === undefined
            ? l10n.t('{0} received fewer messages.', actor.name)
            : l10n.t('Message {0} to {1} is another one.', message.number, actor.name),
      expected: expected.map(render).join('\n'),
      got: unread.map(({ subject }) => describe(subject)).join('\n') || l10n.t('nothing'),
      ...(message === undefined || at >= expected.length
        ? {}
        : { differences: told(match(expected[at], message.subject).differences) }),
      ...inboxOf(actor),
      ...cause(scene, actor, message),
    });
  }
  return take(
    scene,
    step,
    actor,
    expected.map((_, index) => actor.cursor + index),
    expected,
  );
}

export async function receivesNothing(scene: Scene, step: Step): Promise<Skipped> {
  const actor = scene.connected(scene.subjectOf(step));
  await scene.settled();
  const [first] = actor.unread;
  if (first !== undefined) {
    throw new StepFailed({
      message: l10n.t('{0} received something.', actor.name),
      expected: l10n.t('nothing'),
      got: actor.unread.map(({ subject }) => describe(subject)).join('\n'),
      ...inboxOf(actor),
      ...cause(scene, actor, first),
    });
  }
  return [];
}

function fits(expected: unknown, { subject }: Message): boolean {
  return match(expected, subject).differences.length === 0;
}

function resultOf(expected: unknown, { subject }: Message): MatchResult {
  return match(expected, subject);
}

type Nearest = { message: Message } & MatchResult;

/** The message that differs least, of equals the last: most likely the one that was meant, the answer to what was said. */
function nearestOf(expected: unknown, messages: Message[]): Nearest | undefined {
  let nearest: Nearest | undefined;
  for (const message of messages) {
    const result = resultOf(expected, message);
    const weight = ({ differences }: MatchResult): number =>
      differences.some(({ path }) => path === '$') ? 1000 : differences.length;
    if (nearest === undefined || weight(result) <= weight(nearest)) {
      nearest = { message, ...result };
    }
  }
  return nearest;
}

/** Pairs each expectation with a message of its own, also where one of them fits many. */
function assign(expected: unknown[], actor: Actor): (number | undefined)[] {
  const owner = new Map<number, number>();
  const claim = (at: number, seen: Set<number>): boolean => {
    for (let index = actor.cursor; index < actor.inbox.length; index++) {
      if (seen.has(index) || !fits(expected[at], actor.inbox[index] as Message)) {
        continue;
      }
      seen.add(index);
      const other = owner.get(index);
      if (other === undefined || claim(other, seen)) {
        owner.set(index, at);
        return true;
      }
    }
    return false;
  };
  expected.forEach((_, at) => claim(at, new Set()));
  const pairs: (number | undefined)[] = expected.map(() => undefined);
  owner.forEach((at, index) => (pairs[at] = index));
  return pairs;
}

function take(
  scene: Scene,
  step: Step,
  actor: Actor,
  indexes: number[],
  expected: unknown[],
): Skipped {
  const values: unknown[] = [];
  indexes.forEach((index, at) => {
    const { subject } = actor.inbox[index] as Message;
    scene.keep(match(expected[at], subject).captures);
    values.push(
      subject.is === 'binary' ? subject.bytes.toString('base64') : exactOrText(subject.text),
    );
  });
  if (step.as !== undefined) {
    const many = step.kind === 'receivesInAnyOrder' || step.kind === 'receivesExactly';
    scene.keep({ [step.as]: many ? values : values[0] });
  }
  return actor.moveTo(Math.max(...indexes) + 1, new Set(indexes)).map(inboxLine);
}

function whyNothing({ place }: Scene, { name, isGone }: Actor): string {
  return place.emulator !== undefined || isGone
    ? l10n.t('{0} did not receive this message: nothing more can come.', name)
    : l10n.t('{0} did not receive this message within {1} s.', name, patience / 1000);
}

function missing(
  scene: Scene,
  actor: Actor,
  expected: unknown,
  nearest: Nearest | undefined,
  messages: Message[],
): StepFailed {
  const got =
    nearest === undefined
      ? actor.isOpen
        ? l10n.t('nothing')
        : l10n.t('nothing, and the connection was closed with {0}', actor.closed?.code ?? 1006)
      : describe(nearest.message.subject);
  return new StepFailed({
    message:
      messages.length === 0
        ? whyNothing(scene, actor)
        : l10n.t('{0} did not receive this message.', actor.name),
    expected: render(expected),
    got,
    ...(nearest === undefined ? {} : { differences: told(nearest.differences) }),
    ...inboxOf(actor),
    ...cause(scene, actor, nearest?.message),
  });
}

function told(differences: Difference[]): string[] {
  return differences.map(({ path, expected, got }) =>
    l10n.t('{0}: expected {1}, got {2}', path, expected, got),
  );
}

/** Messages of the inbox that are shown. */
const mostLines = 20;

function inboxOf(actor: Actor): { inbox: { client: string; lines: InboxLine[] } } {
  const from = Math.max(0, Math.min(actor.cursor - 3, actor.inbox.length - mostLines));
  const lines = actor.inbox.slice(from, from + mostLines).map(inboxLine);
  return { inbox: { client: actor.name, lines } };
}

/** The fact that explains the failure: the frame that came instead, else the last thing that happened. */
function cause(scene: Scene, actor: Actor, message: Message | undefined): { seq?: number } {
  const { emulator } = scene.place;
  const seq =
    message === undefined
      ? emulator?.witness.lastCause
      : emulator?.witness.connectionOf(actor.name)?.toClient[message.number - 1];
  return seq === undefined ? {} : { seq };
}
