/** Runs scenarios for an agent: the verdict, and of each failure the first difference and its cause. */
import { runFlows } from '../scenario/runFlows';
import type { Failure, TestEvent } from '../../protocol/testEvent';
import { answerBudget, fitLines, short } from './answer';
import type { Workplace } from './workplace';

export async function runScenarios(
  place: Workplace,
  from: string,
  filter: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { bootstrapFolder } = place.options;
  const lines: string[] = [];
  const tell = (event: TestEvent): void => {
    if (event.test === 'problem') {
      const { file, range, message } = event.problem;
      lines.push(`problem ${place.relative(file)}:${(range?.line ?? 0) + 1}: ${message}`);
    } else if (event.test === 'scenarioEnded') {
      lines.push(`${event.outcome} ${event.scenario}`);
      lines.push(...(event.failure === undefined ? [] : failureLines(place, event.failure)));
    }
  };
  const { passed, failed, skipped, notRun, problems } = await runFlows({
    from: [place.inside(from)],
    bootstrapFolder,
    interpreters: {},
    signal,
    tell,
    ...(filter === undefined ? {} : { filter }),
  });
  const verdict = `${passed} passed, ${failed} failed, ${skipped} skipped, ${notRun} not run, ${problems} problems`;
  const { text, left } = fitLines(lines, answerBudget - 300);
  return [verdict, text, ...(left > 0 ? [`… ${left} more lines: run fewer with filter`] : [])].join(
    '\n',
  );
}

function failureLines(place: Workplace, failure: Failure): string[] {
  const { message, nextStep, place: at, expected, got, differences, inbox, chain } = failure;
  const both = (expected === undefined ? [] : [`  expected ${short(expected, 300)}`]).concat(
    got === undefined ? [] : [`  got      ${short(got, 300)}`],
  );
  return [
    `  ${place.relative(at.file)}:${at.range.line + 1}: ${short(message, 300)}`,
    ...(differences === undefined
      ? both
      : differences.slice(0, 5).map((each) => `  ${short(each, 300)}`)),
    ...(inbox === undefined
      ? []
      : [
          `  inbox of ${inbox.client}: ${inbox.lines
            .slice(-5)
            .map(({ number, state, text }) => `${number} ${state} ${short(text, 80)}`)
            .join(' | ')}`,
        ]),
    ...(chain ?? []).flatMap(({ depth, text, place: source, logs }) => [
      `  ${' '.repeat(depth)}${short(text, 160)}${source === undefined ? '' : ` (${place.relative(source.file)}:${source.line})`}`,
      ...logs.slice(-3).map((log) => `  ${' '.repeat(depth)}| ${short(log, 160)}`),
    ]),
    ...(nextStep === undefined ? [] : [`  ${short(nextStep, 300)}`]),
  ];
}
