/** What holds in every order, whatever the scenario is about; and what its author says that always holds. */
import * as l10n from '@vscode/l10n';
import { exactOrText } from '../../../protocol/json';
import type { FactOf } from '../../../protocol/fact';
import type { ServiceSpec } from '../../../protocol/project';
import { UserError } from '../../errors';
import type { Session } from '../../session/session';
import type { Always, Flow } from '../flow';
import { match, render, type Subject } from '../match';
import { type FailureDraft, type Scene, StepFailed } from '../scene';
import { runCommand } from '../setUp';
import type { Witness } from '../witness';

/** undefined: all of them hold. To be asked when nothing moves any more. */
export function brokenInvariant(witness: Witness, service: ServiceSpec): FailureDraft | undefined {
  return cleanupOnce(witness, service) ?? pushAfterCleanup(witness) ?? overtaken(witness, service);
}

const nameOf = (witness: Witness, connection: string): string =>
  witness.clientOf(connection) ?? connection;

/** Delete runs exactly once for each connection that was let in and has ended, where its end asks for it. */
function cleanupOnce(witness: Witness, service: ServiceSpec): FailureDraft | undefined {
  if (service.roles.cleanup === undefined) {
    return undefined;
  }
  const runs = witness.runs.filter(({ started }) => started.role === 'cleanup');
  for (const closed of witness.closes) {
    const own = runs.filter(({ started }) => started.connection === closed.connection);
    const wanted = isOwed(witness, closed, service) ? 1 : 0;
    if (own.length > wanted || own.length < wanted) {
      const message =
        own.length > wanted
          ? l10n.t('Delete ran {0} × for {1}.', own.length, nameOf(witness, closed.connection))
          : l10n.t('Delete did not run for {0}.', nameOf(witness, closed.connection));
      return {
        message,
        expected: l10n.t('{0} ×', wanted),
        got: l10n.t('{0} ×', own.length),
        seq: closed.seq,
      };
    }
  }
  return undefined;
}

function isOwed(witness: Witness, closed: FactOf<'closed'>, service: ServiceSpec): boolean {
  if (!service.emulator.cleanupOn.includes(closed.cause)) {
    return false;
  }
  // A client that left during Register was let in only if Register said so.
  return closed.cause !== 'leftDuringRegister' || witness.wasAccepted(closed.connection);
}

/** A run that began when Delete had ended for an id cannot know that id, unless it was left in the store. */
function pushAfterCleanup(witness: Witness): FailureDraft | undefined {
  const ended = new Map<string, number>();
  for (const { started, ended: end } of witness.runs) {
    if (started.role === 'cleanup' && started.connection !== null && end?.outcome === 'ok') {
      ended.set(started.connection, end.seq);
    }
  }
  for (const run of witness.runs) {
    for (const seq of run.pushes) {
      const push = witness.index.fact(seq);
      const since = push?.kind === 'push' ? ended.get(push.connection) : undefined;
      if (push?.kind === 'push' && since !== undefined && run.started.seq > since) {
        return {
          message: l10n.t(
            '{0} pushed to {1}, whose Delete had ended before it began.',
            witness.functionOfId(run.started.function)?.name ?? run.started.function,
            nameOf(witness, push.connection),
          ),
          nextStep: l10n.t('Something wrote that id back: look at what ran beside Delete.'),
          seq,
        };
      }
    }
  }
  return undefined;
}

/** Messages of one connection are served in the order in which they came. */
function overtaken(witness: Witness, service: ServiceSpec): FailureDraft | undefined {
  if (service.emulator.transferConcurrency === 'parallel') {
    return undefined;
  }
  const last = new Map<string, number>();
  for (const { started } of witness.runs) {
    const { connection, cause, role, seq } = started;
    if (connection === null || cause === null || role === null) {
      continue;
    }
    if (cause < (last.get(connection) ?? 0)) {
      const message = l10n.t('An event of {0} was overtaken.', nameOf(witness, connection));
      return { message, seq };
    }
    last.set(connection, cause);
  }
  return undefined;
}

/** What does not hold although it always should; undefined: all of it does. */
export async function brokenAlways(
  { flow, place, folder }: Scene,
  signal: AbortSignal,
  session: { env: Record<string, string>; bootstrapFolder: string },
): Promise<(FailureDraft & { always: Always }) | undefined> {
  const { witness, session: running } = place.emulator ?? {};
  for (const always of witness === undefined || running === undefined ? [] : flow.always) {
    const broken =
      'store' in always
        ? await brokenStore(always, flow, folder, signal, session)
        : 'frames' in always
          ? brokenFrame(always, witness as Witness, running as Session)
          : brokenValue(always, witness as Witness, running as Session);
    if (broken !== undefined) {
      return { ...broken, always };
    }
  }
  return undefined;
}

function brokenFrame(
  { frames, to }: Extract<Always, { frames: unknown }>,
  witness: Witness,
  { recorder }: Session,
): FailureDraft | undefined {
  for (const { client, toClient } of witness.allConnections) {
    for (const seq of to === undefined || to === client ? toClient : []) {
      const fact = witness.index.fact(seq);
      if (fact?.kind !== 'frame') {
        continue;
      }
      const whole = fact.more ? recorder.payload(seq) : undefined;
      const subject: Subject =
        fact.type === 'binary'
          ? { is: 'binary', bytes: Buffer.from(whole ?? Buffer.from(fact.preview, 'base64')) }
          : { is: 'text', text: String(whole ?? fact.preview) };
      const broken = differs(frames, subject);
      if (broken !== undefined) {
        return {
          message: l10n.t('A message to {0} is not as it always is.', client),
          ...broken,
          seq,
        };
      }
    }
  }
  return undefined;
}

function brokenValue(
  { returned, of }: Extract<Always, { returned: unknown }>,
  witness: Witness,
  { recorder }: Session,
): FailureDraft | undefined {
  const target = of === undefined ? undefined : witness.functionOf(of)?.function;
  for (const { started, ended } of witness.runs) {
    if (ended === undefined || (of !== undefined && started.function !== target)) {
      continue;
    }
    const text = String((ended.more ? recorder.payload(ended.seq) : undefined) ?? ended.preview);
    const broken = differs(returned, { is: 'value', value: exactOrText(text) });
    if (broken !== undefined) {
      const name = witness.functionOfId(started.function)?.name ?? started.function;
      return {
        message: l10n.t('What {0} returned is not as it always is.', name),
        ...broken,
        seq: started.seq,
      };
    }
  }
  return undefined;
}

async function brokenStore(
  { store, matches }: Extract<Always, { store: string[] }>,
  flow: Flow,
  folder: string,
  signal: AbortSignal,
  { env, bootstrapFolder }: { env: Record<string, string>; bootstrapFolder: string },
): Promise<FailureDraft | undefined> {
  let printed: string;
  try {
    const setUp = { command: store, cwd: folder, env, bootstrapFolder, signal, limit: flow.limit };
    printed = await runCommand(setUp, (told, how) =>
      l10n.t('The command "{0}", which prints the store, {1}.', told, how),
    );
  } catch (error) {
    if (error instanceof UserError) {
      const { message, nextStep } = error;
      throw new StepFailed({ message, ...(nextStep === undefined ? {} : { nextStep }) });
    }
    throw error;
  }
  const value = exactOrText(printed);
  const broken = differs(matches, { is: 'value', value });
  const noJson = l10n.t('The command "{0}" printed no JSON.', store.join(' '));
  return (
    broken && {
      message: l10n.t('The store is not as it always is.'),
      ...broken,
      ...(value === printed ? { nextStep: noJson } : {}),
    }
  );
}

function differs(
  expected: unknown,
  subject: Subject,
): Pick<FailureDraft, 'expected' | 'got' | 'differences'> | undefined {
  const { differences } = match(expected, subject);
  if (differences.length === 0) {
    return undefined;
  }
  return {
    expected: render(expected),
    got:
      subject.is === 'binary'
        ? subject.bytes.toString('hex')
        : render(subject.is === 'text' ? subject.text : subject.value),
    differences: differences.map((each) =>
      l10n.t('{0}: expected {1}, got {2}', each.path, each.expected, each.got),
    ),
  };
}
