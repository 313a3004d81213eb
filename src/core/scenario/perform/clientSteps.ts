/** Steps of a client, apart from what it receives. */
import { isNumber } from '../../../protocol/json';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { UserError } from '../../errors';
import { checkClose } from '../../gateway/closeFrame';
import type { Actor, ConnectResult } from '../actor';
import type { ClientOptions, Step } from '../flow';
import { match, render } from '../match';
import { clientOptions } from '../parseFlow';
import { isRecord } from '../schema';
import type { Scene } from '../scene';
import { StepFailed } from '../scene';
import { payloadOf } from './payload';

async function tryToConnect(
  scene: Scene,
  step: Step,
): Promise<{ actor: Actor; result: ConnectResult }> {
  const name = scene.subjectOf(step);
  const actor = scene.actor(name);
  if (actor.isOpen) {
    throw new StepFailed({
      message: l10n.t('{0} is connected already.', name),
      nextStep: l10n.t('Close that connection first, or use another client.'),
    });
  }
  const own = (scene.fill(scene.flow.clients[name] ?? {}) ?? {}) as ClientOptions;
  const given = clientOptions(scene.valueOf(step));
  const options: ClientOptions = {
    ...own,
    ...given,
    headers: { ...own.headers, ...given.headers },
    query: { ...own.query, ...given.query },
  };
  const result = await actor.connect({
    url: scene.place.url(options),
    protocols: options.protocols ?? [],
    headers: options.headers ?? {},
    introduce: (port, who) => scene.place.introduce(port, who),
  });
  return { actor, result };
}

export async function connects(scene: Scene, step: Step): Promise<void> {
  const { actor, result } = await tryToConnect(scene, step);
  if (!result.open && actor.hasLeft) {
    return;
  }
  if (!result.open) {
    const got = 'status' in result ? `${result.status} ${result.body}` : result.error;
    throw new StepFailed({
      message: l10n.t('{0} was not let in.', actor.name),
      expected: l10n.t('the connection opens'),
      got,
      ...('status' in result ? {} : { nextStep: l10n.t('Is there a gateway at that address?') }),
    });
  }
  const { protocol } = record(scene.valueOf(step));
  if (protocol !== undefined && protocol !== result.protocol) {
    throw new StepFailed({
      message: l10n.t('The handshake agreed on another sub-protocol.'),
      expected: render(protocol),
      got: result.protocol === '' ? l10n.t('no sub-protocol') : render(result.protocol),
    });
  }
}

export async function isRefused(scene: Scene, step: Step): Promise<void> {
  const { status, body } = record(scene.valueOf(step));
  const { actor, result } = await tryToConnect(scene, step);
  const expected = [
    status === undefined ? l10n.t('refused') : l10n.t('refused with {0}', String(status)),
    ...(body === undefined ? [] : [render(body)]),
  ].join('\n');
  if (result.open) {
    throw new StepFailed({
      message: l10n.t('{0} was let in.', actor.name),
      expected,
      got: l10n.t('the connection is open'),
    });
  }
  if (!('status' in result)) {
    throw new StepFailed({
      message: l10n.t('{0} could not connect at all.', actor.name),
      expected,
      got: result.error,
    });
  }
  const got = `${l10n.t('refused with {0}', result.status)}\n${result.body}`;
  const { differences, captures } = match(body ?? { $any: true }, {
    is: 'text',
    text: result.body,
  });
  if ((status !== undefined && status !== result.status) || differences.length > 0) {
    throw new StepFailed({
      message: l10n.t('{0} was refused in another way.', actor.name),
      expected,
      got,
      differences: differences.map(({ path: at, ...each }) =>
        l10n.t('{0}: expected {1}, got {2}', at, each.expected, each.got),
      ),
    });
  }
  scene.keep(captures);
}

function open(scene: Scene, step: Step): Actor {
  const actor = scene.connected(scene.subjectOf(step));
  if (!actor.isOpen) {
    throw new StepFailed({
      message: l10n.t('The connection of {0} is closed.', actor.name),
      expected: l10n.t('an open connection'),
      got: closing(scene, actor),
    });
  }
  return actor;
}

/** How a connection ended, for people. */
function closing(scene: Scene, actor: Actor): string {
  const { code = 1006, reason = '' } = actor.closed ?? {};
  const cause = scene.place.emulator?.witness.connectionOf(actor.name)?.closed;
  const why =
    cause === undefined ? '' : ` (${cause.cause}${cause.reason === '' ? '' : `: ${cause.reason}`})`;
  return `${l10n.t('closed with {0}', code)}${reason === '' ? '' : ` ${render(reason)}`}${why}`;
}

export function sends(scene: Scene, step: Step): void {
  const actor = open(scene, step);
  const payload = payloadOf(scene.valueOf(step), path.dirname(step.place.file));
  if ('parts' in payload) {
    actor.sendFragments(payload.parts);
  } else {
    actor.send(payload.data);
  }
}

export async function pings(scene: Scene, step: Step): Promise<void> {
  const actor = open(scene, step);
  const data = String(scene.valueOf(step) ?? '');
  const before = actor.pongs.length;
  actor.ping(data);
  const answered = (): boolean =>
    actor.pongs.slice(before).some((pong) => pong.toString('utf8') === data);
  await scene.until(() => answered() || actor.isGone);
  await scene.settled();
  if (!answered()) {
    throw new StepFailed({
      message: l10n.t('No pong came to {0}.', actor.name),
      expected: l10n.t('a pong with {0}', render(data)),
      got: actor.isOpen ? l10n.t('nothing') : closing(scene, actor),
    });
  }
}

export async function closes(scene: Scene, step: Step): Promise<void> {
  if (leavesHandshake(scene, step)) {
    return;
  }
  const actor = open(scene, step);
  const value = scene.valueOf(step);
  const { code = isNumber(value) ? value : 1000, reason = '' } = record(value);
  try {
    checkClose(Number(code), String(reason));
  } catch (error) {
    const { message, nextStep } = error as UserError;
    throw new StepFailed({ message, ...(nextStep === undefined ? {} : { nextStep }) });
  }
  actor.close(Number(code), String(reason));
  await untilGone(scene, actor);
}

export async function drops(scene: Scene, step: Step): Promise<void> {
  if (leavesHandshake(scene, step)) {
    return;
  }
  const actor = open(scene, step);
  actor.drop();
  await untilGone(scene, actor);
}

/** In some orders a client leaves before it was let in. */
function leavesHandshake(scene: Scene, step: Step): boolean {
  const actor = scene.actor(scene.subjectOf(step));
  if (!actor.isConnecting) {
    return false;
  }
  actor.leave();
  return true;
}

async function untilGone(scene: Scene, actor: Actor): Promise<void> {
  while (!actor.isGone) {
    await scene.next();
  }
}

export async function isClosed(scene: Scene, step: Step): Promise<void> {
  const actor = scene.connected(scene.subjectOf(step));
  const value = scene.valueOf(step);
  const { code = isNumber(value) ? value : undefined, reason, cause } = record(value);
  await scene.until(() => actor.isGone);
  const expected = [
    code === undefined ? l10n.t('closed') : l10n.t('closed with {0}', Number(code)),
    ...(reason === undefined ? [] : [render(reason)]),
    ...(cause === undefined ? [] : [`(${String(cause)})`]),
  ].join(' ');
  if (!actor.isGone) {
    throw new StepFailed({
      message: l10n.t('The connection of {0} is still open.', actor.name),
      expected,
      got: l10n.t('an open connection'),
    });
  }
  const seen = scene.place.emulator?.witness.connectionOf(actor.name)?.closed;
  const { differences, captures } = match(reason ?? { $any: true }, {
    is: 'value',
    value: actor.closed?.reason ?? '',
  });
  const otherCause = cause !== undefined && seen !== undefined && seen.cause !== cause;
  if ((code !== undefined && actor.closed?.code !== code) || differences.length > 0 || otherCause) {
    throw new StepFailed({
      message: l10n.t('The connection of {0} ended in another way.', actor.name),
      expected,
      got: closing(scene, actor),
    });
  }
  scene.keep(captures);
}

export function isOpen(scene: Scene, step: Step): void {
  open(scene, step);
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
