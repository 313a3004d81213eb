/** TAP version 14: one point for each scenario. */
import { failureText, Known, type Output, type Reporter } from './reporter';

export function tapReporter(output: Output): Reporter {
  const known = new Known();
  let count = 0;
  const point = (ok: boolean, name: string, directive = ''): void => {
    const escaped = oneLine(name).replace(/[\\#]/g, '\\$&');
    output.write(`${ok ? 'ok' : 'not ok'} ${++count} - ${escaped}${directive}\n`);
  };
  const block = (text: string): void => {
    const lines = text.split('\n').map((line) => `    ${line}`);
    output.write(`  ---\n  message: |\n${lines.join('\n')}\n  ...\n`);
  };
  output.write('TAP version 14\n');
  return {
    onEvent(event) {
      known.onEvent(event);
      if (event.test === 'problem' && event.problem.severity === 'error') {
        const { file, message, range } = event.problem;
        point(false, `${file}:${(range?.line ?? 0) + 1}`);
        block(message);
      } else if (event.test === 'scenarioEnded') {
        const skip = event.outcome === 'skipped' || event.outcome === 'notRun';
        const directive = skip ? ` # SKIP ${oneLine(event.notes[0] ?? event.outcome)}` : '';
        point(event.outcome !== 'failed', event.scenario, directive);
        if (event.failure !== undefined) {
          block(failureText(event.failure));
        }
      } else if (event.test === 'runEnded') {
        output.write(`1..${count}\n`);
      }
    },
  };
}

/** A point is one line, whatever a scenario is called. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
