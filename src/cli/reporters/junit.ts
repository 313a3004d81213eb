/**
 * JUnit XML, as CI servers read it: a suite for each file, a case for each scenario. Only what the schema of Jenkins' xUnit
 * plugin (junit-10) has, which is the strictest of them.
 */
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
    const files = new Map<string, { cases: string[]; ms: number }>();
    const add = (file: string, text: string, spent = 0): void => {
      const { cases, ms: before } = files.get(file) ?? { cases: [], ms: 0 };
      files.set(file, { cases: [...cases, text], ms: before + spent });
    };
    for (const { problem } of wrong) {
      const name = `${path.basename(problem.file)}:${(problem.range?.line ?? 0) + 1}`;
      const error = `<error message="${attribute(problem.message)}"/>`;
      add(problem.file, `    <testcase name="${attribute(name)}" time="0">${error}</testcase>`);
    }
    for (const event of ended) {
      const info = known.of(event.scenario);
      const file = info?.file ?? '';
      const inside =
        event.failure !== undefined
          ? `<failure message="${attribute(event.failure.message)}">${escape(failureText(event.failure))}</failure>`
          : event.outcome === 'passed'
            ? event.notes.length === 0
              ? ''
              : `<system-out>${escape(event.notes.join('\n'))}</system-out>`
            : `<skipped message="${attribute(event.notes[0] ?? event.outcome)}"/>`;
      const name = info?.name ?? event.scenario;
      const suite = path.relative('', file).replace(/\.wsflow\.ya?ml$/, '');
      add(
        file,
        `    <testcase name="${attribute(name)}" classname="${attribute(suite)}" time="${seconds(event.ms)}">${inside}</testcase>`,
        event.ms,
      );
    }
    const count = (cases: string[], what: string): number =>
      cases.filter((each) => each.includes(what)).length;
    const totals = (cases: string[]): string =>
      `tests="${cases.length}" failures="${count(cases, '<failure ')}" errors="${count(cases, '<error ')}"`;
    const suites = [...files].map(([file, { cases, ms: spent }]) => {
      const name = attribute(path.relative('', file));
      return `  <testsuite name="${name}" ${totals(cases)} skipped="${count(cases, '<skipped ')}" time="${seconds(spent)}" file="${name}">\n${cases.join('\n')}\n  </testsuite>`;
    });
    const all = totals([...files.values()].flatMap(({ cases }) => cases));
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${all} time="${seconds(ms)}">\n${suites.join('\n')}\n</testsuites>\n`;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** XML 1.0 has no way to say these at all. */
const unsayable =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escape(text: string): string {
  return text.replace(unsayable, '\ufffd').replace(/[&<>"]/g, (each) => entities[each] ?? each);
}

/** A parser takes white space in an attribute for blanks. */
function attribute(text: string): string {
  return escape(text).replace(/[\t\n\r]/g, (each) => `&#${each.charCodeAt(0)};`);
}
