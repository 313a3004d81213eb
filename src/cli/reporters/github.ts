/** Annotations of GitHub Actions at the line of the step, beside the lines for people. */
import path from 'node:path';
import type { TextRange } from '../../protocol/testEvent';
import { failureText, type Output, type Reporter } from './reporter';
import { specReporter } from './spec';

export function githubReporter(output: Output): Reporter {
  const spec = specReporter(output);
  // Paths of annotations are relative to the checkout.
  const root = process.env['GITHUB_WORKSPACE'] ?? process.cwd();
  const annotate = (
    level: 'error' | 'warning',
    file: string,
    range: TextRange | undefined,
    title: string,
    message: string,
  ): void => {
    const where = [
      `file=${property(path.relative(root, file).split(path.sep).join('/'))}`,
      ...(range === undefined ? [] : [`line=${range.line + 1}`, `col=${range.column + 1}`]),
      `title=${property(title)}`,
    ];
    output.write(`::${level} ${where.join(',')}::${data(message)}\n`);
  };
  return {
    onEvent(event) {
      spec.onEvent(event);
      if (event.test === 'problem') {
        const { file, range, message, severity } = event.problem;
        annotate(severity, file, range, path.basename(file), message);
      } else if (event.test === 'scenarioEnded' && event.failure !== undefined) {
        const { file, range } = event.failure.place;
        annotate('error', file, range, event.scenario, failureText(event.failure));
      }
    },
  };
}

function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
