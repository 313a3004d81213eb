/** JSON lines for operators: what happened to connections and calls, never what they said. */
import net from 'node:net';
import * as l10n from '@vscode/l10n';
import pino, { type Logger } from 'pino';
import { type BackgroundKind, type Fact, leftOut } from '../protocol/fact';
import { Bucket } from './admission';
import type { GatewayConfig } from './config';
import type { Listener } from './observer';

export type Log = Logger;

/** Bytes of lines that may wait for a reader that stands still, or for a disk that is full; what comes then is left out. */
const mostWaiting = 1024 * 1024;

/** Lines that cannot be written now are written later or left out: clients are worth more. */
export function startLog({ level }: GatewayConfig['log']): Log {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    process.stdout instanceof net.Socket ? startQueue(process.stdout) : startFile(),
  );
}

/** A pipe (or a terminal) queues what its reader does not take; pino's own way would stand still until it does. */
function startQueue(pipe: net.Socket): pino.DestinationStream {
  pipe.on('error', teller());
  return {
    write(line) {
      if (pipe.writable && pipe.writableLength < mostWaiting) {
        pipe.write(line);
      }
    },
  };
}

/** What a full disk does not take is written once it does. */
function startFile(): pino.DestinationStream {
  const file = pino.destination({ dest: 1, sync: true, maxLength: mostWaiting });
  file.on('error', teller());
  return file;
}

/** Says once why the log cannot be written. */
function teller(): (error: Error) => void {
  let isTold = false;
  return ({ message }) => {
    if (!isTold) {
      isTold = true;
      const text = l10n.t(
        'The log cannot be written: {0}. The gateway goes on; lines may be missing.',
        message,
      );
      process.stderr.write(`scfws: ${text}\n`);
    }
  };
}

/** More a second are counted: whoever floods a node with handshakes shall not fill its disk. */
const refusedLines = 20;

/** `msg` is the kind of the fact, for machines; fields that could hold payloads are left out. */
export function factLog(log: Log, { output }: Pick<GatewayConfig['log'], 'output'>): Listener {
  const lines = new Bucket(refusedLines, performance.now());
  let untold = 0;
  const tellCount = (): void => {
    log.warn({ count: untold }, 'refused');
    untold = 0;
  };
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'connecting': {
        const { connection, service, stage, remote } = fact;
        log.debug({ connection, service, stage, remote }, fact.kind);
        break;
      }
      case 'opened':
        log.info({ connection: fact.connection }, fact.kind);
        break;
      case 'refused': {
        if (!lines.take(performance.now())) {
          if (untold++ === 0) {
            setTimeout(tellCount, 1000).unref();
          }
          break;
        }
        const { connection, service, status, reason, remote } = fact;
        log.info({ connection, service, status, reason, remote }, fact.kind);
        break;
      }
      case 'closed': {
        const { connection, cause, code } = fact;
        log.info({ connection, cause, code }, fact.kind);
        break;
      }
      case 'invocationStarted': {
        const { invocation, role, connection, queuedMs } = fact;
        log.debug({ invocation, function: fact.function, role, connection, queuedMs }, fact.kind);
        break;
      }
      case 'invocationEnded': {
        const { invocation, outcome, durationMs, error } = fact;
        const fields = { invocation, outcome, durationMs, errorMessage: error?.errorMessage };
        log[outcome === 'ok' ? 'debug' : 'warn'](fields, fact.kind);
        break;
      }
      case 'log':
        if (output) {
          const { invocation, stream, text } = fact;
          log.info({ invocation, function: fact.function, stream, text }, fact.kind);
        }
        break;
      case 'push': {
        const { connection, service, action, size, invocation, errNo, errMsg } = fact;
        const fields = { connection, service, action, size, invocation, errNo, errMsg };
        log[errNo === 0 ? 'debug' : 'info'](fields, fact.kind);
        break;
      }
      case 'diagnostic': {
        const { rule, message, advice } = fact;
        const level = fact.severity === 'warning' ? 'warn' : fact.severity;
        log[level]({ rule, message, advice }, fact.kind);
        break;
      }
      default:
        leftOut<BackgroundKind | 'client' | 'frame'>(fact);
    }
  };
}
