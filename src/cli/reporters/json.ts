/** One event a line: for editors and scripts. */
import type { Output, Reporter } from './reporter';

export function jsonReporter(output: Output): Reporter {
  return { onEvent: (event) => output.write(`${JSON.stringify(event)}\n`) };
}
