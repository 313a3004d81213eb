/** Connections: the handshake and its end, the end of a connection, and the test clients. */
import { closeCauses, type CloseCause } from '../project';
import type { FactEntry } from './entry';
import { header, line, number, oneOf, optional, own, recordOf, target } from './shape';

export const shortId = (connection: string): string => connection.slice(0, 6);

const causeWords = Object.fromEntries(closeCauses.map((cause) => [cause, true])) as Record<
  CloseCause,
  true
>;

export const connectionFacts: {
  connecting: FactEntry<'connecting'>;
  opened: FactEntry<'opened'>;
  refused: FactEntry<'refused'>;
  closed: FactEntry<'closed'>;
  client: FactEntry<'client'>;
} = {
  connecting: {
    members: {
      connection: own,
      service: own,
      stage: own,
      target,
      remote: own,
      protocols: optional(header('sec-websocket-protocol')),
      extensions: optional(header('sec-websocket-extensions')),
      headers: recordOf(header('')),
      client: optional(own),
    },
    payload: 'none',
    explains: ({ connection }) => ({ connection }),
    row: (fact) => ({
      kind: 'handshake',
      connection: fact.connection,
      text: fact.target,
      direction: 'toServer',
      status: 'pending',
    }),
    change: null,
    har: (fact, har) => har.request(fact),
    words: (fact, { l10n, name }) =>
      l10n.t('{0} asks to connect to {1}', name(fact.connection), fact.target),
  },
  opened: {
    members: {
      connection: own,
      protocol: optional(header('sec-websocket-protocol')),
      extensions: optional(header('sec-websocket-extensions')),
    },
    payload: 'none',
    explains: ({ connection }) => ({ connection }),
    row: null,
    change: (fact) => ({
      of: { handshake: fact.connection },
      status: 'ok',
      code: 101,
      until: fact.at,
    }),
    har: (fact, har) => har.accepted(fact),
    words: (fact, { l10n, name }) =>
      l10n.t('{0} is open (id {1})', name(fact.connection), fact.connection),
  },
  refused: {
    members: {
      connection: optional(own),
      service: optional(own),
      status: number,
      body: line,
      reason: line,
      target,
      remote: own,
    },
    payload: 'none',
    explains: ({ connection }) => ({ connection }),
    row: (fact) => ({
      kind: 'refusal',
      connection: fact.connection ?? '',
      text: fact.reason,
      direction: 'toClient',
      status: 'error',
      code: fact.status,
    }),
    change: (fact) =>
      fact.connection === undefined
        ? undefined
        : {
            of: { handshake: fact.connection },
            status: 'error',
            code: fact.status,
            until: fact.at,
          },
    har: (fact, har) => har.refused(fact),
    words: (fact, { l10n }) =>
      l10n.t('refused {0} with {1}: {2}', fact.target, fact.status, fact.reason),
  },
  closed: {
    members: {
      connection: own,
      cause: oneOf(causeWords),
      code: number,
      reason: line,
      counted: optional(number),
    },
    payload: 'none',
    explains: ({ connection }) => ({ connection }),
    row: (fact) => ({
      kind: 'close',
      connection: fact.connection,
      text: fact.reason,
      status: fact.code === 1006 ? 'error' : 'ok',
      code: fact.code,
    }),
    // A client that left during Register never opened.
    change: (fact) => ({
      of: { handshake: fact.connection },
      status: 'error',
      code: fact.code,
      until: fact.at,
    }),
    har: (fact, har) => har.ended(fact),
    words: (fact, { l10n, name }) =>
      l10n
        .t('{0} closed: {1} {2} {3}', name(fact.connection), fact.cause, fact.code, fact.reason)
        .trimEnd(),
  },
  client: {
    members: {
      client: own,
      state: oneOf({ connecting: true, open: true, closed: true }),
      url: target,
      connection: optional(own),
      detail: optional(line),
    },
    payload: 'none',
    explains: ({ connection }) => ({ connection }),
    row: null,
    change: null,
    har: null,
    words: null,
  },
};
