/** JUnit XML, as CI servers read it: a suite for each file, a case for each scenario. */
import path from 'node:path';
import type { TestEvent } from '../../protocol/testEvent';
import { failureText, Known, type Output, type Reporter } from './reporter';

type Ended = Extract<TestEvent, { test: 'scenarioEnded' }>;
type Wrong = Extract<TestEvent, { test: 'problem' }>;

export function junitReporter(output: Output): Reporter {
  const known = new Known();
  const ended: Ended[] = [];
  const wrong: Wrong[] = [];
  return {
    onEvent(event) {
      known.onEvent(event);
      if (event.test === 'scenarioEnded') {
        ended.push(event);
      } else if (event.test === 'problem' && event.problem.severity === 'error') {
        wrong.push(event);
      } else if (event.test === 'runEnded') {
        output.write(render(event.ms));
      }
    },
  };

  function render(ms: number): string {
    const files = new Map<string, string[]>();
    const add = (file: string, text: string): void => {
      files.set(file, [...(files.get(file) ?? []), text]);
    };
    for (const { problem } of wrong) {
      const name = `${path.basename(problem.file)}:${(problem.range?.line ?? 0) + 1}`;
      const error = `<error message="${escape(problem.message)}"/>`;
      add(problem.file, `    <testcase name="${escape(name)}" time="0">${error}</testcase>`);
    }
    for (const event of ended) {
      const info = known.of(event.scenario);
      const file = info?.file ?? '';
      const inside =
        event.failure !== undefined
          ? `<failure message="${escape(event.failure.message)}">${escape(failureText(event.failure))}</failure>`
          : event.outcome === 'passed'
            ? event.notes.length === 0
              ? ''
              : `<system-out>${escape(event.notes.join('\n'))}</system-out>`
            : `<skipped message="${escape(event.notes[0] ?? event.outcome)}"/>`;
      const name = info?.name ?? event.scenario;
      const suite = path.relative('', file).replace(/\.wsflow\.ya?ml$/, '');
      add(
        file,
        `    <testcase name="${escape(name)}" classname="${escape(suite)}" file="${escape(path.relative('', file))}" line="${(info?.range.line ?? 0) + 1}" time="${event.ms / 1000}">${inside}</testcase>`,
      );
    }
    const suites = [...files].map(([file, cases]) => {
      const count = (what: string): number => cases.filter((each) => each.includes(what)).length;
      return `  <testsuite name="${escape(path.relative('', file))}" tests="${cases.length}" failures="${count('<failure ')}" errors="${count('<error ')}" skipped="${count('<skipped ')}">\n${cases.join('\n')}\n  </testsuite>`;
    });
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites time="${ms / 1000}">\n${suites.join('\n')}\n</testsuites>\n`;
  }
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** XML 1.0 has no way to say these at all. */

const unsayable =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escape(text: string): string {
  return text.replace(unsayable, '\ufffd').replace(/[&<>"]/g, (each) => entities[each] ?? each);
}
