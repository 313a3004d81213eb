/**
 * `scfws serve`: a session in this process. `--json` prints its facts, one a line; `--stdio` also takes intents
 * on stdin and ends when stdin does: that is how the editor runs it.
 */
import * as l10n from '@vscode/l10n';
import fs from 'node:fs';
import readline from 'node:readline';
import type { Fact } from '../protocol/fact';
import type { Reply } from '../protocol/intent';
import type { EmulatorOptions } from '../protocol/project';
import { sentenceOf } from '../core/errors';
import { environmentVariable } from '../core/project/withEnvironment';
import { answerIntent } from '../core/session/intents';
import { startSession, type Session, type SessionOptions } from '../core/session/session';
import { problemLine } from '../core/session/problemText';
import { keepLean } from './leanHeap';
import { startNarration } from './narrate';
import { untilSignal } from './signals';

export type ServeOutput = 'text' | 'json' | 'stdio';

/** Milliseconds for which facts are gathered while many come. */
const batchMs = 8;

/** How long what was printed last may take to leave, milliseconds. */
const lastWriteMs = 1000;

/** Bytes that may wait for a reader that stands still; what comes then is left out (a host can ask for it). */
const outputLimit = 64 * 1024 * 1024;

/** Runs until it is told to stop; resolves with the exit code. */
export async function serve(
  given: SessionOptions,
  output: ServeOutput,
  platform?: EmulatorOptions['platform'],
): Promise<number> {
  const environment = process.env[environmentVariable];
  const options: SessionOptions = {
    ...given,
    ...(environment === undefined
      ? {}
      : { environment: JSON.parse(environment) as Record<string, string> }),
  };
  void broken(process.stderr);
  const start = async (): Promise<Session> => {
    const session = await startSession(options);
    if (platform !== undefined) {
      // What was typed now wins over scfws.json, which wins over options of the start.
      for (const { name } of session.services) {
        const ask = { service: name, emulator: { platform } };
        await answerIntent(session.intents, 'setOptions', ask);
      }
    }
    return session;
  };
  if (output === 'stdio') {
    return serveHost(start);
  }
  const session = await start();
  keepLean(session);
  trace(session);
  if (output === 'json') {
    reportProblems(session);
    const print = (fact: Fact): void => {
      if (process.stdout.writableLength < outputLimit) {
        process.stdout.write(`${JSON.stringify(fact)}\n`);
      }
    };
    session.recorder.read(1, Infinity).forEach(print);
    session.onFact(print);
  } else {
    printAddresses(session);
    const narrate = startNarration();
    const print = (fact: Fact): void => {
      const line = narrate(fact);
      if (line !== undefined && process.stdout.writableLength < outputLimit) {
        process.stdout.write(`${line}\n`);
      }
    };
    session.recorder.read(1, Infinity).forEach(print);
    session.onFact(print);
  }
  await Promise.race([untilSignal(), broken(process.stdout)]);
  if (output === 'text') {
    process.stdout.write(`${l10n.t('Stopping: connections are closed, handlers end.')}\n`);
  }
  await session.dispose('signal');
  leaveSoon();
  return 0;
}

async function serveHost(start: () => Promise<Session>): Promise<number> {
  const out = process.stdout;
  const hostLeft = broken(out);
  let batch: (Fact | Reply)[] = [];
  let sentAt = 0;
  let due: NodeJS.Timeout | undefined;
  const flush = (): void => {
    due = undefined;
    sentAt = performance.now();
    const lines = batch;
    batch = [];
    if (lines.length > 0 && out.writable) {
      out.write(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
    }
  };
  // A write costs more than the facts in it: what comes alone leaves at once, a stream of facts in batches. They
  // become text only then, out of the way of the frames that they tell of.
  const write = (value: Fact | Reply): void => {
    batch.push(value);
    if (batch.length === 1) {
      if (performance.now() - sentAt > batchMs) {
        setImmediate(flush);
      } else {
        due = setTimeout(flush, batchMs);
      }
    }
  };

  let session: Session;
  try {
    session = await start();
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return 1;
  }
  keepLean(session);
  trace(session);
  reportProblems(session);
  session.recorder.read(1, Infinity).forEach(write);
  session.onFact((fact) => {
    if (out.writable && out.writableLength < outputLimit) {
      write(fact);
    }
  });

  const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on('line', (line) => {
    void (async () => {
      const intent = parseIntent(line);
      if (intent === undefined) {
        process.stderr.write(`not an intent: ${line.slice(0, 200)}\n`);
        return;
      }
      const answer = await answerIntent(session.intents, intent.kind, intent);
      session.recorder.settle(); // What happened before the answer is told before it.
      write({ reply: intent.id, ...answer });
      if (intent.kind === 'stop') {
        clearTimeout(due);
        flush();
        leaveSoon();
        out.end(() => process.exit(0));
      }
    })();
  });
  const stdinEnds = new Promise<void>((resolve) => lines.once('close', resolve));
  await Promise.race([stdinEnds, hostLeft, untilSignal()]);
  await session.dispose('host left');
  clearTimeout(due);
  flush();
  if (out.writable) {
    leaveSoon();
    await new Promise<void>((resolve) => out.end(resolve));
  }
  return 0;
}

/** What a reader that stands still has not taken must not keep this process. */
function leaveSoon(): void {
  setTimeout(() => process.exit(0), lastWriteMs).unref();
}

/** Resolves when nobody reads a stream any more (EPIPE). What is written after that is lost, and no error. */
function broken(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => stream.on('error', () => resolve()));
}

function parseIntent(line: string): { id: number; kind: string } | undefined {
  try {
    const value = JSON.parse(line) as { id?: unknown; kind?: unknown } | null;
    return typeof value?.id === 'number' && typeof value.kind === 'string'
      ? (value as { id: number; kind: string })
      : undefined;
  } catch {
    return undefined;
  }
}

/** `SCFWS_TRACE=<file>`: appends every fact there as well, one JSON a line, whoever started the session. */
function trace(session: Session): void {
  const file = process.env['SCFWS_TRACE'];
  if (file === undefined || file === '') {
    return;
  }
  const out = fs.createWriteStream(file, { flags: 'a' });
  out.on('error', (error) => process.stderr.write(`SCFWS_TRACE: ${error.message}\n`));
  const append = (fact: Fact): void => void out.write(`${JSON.stringify(fact)}\n`);
  session.recorder.read(1, Infinity).forEach(append);
  session.onFact(append);
}

export function reportProblems(session: Session): void {
  for (const problem of session.problems) {
    process.stderr.write(`${problemLine(problem)}\n`);
  }
}

function printAddresses(session: Session): void {
  const [first] = session.recorder.read(1, 1);
  const lines = session.services.flatMap((service) => [
    l10n.t('{0} is served. Connect a WebSocket client to:', service.name),
    ...service.urls.map((url) => `  ${url}`),
    l10n.t('Push address:'),
    `  ${service.pushUrl}`,
  ]);
  if (first?.kind === 'listening' && first.wishedPort !== undefined) {
    lines.unshift(l10n.t('Port {0} is taken, so this is port {1}.', first.wishedPort, first.port));
  }
  lines.push(l10n.t('Press Ctrl+C to stop.'), '');
  process.stdout.write(lines.join('\n'));
}
