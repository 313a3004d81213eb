/** Steps about functions: what ran, and what no client can see of it. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { exactOrText, writeJson } from '../../../protocol/json';
import type { FunctionInfo } from '../../../protocol/fact';
import { sampleEvents } from '../../../protocol/samples';
import type { InvocationFacts } from '../../../protocol/trace';
import type { Recorder } from '../../session/recorder';
import type { Step } from '../flow';
import { type Difference, match, render } from '../match';
import { isRecord } from '../schema';
import { emulatorOf, type Scene, StepFailed } from '../scene';

function functionOf(scene: Scene, name: string): FunctionInfo {
  const { witness } = emulatorOf(scene);
  const found = witness.functionOf(name);
  if (found === undefined) {
    throw new StepFailed({
      message: l10n.t('There is no function {0}.', name),
      nextStep: l10n.t('Functions: {0}', witness.functionNames.join(', ')),
    });
  }
  return found;
}

export async function ran(scene: Scene, step: Step): Promise<void> {
  const { witness } = emulatorOf(scene);
  const target = functionOf(scene, scene.subjectOf(step));
  const expected = recordOf(scene.valueOf(step));
  const { times } = expected;
  const runs = (): InvocationFacts[] =>
    witness.runs.filter(({ started }) => started.function === target.function);
  const look = (run: InvocationFacts): Difference[] => differencesOf(scene, run, expected);
  if (times !== undefined) {
    await scene.settled();
    const fitting = runs().filter((run) => look(run).length === 0);
    if (fitting.length !== Number(times)) {
      throw new StepFailed({
        message: l10n.t('{0} ran another number of times.', target.name),
        expected: l10n.t('{0} × {1}', Number(times), summaryOf(expected)),
        got: [
          l10n.t('{0} ×', fitting.length),
          ...runs().map((run) => `  ${describeRun(scene, run)}`),
        ].join('\n'),
        ...seqOf(fitting.at(-1) ?? runs().at(-1)),
      });
    }
    return;
  }
  const from = scene.runCursors.get(target.function) ?? 0;
  let found = -1;
  await scene.until(() => {
    found = runs().findIndex(
      (run, index) => index >= from && run.ended !== undefined && look(run).length === 0,
    );
    return found >= 0;
  });
  if (found < 0) {
    const left = runs().slice(from);
    const nearest = left.toSorted((one, other) => look(one).length - look(other).length)[0];
    throw new StepFailed({
      message:
        left.length === 0
          ? runs().length === 0
            ? l10n.t('{0} did not run.', target.name)
            : l10n.t('{0} did not run again.', target.name)
          : l10n.t('No run of {0} was like that.', target.name),
      expected: summaryOf(expected),
      got: left.map((run) => describeRun(scene, run)).join('\n') || l10n.t('no run'),
      ...(nearest === undefined ? {} : { differences: told(look(nearest)) }),
      ...(nearest === undefined ? { seq: witness.lastCause } : seqOf(nearest)),
    });
  }
  scene.keep(capturesOf(scene, runs()[found] as InvocationFacts, expected));
  scene.runCursors.set(target.function, found + 1);
}

export async function didNotRun(scene: Scene, step: Step): Promise<void> {
  const { witness } = emulatorOf(scene);
  const target = functionOf(scene, scene.subjectOf(step));
  const expected = recordOf(scene.valueOf(step));
  await scene.settled();
  const fitting = witness.runs.filter(
    (run) =>
      run.started.function === target.function && differencesOf(scene, run, expected).length === 0,
  );
  if (fitting.length > 0) {
    throw new StepFailed({
      message: l10n.t('{0} ran.', target.name),
      expected: l10n.t('no such run'),
      got: fitting.map((run) => describeRun(scene, run)).join('\n'),
      ...seqOf(fitting[0]),
    });
  }
}

export async function restarts(scene: Scene, step: Step): Promise<void> {
  const { session } = emulatorOf(scene);
  const target = functionOf(scene, scene.subjectOf(step));
  const now = scene.valueOf(step) === 'now';
  await session.intents.restartFunction({ function: target.function, now });
}

export async function isInvoked(scene: Scene, step: Step): Promise<void> {
  const { session, witness } = emulatorOf(scene);
  const target = functionOf(scene, scene.subjectOf(step));
  const expected = recordOf(scene.valueOf(step));
  const event = eventOf(expected['event'] ?? 'sample', target, path.dirname(step.place.file));
  const answer = await session.intents.invoke({ function: target.function, event });
  session.recorder.settle();
  const value = exactOrText(answer.result);
  const differences: Difference[] = [
    ...endedDifference(
      expected['ended'] ?? ('error' in expected ? 'error' : 'ok'),
      answer.outcome,
      answer.error?.statusCode,
    ),
    ...('returned' in expected
      ? match(expected['returned'], { is: 'value', value }).differences.map(within('returned'))
      : []),
    ...('error' in expected
      ? match(expected['error'], {
          is: 'value',
          value: answer.error?.errorMessage ?? null,
        }).differences.map(within('error'))
      : []),
  ];
  if (differences.length > 0) {
    const run = witness.runs.findLast(({ started }) => started.invocation === answer.invocation);
    throw new StepFailed({
      message: l10n.t('{0} answered something else.', target.name),
      expected: summaryOf(expected),
      got: answer.result,
      differences: told(differences),
      ...seqOf(run),
    });
  }
  if ('returned' in expected) {
    scene.keep(match(expected['returned'], { is: 'value', value }).captures);
  }
  if (step.as !== undefined) {
    scene.keep({ [step.as]: value });
  }
}

function eventOf(event: unknown, target: FunctionInfo, base: string): string {
  if (typeof event !== 'string') {
    return writeJson(event);
  }
  const samples = target.roles.flatMap((role) => sampleEvents(role));
  const sample =
    samples.find(({ id }) => id === event) ?? (event === 'sample' ? samples[0] : undefined);
  if (sample !== undefined) {
    return JSON.stringify(sample.event);
  }
  try {
    return fs.readFileSync(path.resolve(base, event), 'utf8');
  } catch (error) {
    throw new StepFailed({
      message: l10n.t('The event {0} cannot be read: {1}', event, (error as Error).message),
      nextStep: l10n.t(
        'Give a mapping, a file relative to this flow, or a sample: {0}',
        ['sample', ...samples.map(({ id }) => id)].join(', '),
      ),
    });
  }
}

/** What a run is not like what was expected. */
function differencesOf(
  scene: Scene,
  run: InvocationFacts,
  expected: Record<string, unknown>,
): Difference[] {
  const { witness, session } = emulatorOf(scene);
  const { started, ended } = run;
  const differences: Difference[] = [];
  const differ = (where: string, wanted: string, got: string): void => {
    differences.push({ path: where, expected: wanted, got });
  };
  const compare = (where: string, value: unknown): void => {
    if (where in expected) {
      const found = match(expected[where], { is: 'value', value });
      differences.push(...found.differences.map(within(where)));
    }
  };
  const client = witness.clientOf(started.connection) ?? null;
  if (expected['for'] !== undefined && expected['for'] !== client) {
    differ('for', render(expected['for']), render(client));
  }
  if (expected['as'] !== undefined && expected['as'] !== started.role) {
    differ('as', render(expected['as']), render(started.role));
  }
  const start = started.cold ? 'cold' : 'warm';
  if (expected['start'] !== undefined && expected['start'] !== start) {
    differ('start', String(expected['start']), start);
  }
  if (ended === undefined) {
    differ('ended', l10n.t('an end'), l10n.t('it still runs'));
    return differences;
  }
  if (expected['ended'] !== undefined) {
    differences.push(...endedDifference(expected['ended'], ended.outcome, ended.error?.statusCode));
  }
  compare('error', ended.error?.errorMessage ?? null);
  compare('returned', resultOf(session.recorder, run));
  if ('logged' in expected) {
    const lines = linesOf(run);
    for (const wanted of [expected['logged']].flat<unknown[]>()) {
      const fitsOne = (line: string): boolean =>
        typeof wanted === 'string'
          ? line.includes(wanted)
          : match(wanted, { is: 'text', text: line }).differences.length === 0;
      if (!lines.some(fitsOne)) {
        differ('logged', render(wanted), lines.map(render).join(', ') || l10n.t('nothing'));
      }
    }
  }
  if ('pushes' in expected) {
    differences.push(...pushDifferences(scene, run, expected['pushes']));
  }
  return differences;
}

function endedDifference(
  wanted: unknown,
  outcome: string,
  status: number | undefined,
): Difference[] {
  const got = outcome === 'ok' ? 'ok' : String(status ?? outcome);
  const fits = wanted === 'error' ? outcome !== 'ok' : String(wanted) === got;
  return fits ? [] : [{ path: 'ended', expected: String(wanted), got }];
}

function pushDifferences(scene: Scene, run: InvocationFacts, wanted: unknown): Difference[] {
  const { witness, session } = emulatorOf(scene);
  const pushes = run.pushes.flatMap((seq) => {
    const fact = witness.index.fact(seq);
    return fact?.kind === 'push' ? [fact] : [];
  });
  const count = Array.isArray(wanted) ? wanted.length : Number(wanted);
  if (pushes.length !== count) {
    const got = pushes.map(({ connection }) => witness.clientOf(connection) ?? connection);
    return [
      {
        path: 'pushes',
        expected: l10n.t('{0} pushes', count),
        got: `${l10n.t('{0} pushes', pushes.length)}${got.length === 0 ? '' : ` (${got.join(', ')})`}`,
      },
    ];
  }
  if (!Array.isArray(wanted)) {
    return [];
  }
  return pushes.flatMap((push, index) => {
    const { to, data, action, errNo = 0 } = recordOf(wanted[index]);
    const at = `pushes[${index}]`;
    const client = witness.clientOf(push.connection) ?? push.connection;
    const found: Difference[] = [];
    if (to !== undefined && to !== client && to !== push.connection) {
      found.push({ path: `${at}.to`, expected: render(to), got: render(client) });
    }
    if (errNo !== push.errNo) {
      const got = `${push.errNo} (${push.errMsg})`;
      found.push({ path: `${at}.errNo`, expected: render(errNo), got });
    }
    if (action !== undefined && action !== push.action) {
      found.push({ path: `${at}.action`, expected: render(action), got: render(push.action) });
    }
    if (data !== undefined) {
      const whole = push.more ? session.recorder.payload(push.seq) : undefined;
      const payload =
        whole ?? (push.type === 'binary' ? Buffer.from(push.preview, 'base64') : push.preview);
      const { differences } = match(
        data,
        typeof payload === 'string'
          ? { is: 'text', text: payload }
          : { is: 'binary', bytes: payload },
      );
      found.push(...differences.map(within(`${at}.data`)));
    }
    return found;
  });
}

function capturesOf(
  scene: Scene,
  run: InvocationFacts,
  expected: Record<string, unknown>,
): Record<string, unknown> {
  const { session } = emulatorOf(scene);
  return 'returned' in expected
    ? match(expected['returned'], { is: 'value', value: resultOf(session.recorder, run) }).captures
    : {};
}

function resultOf(recorder: Recorder, { ended }: InvocationFacts): unknown {
  if (ended === undefined || ended.outcome !== 'ok') {
    return null;
  }
  const whole = ended.more ? recorder.payload(ended.seq) : undefined;
  return exactOrText(whole === undefined ? ended.preview : whole.toString());
}

/** What it printed, line by line. */
export function linesOf({ logs }: InvocationFacts): string[] {
  return logs.filter(({ stream }) => stream !== 'platform').flatMap(({ text }) => text.split('\n'));
}

export function describeRun(scene: Scene, run: InvocationFacts): string {
  const { witness } = emulatorOf(scene);
  const { started, ended } = run;
  const client = witness.clientOf(started.connection);
  const parts = [
    client === undefined ? l10n.t('by hand') : l10n.t('for {0}', client),
    started.cold ? 'cold' : 'warm',
    ended === undefined
      ? l10n.t('still runs')
      : ended.outcome === 'ok'
        ? l10n.t('returned {0}', ended.preview)
        : `${ended.error?.statusCode ?? ''} ${ended.error?.errorMessage ?? ''}`,
    l10n.t('{0} pushes', run.pushes.length),
  ];
  return parts.join(', ');
}

function summaryOf(expected: Record<string, unknown>): string {
  const rest = Object.entries(expected).filter(([key]) => key !== 'times');
  return rest.length === 0
    ? l10n.t('a run')
    : rest.map(([key, value]) => `${key}: ${render(value)}`).join('\n');
}

function told(differences: Difference[]): string[] {
  return differences.map(({ path: at, expected, got }) =>
    l10n.t('{0}: expected {1}, got {2}', at, expected, got),
  );
}

const within =
  (where: string) =>
  (difference: Difference): Difference => ({
    ...difference,
    path: difference.path.replace(/^\$/, where),
  });

function seqOf(run: InvocationFacts | undefined): { seq?: number } {
  return run === undefined ? {} : { seq: run.started.seq };
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
