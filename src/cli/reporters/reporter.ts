/** A reporter turns the events of a run into text: in the terminal, or in a file. */
import path from 'node:path';
import type { Failure, ScenarioId, ScenarioInfo, TestEvent } from '../../protocol/testEvent';

export interface Reporter {
  onEvent(event: TestEvent): void;
}

export type ReporterName = 'spec' | 'junit' | 'tap' | 'github' | 'json';
export const reporterNames: readonly ReporterName[] = ['spec', 'junit', 'tap', 'github', 'json'];

export interface Output {
  write(text: string): void;
  /** Escape sequences for colours mean something there. */
  colours: boolean;
}

/** Scenarios by their id, as `runStarted` tells them. */
export class Known {
  private readonly scenarios = new Map<ScenarioId, ScenarioInfo>();

  onEvent(event: TestEvent): void {
    if (event.test === 'runStarted') {
      event.scenarios.forEach((each) => this.scenarios.set(each.id, each));
    }
  }

  of(id: ScenarioId): ScenarioInfo | undefined {
    return this.scenarios.get(id);
  }
}

/** `path:line:column`, as editors and terminals know to open it; lines from 1. */
export function placeText({ file, range }: Failure['place']): string {
  return `${path.relative('', file) || file}:${range.line + 1}:${range.column + 1}`;
}

/** A failure on a few lines, without colours: for files and for CI. */
export function failureText(failure: Failure): string {
  const {
    message,
    nextStep,
    place,
    expected,
    got,
    differences = [],
    inbox,
    chain = [],
    handler,
  } = failure;
  const lines = [placeText(place), message];
  if (nextStep !== undefined) {
    lines.push(nextStep);
  }
  if (expected !== undefined) {
    lines.push('', ...indent('expected: ', expected), ...indent('got:      ', got ?? ''));
  }
  lines.push(...differences.map((each) => `  ${each}`));
  if (inbox !== undefined) {
    lines.push('', `inbox of ${inbox.client}:`);
    lines.push(...inbox.lines.map((each) => `  ${each.number} ${each.state}: ${each.text}`));
  }
  if (chain.length > 0) {
    lines.push('', 'what happened:');
    for (const { depth, text, place: at, logs } of chain) {
      const where = at === undefined ? '' : `  (${path.relative('', at.file)}:${at.line})`;
      lines.push(`${'  '.repeat(depth + 1)}${text}${where}`);
      lines.push(...logs.map((log) => `${'  '.repeat(depth + 2)}| ${log}`));
    }
  } else if (handler !== undefined) {
    lines.push(`${path.relative('', handler.file)}:${handler.line}`);
  }
  return lines.join('\n');
}

function indent(head: string, text: string): string[] {
  return text
    .split('\n')
    .map((line, index) => (index === 0 ? head : ' '.repeat(head.length)) + line);
}
