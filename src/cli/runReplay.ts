/** `scfws replay`: a recording against the handlers of today. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../core/errors';
import type { ReplayEvent } from '../core/replay/events';
import { readRecording } from '../core/replay/readRecording';
import { comparedNothing, replay, type ReplayResult } from '../core/replay/replay';
import { connectionsOf, countsLine, differenceLines, sides, titleOf } from '../core/replay/tell';
import { keepConversation } from '../core/scenario/keep';
import { prepareProject, type ProjectOptions } from '../core/scenario/prepareProject';
import { Cancelled } from '../core/scenario/runSteps';
import { problemLine } from '../core/session/problemText';
import type { Recording } from '../protocol/export/recording';
import { defaultRedactionRules } from '../protocol/export/redact';
import { redactRecording } from '../protocol/export/redactRecording';
import { flowName, writeFlow } from './keep';
import { onSignals } from './signals';

export interface RunReplayOptions extends ProjectOptions {
  file: string;
  folder: string;
  pace: 'virtual' | 'real';
  /** Milliseconds. */
  limit: number;
  /** Writes what differs as a scenario. */
  save?: string;
  /** For a host: events as JSON Lines; the end of stdin ends it. */
  json: boolean;
}

/** Exit code: 0 the same, 1 different, nothing compared or not brought to its end, 2 wrong use or a wrong file. */
export async function runReplay(options: RunReplayOptions): Promise<number> {
  const controller = new AbortController();
  const stop = onSignals(() => controller.abort());
  const host = options.json ? watchHost(() => controller.abort()) : undefined;
  const tell = (event: ReplayEvent): void => {
    if (options.json) {
      process.stdout.write(`${JSON.stringify(event)}\n`);
    }
  };
  try {
    return await run(options, controller.signal, tell);
  } catch (error) {
    if (error instanceof Cancelled || controller.signal.aborted) {
      const message = l10n.t('The replay was stopped; nothing was decided.');
      tell({ replay: 'failed', message });
      process.stderr.write(`scfws: ${message}\n`);
      return 1;
    }
    if (error instanceof UserError) {
      tell({ replay: 'failed', message: sentenceOf(error) });
      process.stderr.write(`scfws: ${sentenceOf(error)}\n`);
      return ['replayHangs', 'nothingToReplay'].includes(error.code) ? 1 : 2;
    }
    throw error;
  } finally {
    stop();
    host?.dispose();
  }
}

async function run(
  options: RunReplayOptions,
  signal: AbortSignal,
  tell: (event: ReplayEvent) => void,
): Promise<number> {
  const { recording, problems } = await readRecording(options.file);
  problems.forEach((problem) => process.stderr.write(`scfws: ${problem}\n`));
  const project = await prepareProject(path.resolve(options.folder), options);
  try {
    if (project.service === undefined) {
      throw new UserError(
        'noProject',
        project.problems.map(problemLine).join('\n'),
        `\n${l10n.t('Name the folder of a project, with a scfws.json.')}`,
      );
    }
    await project.build();
    let shown = 0;
    const result = await replay({
      recording,
      service: project.service,
      session: {
        bootstrapFolder: options.bootstrapFolder,
        interpreters: options.interpreters ?? {},
      },
      pace: options.pace,
      limit: options.limit,
      signal,
      onProgress(number, done, of) {
        const now = performance.now();
        if (options.json && (now - shown > 100 || done === of)) {
          shown = now;
          tell({ replay: 'progress', number, done, of });
        }
      },
    });
    return report(result, recording, options, tell);
  } finally {
    project.dispose();
  }
}

function report(
  result: ReplayResult,
  recording: Recording,
  options: RunReplayOptions,
  tell: (event: ReplayEvent) => void,
): number {
  const nothing = comparedNothing(result);
  const left = nothing ? [...result.left, l10n.t('Nothing was compared.')] : result.left;
  const same = result.different.length === 0 && !nothing;
  tell({
    replay: 'ended',
    same,
    counts: countsLine(result),
    left,
    different: result.different.map((tree) => titleOf(tree, result)),
    ...sides(result),
    connections: [...connectionsOf(result)],
  });
  if (!options.json) {
    const lines = [
      ...differenceLines(result),
      ...left,
      countsLine(result),
      same
        ? l10n.t('No difference.')
        : l10n.t('{0} moves have another outcome.', result.different.length),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  if (options.save !== undefined && result.different.length > 0) {
    save(options.save, result, recording);
  }
  return same ? 0 : 1;
}

function save(file: string, result: ReplayResult, recording: Recording): void {
  const clean = redactRecording(recording, [...defaultRedactionRules]);
  writeFlow(file, keepConversation(clean, flowName(file), connectionsOf(result)).text);
}

/** The host has gone: nobody is to go on for it. */
function watchHost(onLeft: () => void): { dispose(): void } {
  process.stdin.on('end', onLeft).on('close', onLeft).resume();
  return { dispose: () => process.stdin.destroy() };
}
