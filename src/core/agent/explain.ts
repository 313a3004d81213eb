/** Why something happened, in at most 600 tokens: the causal chain, and for what failed the line of source and the log. */
import fs from 'node:fs';
import { renderTraceText } from '../../protocol/export/sequence';
import type { FactOf } from '../../protocol/fact';
import { flatten, traceOf } from '../../protocol/trace';
import { explainBudget, fitLines, short } from './answer';
import type { Witness } from './witness';

/** Undefined when there is no such fact, or it has neither cause nor effect. */
export function explain(witness: Witness, seq: number): string | undefined {
  const trace = traceOf(witness.index, seq);
  if (trace === undefined) {
    const fact = witness.index.fact(seq);
    return fact && (witness.line(fact) ?? JSON.stringify(fact));
  }
  const chain = renderTraceText(trace, (connection) => witness.nameOf(connection))
    .split('\n')
    .map((line) => short(line.trim(), 160));
  const details = flatten(trace.root).flatMap(({ node }) => {
    switch (node.node) {
      case 'invocation':
        return aboutRun(witness, node.facts.started, node.facts.ended, node.facts.logs);
      case 'push':
        return node.fact.errNo === 0
          ? (node.fact.warnings ?? []).map((warning) => `#${node.fact.seq} warning: ${warning}`)
          : aboutFailedPush(witness, node.fact);
      case 'refusal':
        return [`#${node.fact.seq} refused: ${node.fact.status} ${short(node.fact.body, 200)}`];
      case 'frame':
      case 'handshake':
      case 'closed':
        return [];
    }
  });
  // What explains comes first: of a long chain its beginning is the least that must be left out.
  const told = fitLines(details, explainBudget * 0.6);
  const walked = fitLines(chain, explainBudget - told.text.length - 80);
  return [
    walked.text,
    ...(walked.left > 0 ? [`… ${walked.left} more steps`] : []),
    ...(told.text === '' ? [] : ['', told.text]),
    ...(told.left > 0 ? [`… ${told.left} more lines: list facts after #${seq}`] : []),
  ].join('\n');
}

function aboutFailedPush(
  witness: Witness,
  { seq, errNo, errMsg, place }: FactOf<'push'>,
): string[] {
  const told = `#${seq} push failed: errNo ${errNo}, ${errMsg}`;
  return place === undefined
    ? [told]
    : [told, `  at ${witness.placed(place)}: ${short(sourceLine(place.file, place.line), 160)}`];
}

function aboutRun(
  witness: Witness,
  started: FactOf<'invocationStarted'>,
  ended: FactOf<'invocationEnded'> | undefined,
  logs: readonly FactOf<'log'>[],
): string[] {
  const lines: string[] = [];
  const name = started.function.split('/').pop() ?? started.function;
  if (ended === undefined) {
    lines.push(`#${started.seq} ${name} has not ended`);
  } else if (ended.outcome === 'ok') {
    lines.push(`#${started.seq} ${name} returned ${short(ended.preview, 160)}`);
  } else {
    const { error, place } = ended;
    const message = short(error?.errorMessage ?? '', 200);
    lines.push(`#${started.seq} ${name} failed: ${error?.statusCode ?? ''} ${message}`);
    const stack = (error?.stackTrace ?? '').trim().split('\n');
    // Python says last what was raised, JavaScript first.
    const raised = stack.at(stack[0]?.startsWith('Traceback') === true ? -1 : 0) ?? '';
    if (raised !== '' && !message.includes(raised)) {
      lines.push(`  ${short(raised.trim(), 200)}`);
    }
    if (place !== undefined) {
      lines.push(
        `  at ${witness.placed(place)}: ${short(sourceLine(place.file, place.line), 160)}`,
      );
    }
  }
  for (const finding of findingsOf(witness, started.invocation, started.connection)) {
    const where = finding.place === undefined ? '' : ` (${witness.placed(finding.place)})`;
    lines.push(`  ${finding.rule}: ${short(finding.message, 240)}${where}`);
    lines.push(`    ${short(finding.advice, 240)}`);
  }
  const shown = logs.slice(-4);
  lines.push(...shown.map(({ text, stream }) => `  ${stream}: ${short(text, 160)}`));
  return lines;
}

function findingsOf(
  witness: Witness,
  invocation: string,
  connection: string | null,
): FactOf<'diagnostic'>[] {
  const found: FactOf<'diagnostic'>[] = [];
  for (const fact of witness.index.all()) {
    if (
      fact.kind === 'diagnostic' &&
      (fact.invocation === invocation ||
        (fact.invocation === undefined && connection !== null && fact.connection === connection))
    ) {
      found.push(fact);
    }
  }
  return found.slice(-3);
}

function sourceLine(file: string, line: number): string {
  try {
    return fs.readFileSync(file, 'utf8').split('\n')[line - 1]?.trim() ?? '';
  } catch {
    return '';
  }
}
