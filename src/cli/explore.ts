/** `scfws explore`: looks for an order of events in which a scenario fails. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../core/errors';
import { type Budget, type Explored, explore, type Looked } from '../core/explore/explore';
import { pinned } from '../core/explore/pin';
import type { ExploreEvent } from '../core/explore/events';
import { mermaidOf, oneOrder, saidIn, sideBySide, storyOf } from '../core/explore/story';
import { renderStoryPage } from '../core/explore/storyPage';
import { againText, cannotOrder, lookedText } from '../core/explore/tell';
import type { Plan } from '../core/scenario/loadFlows';
import type { ProjectOptions } from '../core/scenario/prepareProject';
import { planRun } from '../core/scenario/runFlows';
import { problemLine } from '../core/session/problemText';
import { explainFailure, painter } from './reporters/spec';
import { onSignals } from './signals';
import { startTestHost } from './testHost';
import { writeText } from './writeText';

export interface ExploreCommand extends ProjectOptions {
  from: string[];
  filter?: string;
  ids?: string[];
  budget: Budget;
  seed: number;
  faults: boolean;
  /** Where the scenario goes that pins the order. */
  save?: string;
  /** Where the story goes, as Markdown with diagrams. */
  report?: string;
  /** Where it goes as a page. */
  html?: string;
  language: string;
  workers?: number;
  /** One JSON a line. */
  json?: true;
  /** A host reads stdout; the end of stdin ends the search. */
  stdio?: true;
}

/** Exit code: 0 nothing found, 1 found or ended early, 2 wrong use or a wrong file. */
export async function runExplore(options: ExploreCommand): Promise<number> {
  const ending = new AbortController();
  const stop = onSignals(() => ending.abort());
  const host = options.stdio ? startTestHost(() => ending.abort()) : undefined;
  try {
    return await exploreAll(options, ending.signal);
  } catch (error) {
    if (error instanceof UserError) {
      process.stderr.write(`scfws: ${sentenceOf(error)}\n`);
      return 2;
    }
    throw error;
  } finally {
    stop();
    host?.dispose();
  }
}

async function exploreAll(options: ExploreCommand, signal: AbortSignal): Promise<number> {
  const { plans, problems, projects } = await planRun(options);
  try {
    problems.forEach((problem) => process.stderr.write(`${problemLine(problem)}\n`));
    if (problems.some(({ severity }) => severity === 'error')) {
      return 2;
    }
    const chosen = plans.filter(({ scenario }) => scenario.skip === undefined);
    if (chosen.length === 0) {
      throw new UserError(
        'noFlow',
        l10n.t('There is no scenario to explore.'),
        l10n.t('Look at the folder and --filter.'),
      );
    }
    let code = 0;
    for (const plan of chosen) {
      const project = projects.get(plan.project);
      await project?.build();
      const explored = await explore(plan, project?.service, {
        session: {
          bootstrapFolder: options.bootstrapFolder,
          interpreters: options.interpreters,
        },
        signal,
        budget: shareOf(options.budget, chosen.length),
        seed: options.seed,
        faults: options.faults,
        ...(options.workers === undefined ? {} : { workers: options.workers }),
        onProgress: (looked) => tellProgress(plan, looked, options),
      });
      code = Math.max(code, tell(plan, explored, options, chosen.length));
      if (signal.aborted) {
        return 1;
      }
    }
    return code;
  } finally {
    projects.forEach((project) => project.dispose());
  }
}

/** The budget is for all of them. */
function shareOf({ runs, ms }: Budget, scenarios: number): Budget {
  return {
    ...(runs === undefined ? {} : { runs: Math.max(1, Math.floor(runs / scenarios)) }),
    ...(ms === undefined ? {} : { ms: ms / scenarios }),
  };
}

function tellProgress(plan: Plan, looked: Looked, { json }: ExploreCommand): void {
  if (json) {
    printEvent({ explore: 'progress', scenario: plan.info.id, ...looked });
  } else if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${lookedText(looked)}`);
  }
}

function tell(
  plan: Plan,
  { plain, found, looked, cancelled }: Explored,
  options: ExploreCommand,
  scenarios: number,
): number {
  const { save, report, html, json } = options;
  const isPlain = found !== undefined && found.tried.deviations.length === 0;
  const story = found === undefined ? [] : storyOf(found.tried.deviations, found.tried.trace);
  const said = saidIn(plan.scenario.steps);
  const files = (file: string): string => numbered(file, plan, scenarios);
  // What took minutes to find is told in any case, also where a file of it cannot be written.
  let trouble: unknown;
  const write = (file: string, text: () => string): string | undefined => {
    try {
      writeText(file, text());
      return file;
    } catch (error) {
      trouble ??= error;
      return undefined;
    }
  };
  let scenarioFile: string | undefined;
  if (found !== undefined && save !== undefined) {
    const file = files(save);
    scenarioFile = write(file, () => {
      const text = fs.readFileSync(plan.flow.file, 'utf8');
      return pinned(text, plan, found.tried.deviations, story, file);
    });
  }
  if (found !== undefined && report !== undefined) {
    write(files(report), () => markdownOf(plan, story, { plain, found, looked, cancelled }));
  }
  if (found !== undefined && html !== undefined) {
    const { failure } = found.tried;
    write(files(html), () =>
      renderStoryPage({
        title: plan.info.id,
        language: options.language,
        story,
        looked: [lookedText(looked), againText(found.again), ...cannotOrder(looked)],
        failure: failure === undefined ? [] : explainFailure(failure, painter(false)),
        events: { plain: namesOf(plain), found: namesOf(found.tried) },
        order: found.tried.deviations,
      }),
    );
  }
  const end = (): number => {
    if (trouble !== undefined) {
      throw trouble as Error;
    }
    return found === undefined && !cancelled ? 0 : 1;
  };
  if (json) {
    printEvent({
      explore: 'ended',
      scenario: plan.info.id,
      ...looked,
      cancelled,
      ...(found === undefined
        ? {}
        : {
            ...(found.tried.failure === undefined ? {} : { failure: found.tried.failure }),
            order: found.tried.deviations,
            story,
            again: found.again,
            after: found.after,
            events: { plain: namesOf(plain), found: namesOf(found.tried) },
            diagram: isPlain
              ? oneOrder(plain.trace, said)
              : sideBySide(plain.trace, found.tried, said),
          }),
      ...(scenarioFile === undefined ? {} : { file: path.resolve(scenarioFile) }),
    });
    return end();
  }
  if (process.stderr.isTTY) {
    process.stderr.write('\r\x1b[K');
  }
  const paint = painter(process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '');
  const mark =
    found === undefined ? (cancelled ? paint.dim('·') : paint.green('✓')) : paint.red('✗');
  print(`${mark} ${plan.info.id}`);
  print(`  ${lookedText(looked)}`);
  if (found === undefined) {
    if (!cancelled) {
      print(`  ${l10n.t('No order was found in which it fails.')}`);
    }
  } else {
    if (isPlain) {
      print(`  ${l10n.t('It fails in the plain order already: mend that first.')}`);
      print();
      oneOrder(plain.trace, said).forEach((line) => print(`    ${line}`));
    } else {
      print(
        `  ${l10n.t('Found after {0} runs ({1} s), with {2} deviations from the plain order:', found.after.runs, (found.after.ms / 1000).toFixed(1), found.tried.deviations.length)}`,
      );
      story.forEach((line) => print(`    ${paint.bold(line)}`));
      print();
      sideBySide(plain.trace, found.tried, said).forEach((line) => print(`    ${line}`));
    }
    if (found.tried.failure !== undefined) {
      explainFailure(found.tried.failure, paint).forEach((line) => print(`  ${line}`.trimEnd()));
    }
    print();
    print(`  ${againText(found.again)}`);
    if (scenarioFile !== undefined) {
      print(
        `  ${l10n.t('{0} pins this order: "scfws test {0}" runs it.', path.relative('', scenarioFile))}`,
      );
    } else if (save === undefined) {
      print(`  ${l10n.t('With --save FILE.wsflow.yaml it is kept as a scenario.')}`);
    }
  }
  cannotOrder(looked).forEach((line) => print(`  ${paint.dim(line)}`));
  return end();
}

function markdownOf(plan: Plan, story: string[], { plain, found, looked }: Explored): string {
  const failure = found?.tried.failure;
  return [
    `# ${plan.info.id}`,
    '',
    ...story.map((line) => `- ${line}`),
    '',
    lookedText(looked),
    '',
    ...(failure === undefined
      ? []
      : ['```text', ...explainFailure(failure, painter(false)), '```', '']),
    `## ${l10n.t('plain order')}`,
    '',
    '```mermaid',
    mermaidOf(plain.trace),
    '```',
    '',
    `## ${l10n.t('this order')}`,
    '',
    '```mermaid',
    mermaidOf(found?.tried.trace ?? []),
    '```',
    '',
  ].join('\n');
}

/** Several scenarios do not write over each other. */
function numbered(file: string, plan: Plan, scenarios: number): string {
  if (scenarios === 1) {
    return file;
  }
  const name = plan.info.name.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase();
  return file.replace(/((?:\.wsflow)?\.[^.]+)$/, `-${name}$1`);
}

function namesOf({ trace }: Explored['plain']): string[] {
  return trace.map(({ name }) => name);
}

function printEvent(event: ExploreEvent & { file?: string }): void {
  print(JSON.stringify(event));
}

function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}
