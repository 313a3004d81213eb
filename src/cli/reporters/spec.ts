/** For people at a terminal: a line for each scenario, and for a failure everything that explains it. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { columnsOf, padColumns } from '../../core/textColumns';
import type { Count } from '../../protocol/coverage';
import type { ChainLine, Failure, TestEvent } from '../../protocol/testEvent';
import { visible } from '../narrate';
import { Known, type Output, placeText, type Reporter } from './reporter';

type Ended = Extract<TestEvent, { test: 'scenarioEnded' }>;

export function specReporter(output: Output): Reporter {
  const known = new Known();
  const failures: Ended[] = [];
  const paint = painter(output.colours);
  const line = (text = ''): void => output.write(`${text}\n`);
  const marks: Record<Ended['outcome'], string> = {
    passed: paint.green('✓'),
    failed: paint.red('✗'),
    skipped: paint.dim('-'),
    notRun: paint.dim('·'),
  };
  const notRun = { count: 0 };
  return {
    onEvent(event) {
      known.onEvent(event);
      switch (event.test) {
        case 'problem': {
          const { file, range, severity, message } = event.problem;
          const where = range === undefined ? path.relative('', file) : placeText({ file, range });
          const word = severity === 'error' ? paint.red(severity) : paint.dim(severity);
          line(`${where}: ${word}: ${message}`);
          return;
        }
        case 'scenarioEnded': {
          if (event.outcome === 'notRun') {
            notRun.count++;
            return;
          }
          const attempt = event.attempt > 1 ? ` (${event.attempt})` : '';
          line(
            `${marks[event.outcome]} ${visible(event.scenario)}${attempt} ${paint.dim(`${event.ms} ms`)}`,
          );
          event.notes.forEach((note) => line(`    ${paint.dim(visible(note))}`));
          if (event.failure !== undefined) {
            failures.push(event);
            explainFailure(event.failure, paint).forEach((each) => line(`  ${each}`.trimEnd()));
            line();
          }
          return;
        }
        case 'coverageWritten':
          event.notes.forEach((note) => line(visible(note)));
          line(
            l10n.t(
              'Coverage: lines {0}, branches {1}, functions {2} ({3})',
              share(event.lines),
              share(event.branches),
              share(event.functions),
              path.relative('', event.file),
            ),
          );
          return;
        case 'runEnded': {
          line();
          if (failures.length > 1) {
            line(l10n.t('Failed:'));
            failures.forEach(({ scenario, failure }) =>
              line(
                `  ${visible(scenario)}  ${paint.dim(failure === undefined ? '' : placeText(failure.place))}`,
              ),
            );
            line();
          }
          line(summary(event));
          return;
        }
        default:
      }
    },
  };
}

function summary(event: Extract<TestEvent, { test: 'runEnded' }>): string {
  const { passed, failed, skipped, notRun, problems, ms } = event;
  const parts = [
    l10n.t('{0} passed', passed),
    ...(failed > 0 ? [l10n.t('{0} failed', failed)] : []),
    ...(skipped > 0 ? [l10n.t('{0} skipped', skipped)] : []),
    ...(notRun > 0 ? [l10n.t('{0} not run', notRun)] : []),
    ...(problems > 0 ? [l10n.t('{0} problems in files', problems)] : []),
  ];
  return `${parts.join(', ')} (${(ms / 1000).toFixed(1)} s)`;
}

/** Lines of a failure; the step as written, what was expected and what came, the inbox, and why. */
export function explainFailure(failure: Failure, paint: Paint): string[] {
  const { message, nextStep, place, expected, got, differences = [], inbox, chain = [] } = failure;
  const lines = ['', paint.dim(placeText(place)), ...sourceLine(place), ''];
  lines.push(...message.split('\n').map((each) => paint.red(visible(each))));
  if (nextStep !== undefined) {
    lines.push(...nextStep.split('\n').map(visible));
  }
  if (expected !== undefined) {
    lines.push('', ...sideBySide(expected, got ?? '', paint));
  }
  lines.push(...differences.map((each) => `  ${visible(each)}`));
  if (inbox !== undefined && inbox.lines.length > 0) {
    lines.push('', l10n.t('Inbox of {0}', inbox.client));
    const words = { read: l10n.t('read'), skipped: l10n.t('skipped'), unread: l10n.t('unread') };
    const width = Math.max(...Object.values(words).map(columnsOf));
    lines.push(
      ...inbox.lines.map(
        ({ number, state, text, type }) =>
          `${state === 'unread' ? paint.bold('>') : ' '} ${String(number).padStart(3)}  ${padColumns(words[state], width)}  ${type === 'binary' ? 'binary ' : ''}${visible(text)}`,
      ),
    );
  }
  if (chain.length > 0) {
    lines.push('', l10n.t('What happened'), ...chain.flatMap((link) => chainLines(link, paint)));
  }
  return lines;
}

function chainLines({ depth, text, place, logs }: ChainLine, paint: Paint): string[] {
  const indent = '  '.repeat(depth + 1);
  const where =
    place === undefined ? '' : `  ${paint.dim(`${path.relative('', place.file)}:${place.line}`)}`;
  return [
    `${indent}${visible(text)}${where}`,
    ...logs.map((log) => `${indent}  ${paint.dim('|')} ${visible(log.replaceAll('\t', '  '))}`),
  ];
}

/** Columns for each side; longer lines stand below each other. */
const column = 36;

function sideBySide(expected: string, got: string, paint: Paint): string[] {
  const left = expected.split('\n').map(visible);
  const right = got.split('\n').map(visible);
  const heads: [string, string] = [l10n.t('expected'), l10n.t('got')];
  if ([...left, ...right].every((each) => columnsOf(each) <= column)) {
    const rows = Math.max(left.length, right.length);
    return [
      `  ${paint.dim(padColumns(heads[0], column + 2))}${paint.dim(heads[1])}`,
      ...Array.from(
        { length: rows },
        (_, row) =>
          `  ${paint.green(padColumns(left[row] ?? '', column + 2))}${paint.red(right[row] ?? '')}`,
      ),
    ];
  }
  const width = Math.max(...heads.map(columnsOf)) + 2;
  const block = (head: string, all: string[], colour: (text: string) => string): string[] =>
    all.map(
      (each, row) => `  ${paint.dim(padColumns(row === 0 ? head : '', width))}${colour(each)}`,
    );
  return [...block(heads[0], left, paint.green), ...block(heads[1], right, paint.red)];
}

function sourceLine({ file, range }: Failure['place']): string[] {
  try {
    const text = fs.readFileSync(file, 'utf8').split(/\r?\n/)[range.line] ?? '';
    return [`${String(range.line + 1).padStart(4)} │ ${visible(text.trimEnd())}`];
  } catch {
    return [];
  }
}

export interface Paint {
  red(text: string): string;
  green(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

export function painter(colours: boolean): Paint {
  const paint =
    (code: number) =>
    (text: string): string =>
      colours && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { red: paint(31), green: paint(32), dim: paint(2), bold: paint(1) };
}

function share({ covered, total }: Count): string {
  return total === 0 ? '–' : `${covered}/${total}`;
}
