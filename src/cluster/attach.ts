/**
 * Who is attached sees what passes, as it passes: one fact a line, without payloads and secrets, of all connections or
 * of a sample of them. Nothing can be done from there; who reads slowly misses some, and is told how many.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fact } from '../protocol/fact';
import { createRedactor, defaultRedactionRules } from '../protocol/export/redact';
import { mapFact } from '../protocol/facts/table';
import type { Observer } from './observer';

/** Bytes that may wait for one reader. */
const mostWaiting = 4 * 1024 * 1024;
/** Readers at the same time. */
const mostReaders = 8;
/** Stands for every payload. */
const hidden = '…';

export interface AttachPorts {
  secret: string;
  observer: Observer;
  /** The first fact of a reader: what is served. */
  hello(): Fact;
}

export function startAttach(
  ports: AttachPorts,
): (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void {
  let readers = 0;
  return (request, response, query) => {
    if (!isGenuine(request.headers.authorization, ports.secret)) {
      refuse(response, 401, 'Attaching needs the secret of SCFWS_ATTACH_SECRET.');
      return;
    }
    if (readers >= mostReaders) {
      refuse(response, 503, `No more than ${mostReaders} can be attached to a node.`);
      return;
    }
    const wished = Number(query.get('sample') ?? 1);
    const share = wished > 0 && wished <= 1 ? wished : 1;
    readers++;
    response.writeHead(200, {
      'content-type': 'application/x-ndjson; charset=utf-8',
      'cache-control': 'no-store',
    });
    let missed = 0;
    let last: Fact | undefined;
    const catchUp = (): void => {
      if (last !== undefined && response.writableLength < mostWaiting / 2) {
        const { seq, at } = last;
        last = undefined;
        write({ seq, at, kind: 'dropped', facts: 0, payloads: 0, missed });
        missed = 0;
      }
    };
    const write = (fact: Fact): void => {
      catchUp();
      if (last === undefined && response.writableLength < mostWaiting) {
        response.write(`${JSON.stringify(fact)}\n`);
      } else {
        missed++;
        last = fact;
      }
    };
    response.on('drain', catchUp);
    write(redacted(ports.hello()));
    const chosen = sampleOf(share);
    const stop = ports.observer.onFact((fact) => {
      if (chosen(fact)) {
        write(redacted(fact));
      }
    });
    response.once('close', () => {
      readers--;
      stop();
    });
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify({ message }));
}

function isGenuine(given: string | undefined, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(`Bearer ${secret}`));
}

/** All of a connection, or nothing of it: runs and logs go with theirs. */
function sampleOf(share: number): (fact: Fact) => boolean {
  const runs = new Set<string>();
  const isIn = (connection: string): boolean =>
    createHash('sha256').update(connection).digest().readUInt32BE(0) < share * 2 ** 32;
  return (fact) => {
    if (share === 1) {
      return true;
    }
    if (fact.kind === 'invocationStarted') {
      const taken = fact.connection !== null && isIn(fact.connection);
      if (taken) {
        runs.add(fact.invocation);
      }
      return taken;
    }
    if (fact.kind === 'invocationEnded') {
      return runs.delete(fact.invocation);
    }
    if (fact.kind === 'log') {
      return fact.invocation !== null && runs.has(fact.invocation);
    }
    return (
      !('connection' in fact) || (typeof fact.connection === 'string' && isIn(fact.connection))
    );
  };
}

const redactor = createRedactor(defaultRedactionRules);

function redacted(fact: Fact): Fact {
  return mapFact(fact, (text, outside, name) => {
    switch (outside.use) {
      case 'preview':
      case 'output':
        return text === '' ? '' : hidden;
      case 'line':
      case 'lines':
        return redactor.text(text);
      case 'target':
        return redactor.target(text);
      case 'header':
        return redactor.value(outside.header || name, text);
      case 'keyAddress':
        return text.replace(/[^/]*$/, hidden);
    }
  });
}
