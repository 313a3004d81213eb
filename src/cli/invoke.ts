/**
 * `scfws invoke`: runs one function once with an event. Result on stdout, logs on stderr. What the handler did not
 * await goes on, and is waited for, as long as its function may run; `serve` would let it go on, too.
 */
import * as l10n from '@vscode/l10n';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { sentences, UserError } from '../core/errors';
import { pasteable } from '../core/pasteable';
import { mustBeProject } from '../core/project/projectSearch';
import { readText } from '../core/textFile';
import type { Timer } from '../core/clock';
import { type Session, startSession, type SessionOptions } from '../core/session/session';
import {
  leftOut,
  type BackgroundKind,
  type ConnectionKind,
  type Fact,
  type FunctionInfo,
} from '../protocol/fact';
import { endLines, startLine } from '../protocol/platformLog';
import { sampleEvents } from '../protocol/samples';
import { placed, visible } from './narrate';
import { reportProblems } from './serve';

export interface InvokeOptions extends SessionOptions {
  /** Name or role. */
  functionName: string;
  /** A file, `-` for stdin, or the id of a built-in sample. */
  event: string;
}

export async function invoke({ functionName, event, ...options }: InvokeOptions): Promise<number> {
  for (const folder of options.folders) {
    mustBeProject(folder, (each) => pasteable('scfws', 'invoke', each, functionName));
  }
  const session = await startSession({ ...options, port: 0 });
  try {
    reportProblems(session);
    const functions = session.services.flatMap((service) => service.functions);
    const target = findFunction(functions, functionName);
    session.onFact((fact) => {
      const said = wordsOf(fact, target);
      if (said !== undefined) {
        process.stderr.write(`${said}\n`);
      }
    });
    const given = await readEvent(event, target, options.folders);
    const { intents } = session;
    const run = async () => intents.invoke({ function: target.function, event: given });
    const answer = await run().catch((error: unknown) => {
      throw inFile(error, event);
    });
    await session.looked(target.function);
    session.recorder.settle(); // What it caused is printed before its result.
    process.stdout.write(`${answer.result}\n`);
    await lastWork(session, target);
    return answer.outcome === 'ok' ? 0 : 1;
  } finally {
    await session.dispose('done');
  }
}

/** What is wrong with an event is told with the file that it is in. */
function inFile(error: unknown, event: string): unknown {
  return error instanceof UserError && error.code === 'eventNotJson' && event !== '-'
    ? new UserError(error.code, `${event}: ${error.message}`, error.nextStep)
    : error;
}

function wordsOf(fact: Fact, target: FunctionInfo): string | undefined {
  switch (fact.kind) {
    case 'log':
      return fact.text;
    case 'invocationStarted':
      return startLine(fact.invocation);
    case 'invocationEnded': {
      const result = fact.error === undefined ? fact.preview : JSON.stringify(fact.error);
      return endLines(fact, result, target.memory).join('\n');
    }
    case 'push': {
      const what =
        fact.action === 'closing' ? 'closing' : `${fact.type ?? ''} ${visible(fact.preview)}`;
      const answer = fact.errNo === 0 ? 'errNo 0' : `errNo ${fact.errNo}: ${visible(fact.errMsg)}`;
      return `${l10n.t('push to {0}: {1}', fact.connection, what)} → ${answer}`;
    }
    case 'diagnostic':
      return (fact.function ?? target.function) === target.function
        ? `${fact.severity}: ${placed(fact.place)}${sentences(fact.message, fact.advice)}`
        : undefined;
    default:
      leftOut<BackgroundKind | ConnectionKind | 'frame'>(fact);
      return undefined;
  }
}

/** What takes longer than this is told, milliseconds. */
const notableMs = 300;

/** Waits for what the handler did not await, for as long as its function may run at most. */
async function lastWork({ quiet, clock }: Session, { timeout }: FunctionInfo): Promise<void> {
  let end: 'over' | 'tooLong' | undefined;
  const timers: Timer[] = [];
  await new Promise<void>((resolve) => {
    void quiet.untilOver().then(() => {
      end ??= 'over';
      resolve();
    });
    const waits = l10n.t(
      'Waiting for what the handler did not await, for {0} seconds at most.',
      timeout,
    );
    timers.push(
      clock.setTimer(notableMs, () => process.stderr.write(`${waits}\n`)),
      clock.setTimer(timeout * 1000, () => {
        end ??= 'tooLong';
        resolve();
      }),
    );
  });
  timers.forEach((timer) => timer.dispose());
  if (end === 'tooLong') {
    const ended = l10n.t(
      'Work that was not awaited still ran after {0} seconds, the time limit, and was ended.',
      timeout,
    );
    process.stderr.write(`${ended}\n`);
  }
}

function findFunction(functions: FunctionInfo[], wanted: string): FunctionInfo {
  const found =
    functions.find(({ function: id, name }) => id === wanted || name === wanted) ??
    functions.find(({ roles }) => roles.some((role) => role === wanted)) ??
    functions.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (found === undefined) {
    throw new UserError(
      'unknownFunction',
      l10n.t('There is no function {0}.', wanted),
      l10n.t('Functions: {0}', functions.map(({ name }) => name).join(', ')),
    );
  }
  return found;
}

async function readEvent(
  event: string,
  target: FunctionInfo,
  projects: readonly string[],
): Promise<string> {
  if (event === '-') {
    return readText(await buffer(process.stdin), l10n.t('Standard input'));
  }
  const samples = target.roles.flatMap((role) => sampleEvents(role));
  const sample =
    samples.find(({ id }) => id === event) ?? (event === 'sample' ? samples[0] : undefined);
  if (sample !== undefined) {
    return JSON.stringify(sample.event);
  }
  let bytes: Buffer;
  try {
    bytes = await fs.readFile(path.resolve(event));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const inProject = projects.map((folder) => path.join(folder, event)).find(existsSync);
    throw new UserError(
      'noEvent',
      code === 'ENOENT'
        ? l10n.t('There is no event file {0}.', path.resolve(event))
        : l10n.t('The event {0} cannot be read: {1}', event, message),
      /^\s*[[{]/.test(event)
        ? l10n.t('The event itself goes to standard input, with --event -.')
        : inProject !== undefined
          ? l10n.t('The project has it: {0}', pasteable('--event', inProject))
          : l10n.t(
              'Give a file, - for standard input, or a sample: {0}',
              ['sample', ...samples.map(({ id }) => id)].join(', '),
            ),
    );
  }
  return readText(bytes, event);
}
