/** `scfws load`: the scenarios of a flow as many clients at once. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../core/errors';
import { parseCheck } from '../core/load/checks';
import { load, type LoadOptions, type LoadResult } from '../core/load/load';
import { renderLoadReport } from '../core/load/report';
import type { LoadEvent } from '../core/load/events';
import { rowsOf } from '../core/load/rows';
import { judge, summaryLines, tableLines, warnings } from '../core/load/tell';
import { pasteable } from '../core/pasteable';
import { findFlows, loadFlow } from '../core/scenario/loadFlows';
import { problemLine } from '../core/session/problemText';
import { onSignals } from './signals';
import { startTestHost } from './testHost';

export interface RunLoadOptions extends Omit<LoadOptions, 'plans' | 'signal' | 'onSecond'> {
  file: string;
  checks: string[];
  report?: string;
  language: string;
  /** For a host: events as JSON Lines; the end of stdin ends it before its time, with the figures so far. */
  stdio: boolean;
}

/** Exit code: 0 all checks hold, 1 one does not or nothing was measured, 2 wrong use or a wrong file. */
export async function runLoad(options: RunLoadOptions): Promise<number> {
  const controller = new AbortController();
  const stop = onSignals(() => controller.abort());
  const host = options.stdio ? startTestHost(() => controller.abort()) : undefined;
  const print = (event: LoadEvent): void => {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  };
  try {
    const checks = options.checks.map(parseCheck);
    const file = path.resolve(options.file);
    if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw await oneFlow(options.file);
    }
    const { plans, problems } = await loadFlow(file, path.dirname(file));
    problems.forEach((problem) => process.stderr.write(`${problemLine(problem)}\n`));
    if (plans.length === 0 || problems.some(({ severity }) => severity === 'error')) {
      throw new UserError(
        'noFlow',
        l10n.t('{0} cannot be run.', options.file),
        l10n.t('Correct it; "scfws test" says more.'),
      );
    }
    const report = options.report === undefined ? undefined : openReport(options.report);
    const tty = process.stderr.isTTY === true;
    const result = await load({
      ...options,
      plans,
      signal: controller.signal,
      onSecond({ seconds, sent, received, expected, live }) {
        const second = live.seconds.at(-1);
        if (options.stdio && second !== undefined) {
          const lines = [
            l10n.t('{0} s: {1} sent, {2} of {3} received', seconds, sent, received, expected),
          ];
          print({ load: 'second', lines, rows: live.rows(), second });
        } else if (tty || seconds % 10 === 0) {
          const line = l10n.t(
            '{0} s: {1} sent, {2} of {3} received',
            seconds,
            sent,
            received,
            expected,
          );
          process.stderr.write(tty ? `\r${line}  ` : `${line}\n`);
        }
      },
    });
    if (tty) {
      process.stderr.write('\n');
    }
    const judged = judge(result, checks);
    if (!options.stdio) {
      tell(result, judged, controller.signal.aborted);
    }
    report?.write(
      renderLoadReport(result, {
        title: path.basename(options.file),
        language: options.language,
        checks: judged,
      }),
    );
    if (options.stdio) {
      print({
        load: 'ended',
        lines: summaryLines(result),
        warnings: [...warnings(result), ...ends(result, controller.signal.aborted)],
        rows: rowsOf(result.samples),
        ...(options.report === undefined ? {} : { report: path.resolve(options.report) }),
      });
    }
    return result.samples.count > 0 && judged.every(({ holds }) => holds) ? 0 : 1;
  } catch (error) {
    if (error instanceof UserError) {
      if (options.stdio) {
        print({ load: 'failed', message: sentenceOf(error) });
      }
      process.stderr.write(`scfws: ${sentenceOf(error)}\n`);
      return ['gatewayLost'].includes(error.code) ? 1 : 2;
    }
    throw error;
  } finally {
    stop();
    host?.dispose();
  }
}

/** How it ended, where that is worth a sentence. */
function ends(result: LoadResult, wasStopped: boolean): string[] {
  return [
    ...(wasStopped ? [l10n.t('Stopped before its time; the figures are of what was done.')] : []),
    ...(result.samples.count === 0
      ? [l10n.t('Nothing was measured: no "receives" after a "sends" came to its end.')]
      : []),
  ];
}

function tell(
  result: LoadResult,
  judged: { check: string; holds: boolean; value: number }[],
  wasStopped: boolean,
): void {
  const lines = [
    ...tableLines(rowsOf(result.samples)),
    ...summaryLines(result),
    ...warnings(result),
    ...judged.map(
      ({ check, holds, value }) =>
        `${holds ? '✓' : '✗'} ${check} (${Math.round(value * 1000) / 1000})`,
    ),
    ...ends(result, wasStopped),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A folder may hold several flows, and a load is that of one. */
async function oneFlow(folder: string): Promise<UserError> {
  const flows = (await findFlows(folder)).map((flow) =>
    pasteable('scfws', 'load', path.join(folder, path.relative(folder, flow))),
  );
  return new UserError(
    'noFlow',
    l10n.t('{0} is a folder.', folder),
    flows.length === 0
      ? l10n.t('Give a file *.wsflow.yaml.')
      : `${l10n.t('Name one of its flows:')}\n  ${flows.slice(0, 10).join('\n  ')}`,
  );
}

/** Opened before the load: minutes of it are not to end in a file that cannot be written. */
function openReport(file: string): { write(text: string): void } {
  const failed = (error: unknown): UserError =>
    new UserError(
      'cannotWrite',
      l10n.t('The report cannot be written to {0}: {1}', file, (error as Error).message),
      l10n.t('Name another file, or make room.'),
    );
  try {
    fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    fs.closeSync(fs.openSync(file, 'a'));
  } catch (error) {
    throw failed(error);
  }
  return {
    write(text) {
      try {
        fs.writeFileSync(file, text);
      } catch (error) {
        throw failed(error);
      }
    },
  };
}
