/** The causal chain behind a failure: from the first cause to the handler's line and what it printed. */
import fs from 'node:fs';
import * as l10n from '@vscode/l10n';
import type { SourcePlace } from '../../protocol/fact';
import type { ChainLine } from '../../protocol/testEvent';
import {
  flatten,
  type InvocationFacts,
  seqOf,
  type TraceNode,
  traceOf,
} from '../../protocol/trace';
import { findHandler } from '../project/handlerPlace';
import { linesOf } from './perform/functionSteps';
import type { Witness } from './witness';

/** Links and lines of a log that are shown. */
const mostLinks = 40;
const mostLogLines = 20;

export function explain(
  witness: Witness,
  seq: number,
): { chain: ChainLine[]; handler?: SourcePlace } | undefined {
  const trace = traceOf(witness.index, seq);
  if (trace === undefined) {
    return undefined;
  }
  const nodes = flatten(trace.root).slice(0, mostLinks);
  const chain = nodes.map(({ node, depth }): ChainLine => {
    const place = node.node === 'invocation' ? placeOf(witness, node.facts) : undefined;
    return {
      depth,
      text: describeNode(witness, node),
      seq: seqOf(node),
      ...(place === undefined ? {} : { place }),
      logs: node.node === 'invocation' ? linesOf(node.facts).slice(-mostLogLines) : [],
    };
  });
  // Where it failed says more than where it is written.
  const failed = nodes.find(
    ({ node }) => node.node === 'invocation' && node.facts.ended?.place !== undefined,
  );
  const handler =
    failed?.node.node === 'invocation'
      ? failed.node.facts.ended?.place
      : chain.find(({ place }) => place !== undefined)?.place;
  return { chain, ...(handler === undefined ? {} : { handler }) };
}

/** Where it failed, else where the handler begins. */
function placeOf(witness: Witness, { started, ended }: InvocationFacts): SourcePlace | undefined {
  if (ended?.place !== undefined) {
    return ended.place;
  }
  const info = witness.functionOfId(started.function);
  if (info === undefined) {
    return undefined;
  }
  try {
    const text = fs.readFileSync(info.file, 'utf8');
    const found = findHandler(text, info.handler, info.family);
    return { file: info.file, line: (found?.line ?? 0) + 1 };
  } catch {
    return undefined; // The file went away meanwhile.
  }
}

function describeNode(witness: Witness, node: TraceNode): string {
  const who = (connection: string): string =>
    witness.clientOf(connection) ?? connection.slice(0, 6);
  switch (node.node) {
    case 'handshake':
      return l10n.t('{0} asked to connect', who(node.fact.connection));
    case 'refusal':
      return l10n.t('refused with {0}: {1}', node.fact.status, node.fact.reason);
    case 'closed':
      return l10n.t('the connection of {0} ended: {1}', who(node.fact.connection), node.fact.cause);
    case 'frame': {
      const { connection, direction, preview, more, type } = node.fact;
      const what = `${type === 'text' ? '' : `${type} `}${preview}${more ? '…' : ''}`;
      return direction === 'toServer'
        ? l10n.t('{0} sent {1}', who(connection), what)
        : l10n.t('{0} got {1}', who(connection), what);
    }
    case 'push': {
      const { connection, errNo, errMsg, action } = node.fact;
      const answer = errNo === 0 ? '' : ` → errNo ${errNo}: ${errMsg}`;
      return action === 'closing'
        ? l10n.t('push: close {0}', who(connection)) + answer
        : l10n.t('push to {0}', who(connection)) + answer;
    }
    case 'invocation': {
      const { started, ended } = node.facts;
      const name = witness.functionOfId(started.function)?.name ?? started.function;
      const how = started.cold ? 'cold' : 'warm';
      const end =
        ended === undefined
          ? l10n.t('still runs')
          : ended.outcome === 'ok'
            ? l10n.t('returned {0}', ended.preview)
            : `${ended.error?.statusCode ?? ''} ${ended.error?.errorMessage ?? ''}`;
      return `${name} (${how}): ${end}`;
    }
  }
}
